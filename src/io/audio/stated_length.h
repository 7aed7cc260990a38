// The first bytes of a media file in, where its own header says that the sound ends out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace diar {

/// Copies bytes from `position` on into `out`; how many there were. Fewer than asked means that they cannot
/// be seen (the end of the file, or of what a pipe has given so far).
using ReadAt = std::function<std::size_t(std::uint64_t position, std::span<std::uint8_t> out)>;

struct StatedLength {
  enum class Kind {
    kSilent,   ///< no container of those below: ask FFmpeg
    kUnknown,  ///< the header leaves the length open, as recorders into a pipe do
    kKnown,
  };
  Kind kind = Kind::kSilent;
  /// Past the last byte that the header promises (kKnown).
  std::uint64_t end_byte = 0;
  /// Where bytes are seconds (PCM); positive and finite.
  std::optional<double> duration_s;
  /// The header says no more than this: what FFmpeg says beyond is a guess (WAV, W64).
  bool complete = false;
};

/// FFmpeg replaces a stated length by the file's size where the file is shorter; this reads the statement.
/// Knows WAV (RIFF, RIFX, RF64), Wave64, CAF, SoX, AVI, ASF (WMA, WMV), Matroska (WebM) and MP4. Reads a
/// bounded number of bytes whatever they say.
StatedLength read_stated_length(const ReadAt& read_at);

}  // namespace diar
