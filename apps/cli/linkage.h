// Results of a batch in, the same with one label for each voice in all of them and a report out.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "diar/engine.h"
#include "diar/io/formats.h"
#include "diar/linking.h"
#include "diar/speaker_names.h"
#include "voice_flags.h"

namespace diar::cli {

/// Keeps what a batch found until all of it is there. `keep` is thread-safe.
class Linkage {
 public:
  explicit Linkage(std::size_t num_inputs) : documents_(num_inputs) {}

  /// With its embeddings, under its own labels.
  void keep(std::size_t index, ResultDocument document);
  /// Gives every document the common labels, or names: those of `given`, then those of `matcher` (may be
  /// null). `keep_embeddings`: they stay in the documents.
  void link(const Engine& engine, const VoiceMatcher* matcher, const IdentifyOptions& options,
            const SpeakerNames& given, bool keep_embeddings);
  /// Null for an input that failed.
  const ResultDocument* document(std::size_t index) const;
  /// Who appears where, as JSON.
  std::string report() const;
  std::size_t num_speakers() const { return linked_.voices.size(); }

 private:
  std::mutex mutex_;
  std::vector<std::optional<ResultDocument>> documents_;
  LinkedSpeakers linked_;
  std::vector<std::string> label_;  // of each voice, or its name
};

}  // namespace diar::cli
