// model.json and config.yaml: untrusted text in, checked hyper-parameters out.
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "diar/errors.h"
#include "models/model_directory.h"

namespace diar {
namespace {

using Json = nlohmann::json;

constexpr int kFormatVersion = 1;
constexpr int kMaxJsonDepth = 8;

void check_range(const std::string& source, const char* key, double value, double low, double high) {
  if (!std::isfinite(value) || value < low || value > high) {
    throw ModelError(source + ": '" + key + "' must lie between " + std::to_string(low) + " and " +
                     std::to_string(high));
  }
}

void check(const PipelineParameters& parameters, const std::string& source) {
  try {
    check_parameters(parameters);
  } catch (const InvalidArgument& error) {
    throw ModelError(source + ": " + error.what());
  }
}

void check(const ModelConfig& config, const std::string& source) {
  check_range(source, "duration_s", config.duration_s, 1.0, 100.0);
  check_range(source, "step_s", config.step_s, 0.1, 100.0);
  // Whatever lies between two windows would never be looked at.
  if (config.step_s > config.duration_s) {
    std::ostringstream text;
    text << source << ": the step between windows ('step_s', " << config.step_s
         << " s) must not exceed their length ('duration_s', " << config.duration_s << " s)";
    throw ModelError(text.str());
  }
  check(config.parameters, source);
  for (const auto& [speed, parameters] : config.parameters_at) check(parameters, source);
}

void take_number(const Json& object, const char* key, double& value, const std::string& source) {
  if (!object.is_object() || !object.contains(key)) return;
  if (!object[key].is_number()) throw ModelError(source + ": '" + key + "' is not a number");
  value = object[key].get<double>();
}

const Json& child(const Json& object, const char* key, const std::string& source) {
  static const Json kEmpty = Json::object();
  if (!object.contains(key)) return kEmpty;
  if (!object[key].is_object()) throw ModelError(source + ": '" + key + "' is not an object");
  return object[key];
}

void take_parameter(const Json& object, const char* key, std::optional<double>& value,
                    const std::string& source) {
  double number = 0.0;
  if (!object.is_object() || !object.contains(key)) return;
  take_number(object, key, number, source);
  value = number;
}

// "min_duration_off_s" stands with the segmentation, as in pyannote's configuration.
void take_clustering(const Json& object, PipelineParameters& parameters, const std::string& source) {
  for (const ParameterSpec& spec : parameter_specs()) {
    if (spec.value != &PipelineParameters::min_duration_off_s)
      take_parameter(object, spec.name, parameters.*spec.value, source);
  }
}

// Numbers that say how far scores can be trusted; what was measured with them ("ece") is for people.
void take_calibrations(const Json& json, ModelConfig& config, const std::string& source) {
  const auto take = [&](const Json& object, const char* key, double& value) {
    take_number(object, key, value, source);
    check_range(source, key, value, -1e6, 1e6);
  };
  const Json& confidence = child(json, "confidence", source);
  take(confidence, "bias", config.confidence.bias);
  take(confidence, "share", config.confidence.share);
  take(confidence, "certainty", config.confidence.certainty);
  take(confidence, "margin", config.confidence.margin);
  take(confidence, "overlap", config.confidence.overlap);
  const Json& voices = child(json, "voices", source);
  take(voices, "scale", config.voices.scale);
  take(voices, "offset", config.voices.offset);
  if (!(config.voices.scale > 0.0)) throw ModelError(source + ": 'scale' of the voices must be positive");
}

std::string text_of(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

YAML::Node child(const YAML::Node& node, const char* key) {
  return node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
}

void take_number(const YAML::Node& node, const char* key, double& value) {
  if (const YAML::Node found = child(node, key); found && found.IsScalar()) value = found.as<double>();
}

}  // namespace

PipelineParameters ModelConfig::parameters_of(Speed speed) const {
  const auto own = parameters_at.find(speed);
  return own == parameters_at.end() ? parameters : own->second.or_else(parameters);
}

ModelConfig parse_model_json(const std::string& text, const std::string& source) {
  const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxJsonDepth) throw ModelError(source + ": nested too deeply");
    return true;
  };
  const Json json = Json::parse(text, bounded, /*allow_exceptions=*/false);
  if (!json.is_object() || text_of(json, "format") != "diarize.cpp model") {
    throw ModelError(source + ": not a diarize.cpp model description");
  }
  if (!json.contains("version") || !json["version"].is_number_integer() ||
      json["version"] != kFormatVersion) {
    throw ModelError(source + ": unknown version; this program reads version " +
                     std::to_string(kFormatVersion) + ": update it, or fetch a matching model");
  }
  ModelConfig config;
  config.name = text_of(json, "name");
  config.licence = text_of(json, "licence");
  config.source = text_of(json, "source");
  config.revision = text_of(json, "revision");
  const Json& segmentation = child(json, "segmentation", source);
  take_number(segmentation, "duration_s", config.duration_s, source);
  take_number(segmentation, "step_s", config.step_s, source);
  take_parameter(segmentation, "min_duration_off_s", config.parameters.min_duration_off_s, source);
  if (const std::string profile = text_of(json, "profile"); !profile.empty()) {
    try {
      config.profile = parse_profile(profile);
    } catch (const InvalidArgument& error) {
      throw ModelError(source + ": " + error.what());
    }
  }
  take_calibrations(json, config, source);
  const Json& embedding = child(json, "embedding", source);
  if (embedding.contains("exclude_overlap")) {
    if (!embedding["exclude_overlap"].is_boolean())
      throw ModelError(source + ": 'exclude_overlap' is not true or false");
    config.exclude_overlap = embedding["exclude_overlap"].get<bool>();
  }
  const Json& clustering = child(json, "clustering", source);
  if (const std::string method = text_of(clustering, "method"); !method.empty() && method != "vbx") {
    throw ModelError(source + ": clustering method '" + method + "' is not known");
  }
  take_clustering(clustering, config.parameters, source);
  // What a mode leaves out is as in the exact one.
  for (const Speed speed : all_speeds()) {
    const std::string name(to_string(speed));
    if (speed == Speed::kExact || !clustering.contains(name)) continue;
    PipelineParameters own;
    take_clustering(child(clustering, name.c_str(), source), own, source);
    config.parameters_at.emplace(speed, own);
  }
  check(config, source);
  return config;
}

