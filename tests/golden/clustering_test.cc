// Everything behind the networks on pyannote's own recorded embeddings: no float noise of a network in it, so
// the tolerances are those of double arithmetic.
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "assign/scoring.h"
#include "clustering/ahc.h"
#include "clustering/kmeans.h"
#include "clustering/plda.h"
#include "clustering/vbx.h"
#include "diar/io/rttm.h"
#include "engine/load.h"
#include "golden_data.h"
#include "session/diarization.h"
#include "session/speaker_count.h"

namespace diar {
namespace {

using Json = nlohmann::json;

const Json& runs() {
  static const Json manifest = Json::parse(golden::text(golden::folder() / "manifest.json"));
  return manifest["runs"];
}

// Runs that went through a stage.
std::vector<std::string> runs_with(const char* stage) {
  std::vector<std::string> names;
  for (const auto& [name, run] : runs().items()) {
    const auto& stages = run["stages"];
    if (std::find(stages.begin(), stages.end(), stage) != stages.end()) names.push_back(name);
  }
  return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class RecordedEmbeddings : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    run_ = runs()[GetParam()];
    if (run_["base"].is_string()) files_.push_back(stages(run_["base"].get<std::string>()));
    files_.push_back(stages(GetParam()));
    const auto folder = golden::folder() / "models" / run_["model"].get<std::string>() / "plda";
    const PldaParameters parameters = plda_parameters(read_plda_files(folder), 256);
    plda_ = std::make_unique<Plda>(parameters);
    scoring_ = make_plda_scoring(parameters);
  }

  static Weights stages(const std::string& run) {
    return read_weight_file(golden::folder() / "runs" / run / "stages.npz");
  }
  const Tensor* find(const std::string& name) const {
    for (auto it = files_.rbegin(); it != files_.rend(); ++it) {
      if (it->contains(name)) return &it->at(name);
    }
    return nullptr;
  }
  // A missing array throws, so the test fails.
  const Tensor& at(const std::string& name) const {
    if (const Tensor* tensor = find(name)) return *tensor;
    throw std::runtime_error("run " + GetParam() + " has no array " + name);
  }

  RowMatrixF training() const {
    const auto chunks = golden::ints(at("train_chunk_idx"));
    const auto speakers = golden::ints(at("train_speaker_idx"));
    const auto values = at("embeddings").to_float();
    RowMatrixF rows(static_cast<Eigen::Index>(chunks.size()), 256);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      const auto from = values.begin() + (chunks[i] * 3 + speakers[i]) * 256;
      std::copy(from, from + 256, rows.row(static_cast<Eigen::Index>(i)).data());
    }
    return rows;
  }
  static void record(const std::string& what, double worst) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3e", worst);
    RecordProperty("worst_" + what, text);
  }
  static RowMatrixF unit_rows(const RowMatrixF& rows) {
    return rows.array().colwise() / rows.rowwise().norm().array();
  }

  // The recorded embeddings of active pairs, as the engine keeps them.
  Embeddings recorded(const Activity& activity) const {
    const auto values = at("embeddings").to_float();
    Embeddings embeddings;
    embeddings.dimension = 256;
    for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
      for (std::size_t s = 0; s < kPyannetSpeakers; ++s) {
        const bool active = activity.active_frames(window, s) > 0;
        embeddings.row_of.push_back(active ? static_cast<std::int32_t>(embeddings.num_rows()) : -1);
        if (!active) continue;
        const auto from = values.begin() + static_cast<std::ptrdiff_t>((window * 3 + s) * 256);
        embeddings.values.insert(embeddings.values.end(), from, from + 256);
      }
    }
    return embeddings;
  }

  Json run_;
  std::vector<Weights> files_;
  std::unique_ptr<Plda> plda_;
  std::shared_ptr<const SpeakerScoring> scoring_;
};

/// With at least two training pairs; fewer are never linked.
class LinkedRun : public RecordedEmbeddings {};
/// Through k-means.
class ForcedRun : public RecordedEmbeddings {};

TEST_P(LinkedRun, LinkageAndCut) {
  const RowMatrixF points = unit_rows(training());
  const auto merges = centroid_linkage(points);
  const RowMatrix expected = golden::matrix(at("linkage"));
  ASSERT_EQ(static_cast<Eigen::Index>(merges.size()), expected.rows());
  double worst = 0.0;
  for (std::size_t k = 0; k < merges.size(); ++k) {
    const auto row = static_cast<Eigen::Index>(k);
    ASSERT_EQ(merges[k].left, expected(row, 0)) << "merge " << k;
    ASSERT_EQ(merges[k].right, expected(row, 1)) << "merge " << k;
    worst = std::max(worst, std::abs(merges[k].distance - expected(row, 2)));
  }
  // Distances of float rows: the norm is another sum of floats than numpy's.
  EXPECT_LE(worst, 1e-6);
  record("linkage_height", worst);
  EXPECT_EQ(cut_dendrogram(merges, static_cast<int>(points.rows()), 0.6), golden::ints(at("ahc_clusters")));
}

