#include "diar/hub/model_store.h"

#include <algorithm>

#include "diar/errors.h"
#include "hub/hub_cache.h"
#include "hub/manifest.h"
#include "hub_fixture.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using hub_test::message_of;
using hub_test::write_text;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');

class ModelStoreTest : public hub_test::HubTest {
 protected:
  ModelStoreTest() {
    write_text(root_ / "m.json", R"({"version": 1, "models": [
      {"name": "whole", "description": "d", "licence": "MIT", "repository": "org/whole", "revision": ")" +
                                     kCommit + R"(",
       "files": [{"path": "segmentation/weights.npz", "size": 3}, {"path": "config.yaml"}]},
      {"name": "single", "description": "d", "licence": "MIT", "repository": "org/single", "entry": "weights.npz",
       "files": [{"path": "weights.npz", "size": 3}]}]})");
    set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  }
  void install(const std::string& folder, const std::string& commit, const std::string& content = "abc") {
    write_text(cache() / folder / "blobs" / "e1", content);
    const fs::path place = cache() / folder / "snapshots" / commit;
    fs::create_directories(place / "segmentation");
    for (const char* name : {"segmentation/weights.npz", "config.yaml", "weights.npz"}) {
      fs::create_symlink(cache() / folder / "blobs" / "e1", place / name);
    }
  }
};

TEST_F(ModelStoreTest, APathWinsOverEverything) {
  fs::create_directories(root_ / "my-model");
  set("DIARIZE_MODEL", (root_ / "other").string());
  const ModelLocation found = find_model((root_ / "my-model").string());
  EXPECT_EQ(found.path, root_ / "my-model");
  EXPECT_EQ(found.name, "my-model");
  EXPECT_EQ(found.found_by, "asked for, a path");
}

TEST_F(ModelStoreTest, TheEnvironmentWinsOverTheCache) {
  install("models--org--whole", kCommit);
  fs::create_directories(root_ / "mine");
  set("DIARIZE_MODEL", (root_ / "mine").string());
  EXPECT_EQ(find_model().path, root_ / "mine");
  EXPECT_EQ(find_model().found_by, "DIARIZE_MODEL, a path");
  set("DIARIZE_MODEL", "whole");
  EXPECT_EQ(find_model().path, cache() / "models--org--whole/snapshots" / kCommit);
  set("DIARIZE_MODEL", (root_ / "gone").string());
  EXPECT_NE(message_of<ModelError>([] { find_model(); }).find("gone"), std::string::npos);
}

TEST_F(ModelStoreTest, TheCacheWinsOverTheBundledModel) {
  install("models--org--single", kOther);
  const auto before = [] {
    try {
      return find_model().found_by;
    } catch (const ModelError& error) {
      return std::string(error.what());
    }
  }();
  // A single network is no pipeline; without a bundled model there is nothing at all.
  EXPECT_TRUE(before == "bundled" || before.find("no model is installed") != std::string::npos) << before;
  install("models--org--whole", kCommit);
  const ModelLocation found = find_model();
  EXPECT_EQ(found.name, "whole");
  EXPECT_EQ(found.found_by, "installed in the hub's cache");
}

TEST_F(ModelStoreTest, NamesOfSets) {
  EXPECT_NE(message_of<ModelError>([] { find_model("whole"); }).find("'whole' is not installed"),
            std::string::npos);
  EXPECT_NE(message_of<ModelError>([] { find_model("nonsense"); }).find("community-1-open"),
            std::string::npos);
  EXPECT_NE(message_of<ModelError>([] { find_model("org/none"); }).find("'org/none' is neither"),
            std::string::npos);
  install("models--org--single", kOther);
  EXPECT_EQ(find_model("single").path, cache() / "models--org--single/snapshots" / kOther / "weights.npz");
}

TEST_F(ModelStoreTest, ADamagedSnapshotDoesNotCount) {
  install("models--org--whole", kCommit, "ab");  // one byte short
  EXPECT_THROW(find_model("whole"), ModelError);
  write_text(cache() / "models--org--whole/blobs/e1", "abc");
  EXPECT_EQ(find_model("whole").name, "whole");
  fs::remove(cache() / "models--org--whole/snapshots" / kCommit / "config.yaml");
  EXPECT_THROW(find_model("whole"), ModelError);
}

TEST_F(ModelStoreTest, WhatPythonFetchedAtAnotherRevisionIsFound) {
  install("models--org--whole", kOther);
  EXPECT_EQ(find_model("whole").path.filename(), kOther);
  write_text(cache() / "models--org--whole/refs/main", kOther);
  EXPECT_EQ(find_model("org/whole").path.filename(), kOther);
  // The pinned revision is preferred once it is there.
  install("models--org--whole", kCommit);
  EXPECT_EQ(find_model("whole").path.filename(), kCommit);
}

TEST_F(ModelStoreTest, CachePlaceFollowsTheEnvironment) {
  EXPECT_EQ(model_cache_directory(), root_ / "home/hub");
  set("HF_HUB_CACHE", "~/elsewhere");
  EXPECT_EQ(model_cache_directory(), root_ / "elsewhere");
  set("HF_HUB_CACHE", std::nullopt);
  set("HF_HOME", std::nullopt);
  EXPECT_EQ(model_cache_directory(), root_ / ".cache/huggingface/hub");
  set("XDG_CACHE_HOME", (root_ / "xdg").string());
  EXPECT_EQ(model_cache_directory(), root_ / "xdg/huggingface/hub");
}

TEST_F(ModelStoreTest, ListsEverySetAndWhereItLies) {
  install("models--org--single", kOther);
  const auto models = list_models();
  const auto named = [&](const std::string& name) {
    return *std::find_if(models.begin(), models.end(),
                         [&](const ModelSet& model) { return model.name == name; });
  };
  EXPECT_TRUE(named("community-1").gated);
  EXPECT_EQ(named("community-1").size_bytes, 32821421u);
  EXPECT_TRUE(named("community-1").location.empty());
  EXPECT_EQ(named("whole").size_bytes, 0u) << "one file's size is unknown";
  EXPECT_FALSE(named("single").pipeline);
  EXPECT_EQ(named("single").location.filename(), "weights.npz");
}

TEST_F(ModelStoreTest, RemovesARepository) {
  install("models--org--whole", kCommit);
  install("models--org--single", kOther);
  EXPECT_EQ(remove_model("whole"), 3u);
  EXPECT_FALSE(fs::exists(cache() / "models--org--whole"));
  EXPECT_TRUE(fs::exists(cache() / "models--org--single"));
  EXPECT_THROW(remove_model("whole"), ModelError);
  EXPECT_THROW(remove_model("../.."), ModelError);
  EXPECT_EQ(remove_model("org/single"), 3u);
}

TEST_F(ModelStoreTest, LinksAreRelative) {
  const HubCache place(cache(), "org/new");
  place.open_blobs();
  write_text(place.blob("e"), "x");
  place.link(kCommit, "deep/er/file", "e");
  EXPECT_EQ(fs::read_symlink(place.snapshot(kCommit) / "deep/er/file"), "../../../../blobs/e");
  place.link(kCommit, "file", "e");
  EXPECT_EQ(hub_test::read_text(place.snapshot(kCommit) / "file"), "x");
  place.set_ref("main", kCommit);
  EXPECT_EQ(hub_test::read_text(place.directory() / "refs/main"), kCommit);
}

}  // namespace
}  // namespace diar
