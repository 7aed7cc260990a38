// The numbers of the pipeline that may be tuned without training: as options of a run, and as a small file.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// In the options of a run, each replaces the model's own value where it is set; a model has them all.
struct PipelineParameters {
  std::optional<double> threshold;           ///< distance at which the first clustering is cut
  std::optional<double> fa;                  ///< VBx: weight of the evidence
  std::optional<double> fb;                  ///< VBx: weight of the speakers' prior
  std::optional<double> min_duration_off_s;  ///< shorter gaps of one speaker are filled

  /// community-1's, all set.
  DIAR_API static PipelineParameters defaults();
  /// These, and `other`'s where these are not set.
  DIAR_API PipelineParameters or_else(const PipelineParameters& other) const;

  friend bool operator==(const PipelineParameters&, const PipelineParameters&) = default;
};

/// All there is to know about one of them.
struct ParameterSpec {
  const char* name;
  std::optional<double> PipelineParameters::*value;
  double fallback;  ///< community-1's value
  double low;       ///< the range that is allowed
  double high;
  double search_low;  ///< the range that a search looks through
  double search_high;
  bool logarithmic;  ///< ratios matter, not differences
};
/// In the order of the members.
DIAR_API const std::array<ParameterSpec, 4>& parameter_specs() noexcept;

/// Throws `InvalidArgument` naming the parameter that lies outside its range.
DIAR_API void check_parameters(const PipelineParameters& parameters);

/// `{"format": "diarize.cpp parameters", "version": 1, "threshold": ..., ...}`, indented; what is not set is
/// left out. Throws like `check_parameters`.
DIAR_API std::string to_json(const PipelineParameters& parameters);
/// Reads that, and an object "tuning" of any content, which plays no part. Throws `InputError` naming `name`
/// on anything else: an unknown key or version, a value that is no number or out of its range.
DIAR_API PipelineParameters parse_parameters(std::string_view text, const std::string& name);
/// Reads a file of up to 1 MiB.
DIAR_API PipelineParameters read_parameters_file(const std::filesystem::path& path);

}  // namespace diar
