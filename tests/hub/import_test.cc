// Sets that are put together from files of this machine, each known by its SHA-256.
#include "diar/hub/model_import.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "fake_repository.h"
#include "fuzz/stored_zip.h"
#include "hub/manifest.h"
#include "hub_fixture.h"
#include "test_paths.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using fuzz::StoredZip;
using hub_test::message_of;
using hub_test::read_text;
using hub_test::sha256_of;
using hub_test::write_text;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kFirst = "first network";
const std::string kSecond = "the second network";
const std::string kThird = "numbers";

json entry(const std::string& path, const std::string& content) {
  return {{"path", path}, {"size", content.size()}, {"sha256", sha256_of(content)}};
}

class ImportTest : public hub_test::HubTest {
 protected:
  ImportTest() { use(parts()); }

  static json parts() {
    return {{"name", "parts"},
            {"description", "d"},
            {"licence", "MIT"},
            {"package", "somewhere==1"},
            {"files",
             {entry("segmentation/pytorch_model.bin", kFirst), entry("embedding/pytorch_model.bin", kSecond),
              entry("plda/plda.npz", kThird)}}};
  }
  void use(const json& set, const json& another = {}) {
    json models = json::array({set});
    if (!another.empty()) models.push_back(another);
    write_text(root_ / "m.json", json{{"version", 1}, {"models", models}}.dump());
    set_manifest();
  }
  void set_manifest() { set("DIARIZE_MANIFEST", (root_ / "m.json").string()); }

  fs::path file(const std::string& name, const std::string& content) const {
    write_text(root_ / "in" / name, content);
    return root_ / "in" / name;
  }
  fs::path wheel(const std::string& name, const std::vector<std::pair<std::string, std::string>>& members) {
    StoredZip zip;
    for (const auto& [member, content] : members) zip.add(member, content);
    return file(name, zip.finish());
  }
  fs::path place() const { return cache() / "models--diarize.cpp--parts"; }
  static std::vector<std::string> missing(const ImportReport& report) {
    std::vector<std::string> names;
    for (const ImportedFile& file : report.files) {
      if (file.found_in.empty()) names.push_back(file.file);
    }
    return names;
  }
};

TEST_F(ImportTest, PiecesComeFromAnywhereAndInAnyOrder) {
  const fs::path renamed = file("downloads/checkpoint.txt", kFirst);
  const ImportReport some = import_model("parts", {renamed});
  EXPECT_THAT(missing(some), ::testing::ElementsAre("embedding/pytorch_model.bin", "plda/plda.npz"));
  EXPECT_EQ(some.added_bytes, kFirst.size());
  EXPECT_EQ(some.package, "somewhere==1");
  EXPECT_TRUE(some.location.path.empty());
  EXPECT_FALSE(fs::exists(place() / "snapshots")) << "a set appears whole or not at all";
  EXPECT_THROW(find_model("parts"), ModelNotInstalled);

  wheel("folder/some-1-py3.whl", {{"pkg/readme", "x"}, {"pkg/deep/second.pt", kSecond}});
  file("folder/below/third", kThird);
  const ImportReport all = import_model("parts", {root_ / "in/folder"});
  EXPECT_TRUE(missing(all).empty());
  EXPECT_EQ(all.added_bytes, kSecond.size() + kThird.size());
  EXPECT_EQ(all.files[0].found_in, "the cache");
  EXPECT_THAT(all.files[1].found_in, HasSubstr("some-1-py3.whl: pkg/deep/second.pt"));
  const ModelLocation found = find_model("parts");
  EXPECT_EQ(found.path, all.location.path);
  EXPECT_EQ(found.name, "parts");
  EXPECT_EQ(read_text(found.path / "segmentation/pytorch_model.bin"), kFirst);
  EXPECT_EQ(read_text(found.path / "embedding/pytorch_model.bin"), kSecond);
  EXPECT_EQ(read_text(found.path / "plda/plda.npz"), kThird);

  fs::remove_all(root_ / "in");
  const ImportReport again = import_model("parts", {});
  EXPECT_EQ(again.added_bytes, 0u);
  EXPECT_EQ(again.location.path, found.path);
}

