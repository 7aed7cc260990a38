#include "io/audio/ogg_end.h"

#include <string_view>

namespace diar {

bool ogg_has_end_mark(std::span<const std::uint8_t> tail) {
  constexpr std::size_t kHeadBytes = 27;
  constexpr std::uint8_t kEndOfStream = 4;
  constexpr std::uint8_t kFlags = 7;
  const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
  for (std::size_t at = text.rfind("OggS"); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind("OggS", at - 1)) {
    const auto page = tail.subspan(at);
    if (page.size() < kHeadBytes) return false;
    if (page[4] != 0 || page[5] > kFlags) continue;  // these four letters inside compressed data
    std::size_t size = kHeadBytes + page[26];
    if (page.size() < size) return false;
    for (const std::uint8_t segment : page.subspan(kHeadBytes, page[26])) size += segment;
    return page.size() >= size && (page[5] & kEndOfStream) != 0;
  }
  return false;
}

}  // namespace diar
