// A transcript and speaker turns in, the transcript with a name on every word out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// One word (or a whole subtitle where the source has no word times), UTF-8.
struct TranscriptWord {
  std::string text;
  double start_s = 0.0;
  double end_s = 0.0;
  bool space_before = true;  ///< false where the source writes it without a space (Chinese, "don" + "'t")
  std::optional<double> probability;  ///< as the recogniser gave it, in [0, 1]
  std::string speaker;                ///< empty until assigned, or when nobody is near
};

/// A segment of text; after `assign_speakers` it has one speaker.
struct TranscriptSegment {
  double start_s = 0.0;
  double end_s = 0.0;
  std::string text;
  std::vector<TranscriptWord> words;  ///< empty when the source has no word times
  std::string speaker;
};

struct Transcript {
  std::string language;  ///< as the source names it; may be empty
  std::vector<TranscriptSegment> segments;
};

/// Reads the output of a recogniser; which one is recognised from the content:
///   whisper.cpp JSON (`-oj`; `-ojf` with word times from tokens), openai-whisper, faster-whisper and
///   WhisperX JSON (with or without words), SRT, WebVTT.
/// Words without times lie between their neighbours; segments without text are left out; bytes that are no
/// UTF-8 (whisper.cpp splits characters over tokens) are joined again or become U+FFFD. Throws `InputError`
/// naming `name` on anything else. Sources: the writers of those projects; no code of theirs is used.
DIAR_API Transcript parse_transcript(std::string_view content, const std::string& name = "transcript");
/// Reads a file of at most 256 MiB; additionally throws `InputError` when it cannot be read.
DIAR_API Transcript read_transcript_file(const std::string& path);

struct AssignOptions {
  double max_gap_s = 1.0;  ///< a word outside every turn takes the nearest one within this distance
  bool smooth = true;  ///< in a sentence with a clear main speaker, short interjections go to that speaker
};

/// Gives every word the speaker who talks most during it and splits segments where the speaker changes.
///   word:      largest overlap with the turns of one speaker; a tie goes to the speaker of the word before;
///              without overlap the nearest turn within `max_gap_s`, else nobody.
///   smoothing: where one speaker holds 70 % of a sentence's time, runs of at most 3 words and 1 s by others are
///              given to that speaker. A sentence of its own ("Yeah.") is never swallowed.
/// `turns` may overlap; the exclusive ones of a diarization serve best. Throws `InvalidArgument` on a gap
/// that is negative or not finite.
DIAR_API Transcript assign_speakers(const Transcript& transcript, const Annotation& turns,
                                    const AssignOptions& options = {});

/// `{"language", "speakers", "segments": [{"start", "end", "speaker", "text", "words": [...]}]}`, seconds;
/// the keys are those that WhisperX writes.
DIAR_API std::string to_json(const Transcript& transcript);
/// Numbered cues, `Name: text`.
DIAR_API std::string to_srt(const Transcript& transcript);
/// Cues with voice tags, `<v Name>text`.
DIAR_API std::string to_vtt(const Transcript& transcript);
/// One paragraph for each run of one speaker, `Name: text`.
DIAR_API std::string to_text(const Transcript& transcript);

}  // namespace diar
