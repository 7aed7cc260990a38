// The first bytes of a WAV stream in, how its samples lie out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace diar {

enum class WavSample { kU8, kS16, kS24, kS32, kF32, kF64 };

constexpr std::size_t bytes_of(WavSample sample) noexcept {
  constexpr std::size_t kBytes[] = {1, 2, 3, 4, 4, 8};
  return kBytes[static_cast<std::size_t>(sample)];
}

struct WavHeader {
  WavSample sample = WavSample::kS16;
  int sample_rate_hz = 0;
  int num_channels = 0;
  std::optional<std::uint64_t> data_bytes;  ///< empty: until the stream ends, as pipes have it
};

/// RIFF or RF64 up to the first byte of sound: `header_bytes` of them. Empty while more bytes are needed.
/// Throws `AudioError` on what is no WAV stream, has an encoding of another kind, or a header over 1 MiB.
std::optional<WavHeader> parse_wav_header(std::span<const std::uint8_t> bytes, std::size_t& header_bytes,
                                          const std::string& name);

}  // namespace diar
