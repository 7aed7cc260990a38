// A run of tests/data/golden/manifest.json in, its engine, its options and its sound out.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "assign/scoring.h"
#include "engine/engine_impl.h"
#include "engine/load.h"
#include "golden/remembering_models.h"
#include "models/model_directory.h"
#include "models/weight_file.h"
#include "networks/registry.h"
#include "test_paths.h"

namespace diar::golden_test {

namespace fs = std::filesystem;
using Json = nlohmann::json;

inline const fs::path kGolden = fs::path(DIAR_TEST_DATA) / "golden";

inline std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << "missing golden file " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const Json& manifest() {
  static const Json json = Json::parse(read_text(kGolden / "manifest.json"));
  return json;
}

// The weights of m32 follow from a formula (tests/data/golden/README.md): SplitMix64 seeded with the tensor's
// name.
inline std::vector<float> formula_tensor(const std::string& name, std::size_t size, int exponent,
                                         std::uint64_t seed) {
  std::uint64_t state = 0xCBF29CE484222325u;
  for (const char c : name) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  state ^= seed;
  std::vector<float> values(size);
  for (float& value : values) {
    state += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    value = static_cast<float>(std::ldexp(static_cast<double>(z >> 56) - 127.5, -exponent));
  }
  return values;
}

inline Weights read_embedding(const fs::path& model) {
  if (fs::exists(model / "embedding" / "weights.npz"))
    return read_weight_file(model / "embedding" / "weights.npz");
  Weights weights = read_weight_file(model / "embedding" / "small_tensors.npz");
  const Json formula = Json::parse(read_text(model / "embedding" / "formula.json"));
  const std::uint64_t seed = std::stoull(formula["seed"].get<std::string>(), nullptr, 16);
  for (const auto& [name, entry] : formula["tensors"].items()) {
    const Shape shape = entry["shape"].get<Shape>();
    const auto values = formula_tensor(name, num_elements(shape), entry["exponent"].get<int>(), seed);
    EXPECT_EQ(values.back(), entry["last"].get<float>()) << name;
    weights.insert(name, Tensor::from(values, shape));
  }
  return weights;
}

struct Parts {
  ModelConfig config;
  std::shared_ptr<const SegmentationNetwork> segmentation;
  std::shared_ptr<const SpeakerEncoder> encoder;
  std::shared_ptr<const SpeakerScoring> scoring;
};

inline const Parts& parts(Device device, const std::string& name) {
  static std::map<std::pair<Device, std::string>, Parts> all;
  if (const auto found = all.find({device, name}); found != all.end()) return found->second;
  const fs::path model = kGolden / "models" / name;
  Parts made;
  made.config = parse_model_json(read_text(model / "model.json"), name);
  NetworkOptions options;
  options.device = device;
  const auto executor = std::make_shared<const Executor>(0);
  made.segmentation = std::make_shared<golden_test::RememberingSegmentation>(make_segmentation_network(
      read_weight_file(kGolden / "models/segmentation/weights.npz"), options, executor));
  made.encoder = std::make_shared<golden_test::RememberingEncoder>(
      make_speaker_encoder(read_embedding(model), options, executor));
  made.scoring =
      make_plda_scoring(plda_parameters(read_plda_files(model / "plda"), made.encoder->spec().dimension));
  return all.emplace(std::pair(device, name), std::move(made)).first->second;
}

inline Engine engine_of(const Parts& parts) {
  const auto impl = std::make_shared<Engine::Impl>();
  impl->config = parts.config;
  impl->executor = std::make_shared<const Executor>(0);
  impl->segmentation = parts.segmentation;
  impl->encoder = parts.encoder;
  impl->scoring = parts.scoring;
  return Engine(impl);
}

/// What the run asked of pyannote.
inline SessionOptions options_of(const Json& run) {
  SessionOptions options;
  if (run["overrides"].contains("min_duration_off"))
    options.parameters.min_duration_off_s = run["overrides"]["min_duration_off"].get<double>();
  options.uri = fs::path(run["audio"].get<std::string>()).stem().string();
  const auto take = [&](const char* key, std::optional<int>& place) {
    if (run["call"].contains(key)) place = run["call"][key].get<int>();
  };
  take("num_speakers", options.num_speakers);
  take("min_speakers", options.min_speakers);
  take("max_speakers", options.max_speakers);
  return options;
}

inline fs::path audio_of(const Json& run) {
  return kGolden / run["audio"].get<std::string>();
}

/// Names of the runs that have a recording of their own.
inline std::vector<std::string> recordings() {
  std::vector<std::string> names;
  for (const auto& [name, run] : manifest()["runs"].items()) {
    if (!run["base"].is_string()) names.push_back(name);
  }
  return names;
}

}  // namespace diar::golden_test
