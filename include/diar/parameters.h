// The numbers of the pipeline that may be tuned without training: as options of a run, and as a small file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// Each replaces the model's own value where it is set.
struct PipelineParameters {
  std::optional<double> threshold;           ///< distance at which the first clustering is cut, 0 to 2
  std::optional<double> fa;                  ///< VBx: weight of the evidence, 1e-6 to 1e6
  std::optional<double> fb;                  ///< VBx: weight of the speakers' prior, 1e-6 to 1e6
  std::optional<double> min_duration_off_s;  ///< shorter gaps of one speaker are filled, 0 to 100

  friend bool operator==(const PipelineParameters&, const PipelineParameters&) = default;
};

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