TEST_F(ImportTest, NamesOfAnArchiveAreNeverPaths) {
  const fs::path bad = wheel("bad.whl", {{"../../../first", kFirst}});
  EXPECT_THAT(message_of<ModelError>([&] { import_model("parts", {bad}); }), HasSubstr("leads out"));
  const fs::path odd = wheel("odd.zip", {{"blobs/x:y", kFirst}});
  EXPECT_EQ(import_model("parts", {odd}).added_bytes, kFirst.size());
  std::vector<std::string> names;
  for (const auto& found : fs::recursive_directory_iterator(root_)) {
    if (found.is_regular_file()) names.push_back(found.path().lexically_relative(root_).string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre(
                         "m.json", "in/bad.whl", "in/odd.zip",
                         "home/hub/models--diarize.cpp--parts/blobs/" + sha256_of(kFirst)));
}

TEST_F(ImportTest, OnlyTheRightContentCounts) {
  std::string other = kFirst;
  other.back() = '!';
  const fs::path same_size = wheel("a.whl", {{"x", other}, {"y", kFirst + "+"}});
  EXPECT_EQ(import_model("parts", {same_size, file("b", other)}).added_bytes, 0u);

  // What claims to be larger than a wanted file is never unpacked; what claims the size and lies is damaged.
  StoredZip bomb;
  bomb.add({"huge", "x", 0xfffffff0u, 0, true});
  EXPECT_EQ(import_model("parts", {file("bomb.zip", bomb.finish())}).added_bytes, 0u);
  StoredZip liar;
  liar.add({"first", "no deflated data", static_cast<std::uint32_t>(kFirst.size()), 0, true});
  const fs::path lying = file("liar.zip", liar.finish());
  EXPECT_THAT(message_of<ModelError>([&] { import_model("parts", {lying}); }), StartsWith(lying.string()));
  StoredZip many;
  for (int i = 0; i < 100; ++i) many.add(std::to_string(i), other);
  const fs::path crowd = file("many.zip", many.finish());
  EXPECT_THAT(message_of<ModelError>([&] { import_model("parts", {crowd}); }),
              HasSubstr("too many files of one size"));
}

TEST_F(ImportTest, InputsThatCannotBeReadAreNamed) {
  EXPECT_THAT(message_of<ModelError>([&] { import_model("parts", {root_ / "gone.whl"}); }),
              HasSubstr("gone.whl"));
  const std::string whole = read_text(wheel("cut.whl", {{"a", kFirst}, {"b", kSecond}}));
  const fs::path cut = file("cut.whl", whole.substr(0, whole.size() - 30));
  EXPECT_THAT(message_of<ModelError>([&] { import_model("parts", {cut}); }), HasSubstr("truncated"));
  EXPECT_THROW(import_model("none", {}), ModelError);
  EXPECT_THAT(message_of<ModelError>([&] { import_model("community-1", {}); }), HasSubstr("hub"));
}

TEST_F(ImportTest, WhatIsDamagedInTheCacheIsReplaced) {
  const std::vector<fs::path> inputs = {file("1", kFirst), file("2", kSecond), file("3", kThird)};
  ASSERT_TRUE(missing(import_model("parts", inputs)).empty());
  std::string damaged = kSecond;
  damaged[0] = 'T';
  write_text(place() / "blobs" / sha256_of(kSecond), damaged);
  EXPECT_EQ(missing(import_model("parts", {})), std::vector<std::string>{"embedding/pytorch_model.bin"});
  EXPECT_EQ(import_model("parts", inputs).added_bytes, kSecond.size());
  EXPECT_EQ(read_text(find_model("parts").path / "embedding/pytorch_model.bin"), kSecond);
}

TEST_F(ImportTest, NothingIsWrittenThroughALink) {
  const fs::path victim = file("victim", "keep me");
  fs::create_directories(place() / "blobs");
  fs::create_symlink(victim, place() / "blobs" / sha256_of(kFirst));
  import_model("parts", {file("1", kFirst)});
  EXPECT_EQ(read_text(victim), "keep me");
  EXPECT_FALSE(fs::is_symlink(place() / "blobs" / sha256_of(kFirst)));
  fs::remove_all(place());
  fs::create_directories(root_ / "elsewhere");
  fs::create_directory_symlink(root_ / "elsewhere", place());
  EXPECT_THROW(import_model("parts", {root_ / "in"}), OutputError);
  EXPECT_TRUE(fs::is_empty(root_ / "elsewhere"));
}

TEST_F(ImportTest, AnotherContentIsAnotherSnapshot) {
  const std::vector<fs::path> inputs = {file("1", kFirst), file("2", kSecond), file("3", kThird)};
  import_model("parts", inputs);
  const fs::path before = find_model("parts").path;
  // The next version: other numbers of the same size.
  json next = parts();
  next["files"][2] = entry("plda/plda.npz", "NUMBERS");
  use(next);
  EXPECT_THROW(find_model("parts"), ModelNotInstalled);
  EXPECT_EQ(missing(import_model("parts", {})), std::vector<std::string>{"plda/plda.npz"});
  import_model("parts", {file("4", "NUMBERS")});
  EXPECT_NE(find_model("parts").path, before);
  EXPECT_EQ(read_text(find_model("parts").path / "plda/plda.npz"), "NUMBERS");
}

TEST_F(ImportTest, WhatIsInstalledOrShippedIsTakenFromThere) {
  const std::string commit(40, 'c');
  const std::string shipped = read_text(fs::path(DIAR_SOURCE_DIR) / "models/open/model.json");
  json open = parts();
  open["name"] = "open";
  open["files"].push_back(entry("model.json", shipped));
  const json hub = {{"name", "single"},
                    {"description", "d"},
                    {"licence", "MIT"},
                    {"repository", "org/one"},
                    {"revision", commit},
                    {"entry", "model.bin"},
                    {"files", {entry("model.bin", kFirst)}}};
  use(open, hub);
  write_text(cache() / "models--org--one/snapshots" / commit / "model.bin", kFirst);
  const ImportReport report = import_model("open", {file("2", kSecond), file("3", kThird)});
  EXPECT_TRUE(missing(report).empty());
  EXPECT_THAT(report.files[0].found_in, HasSubstr("models--org--one"));
  EXPECT_THAT(report.files[3].found_in, HasSubstr("share/diar/models/open/model.json"));
  EXPECT_EQ(read_text(report.location.path / "model.json"), shipped);
}

TEST_F(ImportTest, OpenComesAfterCommunity1AndBeforeTheStarter) {
  const std::string commit(40, 'c');
  json open = parts();
  open["name"] = "open";
  const json community = {{"name", "community-1"}, {"description", "d"},
                          {"licence", "MIT"},      {"repository", "org/community"},
                          {"revision", commit},    {"files", {entry("segmentation/weights.npz", kFirst)}}};
  use(open, community);
  EXPECT_THROW(find_model("open"), ModelNotInstalled);
  import_model("open", {file("1", kFirst), file("2", kSecond), file("3", kThird)});
  EXPECT_EQ(find_model().name, "open");
  EXPECT_EQ(find_model().found_by, "imported into the hub's cache");
  EXPECT_FALSE(find_model().is_fallback);
  EXPECT_EQ(find_model("open").path, find_model().path);
  write_text(cache() / "models--org--community/snapshots" / commit / "segmentation/weights.npz", kFirst);
  EXPECT_EQ(find_model().name, "community-1");
  set("DIARIZE_MODEL", "open");
  EXPECT_EQ(find_model().name, "open");
  set("DIARIZE_MODEL", std::nullopt);
  remove_model("community-1");
  EXPECT_EQ(remove_model("open"), kFirst.size() + kSecond.size() + kThird.size());
  EXPECT_NE(find_model("starter").name, "open");
  EXPECT_EQ(find_model().name, "starter");
}

TEST_F(ImportTest, IsNotPulled) {
  try {
    pull_model("parts");
    ADD_FAILURE() << "there is no hub that has it";
  } catch (const ModelNotInstalled& error) {
    EXPECT_EQ(error.package(), "somewhere==1");
  }
}

TEST_F(ImportTest, StopsWhenAsked) {
  ImportOptions options;
  options.interrupted = [] { return true; };
  EXPECT_THROW(import_model("parts", {file("1", kFirst)}, options), Cancelled);
}

TEST_F(ImportTest, EveryFileOfAPackageIsPinned) {
  const auto refused = [&](const char* key) {
    json set = parts();
    set["files"][0].erase(key);
    use(set);
    return message_of<ModelError>([] { read_manifests(); });
  };
  EXPECT_THAT(refused("sha256"), HasSubstr("needs its sha256 and size"));
  EXPECT_THAT(refused("size"), HasSubstr("needs its sha256 and size"));
  json both = parts();
  both["repository"] = "org/name";
  use(both);
  EXPECT_THAT(message_of<ModelError>([] { read_manifests(); }), HasSubstr("one of them"));
}

// tools/pin_open_set.py writes what this compares.
TEST(OpenSet, TheManifestPinsTheFilesOfThisRepository) {
  const auto sets = parse_manifest(builtin_manifest(), "models/manifest.json");
  const ManifestSet* open = find_set(sets, "open");
  ASSERT_NE(open, nullptr);
  std::size_t num_ours = 0;
  for (const ManifestFile& file : open->files) {
    const fs::path path = fs::path(DIAR_SOURCE_DIR) / "models/open" / file.path;
    if (file.path.ends_with(".bin")) {
      EXPECT_FALSE(fs::exists(path)) << "weights of others are not part of this repository";
      continue;
    }
    ++num_ours;
    const std::string content = read_text(path);
    EXPECT_EQ(file.size_bytes, content.size()) << file.path;
    EXPECT_EQ(file.sha256, sha256_of(content)) << file.path;
  }
  EXPECT_EQ(num_ours, 7u);
}

}  // namespace
}  // namespace diar
