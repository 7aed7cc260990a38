// The output of a speech recogniser, given speakers and written in every form.
#include "diar/io/transcript.h"

#include <cmath>

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  static const Annotation kTurns("talk", {{{0.0, 2.0}, "A"}, {{1.5, 4.0}, "B"}, {{10.0, 11.0}, "A"}});
  const std::string text = fuzz::text_of(data, size);
  fuzz::expect_only<InputError>([&] {
    const Transcript assigned = assign_speakers(parse_transcript(text, "fuzz.json"), kTurns);
    for (const TranscriptSegment& segment : assigned.segments) {
      fuzz::require(std::isfinite(segment.start_s) && std::isfinite(segment.end_s), "that times are numbers");
      for (const TranscriptWord& word : segment.words)
        fuzz::require(std::isfinite(word.start_s) && word.end_s >= word.start_s, "that a word runs forwards");
    }
    parse_transcript(to_json(assigned), "written.json");
    if (!assigned.segments.empty()) {
      parse_transcript(to_srt(assigned), "written.srt");
      parse_transcript(to_vtt(assigned), "written.vtt");
    }
    to_text(assigned);
  });
  return 0;
}
