// The last bytes of an Ogg file in, whether its last page is whole and marked as the last out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace diar {

/// Enough to hold the last page of an Ogg file, and some tags after it.
inline constexpr std::size_t kOggTailBytes = 1 << 17;

/// `tail`: the end of the file, `kOggTailBytes` or all of it. False also where there is no page.
bool ogg_has_end_mark(std::span<const std::uint8_t> tail);

}  // namespace diar
