// RTTM files and directories in, pairs of annotations to score out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/io/uem.h"

namespace diar::cli {

/// One recording on both sides, under the reference's name.
struct ScoredRecording {
  Annotation reference;
  Annotation hypothesis;
  std::optional<std::vector<Segment>> uem;
};

/// The annotations of one RTTM file, or of all `*.rttm` files of a directory (not of its subdirectories). A
/// file without turns is an empty annotation named by its stem. Throws `InputError` on a file that is not
/// RTTM, a directory without any, or a recording that two files have.
std::map<std::string, Annotation> read_annotations(const std::string& path);

/// The UEM file, or all `*.uem` files of a directory.
Uem read_uems(const std::string& path);

struct ScoreInputs {
  std::vector<ScoredRecording> recordings;  ///< sorted by name
  std::vector<std::string> warnings;        ///< what was left out or missing, for the user
};

/// Pairs by the recordings' names; a single recording on both sides needs no equal names. With a UEM
/// (`uem_path` not empty) the recordings that it lists are scored, else those of the reference. A missing
/// hypothesis counts as an empty one, and is warned of.
ScoreInputs read_score_inputs(const std::string& reference_path, const std::string& hypothesis_path,
                              const std::string& uem_path);

}  // namespace diar::cli
