// Labels such as SPEAKER_00 in, the names that people gave them out.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// Label to name. Two labels with one name become one speaker.
using SpeakerNames = std::map<std::string, std::string, std::less<>>;

/// Reads `LABEL=NAME,LABEL="NAME, WITH COMMA"`: white space around either side is dropped; between double
/// quotes \" and \\ stand for themselves without the backslash. Throws `InvalidArgument` that quotes the
/// part which is not of this kind, an empty name, a control character, or a label named twice.
DIAR_API SpeakerNames parse_speaker_names(std::string_view text);
/// Reads a file with one LABEL=NAME a line, in UTF-8; empty lines and those that start with # are passed
/// over. Throws `InputError` when it cannot be read, `InvalidArgument` naming the line.
DIAR_API SpeakerNames read_speaker_names(const std::filesystem::path& path);

/// The turns under their new names; labels that are not in `names` stay.
DIAR_API Annotation renamed(const Annotation& annotation, const SpeakerNames& names);
/// Labels of `names` that no turn has, sorted: most likely typing errors.
DIAR_API std::vector<std::string> unknown_labels(const SpeakerNames& names, const Annotation& annotation);

}  // namespace diar
