// Every recording of tests/data/golden through the whole engine, every stage beside what pyannote.audio 4.0.7
// recorded there; once for each backend of this build, and the others' stages beside the CPU backend's.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "backends/mlx/mlx_backend.h"
#include "diar/io/audio.h"
#include "diar/io/rttm.h"
#include "frontend/fbank.h"
#include "golden/golden_engine.h"
#include "networks/pyannet/geometry.h"

namespace diar {
namespace {

using namespace golden_test;

// Every artefact of one run, concatenated over its batches.
struct Captured {
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, std::vector<std::size_t>> windows;  // first window of each piece

  ArtefactHook hook() {
    return [this](const Artefact& artefact) {
      const std::string stage(artefact.stage);
      windows[stage].push_back(artefact.first_window);
      std::visit([&](auto span) { values[stage].insert(values[stage].end(), span.begin(), span.end()); },
                 artefact.values);
    };
  }
};

// What is compared in a run; a stage that is not there fails. Silence has no speaker, so nothing follows the
// counting; four runs have fewer than two training pairs, which nobody clusters; k-means runs where a call
// asks for another number of speakers than the clustering found.
std::set<std::string> stages_to_compare(const std::string& name, const Json& run) {
  std::set<std::string> stages = {"fbank", "segmentation", "log_probs", "speaker_counting"};
  if (name == "silence") return stages;
  stages.insert({"embeddings", "used_masks", "training_pairs", "final_clusters", "discrete_diarization",
                 "exclusive_diarization"});
  static const std::set<std::string> kFewPairs = {"noise", "phantom", "phantom-num1", "instant"};
  if (kFewPairs.contains(name)) return stages;
  stages.insert({"ahc_clusters", "vbx_gamma"});
  if (!run["call"].empty()) stages.insert("kmeans_clusters");
  return stages;
}

class GoldenRun : public ::testing::TestWithParam<std::tuple<Device, std::string>> {
 protected:
  static Device device() { return std::get<Device>(GetParam()); }

  void load(const std::string& name) {
    name_ = name;
    run_ = manifest()["runs"][name];
    captured_ = {};
    to_compare_ = stages_to_compare(name, run_);
    compared_.clear();
    output_ = run_on(device(), captured_);
    stages_.clear();
    // A run with a base stores only what may differ from it.
    if (run_["base"].is_string()) stages_.push_back(read_stages(run_["base"].get<std::string>()));
    stages_.push_back(read_stages(name));
  }

  DiarizationOutput run_on(Device device, Captured& captured) const {
    SessionOptions options = options_of(run_);
    options.on_artefact = captured.hook();
    const auto audio = open_audio(audio_of(run_).string());
    return engine_of(parts(device, run_["model"].get<std::string>())).diarize(*audio, options);
  }

  static Weights read_stages(const std::string& run) {
    return read_weight_file(kGolden / "runs" / run / "stages.npz");
  }

  // A recorded array; throws when it is absent, so that the test fails.
  const Tensor& recorded(const std::string& name) const {
    for (auto it = stages_.rbegin(); it != stages_.rend(); ++it) {
      if (it->contains(name)) return it->at(name);
    }
    throw std::runtime_error("run " + name_ + " has no array " + name);
  }

  bool has(const std::string& stage) const { return to_compare_.contains(stage); }

  void expect_equal(const char* stage, const char* ours) {
    ASSERT_TRUE(captured_.values.contains(ours)) << ours;
    EXPECT_EQ(captured_.values[ours], recorded(stage).to_double()) << stage;
    compared_.insert(stage);
  }

  // For tools/parity/table.py, which reads GoogleTest's JSON report.
  void record(const std::string& what, double worst) const {
    char text[32];
    std::snprintf(text, sizeof(text), "%.3e", worst);
    RecordProperty("worst_" + name_ + ":" + what, text);
  }

  void features_agree();
  void segmentation_agrees();
  void counts_masks_and_embeddings_agree();
  void clustering_agrees();
  void result_agrees();
  void agrees_with_cpu();

