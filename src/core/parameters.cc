// The table of what may be tuned: each name, default and range stands here once.
#include "diar/parameters.h"

#include <sstream>

#include "diar/errors.h"

namespace diar {

const std::array<ParameterSpec, 4>& parameter_specs() noexcept {
  using P = PipelineParameters;
  // Searches look wider than where good values were ever reported.
  static constexpr std::array<ParameterSpec, 4> kSpecs = {{
      {"threshold", &P::threshold, 0.6, 0.0, 2.0, 0.2, 1.4, false},
      {"fa", &P::fa, 0.07, 1e-6, 1e6, 0.005, 2.0, true},
      {"fb", &P::fb, 0.8, 1e-6, 1e6, 0.05, 50.0, true},
      {"min_duration_off_s", &P::min_duration_off_s, 0.0, 0.0, 100.0, 0.0, 1.5, false},
  }};
  return kSpecs;
}

PipelineParameters PipelineParameters::defaults() {
  PipelineParameters parameters;
  for (const ParameterSpec& spec : parameter_specs()) parameters.*spec.value = spec.fallback;
  return parameters;
}

PipelineParameters PipelineParameters::or_else(const PipelineParameters& other) const {
  PipelineParameters result = *this;
  for (const ParameterSpec& spec : parameter_specs()) {
    if (!(result.*spec.value)) result.*spec.value = other.*spec.value;
  }
  return result;
}

void check_parameters(const PipelineParameters& parameters) {
  for (const ParameterSpec& spec : parameter_specs()) {
    const std::optional<double>& value = parameters.*spec.value;
    if (value && !(*value >= spec.low && *value <= spec.high)) {
      std::ostringstream message;
      message << "the parameter '" << spec.name << "' must lie between " << spec.low << " and " << spec.high;
      throw InvalidArgument(message.str());
    }
  }
}

}  // namespace diar
