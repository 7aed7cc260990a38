// What SubRip and WebVTT share: cues with a time line and lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "io/formats/text.h"

namespace diar {

struct Cue {
  Segment segment;
  std::size_t line = 0;                ///< of the time line, for messages
  std::vector<std::string_view> text;  ///< up to the next empty line; views into the file
};

/// "HH:MM:SS.mmm --> HH:MM:SS.mmm", milliseconds.
std::string time_line(std::int64_t start, std::int64_t end, char point);

/// All cues of a file; blocks without a time line (numbers, identifiers, headers, notes, styles) are passed
/// over. Throws `InputError` on a time line that does not parse or runs backwards.
std::vector<Cue> read_cues(std::string_view text, const std::string& name);

/// The speaker of a line of text: "[Ann] words", "[Ann]: words" or "Ann: words". Empty when it names none.
std::string_view speaker_prefix(std::string_view line);

}  // namespace diar
