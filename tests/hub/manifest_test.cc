#include "hub/manifest.h"

#include <string>

#include "diar/errors.h"
#include "hub/names.h"
#include "hub_fixture.h"

namespace diar {
namespace {

using hub_test::message_of;

std::string with_models(const std::string& models) {
  return R"({"version": 1, "models": [)" + models + "]}";
}

const std::string kGood = R"({"name": "mine", "description": "d", "licence": "MIT", "repository": "org/name",
    "files": [{"path": "a/weights.npz", "size": 7}]})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Manifest, TheOneWeShipIsComplete) {
  const auto sets = parse_manifest(builtin_manifest(), "models/manifest.json");
  const ManifestSet* gated = find_set(sets, "community-1");
  const ManifestSet* open = find_set(sets, "community-1-open");
  ASSERT_NE(gated, nullptr);
  ASSERT_NE(open, nullptr);
  EXPECT_TRUE(gated->gated);
  EXPECT_FALSE(open->gated);
  ASSERT_EQ(gated->files.size(), open->files.size());
  for (std::size_t i = 0; i < gated->files.size(); ++i) {
    EXPECT_EQ(gated->files[i].sha256, open->files[i].sha256) << "a mirror of other files is no mirror";
  }
  for (const ManifestSet& set : sets) {
    for (const ManifestFile& file : set.files)
      EXPECT_TRUE(is_sha256(file.sha256)) << set.name << ' ' << file.path;
    EXPECT_TRUE(!set.gated || is_commit(set.revision)) << set.name;
  }
}

TEST(Manifest, ReadsDefaults) {
  const auto sets = parse_manifest(with_models(kGood), "m.json");
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].revision, "main");
  EXPECT_FALSE(sets[0].gated);
  EXPECT_FALSE(sets[0].tried);
  EXPECT_EQ(sets[0].files[0].size_bytes, 7u);
  EXPECT_EQ(sets[0].files[0].sha256, "");
}

TEST(Manifest, RefusesWhatIsMalformed) {
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string(R"({"version": 2, "models": []})"), with_models("1"),
        with_models(kGood + "," + kGood), with_models(replaced(kGood, "a/weights", "../weights")),
        with_models(replaced(kGood, "a/weights", "/weights")),
        with_models(replaced(kGood, "org/name", "org")),
        with_models(replaced(kGood, "\"size\": 7", "\"size\": -7")),
        with_models(replaced(kGood, "\"size\": 7", "\"sha256\": \"12\"")),
        with_models(replaced(kGood, "\"MIT\"", "3")), with_models(replaced(kGood, "mine", "../mine")),
        with_models(replaced(kGood, "\"files\"", "\"entry\": \"b\", \"files\"")),
        with_models(replaced(kGood, "\"files\"", "\"gated\": 1, \"files\"")),
        std::string(R"({"version": 1, "models": [[[[[[[[1]]]]]]]]})")}) {
    EXPECT_THROW(parse_manifest(text, "m.json"), ModelError) << text;
  }
}

class ManifestFileTest : public hub_test::HubTest {};

TEST_F(ManifestFileTest, AnybodyCanExtendAndReplace) {
  hub_test::write_text(root_ / "m.json", with_models(kGood + "," + replaced(kGood, "mine", "community-1")));
  set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  const auto sets = read_manifests();
  ASSERT_NE(find_set(sets, "mine"), nullptr);
  EXPECT_EQ(find_set(sets, "community-1")->repository, "org/name");
  EXPECT_NE(find_set(sets, "community-1-open"), nullptr);
  set("DIARIZE_MANIFEST", (root_ / "none.json").string());
  EXPECT_NE(message_of<ModelError>([] { read_manifests(); }).find("none.json"), std::string::npos);
}

}  // namespace
}  // namespace diar
