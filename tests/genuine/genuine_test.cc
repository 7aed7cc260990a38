// Material of the genuine community-1 model, which no clone of this repository has: what it recorded behind
// its networks, and its decisions beside those of the bootstrap segmentation.
#include <cmath>
#include <map>

#include "diar/io/audio.h"
#include "diar/io/rttm.h"
#include "diar/models.h"
#include "golden_data.h"
#include "models/mapped_file.h"
#include "models/npy.h"
#include "session/diarization.h"
#include "session/powerset.h"
#include "session/speaker_count.h"
#include "test_paths.h"

namespace diar {
namespace {

const std::filesystem::path kShared = DIAR_SHARED_DIR;

class Genuine : public ::testing::TestWithParam<const char*> {
 protected:
  Tensor at(const std::string& name) const {
    const auto path = folder() / (name + ".npy");
    const MappedFile file = map_file(path);
    return parse_npy(file.bytes, file.owner, path.string());
  }
  std::filesystem::path folder() const { return kShared / "golden/genuine-community-1" / GetParam(); }

  Embeddings embeddings(const Activity& activity) const {
    const Tensor tensor = at("embeddings");
    const auto values = tensor.to_float();
    Embeddings result;
    result.dimension = tensor.shape.at(2);
    for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
      for (std::size_t s = 0; s < kNumLocalSpeakers; ++s) {
        const bool active = activity.active_frames(window, s) > 0;
        result.row_of.push_back(active ? static_cast<std::int32_t>(result.num_rows()) : -1);
        if (!active) continue;
        const auto from = values.begin() + static_cast<std::ptrdiff_t>((window * 3 + s) * result.dimension);
        result.values.insert(result.values.end(), from, from + static_cast<std::ptrdiff_t>(result.dimension));
      }
    }
    return result;
  }

  // Frames, text and turns from clusters; the recorded text has six decimals.
  void expect_frames_and_text(const Activity& activity, const SpeakerClusters& clusters,
                              const std::vector<std::uint8_t>& count, const std::string& uri) const {
    DiarizationOptions options;
    options.uri = uri;
    std::vector<double> discrete;
    options.on_artefact = [&](const Artefact& artefact) {
      if (artefact.stage == "discrete_diarization")
        std::visit([&](auto span) { discrete.assign(span.begin(), span.end()); }, artefact.values);
    };
    const auto output = reconstruct_output(activity, clusters, count, {}, options);
    EXPECT_EQ(discrete, at("discrete_diarization").to_double());
    EXPECT_EQ(to_rttm(output.diarization, 6), golden::text(folder() / "expected.rttm"));
  }
};

// PLDA features are the recorded ones too: the genuine model's PLDA is not among the material.
class GenuineClustered : public Genuine {};

TEST_P(GenuineClustered, ClustersCountsFramesAndTextAreEqual) {
  const Activity activity = golden::activity(at("segmentation"));
  const auto count = count_speakers(activity);
  EXPECT_EQ(count, golden::bytes(at("speaker_counting")));
  const Embeddings recorded = embeddings(activity);
  const auto pairs = training_pairs(activity, recorded);
  const auto chunks = golden::ints(at("train_chunk_idx"));
  const auto speakers = golden::ints(at("train_speaker_idx"));
  ASSERT_EQ(pairs.size(), chunks.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(static_cast<int>(pairs[i].first), chunks[i]);
    EXPECT_EQ(static_cast<int>(pairs[i].second), speakers[i]);
  }
  std::map<std::string, std::vector<double>> stages;
  const auto clusters = cluster_in_plda_space(
      activity, recorded, pairs,
      [&] {
        return PldaSpace{golden::matrix(at("plda_features")), golden::vector(at("plda_phi"))};
      },
      {},
      [&](const Artefact& artefact) {
        auto& values = stages[std::string(artefact.stage)];
        std::visit([&](auto span) { values.assign(span.begin(), span.end()); }, artefact.values);
      });
  EXPECT_EQ(stages["ahc_clusters"], at("ahc_clusters").to_double());
  const auto gamma = at("vbx_gamma").to_double();
  ASSERT_EQ(stages["vbx_gamma"].size(), gamma.size());
  for (std::size_t i = 0; i < gamma.size(); ++i) EXPECT_NEAR(stages["vbx_gamma"][i], gamma[i], 1e-6) << i;
  EXPECT_EQ(std::vector<int>(clusters.cluster_of.begin(), clusters.cluster_of.end()),
            golden::ints(at("hard_clusters")));
  expect_frames_and_text(activity, clusters, count, "pipeline");
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineClustered, ::testing::Values("two_speakers"));

class GenuineShort : public Genuine {};

// 3.4 seconds have no training pair: everybody is one speaker, and no PLDA is asked.
TEST_P(GenuineShort, CountsFramesAndTextAreEqual) {
  const Activity activity = golden::activity(at("segmentation"));
  const auto count = count_speakers(activity);
  EXPECT_EQ(count, golden::bytes(at("speaker_counting")));
  const Embeddings recorded = embeddings(activity);
  ASSERT_LT(training_pairs(activity, recorded).size(), 2u);
  SpeakerClusters clusters;
  for (const std::int32_t row : recorded.row_of) clusters.cluster_of.push_back(row < 0 ? -2 : 0);
  clusters.centroids = RowMatrix::Zero(1, 256);
  expect_frames_and_text(activity, clusters, count, "short");
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineShort, ::testing::Values("short"));

class GenuineSegmentation : public Genuine {};

// The bootstrap weights are a rounded copy of the genuine ones: PyTorch with them agrees on 94.80 % of
// frames.
TEST_P(GenuineSegmentation, BootstrapDecidesTheSameOnMostFrames) {
  const auto model = load_segmentation_model(kShared / "models/bootstrap");
  const Waveform waveform = load_audio((folder() / "audio.wav").string());
  const Activity expected = golden::activity(at("segmentation"));
  WindowBatch batch;
  batch.num_windows = expected.grid.num_windows;
  batch.step_samples = 16000;
  std::vector<float> samples = waveform.samples;
  samples.resize((batch.num_windows - 1) * batch.step_samples + batch.window_samples, 0.0f);
  batch.samples = samples;
  std::vector<float> log_probs(expected.bits.size() * kNumPowersetClasses);
  model->run(batch, log_probs);
  std::vector<std::uint8_t> bits(expected.bits.size());
  to_multilabel(log_probs, bits);
  std::size_t equal = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) equal += bits[i] == expected.bits[i] ? 1 : 0;
  const double share = static_cast<double>(equal) / static_cast<double>(bits.size());
  RecordProperty("frames_equal_percent", std::to_string(100.0 * share));
  std::printf("%.3f %% of %zu frames equal the genuine segmentation\n", 100.0 * share, bits.size());
  EXPECT_GE(share, 0.945);
}

INSTANTIATE_TEST_SUITE_P(Community1, GenuineSegmentation, ::testing::Values("two_speakers"));

}  // namespace
}  // namespace diar
