// What the genuine community-1 pipeline recorded, which no clone of this repository has, compared with the
// engine: every stage after the networks, and every decision of the segmentation network.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "diar/io/audio.h"
#include "genuine/engine_seam.h"
#include "golden_data.h"
#include "hub/sha256.h"
#include "models/mapped_file.h"
#include "models/npy.h"
#include "test_paths.h"

namespace diar {
namespace {

const std::filesystem::path kShared = DIAR_SHARED_DIR;
const std::filesystem::path kPlda = kShared / "models/community-1-plda";
const std::filesystem::path kCheckpoint = DIAR_GENUINE_CHECKPOINT;

// What models/manifest.json says of a file of `model`.
std::string sha256_in_manifest(const std::string& model, const std::string& path) {
  const auto manifest =
      nlohmann::json::parse(golden::text(std::filesystem::path(DIAR_SOURCE_DIR) / "models/manifest.json"));
  for (const auto& entry : manifest["models"]) {
    if (entry["name"] != model) continue;
    for (const auto& file : entry["files"]) {
      if (file["path"] == path) return file["sha256"];
    }
  }
  return "not in the manifest";
}

struct Recording {
  const char* name;
  const char* uri;
  int rttm_decimals;
};

void PrintTo(const Recording& recording, std::ostream* out) {
  *out << recording.name;
}

class Genuine : public ::testing::TestWithParam<Recording> {
 protected:
  std::filesystem::path folder() const { return kShared / "golden/genuine-community-1" / GetParam().name; }

  // A missing file throws, so the test fails.
  Tensor at(const std::string& name) const {
    const auto path = folder() / (name + ".npy");
    const MappedFile file = map_file(path);
    return parse_npy(file.bytes, file.owner, path.string());
  }

  Activity activity() const { return golden::activity(at("segmentation")); }

  // Of the pairs whose speaker is active; what was recorded for the others has no meaning.
  Embeddings embeddings(const Activity& activity) const {
    const Tensor tensor = at("embeddings");
    EXPECT_EQ(tensor.shape.at(0), activity.grid.num_windows);
    const auto values = tensor.to_float();
    Embeddings result;
    result.dimension = tensor.shape.at(2);
    for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
      for (std::size_t s = 0; s < kPyannetSpeakers; ++s) {
        const bool active = activity.active_frames(window, s) > 0;
        result.row_of.push_back(active ? static_cast<std::int32_t>(result.num_rows()) : -1);
        if (!active) continue;
        const auto from = values.begin() + static_cast<std::ptrdiff_t>((window * 3 + s) * result.dimension);
        result.values.insert(result.values.end(), from, from + static_cast<std::ptrdiff_t>(result.dimension));
      }
    }
    return result;
  }

  genuine::AfterNetworks run() const {
    const Activity recorded = activity();
    return genuine::run_after_networks(recorded, embeddings(recorded), kPlda, GetParam().uri,
                                       GetParam().rttm_decimals);
  }
};

// Not empty, of equal length, and no value further away than `tolerance`.
void expect_near(const std::vector<double>& ours, const std::vector<double>& recorded, double tolerance,
                 const char* stage) {
  ASSERT_FALSE(recorded.empty()) << stage;
  ASSERT_EQ(ours.size(), recorded.size()) << stage;
  double worst = 0.0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ASSERT_TRUE(std::isfinite(ours[i])) << stage;
    worst = std::max(worst, std::abs(ours[i] - recorded[i]));
  }
  EXPECT_LE(worst, tolerance) << stage;
  ::testing::Test::RecordProperty(std::string("worst_") + stage, std::to_string(worst));
  std::printf("%-14s at most %.1e away, %zu values\n", stage, worst, ours.size());
}

// The sign of an eigenvector is arbitrary, and with it that of a whole column of PLDA features [pairs,
// columns].
std::vector<double> with_signs_of(std::vector<double> ours, const std::vector<double>& recorded,
                                  std::size_t columns) {
  for (std::size_t column = 0; column < columns && ours.size() == recorded.size(); ++column) {
    double dot = 0.0;
    for (std::size_t i = column; i < ours.size(); i += columns) dot += ours[i] * recorded[i];
    for (std::size_t i = column; dot < 0.0 && i < ours.size(); i += columns) ours[i] = -ours[i];
  }
  return ours;
}

std::string recording_name(const ::testing::TestParamInfo<Recording>& tested) {
  return tested.param.name;
}

class GenuineClustered : public Genuine {
 protected:
  // Four of the recordings were made before pyannote takes silent speakers out, so only active ones are
  // compared.
  void expect_clusters(const std::vector<double>& ours) const {
    const auto recorded = at("hard_clusters").to_double();
    const Activity known = activity();
    ASSERT_EQ(ours.size(), recorded.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const bool active = known.active_frames(i / kPyannetSpeakers, i % kPyannetSpeakers) > 0;
      EXPECT_EQ(ours[i], active ? recorded[i] : -2.0) << "pair " << i;
    }
  }
};

