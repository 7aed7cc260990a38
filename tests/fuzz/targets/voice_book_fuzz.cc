// The text of a book of voices; what was read is written and read again.
#include "diar/voices.h"

#include <cmath>

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const std::string text = fuzz::text_of(data, size);
  fuzz::expect_only<InputError>([&] {
    const VoiceBook book = parse_voice_book(text, "voices.json");
    for (const Voice& voice : book.voices()) {
      fuzz::require(!voice.name.empty() && !voice.samples.empty(), "that people have names and samples");
      for (const VoiceSample& sample : voice.samples) {
        fuzz::require(sample.embedding.size() == book.dimension(), "that embeddings are of one length");
        for (const float value : sample.embedding)
          fuzz::require(std::isfinite(value), "that embeddings are finite");
      }
    }
    const std::string written = to_json(book);
    fuzz::require(to_json(parse_voice_book(written, "written")) == written, "that a written book reads back");
  });
  return 0;
}
