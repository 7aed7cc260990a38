#include "io/audio/stated_length.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string_view>

namespace diar {
namespace {

using Kind = StatedLength::Kind;

constexpr int kMaxChunks = 64;
// OpenDML: one segment for each gigabyte.
constexpr int kMaxSegments = 1024;
// Fragmented MP4: two boxes for each second or two.
constexpr int kMaxBoxes = 100000;
constexpr std::uint64_t kMaxEnd = std::numeric_limits<std::int64_t>::max();

/// Numbers and names at positions; one that cannot be seen clears `good`, and everything after it is zero.
class Header {
 public:
  explicit Header(const ReadAt& read_at) : read_at_(read_at) {}

  bool good() const { return good_; }
  template <std::size_t Size>
  std::array<std::uint8_t, Size> bytes(std::uint64_t position) {
    std::array<std::uint8_t, Size> out = {};
    if (!good_ || position > kMaxEnd || read_at_(position, out) != Size) {
      good_ = false;
      out = {};
    }
    return out;
  }
  template <int Size>
  std::uint64_t little(std::uint64_t position) {
    std::uint64_t value = 0;
    int shift = 0;
    for (const std::uint8_t byte : bytes<Size>(position)) {
      value |= std::uint64_t{byte} << shift;
      shift += 8;
    }
    return value;
  }
  template <int Size>
  std::uint64_t big(std::uint64_t position) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes<Size>(position)) value = value << 8 | byte;
    return value;
  }
  template <std::size_t Size>
  bool is(std::uint64_t position, const char (&name)[Size]) {
    const auto there = bytes<Size - 1>(position);
    return good_ && std::string_view(reinterpret_cast<const char*>(there.data()), Size - 1) ==
                        std::string_view(name, Size - 1);
  }

 private:
  const ReadAt& read_at_;
  bool good_ = true;
};

StatedLength unknown(bool complete = false) {
  return {Kind::kUnknown, 0, std::nullopt, complete};
}

StatedLength known(std::uint64_t start, std::uint64_t size) {
  if (size > kMaxEnd || start > kMaxEnd - size) return unknown();
  return {Kind::kKnown, start + size, std::nullopt, false};
}

// What programs write that do not know the size yet: nothing, all ones less a header, or the most that fits
// in 31 bits, whole or rounded (arecord, sox).
bool is_open_size(std::uint64_t size) {
  return size == 0 || size >= 0xFFFFFF00u || (size >= 0x7FFFF000u && size <= 0x80000000u);
}

struct WaveFormat {
  std::uint64_t bytes_per_s = 0;  // 0: compressed

  // `position` of a WAVEFORMAT. Nobody reads the field for bytes per second, and FFmpeg's own ADPCM writes
  // twice of what is true.
  static WaveFormat read(Header& header, std::uint64_t position, bool big_endian) {
    const auto half = [&](std::uint64_t at) { return big_endian ? header.big<2>(at) : header.little<2>(at); };
    const auto word = [&](std::uint64_t at) { return big_endian ? header.big<4>(at) : header.little<4>(at); };
    std::uint64_t codec = half(position);
    if (codec == 0xFFFE) codec = half(position + 24);
    const bool plain =
        codec == 1 || codec == 3 || codec == 6 || codec == 7;  // integers, floats, A-law, mu-law
    const std::uint64_t block = half(position + 12);
    return {plain ? block * word(position + 4) : 0};
  }
};

// What headers say may be nothing, less, or no number.
void state_duration(StatedLength& length, double duration_s) {
  if (std::isfinite(duration_s) && duration_s > 0.0) length.duration_s = duration_s;
}

StatedLength wave_data(std::uint64_t start, std::uint64_t size, const WaveFormat& format) {
  StatedLength length = known(start, size);
  length.complete = true;
  if (length.kind == Kind::kKnown && format.bytes_per_s > 0)
    state_duration(length, static_cast<double>(size) / static_cast<double>(format.bytes_per_s));
  return length;
}

StatedLength wav_length(Header& header, bool big_endian) {
  const auto word = [&](std::uint64_t at) { return big_endian ? header.big<4>(at) : header.little<4>(at); };
  WaveFormat format;
  std::uint64_t long_size = 0;
  std::uint64_t position = 12;
  for (int i = 0; i < kMaxChunks && header.good(); ++i) {
    const std::uint64_t size = word(position + 4);
    if (header.is(position, "data")) {
      if (size == 0xFFFFFFFFu && long_size > 0 && long_size < kMaxEnd)
        return wave_data(position + 8, long_size, format);
      return is_open_size(size) ? unknown(true) : wave_data(position + 8, size, format);
    }
    if (header.is(position, "fmt ") && size >= 16)
      format = WaveFormat::read(header, position + 8, big_endian);
    if (header.is(position, "ds64") && size >= 16) long_size = header.little<8>(position + 16);
    position += 8 + size + (size & 1);
  }
  return {};
}

