// voices/ of a model: the PLDA that compares voices of different recordings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "diar/engine.h"
#include "diar/errors.h"
#include "models/weight_file.h"
#include "models/weight_writer.h"
#include "temporary_directory.h"
#include "test_paths.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class VoiceScoringTest : public ::testing::Test {
 protected:
  VoiceScoringTest() {
    const fs::path golden = fs::path(DIAR_TEST_DATA) / "golden/models";
    fs::copy(golden / "m8a", model_, fs::copy_options::recursive);
    fs::copy(golden / "segmentation", model_ / "segmentation", fs::copy_options::recursive);
  }
  Engine load() const {
    EngineOptions options;
    options.device = Device::kCpu;
    options.num_threads = 1;
    return Engine::load(model_, options);
  }
  // plda/ again, but for people who differ twice as much.
  void add_voices() const {
    fs::copy(model_ / "plda", model_ / "voices");
    Weights plda = read_weight_file(model_ / "voices/plda.npz");
    std::vector<double> psi = plda.at("psi").to_double();
    for (double& value : psi) value *= 2.0;
    plda.insert("psi", Tensor::from(psi, {psi.size()}));
    write(model_ / "voices/plda.npz", to_npz(plda, {}));
  }
  std::string refusal() const {
    try {
      load();
    } catch (const ModelError& error) {
      return error.what();
    }
    return "no error";
  }

  const TemporaryDirectory folder_;
  const fs::path model_ = folder_.path() / "model";
};

TEST_F(VoiceScoringTest, IsThatOfOneRecordingUnlessTheModelHasItsOwn) {
  const Engine without = load();
  EXPECT_EQ(&without.voice_scoring(), &without.scoring());
  add_voices();
  const Engine with = load();
  const auto own = with.voice_scoring().variances();
  const auto one = with.scoring().variances();
  ASSERT_EQ(own.size(), one.size());
  for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(own[i], 2.0 * one[i], 1e-9 * one[i]) << i;
  const auto before = without.scoring().variances();
  EXPECT_TRUE(std::equal(one.begin(), one.end(), before.begin(), before.end()));
}

TEST_F(VoiceScoringTest, HalfOfItIsNoModel) {
  add_voices();
  fs::remove(model_ / "voices/plda.npz");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("lacks"), HasSubstr("voices/plda.npz")));
}

TEST_F(VoiceScoringTest, OfOtherEmbeddingsIsRefused) {
  add_voices();
  Weights transform = read_weight_file(model_ / "voices/xvec_transform.npz");
  transform.insert("mean1", Tensor::from(std::vector<double>(192), {192}));
  write(model_ / "voices/xvec_transform.npz", to_npz(transform, {}));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("voices/xvec_transform.npz"), HasSubstr("192")));
}

}  // namespace
}  // namespace diar