ModelConfig parse_config_yaml(const std::string& text, const std::string& source) try {
  const YAML::Node root = YAML::Load(text);
  if (!root.IsMap()) throw ModelError(source + ": not a pipeline configuration");
  ModelConfig config;
  const YAML::Node parameters = child(child(root, "pipeline"), "params");
  if (const YAML::Node kind = child(parameters, "clustering");
      kind && kind.IsScalar() && kind.Scalar() != "VBxClustering") {
    throw ModelError(source + ": clustering '" + kind.Scalar() + "' is not known, only VBxClustering");
  }
  if (const YAML::Node found = child(parameters, "embedding_exclude_overlap"); found && found.IsScalar()) {
    config.exclude_overlap = found.as<bool>();
  }
  // pyannote gives the step as a fraction of the window.
  double step_fraction = config.step_s / config.duration_s;
  take_number(parameters, "segmentation_step", step_fraction);
  config.step_s = step_fraction * config.duration_s;
  const YAML::Node tuned = child(root, "params");
  const YAML::Node clustering = child(tuned, "clustering");
  take_number(clustering, "threshold", *config.parameters.threshold);
  take_number(clustering, "Fa", *config.parameters.fa);
  take_number(clustering, "Fb", *config.parameters.fb);
  take_number(child(tuned, "segmentation"), "min_duration_off", *config.parameters.min_duration_off_s);
  check(config, source);
  return config;
} catch (const YAML::DeepRecursion&) {
  throw ModelError(source + ": nested too deeply");
} catch (const YAML::Exception& error) {
  throw ModelError(source + ": " + error.what());
}

}  // namespace diar
