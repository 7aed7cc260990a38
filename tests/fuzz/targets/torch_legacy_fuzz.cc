// A checkpoint of the format before 1.6: the input follows the magic number, the protocol and the machine.
#include "models/torch_legacy.h"

#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  static const std::string kStart =
      std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) +
      std::string("\x80\x02M\xe9\x03.", 6) + std::string("\x80\x02}X\x0d\0\0\0little_endian\x88s.", 23);
  const std::string text = kStart + fuzz::text_of(data, size);
  const fuzz::Input input = fuzz::input_of(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  fuzz::expect_only<ModelError>(
      [&] { fuzz::use_weights(parse_legacy_checkpoint(input.bytes, input.owner, "fuzz.bin")); });
  return 0;
}
