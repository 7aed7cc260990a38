#include "io/audio/wav_header.h"

#include <cstring>
#include <string_view>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxHeaderBytes = 1 << 20;
constexpr unsigned kPcm = 1;
constexpr unsigned kFloat = 3;
constexpr unsigned kExtensible = 0xFFFE;

std::uint32_t number_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

bool has_name(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view name) {
  return std::memcmp(bytes.data() + at, name.data(), name.size()) == 0;
}

WavHeader parse_format(std::span<const std::uint8_t> chunk, const std::string& name) {
  if (chunk.size() < 16) throw AudioError(name + ": a WAV header whose format is too short");
  unsigned tag = number_at(chunk, 0, 2);
  if (tag == kExtensible && chunk.size() >= 26) tag = number_at(chunk, 24, 2);
  const std::uint32_t bits = number_at(chunk, 14, 2);
  WavHeader header;
  header.num_channels = static_cast<int>(number_at(chunk, 2, 2));
  const std::uint32_t rate_hz = number_at(chunk, 4, 4);
  header.sample_rate_hz = rate_hz > 768000 ? -1 : static_cast<int>(rate_hz);
  if (tag == kPcm && bits == 8) {
    header.sample = WavSample::kU8;
  } else if (tag == kPcm && bits == 16) {
    header.sample = WavSample::kS16;
  } else if (tag == kPcm && bits == 24) {
    header.sample = WavSample::kS24;
  } else if (tag == kPcm && bits == 32) {
    header.sample = WavSample::kS32;
  } else if (tag == kFloat && bits == 32) {
    header.sample = WavSample::kF32;
  } else if (tag == kFloat && bits == 64) {
    header.sample = WavSample::kF64;
  } else {
    throw AudioError(name +
                     ": the WAV stream is neither PCM nor float; convert it, as with 'ffmpeg -i - -f wav -'");
  }
  const std::uint32_t frame_bytes = number_at(chunk, 12, 2);
  if (header.num_channels < 1 || header.sample_rate_hz < 1000 ||
      frame_bytes != bytes_of(header.sample) * static_cast<std::size_t>(header.num_channels))
    throw AudioError(name + ": a WAV header that makes no sense");
  return header;
}

}  // namespace

std::optional<WavHeader> parse_wav_header(std::span<const std::uint8_t> bytes, std::size_t& header_bytes,
                                          const std::string& name) {
  if (bytes.size() < 12) return std::nullopt;
  if (!(has_name(bytes, 0, "RIFF") || has_name(bytes, 0, "RF64")) || !has_name(bytes, 8, "WAVE"))
    throw AudioError(
        name + " is no WAV stream: say how raw samples lie, or convert it, as with 'ffmpeg -i - -f wav -'");
  std::optional<WavHeader> header;
  for (std::size_t at = 12;;) {
    if (at > kMaxHeaderBytes) throw AudioError(name + ": a WAV header without an end");
    if (at + 8 > bytes.size()) return std::nullopt;
    const std::uint32_t size = number_at(bytes, at + 4, 4);
    if (has_name(bytes, at, "data")) {
      if (!header) throw AudioError(name + ": a WAV stream whose sound comes before its format");
      // Whoever writes to a pipe does not know the length: 0, or as much as fits.
      if (size != 0 && size < 0x7FFFFF00u) header->data_bytes = size;
      header_bytes = at + 8;
      return header;
    }
    const std::size_t next = at + 8 + size + (size & 1);
    if (has_name(bytes, at, "fmt ")) {
      if (next > bytes.size()) {
        if (size > kMaxHeaderBytes) throw AudioError(name + ": a WAV header that makes no sense");
        return std::nullopt;
      }
      header = parse_format(bytes.subspan(at + 8, size), name);
    }
    at = next;
  }
}

}  // namespace diar