StatedLength w64_length(Header& header) {
  constexpr std::uint64_t kHead = 24;  // name and size, which count in the size
  WaveFormat format;
  std::uint64_t position = 40;
  for (int i = 0; i < kMaxChunks && header.good(); ++i) {
    const std::uint64_t size = header.little<8>(position + 16);
    if (header.is(position, "data\xF3\xAC\xD3\x11")) {
      return size <= kHead || size > kMaxEnd ? unknown(true)
                                             : wave_data(position + kHead, size - kHead, format);
    }
    if (size < kHead || size > kMaxEnd / 2) return {};
    if (header.is(position, "fmt \xF3\xAC\xD3\x11"))
      format = WaveFormat::read(header, position + kHead, false);
    position += (size + 7) / 8 * 8;
  }
  return {};
}

StatedLength caf_length(Header& header) {
  double bytes_per_s = 0.0;
  std::uint64_t position = 8;
  for (int i = 0; i < kMaxChunks && header.good(); ++i) {
    const std::uint64_t size = header.big<8>(position + 4);
    const std::uint64_t start = position + 12;
    if (header.is(position, "desc") && size >= 32) {
      const double rate_hz = std::bit_cast<double>(header.big<8>(start));
      const std::uint64_t bytes_per_packet = header.big<4>(start + 16);
      const std::uint64_t frames_per_packet = header.big<4>(start + 20);
      if (bytes_per_packet > 0 && frames_per_packet > 0)
        bytes_per_s =
            rate_hz * static_cast<double>(bytes_per_packet) / static_cast<double>(frames_per_packet);
    }
    if (header.is(position, "data")) {
      constexpr std::uint64_t kEditCount = 4;
      if (size <= kEditCount || size > kMaxEnd) return unknown();  // -1: up to the end of the file
      StatedLength length = known(start, size);
      state_duration(length, static_cast<double>(size - kEditCount) / bytes_per_s);
      return length;
    }
    if (size > kMaxEnd / 2) return {};
    position = start + size;
  }
  return {};
}

// SoX's own format: 32-bit samples, counted over all channels; 0 when it was written into a pipe.
StatedLength sox_length(Header& header, bool big_endian) {
  const auto word = [&](std::uint64_t at) { return big_endian ? header.big<4>(at) : header.little<4>(at); };
  const auto half = [&](std::uint64_t at) { return big_endian ? header.big<8>(at) : header.little<8>(at); };
  const std::uint64_t num_samples = half(8);
  if (num_samples == 0 || num_samples > kMaxEnd / 4) return unknown();
  StatedLength length = known(4 + word(4), 4 * num_samples);
  const double per_s = std::bit_cast<double>(half(16)) * static_cast<double>(word(24));
  state_duration(length, static_cast<double>(num_samples) / per_s);
  return length;
}

// The end of the list "movi" in the RIFF chunk at `riff`, or nothing.
std::optional<StatedLength> movi_of(Header& header, std::uint64_t riff) {
  std::uint64_t position = riff + 12;
  for (int i = 0; i < kMaxChunks && header.good(); ++i) {
    const std::uint64_t size = header.little<4>(position + 4);
    if (header.is(position, "LIST") && header.is(position + 8, "movi"))
      return is_open_size(size) ? unknown() : known(position + 8, size);
    position += 8 + size + (size & 1);
  }
  return std::nullopt;
}

StatedLength avi_length(Header& header) {
  StatedLength length;
  std::uint64_t riff = 0;
  for (int i = 0; i < kMaxSegments; ++i) {
    if (i > 0 && !(header.is(riff, "RIFF") && header.is(riff + 8, "AVIX"))) break;
    const auto part = movi_of(header, riff);
    if (!part) break;
    length = *part;
    if (length.kind != Kind::kKnown) break;
    const std::uint64_t size = header.little<4>(riff + 4);
    riff += 8 + size + (size & 1);
  }
  return length;
}

StatedLength asf_length(Header& header) {
  constexpr std::uint64_t kEmptyData = 50;  // the data object's own head
  const std::uint64_t header_size = header.little<8>(16);
  if (header_size < 30 || header_size > kMaxEnd / 2) return {};
  std::uint64_t position = 30;
  for (int i = 0; i < kMaxChunks && header.good() && position < header_size; ++i) {
    const std::uint64_t size = header.little<8>(position + 16);
    if (size < 24 || size > kMaxEnd / 2) return {};
    // File properties: a broadcast has no length yet.
    if (header.is(position, "\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11") && (header.little<4>(position + 88) & 1) != 0)
      return unknown();
    position += size;
  }
  if (!header.is(header_size, "\x36\x26\xB2\x75\x8E\x66\xCF\x11")) return {};
  const std::uint64_t size = header.little<8>(header_size + 16);
  return size <= kEmptyData ? unknown() : known(header_size, size);
}

// An EBML size of 1 to 8 bytes; all ones means that it is open. Moves `position` past it.
std::optional<std::uint64_t> ebml_size(Header& header, std::uint64_t& position) {
  const auto first = static_cast<std::uint8_t>(header.big<1>(position));
  const int length = std::countl_zero(first) + 1;
  if (length > 8) return std::nullopt;
  std::uint64_t value = first & (0xFFu >> length);
  for (int i = 1; i < length; ++i)
    value = value << 8 | header.big<1>(position + static_cast<std::uint64_t>(i));
  position += static_cast<std::uint64_t>(length);
  if (value == (std::uint64_t{1} << (7 * length)) - 1) return std::nullopt;
  return value;
}

