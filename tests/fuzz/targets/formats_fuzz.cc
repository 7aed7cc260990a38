// Every file format of results: the first byte chooses it. What was read is written and read again.
#include "diar/io/formats.h"

#include "fuzz_target.h"

namespace {

// Times are rounded when written, so only what survives rounding is compared.
void write_and_read(const std::vector<diar::ResultDocument>& documents, const diar::FormatInfo& info) {
  std::string text;
  try {
    text = diar::to_format(documents, info.name);
  } catch (const diar::InvalidArgument&) {
    return;  // for instance two names that are one without white space
  }
  std::size_t num_turns = 0;
  for (const auto& document : documents) num_turns += document.diarization.turns().size();
  std::size_t num_again = 0;
  for (const auto& document : diar::parse_format(text, info.name, "written"))
    num_again += document.diarization.turns().size();
  diar::fuzz::require(num_again <= num_turns, "that written turns read back");
  diar::fuzz::require(num_again == num_turns || !info.zero_length_turns, "that all written turns read back");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  if (size == 0) return 0;
  const FormatInfo& info = formats()[data[0] % formats().size()];
  const std::string text = fuzz::text_of(data + 1, size - 1);
  std::vector<ResultDocument> documents;
  fuzz::expect_only<InputError>([&] { documents = parse_format(text, info.name, "fuzz"); });
  if (!documents.empty()) write_and_read(documents, info);
  return 0;
}
