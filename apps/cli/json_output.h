// A diarization as one line of JSON for programs.
#pragma once

#include <string>

#include "diar/model_store.h"
#include "diar/pipeline.h"

namespace diar::cli {

/// Times in seconds; see docs/output.md for the fields.
std::string json_line(const std::string& input, const DiarizationOutput& output, const ModelLocation& model,
                      const std::string& device, double elapsed_s);

}  // namespace diar::cli