StatedLength matroska_length(Header& header) {
  std::uint64_t position = 4;
  const auto head = ebml_size(header, position);
  if (!head || *head > kMaxEnd / 2) return {};
  position += *head;
  for (int i = 0; i < kMaxChunks && header.good(); ++i) {
    const bool segment = header.is(position, "\x18\x53\x80\x67");
    // Only padding and checksums may stand before the segment.
    if (!segment && header.big<1>(position) != 0xEC && header.big<1>(position) != 0xBF) return {};
    position += segment ? 4 : 1;
    const auto size = ebml_size(header, position);
    if (!header.good()) return {};
    if (segment) return size && *size > 0 ? known(position, *size) : unknown();
    if (!size || *size > kMaxEnd / 2) return {};
    position += *size;
  }
  return {};
}

StatedLength mp4_length(Header& header) {
  constexpr std::array kBoxes = {"ftyp", "styp", "moov", "free", "skip", "wide", "uuid",
                                 "sidx", "mfra", "meta", "emsg", "mdat", "moof"};
  StatedLength length;
  std::uint64_t position = 0;
  for (int i = 0; i < kMaxBoxes; ++i) {
    const auto head = header.bytes<8>(position);
    const std::string_view name(reinterpret_cast<const char*>(head.data()) + 4, 4);
    // Whatever somebody appended is no box.
    if (!header.good() || std::find(kBoxes.begin(), kBoxes.end(), name) == kBoxes.end()) break;
    std::uint64_t size = 0;
    for (int byte = 0; byte < 4; ++byte) size = size << 8 | head[static_cast<std::size_t>(byte)];
    if (size == 1) size = header.big<8>(position + 8);
    const bool sound = name == "mdat" || name == "moof";
    if (sound && size == 0) return unknown();  // up to the end of the file
    if (size < 8 || size > kMaxEnd / 2 || position > kMaxEnd / 2) break;
    position += size;
    if (sound) length = known(position, 0);
  }
  return length;
}

// CRI's ADX: the samples of each channel, in blocks.
StatedLength adx_length(Header& header) {
  const std::uint64_t start = header.big<2>(2) + 4;
  if (start < 6) return unknown();
  const std::uint64_t block_bytes = header.big<1>(5);
  const std::uint64_t bits = header.big<1>(6);
  const std::uint64_t channels = header.big<1>(7);
  const std::uint64_t rate_hz = header.big<4>(8);
  const std::uint64_t num_samples = header.big<4>(12);
  if (!header.is(start - 6, "(c)CRI") || block_bytes <= 2 || bits == 0 || channels == 0 || rate_hz == 0 ||
      num_samples == 0)
    return unknown();
  const std::uint64_t samples_per_block = std::max<std::uint64_t>((block_bytes - 2) * 8 / bits, 1);
  const std::uint64_t num_blocks = (num_samples + samples_per_block - 1) / samples_per_block;
  StatedLength length = known(start, num_blocks * block_bytes * channels);
  state_duration(length, static_cast<double>(num_samples) / static_cast<double>(rate_hz));
  return length;
}

// Yamaha's SMAF: one chunk holds the file.
StatedLength smaf_length(Header& header) {
  const std::uint64_t size = header.big<4>(4);
  return is_open_size(size) ? unknown() : known(8, size);
}

// Uncompressed Flash states its whole size; FFmpeg leaves 100 MiB there when only sound is in it.
StatedLength flash_length(Header& header) {
  constexpr std::uint64_t kDummySize = 100 * 1024 * 1024;
  const std::uint64_t size = header.little<4>(4);
  return size == kDummySize || is_open_size(size) ? unknown() : known(0, size);
}

}  // namespace

StatedLength read_stated_length(const ReadAt& read_at) {
  Header header(read_at);
  if (header.is(0, "riff\x2E\x91\xCF\x11")) return w64_length(header);
  if (header.is(0, "caff")) return caf_length(header);
  if (header.is(0, ".SoX") || header.is(0, "XoS.")) return sox_length(header, header.is(0, "XoS."));
  if (header.is(0, "MMMD")) return smaf_length(header);
  if (header.is(0, "FWS")) return flash_length(header);
  if (header.is(0, "\x80") && header.big<1>(4) == 3) return adx_length(header);
  if (header.is(0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11")) return asf_length(header);
  if (header.is(0, "\x1A\x45\xDF\xA3")) return matroska_length(header);
  if (header.is(4, "ftyp") || header.is(4, "moov") || header.is(4, "mdat")) return mp4_length(header);
  const bool riff = header.is(0, "RIFF");
  if (riff && header.is(8, "AVI ")) return avi_length(header);
  const bool wave = riff || header.is(0, "RF64") || header.is(0, "BW64") || header.is(0, "RIFX");
  if (wave && header.is(8, "WAVE")) return wav_length(header, header.is(0, "RIFX"));
  return {};
}

}  // namespace diar