TEST_P(LinkedRun, PldaAndVbx) {
  const RowMatrix z = plda_->transform(training().cast<double>());
  const RowMatrix expected = golden::matrix(at("plda_features"));
  double worst = 0.0;
  for (Eigen::Index k = 0; k < expected.cols(); ++k) {
    const double sign = z.col(k).dot(expected.col(k)) < 0.0 ? -1.0 : 1.0;
    worst = std::max(worst, (sign * z.col(k) - expected.col(k)).cwiseAbs().maxCoeff());
  }
  EXPECT_LE(worst, 1e-8);
  record("plda", worst);
  const VbxResult vbx = cluster_vbx(expected, plda_->phi(), golden::ints(at("ahc_clusters")));
  const double gamma = (vbx.gamma - golden::matrix(at("vbx_gamma"))).cwiseAbs().maxCoeff();
  EXPECT_LE(gamma, 1e-6);
  record("vbx", gamma);
  EXPECT_LE((vbx.pi - golden::vector(at("vbx_pi"))).cwiseAbs().maxCoeff(), 1e-6);
  EXPECT_EQ(vbx.elbo.size(), at("vbx_elbo").size());
}

TEST_P(ForcedRun, LabelsAreScikitLearns) {
  const auto expected = golden::ints(at("kmeans_clusters"));
  const int wanted = 1 + *std::max_element(expected.begin(), expected.end());
  EXPECT_EQ(cluster_kmeans(unit_rows(training()), wanted), expected);
}

TEST_P(RecordedEmbeddings, ClustersFramesCentroidsAndText) {
  const Activity activity = golden::activity(at("segmentation"));
  const auto count = count_speakers(activity);
  EXPECT_EQ(count, golden::bytes(at("speaker_counting")));
  RunPlan plan;
  plan.min_duration_off_s = run_["overrides"].value("min_duration_off", 0.0);
  plan.uri = std::filesystem::path(run_["audio"].get<std::string>()).stem().string();
  const auto bound = [&](const char* key, std::optional<int>& place) {
    if (run_["call"].contains(key)) place = run_["call"][key].get<int>();
  };
  bound("num_speakers", plan.num_speakers);
  bound("min_speakers", plan.min_speakers);
  bound("max_speakers", plan.max_speakers);
  std::map<std::string, std::vector<double>> stages;
  plan.hook = [&](const Artefact& artefact) {
    auto& values = stages[std::string(artefact.stage)];
    std::visit([&](auto span) { values.assign(span.begin(), span.end()); }, artefact.values);
  };
  const auto output = assign_and_reconstruct(activity, recorded(activity), count, *scoring_, plan);
  EXPECT_EQ(stages["hard_clusters"], at("final_clusters").to_double());
  EXPECT_EQ(stages["discrete_diarization"], at("discrete_diarization").to_double());
  EXPECT_EQ(stages["exclusive_discrete_diarization"], at("exclusive_diarization").to_double());
  const auto folder = golden::folder() / "runs" / GetParam();
  EXPECT_EQ(to_rttm(output.diarization), golden::text(folder / "diarization.rttm"));
  EXPECT_EQ(to_rttm(output.exclusive_diarization), golden::text(folder / "exclusive.rttm"));
  // Fewer than two training pairs are one speaker, and nothing is linked.
  EXPECT_EQ(stages.contains("centroids"), find("linkage") != nullptr);
  if (stages.contains("centroids")) {
    const auto centroids = at("centroids").to_double();
    ASSERT_EQ(stages["centroids"].size(), centroids.size());
    for (std::size_t i = 0; i < centroids.size(); ++i)
      ASSERT_NEAR(stages["centroids"][i], centroids[i], 1e-6) << i;
  }
  const auto embeddings = at("speaker_embeddings").to_double();
  ASSERT_EQ(output.speaker_embeddings.size() * 256, embeddings.size());
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    // pyannote's mean of no embedding is NaN; ours is zeros, which no reader stumbles over.
    const double expected = std::isnan(embeddings[i]) ? 0.0 : embeddings[i];
    // The API hands out floats: half a unit in the last place on top.
    ASSERT_NEAR(output.speaker_embeddings[i / 256].values[i % 256], expected,
                1e-6 + 6e-8 * std::abs(expected))
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pyannote407, RecordedEmbeddings, ::testing::ValuesIn(runs_with("final_clusters")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Pyannote407, LinkedRun, ::testing::ValuesIn(runs_with("linkage")), test_name);
INSTANTIATE_TEST_SUITE_P(Pyannote407, ForcedRun, ::testing::ValuesIn(runs_with("kmeans_clusters")),
                         test_name);

}  // namespace
}  // namespace diar
