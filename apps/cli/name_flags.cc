#include "name_flags.h"

namespace diar::cli {

void NameFlags::add_to(CLI::App& app) {
  app.add_option("--names", names, "Names for labels, as in SPEAKER_00=Ann,SPEAKER_01=\"Bo, jr.\"")
      ->type_name("LABEL=NAME,...");
  app.add_option("--names-file", file, "A file with one LABEL=NAME a line")->type_name("FILE");
}

SpeakerNames NameFlags::speaker_names() const {
  SpeakerNames result;
  if (!names.empty()) result = parse_speaker_names(names);
  if (!file.empty()) result.merge(read_speaker_names(file));
  return result;
}

void note_unknown_labels(const SpeakerNames& names, const Annotation& annotation) {
  for (const std::string& label : unknown_labels(names, annotation)) {
    print_note("there is no speaker '" + label + "' in '" + annotation.uri() + "' to rename");
  }
}

}  // namespace diar::cli
