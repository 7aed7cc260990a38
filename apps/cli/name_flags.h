// --names and --names-file: who the labels are, shared by the commands that write speakers.
#pragma once

#include <string>

#include "command_context.h"
#include "diar/io/formats.h"
#include "diar/speaker_names.h"

namespace diar::cli {

struct NameFlags {
  std::string names;
  std::string file;

  void add_to(CLI::App& app);
  /// Those of the file, then those of --names, which win. Throws `InvalidArgument`, `InputError`.
  SpeakerNames speaker_names() const;
};

/// One line on standard error for each label that is not among the speakers: most likely a typing error.
void note_unknown_labels(const SpeakerNames& names, const Annotation& annotation);

}  // namespace diar::cli
