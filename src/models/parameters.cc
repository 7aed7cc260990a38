#include "diar/parameters.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr const char* kFormat = "diarize.cpp parameters";
constexpr int kVersion = 1;
constexpr int kMaxJsonDepth = 16;
constexpr std::uintmax_t kMaxFileBytes = 1 << 20;

const ParameterSpec* find_spec(const std::string& name) {
  for (const ParameterSpec& spec : parameter_specs()) {
    if (name == spec.name) return &spec;
  }
  return nullptr;
}

}  // namespace

std::string to_json(const PipelineParameters& parameters) {
  check_parameters(parameters);
  nlohmann::ordered_json json = {{"format", kFormat}, {"version", kVersion}};
  for (const ParameterSpec& spec : parameter_specs()) {
    if (const auto& value = parameters.*spec.value) json[spec.name] = *value;
  }
  return json.dump(2) + '\n';
}

PipelineParameters parse_parameters(std::string_view text, const std::string& name) {
  const auto fail = [&](const std::string& what) { throw InputError("'" + name + "': " + what); };
  const auto bounded = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxJsonDepth) fail("nested too deeply");
    return true;
  };
  const auto json = nlohmann::json::parse(text, bounded, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("format") || json["format"] != kFormat) {
    fail("not a parameter file, as tuning writes it");
  }
  if (!json.contains("version") || json["version"] != kVersion) {
    fail("unknown version; this program reads version " + std::to_string(kVersion));
  }
  PipelineParameters parameters;
  for (const auto& [key, value] : json.items()) {
    if (key == "format" || key == "version" || key == "tuning") continue;
    const ParameterSpec* spec = find_spec(key);
    if (spec == nullptr) {
      fail("unknown parameter '" + key + "'");
    } else if (!value.is_number()) {
      fail("'" + key + "' is not a number");
    } else {
      parameters.*(spec->value) = value.get<double>();
    }
  }
  try {
    check_parameters(parameters);
  } catch (const InvalidArgument& error) {
    fail(error.what());
  }
  return parameters;
}

PipelineParameters read_parameters_file(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t num_bytes = std::filesystem::file_size(path, error);
  if (error) throw InputError("cannot open '" + path.string() + "': " + error.message());
  if (num_bytes > kMaxFileBytes) throw InputError("'" + path.string() + "' is too large for parameters");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) throw InputError("cannot read '" + path.string() + "'");
  return parse_parameters(text, path.string());
}

}  // namespace diar