  std::string name_;
  Json run_;
  Captured captured_;
  std::set<std::string> to_compare_;
  std::set<std::string> compared_;
  DiarizationOutput output_;
  std::vector<Weights> stages_;
};

void GoldenRun::features_agree() {
  const auto rows = recorded("fbank_rows").to_double();
  const auto chunks = recorded("fbank_chunks").to_double();
  const auto expected = recorded("fbank").to_double();
  ASSERT_FALSE(expected.empty());
  std::vector<float> samples = load_audio(audio_of(run_).string()).samples;
  constexpr std::size_t kWindow = 160000;
  std::vector<float> raw(num_fbank_frames(kWindow) * kMelBins);
  std::size_t at = 0;
  double worst = 0.0;
  double worst_in_noise = 0.0;
  for (const double chunk : chunks) {
    const auto start = static_cast<std::size_t>(chunk) * 16000;
    if (samples.size() < start + kWindow) samples.resize(start + kWindow, 0.0f);
    FilterBank().compute(std::span<const float>(samples).subspan(start, kWindow), raw);
    std::vector<float> features = raw;
    subtract_mean(features);
    for (const double row : rows) {
      const auto first = static_cast<std::size_t>(row) * kMelBins;
      const double loudest = *std::max_element(raw.begin() + static_cast<std::ptrdiff_t>(first),
                                               raw.begin() + static_cast<std::ptrdiff_t>(first + kMelBins));
      for (std::size_t i = first; i < first + kMelBins; ++i, ++at) {
        // The oracle's FFT is float32, ours double: a quiet bin carries the rounding of the loudest one of
        // its frame, 2^-24 of its amplitude. Against the same formula in double the oracle is up to 2.7e-3
        // off.
        const double noise = 2.0 * std::ldexp(1.0, -24) * std::exp(0.5 * (loudest - raw[i]));
        const double difference = std::abs(features[i] - expected[at]);
        EXPECT_LE(difference, std::max(1e-3, noise)) << "frame " << row << ", bin " << i - first;
        double& highest = noise > 1e-3 ? worst_in_noise : worst;
        highest = std::max(highest, difference);
      }
    }
  }
  EXPECT_EQ(at, expected.size());
  compared_.insert("fbank");
  record("features", worst);
  record("features_in_the_oracles_noise", worst_in_noise);
}

void GoldenRun::segmentation_agrees() {
  const auto expected = recorded("segmentation").to_double();
  const auto& ours = captured_.values["activity"];
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(ours.size() * kPyannetSpeakers, expected.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    different += (static_cast<int>(ours[i / 3]) >> (i % 3) & 1) != static_cast<int>(expected[i]) ? 1 : 0;
  }
  // No frame of these recordings has its two best classes nearer than 2e-4, so not one decision may differ.
  EXPECT_EQ(different, 0u);
  compared_.insert("segmentation");
  const auto chunks = recorded("log_prob_chunks").to_double();
  const auto log_probs = recorded("log_probs").to_double();
  const auto& all = captured_.values["segmentation"];
  ASSERT_FALSE(log_probs.empty());
  const std::size_t per_chunk = log_probs.size() / std::max<std::size_t>(chunks.size(), 1);
  double worst = 0.0;
  for (std::size_t i = 0; i < log_probs.size(); ++i) {
    const std::size_t at = static_cast<std::size_t>(chunks[i / per_chunk]) * per_chunk + i % per_chunk;
    worst = std::max(worst, std::abs(log_probs[i] - all.at(at)));
  }
  EXPECT_LE(worst, 1e-3);
  compared_.insert("log_probs");
  record("log_probs", worst);
}

void GoldenRun::counts_masks_and_embeddings_agree() {
  expect_equal("speaker_counting", "speaker_count");
  ASSERT_EQ(captured_.values.contains("embeddings"), has("embeddings"));
  if (!has("embeddings")) return;
  const Tensor& tensor = recorded("embeddings");
  const auto expected = tensor.to_double();
  const auto masks = recorded("used_masks").to_double();
  const auto& windows = captured_.windows["embeddings"];
  const std::size_t dimension = tensor.shape.at(2);
  ASSERT_FALSE(windows.empty());
  double worst = 0.0;
  for (std::size_t piece = 0; piece < windows.size() * kPyannetSpeakers; ++piece) {
    const std::size_t pair = windows[piece / kPyannetSpeakers] * kPyannetSpeakers + piece % kPyannetSpeakers;
    double dot = 0.0, ours = 0.0, theirs = 0.0;
    for (std::size_t i = 0; i < dimension; ++i) {
      const double a = captured_.values["embeddings"][piece * dimension + i];
      const double b = expected[pair * dimension + i];
      dot += a * b, ours += a * a, theirs += b * b;
    }
    const double cosine = dot / std::sqrt(ours * theirs);
    ASSERT_GE(cosine, 0.99999) << "pair " << pair;
    worst = std::max(worst, 1.0 - cosine);
    const std::size_t frames = masks.size() / (tensor.shape[0] * kPyannetSpeakers);
    for (std::size_t frame = 0; frame < frames; ++frame) {
      ASSERT_EQ(captured_.values["masks"][piece * frames + frame], masks[pair * frames + frame])
          << "pair " << pair;
    }
  }
  compared_.insert({"embeddings", "used_masks"});
  record("embeddings_cosine_distance", worst);
}

void GoldenRun::clustering_agrees() {
  for (const char* stage : {"ahc_clusters", "vbx_gamma", "kmeans_clusters"})
    EXPECT_EQ(captured_.values.contains(stage), has(stage)) << stage;
  if (has("training_pairs")) {
    const auto windows = recorded("train_chunk_idx").to_double();
    const auto speakers = recorded("train_speaker_idx").to_double();
    std::vector<double> pairs;
    for (std::size_t i = 0; i < windows.size(); ++i) pairs.insert(pairs.end(), {windows[i], speakers.at(i)});
    EXPECT_EQ(captured_.values.at("training_pairs"), pairs);
    compared_.insert("training_pairs");
  }
  if (has("ahc_clusters")) {
    expect_equal("ahc_clusters", "ahc_clusters");
    const auto gamma = recorded("vbx_gamma").to_double();
    const auto& ours = captured_.values["vbx_gamma"];
    ASSERT_EQ(gamma.size(), ours.size());
    // From our own embeddings, so float noise of the network is in it: the unit tests hold 1e-6 on equal
    // input.
    double worst = 0.0;
    for (std::size_t i = 0; i < gamma.size(); ++i) worst = std::max(worst, std::abs(gamma[i] - ours[i]));
    EXPECT_LE(worst, 1e-3);
    compared_.insert("vbx_gamma");
    record("vbx_gamma_behind_our_networks", worst);
  }
  if (has("kmeans_clusters")) expect_equal("kmeans_clusters", "kmeans_clusters");
  if (has("final_clusters")) expect_equal("final_clusters", "hard_clusters");
}

void GoldenRun::result_agrees() {
  if (has("discrete_diarization")) {
    expect_equal("discrete_diarization", "discrete_diarization");
    expect_equal("exclusive_diarization", "exclusive_discrete_diarization");
  } else {
    EXPECT_TRUE(output_.diarization.turns().empty());
  }
  EXPECT_EQ(to_rttm(output_.diarization), read_text(kGolden / "runs" / name_ / "diarization.rttm"));
  EXPECT_EQ(to_rttm(output_.exclusive_diarization), read_text(kGolden / "runs" / name_ / "exclusive.rttm"));
  EXPECT_EQ(compared_, to_compare_);
}

// Every artefact of this backend beside the CPU backend's. Floats within 1e-4 of the stage's largest value:
// the order of sums differs, and nothing else may.
void GoldenRun::agrees_with_cpu() {
  Captured cpu;
  const DiarizationOutput expected = run_on(Device::kCpu, cpu);
  ASSERT_EQ(captured_.values.size(), cpu.values.size());
  for (const auto& [stage, values] : cpu.values) {
    const auto& ours = captured_.values[stage];
    ASSERT_EQ(ours.size(), values.size()) << stage;
    double scale = 1.0;
    double worst = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i]) && std::isnan(ours[i])) continue;
      const double difference = std::abs(values[i] - ours[i]);
      scale = std::max(scale, std::abs(values[i]));
      worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(worst, difference);
    }
    EXPECT_LE(worst, 1e-4 * scale) << stage;
    record(stage + " beside cpu", worst);
    record(stage + " beside cpu, relative", worst / scale);
  }
  EXPECT_EQ(to_rttm(output_.diarization), to_rttm(expected.diarization));
}

// One test a recording, because the networks are what takes the time: they run once, whatever a call asks
// for.
TEST_P(GoldenRun, EveryStageAgrees) {
  const std::string recording = std::get<std::string>(GetParam());
  for (const auto& [name, run] : manifest()["runs"].items()) {
    if (name != recording && run["base"] != recording) continue;
    SCOPED_TRACE(name);
    load(name);
    features_agree();
    segmentation_agrees();
    counts_masks_and_embeddings_agree();
    clustering_agrees();
    result_agrees();
    if (device() != Device::kCpu) agrees_with_cpu();
  }
}

std::vector<Device> devices() {
  std::vector<Device> devices = {Device::kCpu};
  if (mlx_backend::available()) devices.push_back(Device::kMlx);
  return devices;
}

INSTANTIATE_TEST_SUITE_P(Pyannote407, GoldenRun,
                         ::testing::Combine(::testing::ValuesIn(devices()),
                                            ::testing::ValuesIn(recordings())),
                         [](const auto& test) {
                           std::string name = std::get<Device>(test.param) == Device::kMlx ? "mlx_" : "cpu_";
                           name += std::get<std::string>(test.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace diar
