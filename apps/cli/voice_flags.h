// --voices and what goes with it: whose names may stand in results, shared by the commands that know people.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "command_context.h"
#include "diar/engine.h"
#include "diar/speaker_names.h"
#include "diar/voices.h"

namespace diar::cli {

struct BookFlags {
  std::string book;  // empty: `default_voice_book`

  void add_to(CLI::App& app);
  /// Throws `InputError` when there is no place for one.
  std::filesystem::path path() const;
};

/// How sure a name has to be.
struct IdentifyFlags {
  IdentifyOptions options;

  void add_to(CLI::App& app);
};

/// For the runs that may give names.
struct VoiceFlags {
  std::vector<std::string> book;  // one, empty when none was named
  IdentifyFlags identify;

  void add_to(CLI::App& app);
  bool wanted() const { return option_ != nullptr && option_->count() > 0; }
  std::filesystem::path path() const;
  /// Reads the book before hours of work, when one is wanted.
  std::optional<VoiceBook> read() const;

 private:
  CLI::Option* option_ = nullptr;
};

/// The book, to which people will be added under this name and a number; empty where there is none yet.
/// Throws `InvalidArgument` when no book is wanted or the name is impossible.
VoiceBook book_to_extend(const VoiceFlags& flags, const std::string& name);

/// The book made ready for results of this engine. Throws `InvalidArgument` when it is of another encoder.
VoiceMatcher matcher_of(const VoiceBook& book, const Engine& engine);

/// Names for labels that they identify; those that `given` names already, by label or by name, are left out.
SpeakerNames names_of(const std::vector<SpeakerIdentity>& identities, const SpeakerNames& given);

}  // namespace diar::cli
