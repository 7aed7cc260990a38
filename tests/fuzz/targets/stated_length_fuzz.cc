// The header of a media file, of every container whose stated length is read.
#include "io/audio/stated_length.h"

#include <algorithm>
#include <cmath>

#include "fuzz_target.h"
#include "io/audio/ogg_end.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const std::span bytes(data, size);
  std::size_t num_reads = 0;
  const StatedLength length = read_stated_length([&](std::uint64_t position, std::span<std::uint8_t> out) {
    ++num_reads;
    const std::size_t start = std::min<std::uint64_t>(position, size);
    const std::size_t count = std::min(out.size(), size - start);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(start), count, out.begin());
    return count;
  });
  fuzz::require(num_reads < 300000, "that a bounded number of bytes is read");
  if (length.duration_s)
    fuzz::require(std::isfinite(*length.duration_s) && *length.duration_s > 0.0, "that a length is positive");
  if (length.kind != StatedLength::Kind::kKnown)
    fuzz::require(length.end_byte == 0, "that only a known end is given");
  ogg_has_end_mark(bytes);
  return 0;
}
