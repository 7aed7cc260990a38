#include <algorithm>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "fake_repository.h"
#include "hub_fixture.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

// One float32 tensor "a" of two values, as a safetensors file.
std::string safetensors(float first, float second) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  bytes += header;
  for (const float value : {first, second}) bytes.append(reinterpret_cast<const char*>(&value), 4);
  return bytes;
}

class VerifyTest : public hub_test::HubTest {};

TEST_F(VerifyTest, ReadsEveryWeightFile) {
  hub_test::write_text(root_ / "model/extra/some.safetensors", safetensors(1.0f, 2.0f));
  hub_test::write_text(root_ / "model/README.md", "hello");
  auto checks = verify_model((root_ / "model").string());
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_EQ(checks[0].file, "README.md");
  EXPECT_EQ(checks[0].sha256, hub_test::sha256_of("hello"));
  EXPECT_TRUE(checks[1].good) << checks[1].detail;

  hub_test::write_text(root_ / "model/extra/some.safetensors", safetensors(1.0f, 0.0f / 0.0f));
  EXPECT_NE(verify_model((root_ / "model").string())[1].detail.find("'a' holds NaN"), std::string::npos);
  hub_test::write_text(root_ / "model/extra/some.safetensors", "garbage");
  EXPECT_FALSE(verify_model((root_ / "model").string())[1].good);
}

TEST_F(VerifyTest, ComparesWithTheNameOfTheBlob) {
  const std::string content = safetensors(3.0f, 4.0f);
  const std::string hash = hub_test::sha256_of(content);
  hub_test::write_text(root_ / "blobs" / hash, content);
  fs::create_directories(root_ / "model");
  fs::create_symlink("../blobs/" + hash, root_ / "model/some.safetensors");
  EXPECT_EQ(verify_model((root_ / "model").string())[0].detail,
            "SHA-256 as the hub announced it, every tensor is finite");
  hub_test::write_text(root_ / "blobs" / hash, safetensors(3.0f, 5.0f));
  EXPECT_FALSE(verify_model((root_ / "model").string())[0].good);
}

TEST_F(VerifyTest, ComparesWithTheManifest) {
  const std::string pinned = hub_test::sha256_of("pinned");
  hub_test::write_text(root_ / "m.json", R"({"version": 1, "models": [{"name": "mine", "description": "d",
      "licence": "MIT", "repository": "org/name", "files": [{"path": "config.yaml", "sha256": ")" +
                                             pinned + R"("}]}]})");
  set("DIARIZE_MANIFEST", (root_ / "m.json").string());
  const fs::path snapshot = cache() / "models--org--name/snapshots" / hub_test::kCommit;
  hub_test::write_text(snapshot / "config.yaml", "pinned");
  EXPECT_EQ(verify_model("mine")[0].detail, "SHA-256 as in the manifest");
  hub_test::write_text(snapshot / "config.yaml", "other");
  EXPECT_FALSE(verify_model("mine")[0].good);
  EXPECT_THROW(verify_model("nothing-of-this-name"), ModelError);
}

}  // namespace
}  // namespace diar