TEST_P(GenuineClustered, EveryStageAndTheTextAreEqual) {
  const genuine::AfterNetworks ours = run();
  EXPECT_EQ(ours.speaker_count, golden::bytes(at("speaker_counting")));
  const auto windows = at("train_chunk_idx").to_double();
  const auto speakers = at("train_speaker_idx").to_double();
  std::vector<double> pairs;
  for (std::size_t i = 0; i < windows.size(); ++i) pairs.insert(pairs.end(), {windows[i], speakers.at(i)});
  EXPECT_EQ(ours.stages.at("training_pairs"), pairs);
  // Out of an eigenproblem in double; of order 1 to 100.
  const auto phi = at("plda_phi").to_double();
  const auto features = at("plda_features").to_double();
  expect_near(ours.stages.at("plda_phi"), phi, 1e-8, "plda_phi");
  expect_near(with_signs_of(ours.stages.at("plda_features"), features, phi.size()), features, 1e-8,
              "plda_features");
  EXPECT_EQ(ours.stages.at("ahc_clusters"), at("ahc_clusters").to_double());
  expect_near(ours.stages.at("vbx_gamma"), at("vbx_gamma").to_double(), 1e-6, "vbx_gamma");
  expect_near(ours.stages.at("vbx_pi"), at("vbx_pi").to_double(), 1e-6, "vbx_pi");
  expect_clusters(ours.stages.at("hard_clusters"));
  EXPECT_EQ(ours.stages.at("discrete_diarization"), at("discrete_diarization").to_double());
  EXPECT_EQ(ours.rttm, golden::text(folder() / "expected.rttm"));
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineClustered,
                         ::testing::Values(Recording{"dialogue", "clip_16k", 3},
                                           Recording{"sample", "clip_16k", 3},
                                           Recording{"dual_speaker", "clip_16k", 3},
                                           Recording{"long_recording", "clip_16k", 3},
                                           Recording{"two_speakers", "pipeline", 6}),
                         recording_name);

class GenuineShort : public Genuine {};

// 3.4 seconds have no training pair: everybody is one speaker, and no PLDA is asked.
TEST_P(GenuineShort, CountsFramesAndTextAreEqual) {
  const genuine::AfterNetworks ours = run();
  EXPECT_TRUE(ours.stages.at("training_pairs").empty());
  EXPECT_EQ(ours.speaker_count, golden::bytes(at("speaker_counting")));
  EXPECT_EQ(ours.stages.at("discrete_diarization"), at("discrete_diarization").to_double());
  EXPECT_EQ(ours.rttm, golden::text(folder() / "expected.rttm"));
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineShort, ::testing::Values(Recording{"short", "short", 6}),
                         recording_name);

TEST(GenuineFiles, PldaIsTheOneOfTheManifest) {
  for (const char* name : {"plda.npz", "xvec_transform.npz"}) {
    EXPECT_EQ(sha256_of_file(kPlda / name), sha256_in_manifest("community-1", std::string("plda/") + name));
  }
}

class GenuineSegmentation : public Genuine {
 protected:
  // In percent.
  double share_of_equal_frames(const std::filesystem::path& model) const {
    const Activity expected = activity();
    const auto bits = genuine::decide(model, load_audio((folder() / "audio.wav").string()).samples,
                                      expected.grid.num_windows);
    EXPECT_EQ(bits.size(), expected.bits.size());
    std::size_t equal = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) equal += bits[i] == expected.bits.at(i) ? 1 : 0;
    std::printf("%zu of %zu frames equal the genuine segmentation\n", equal, bits.size());
    return 100.0 * static_cast<double>(equal) / static_cast<double>(bits.size());
  }
};

// tests/CMakeLists.txt registers this one only where tools/genuine_checkpoint.sh brought the file.
class GenuineCheckpoint : public GenuineSegmentation {};

TEST_P(GenuineCheckpoint, EveryFrameIsEqual) {
  ASSERT_EQ(sha256_of_file(kCheckpoint), sha256_in_manifest("segmentation-3.0", "pytorch_model.bin"));
  EXPECT_EQ(share_of_equal_frames(kCheckpoint), 100.0);
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineCheckpoint,
                         ::testing::Values(Recording{"sample", "", 3}, Recording{"dual_speaker", "", 3},
                                           Recording{"two_speakers", "", 6}, Recording{"short", "", 6}),
                         recording_name);

class GenuineBootstrap : public GenuineSegmentation {};

// The bootstrap weights are a rounded copy of the genuine ones: PyTorch with them agrees on 94.80 % of
// frames.
TEST_P(GenuineBootstrap, DecidesTheSameOnMostFrames) {
  EXPECT_GE(share_of_equal_frames(kShared / "models/bootstrap"), 94.5);
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineBootstrap, ::testing::Values(Recording{"two_speakers", "", 6}),
                         recording_name);

}  // namespace
}  // namespace diar
