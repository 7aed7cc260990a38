// What the fuzz targets share: bytes in, a parser called, and only the errors it promises let through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "diar/errors.h"

// libFuzzer's entry point; the replay program compiles each target under a name of its own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace diar::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

// A copy of exactly `size` bytes on the heap, so that AddressSanitizer sees every byte read beyond the end.
struct Input {
  std::shared_ptr<std::vector<std::byte>> owner;
  std::span<const std::byte> bytes;
};
inline Input input_of(const std::uint8_t* data, std::size_t size) {
  const auto view = std::as_bytes(std::span(data, size));
  auto owner = std::make_shared<std::vector<std::byte>>(view.begin(), view.end());
  owner->shrink_to_fit();
  return {owner, *owner};
}

// Ends the program, in release builds too: libFuzzer and the replay both see it.
inline void require(bool truth, const char* what) {
  if (truth) return;
  std::fprintf(stderr, "fuzz target: %s does not hold\n", what);
  std::abort();
}

// Runs `parse`. An `Expected` error with a message in one line is an answer; any other exception is a
// finding.
template <class Expected, class Parse>
void expect_only(Parse parse) {
  try {
    parse();
  } catch (const Expected& error) {
    const std::string_view message = error.what();
    require(!message.empty(), "that an error says something");
    for (const char c : message) {
      require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f,
              "that an error's message is one plain line");
    }
  }
}

// Every byte that a tensor claims is there and has a value.
inline void use_tensor(const Tensor& tensor) {
  require(tensor.bytes.size() == tensor.size() * dtype_size(tensor.dtype), "that shape and bytes agree");
  if (tensor.size() > (std::size_t{1} << 20)) return;
  double sum = 0.0;
  for (const double value : tensor.to_double()) sum += value;
  volatile double used = sum;
  (void)used;
}
inline void use_weights(const Weights& weights) {
  require(!weights.tensors().empty(), "that weights hold tensors");
  for (const auto& [name, tensor] : weights.tensors()) use_tensor(tensor);
}

}  // namespace diar::fuzz
