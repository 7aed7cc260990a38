// Recordings with references in, the quality of live labels compared with the offline run out.
#pragma once

#include <diar/engine.h>

#include <filesystem>
#include <string>
#include <vector>

namespace diar::live_bench {

struct QualityPlan {
  std::filesystem::path references;  ///< STEM.rttm of each recording, and STEM.uem where that is there
  std::vector<double> latencies;
  SessionOptions session;
  double from_s = 0.0;  ///< score from here on
  std::string write;    ///< directory for RTTM files of the labels as first shown; may be empty
  bool quiet = false;   ///< totals only
};

/// Prints a line for each recording and latency: DER of the labels as first shown, at the end of the stream
/// and of the result; the parts of the first; label switches and revisions a minute.
void measure_quality(const Engine& engine, const std::vector<std::string>& audio, const QualityPlan& plan);

}  // namespace diar::live_bench
