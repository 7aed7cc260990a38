// The single readers behind parse_transcript, and what they share.
#pragma once

#include <string>
#include <string_view>

#include "diar/io/transcript.h"

namespace diar {

/// JSON of whisper.cpp, openai-whisper, faster-whisper or WhisperX. Throws `InputError` naming `name`.
Transcript parse_whisper_json(std::string_view content, const std::string& name);
/// SRT or WebVTT cues; `name` as above.
Transcript parse_subtitles(std::string_view content, const std::string& name);

/// Checks and completes a segment whose words may lack times (NaN) and whose space_before is not known yet:
///   times     words without any lie between their neighbours, in parts proportional to their length;
///   spaces    taken from the segment's text, where the words are looked up one after another.
/// Leaves the segment's own times consistent (end >= start >= 0).
void complete_segment(TranscriptSegment& segment);

/// Throws `InputError` unless the time is finite and below 10^7 s; negative times become 0.
double checked_time(double time_s, const std::string& name);

}  // namespace diar
