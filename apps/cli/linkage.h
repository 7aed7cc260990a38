// Results of a batch in, the same with one label for each voice in all of them and a report out.
#pragma once

#include <filesystem>
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

/// Somebody who is in no book, as a batch heard them.
struct Stranger {
  std::string label;                 // the common one
  std::vector<VoiceSample> samples;  // one for each recording with enough clean speech; at least one
};
/// Names for some of them.
using StrangerNames = std::function<SpeakerNames(const std::vector<Stranger>&)>;
/// Adds them to the book of this path as "PREFIX 1", "PREFIX 2", ..., whatever numbers are free. Throws as
/// `edit_voice_book` and `VoiceBook::add` do.
SpeakerNames enrol_strangers(const std::filesystem::path& book, const std::string& prefix,
                             const std::string& encoder_id, const std::vector<Stranger>& strangers);

/// Keeps what a batch found until all of it is there. `keep` is thread-safe.
class Linkage {
 public:
  explicit Linkage(std::size_t num_inputs) : documents_(num_inputs) {}

  /// With its embeddings, under its own labels.
  void keep(std::size_t index, ResultDocument document);
  struct Options {
    IdentifyOptions identify;
    bool keep_embeddings = false;  // they stay in the documents
    StrangerNames name_strangers;  // empty: strangers keep their labels
  };
  /// Gives every document the common labels, or names: those of `given`, then those of `matcher` (may be
  /// null), then those of `options.name_strangers`.
  void link(const Engine& engine, const VoiceMatcher* matcher, const SpeakerNames& given,
            const Options& options);
  /// Null for an input that failed.
  const ResultDocument* document(std::size_t index) const;
  /// Who appears where, as JSON.
  std::string report() const;
  std::size_t num_speakers() const { return linked_.voices.size(); }

 private:
  std::vector<Stranger> strangers(const SpeakerNames& names) const;
  std::mutex mutex_;
  std::vector<std::optional<ResultDocument>> documents_;
  LinkedSpeakers linked_;
  std::vector<std::string> label_;  // of each voice, or its name
};

}  // namespace diar::cli
