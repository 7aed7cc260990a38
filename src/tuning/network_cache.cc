#include "tuning/network_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "core/fingerprint.h"
#include "diar/errors.h"
#include "diar/output_file.h"
#include "models/mapped_file.h"

namespace diar {
namespace {

static_assert(std::endian::native == std::endian::little, "the cache is written as memory holds it");

constexpr std::string_view kMagic = "DIARNET2";
constexpr std::string_view kAnyVersion = kMagic.substr(0, 7);
// A file's name may have 255 bytes; the key and the extension follow.
constexpr std::size_t kLongestName = 200;
constexpr std::uint64_t kMaxWindows = 10'000'000;
constexpr std::uint64_t kMaxFrames = 100'000;
constexpr std::uint64_t kMaxDimension = 4096;

struct Header {
  char magic[8];
  std::uint64_t key;
  double duration_s;
  double window_s;
  double step_s;
  std::uint64_t num_windows;
  std::uint64_t frames_per_window;
  std::uint64_t dimension;
  std::uint64_t num_rows;
  std::uint64_t num_speakers;
  double frame_duration_s;
  double frame_step_s;
};
static_assert(sizeof(Header) == 96);

template <class Value>
void append(std::string& bytes, std::span<const Value> values) {
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

template <class Value>
std::span<const std::byte> take(std::span<const std::byte>& rest, std::vector<Value>& values) {
  const auto part = rest.first(values.size() * sizeof(Value));
  if (!part.empty()) std::memcpy(values.data(), part.data(), part.size());
  rest = rest.subspan(part.size());
  return part;
}

std::uint64_t payload_bytes(const Header& header) {
  return header.num_windows * header.frames_per_window +
         header.num_windows * header.num_speakers * sizeof(std::int32_t) +
         header.num_rows * header.dimension * sizeof(float);
}

// The bounds keep all products far below 2^64.
bool plausible(const Header& header, std::uint64_t key) {
  return std::string_view(header.magic, sizeof(header.magic)) == kMagic && header.key == key &&
         header.num_speakers <= kMaxLocalSpeakers && header.frame_duration_s > 0.0 &&
         header.frame_duration_s < 1e3 && header.frame_step_s > 1e-6 && header.frame_step_s < 1e3 &&
         header.num_windows <= kMaxWindows && header.frames_per_window <= kMaxFrames &&
         header.dimension <= kMaxDimension && header.num_rows <= header.num_windows * header.num_speakers &&
         std::isfinite(header.duration_s) && header.window_s > 0.0 && header.window_s < 1e6 &&
         header.step_s > 0.0 && header.step_s <= header.window_s;
}

// Every row is the one of exactly one pair, in order; frames hold local speakers that there are.
bool consistent(const NetworkOutput& output, std::uint64_t num_rows) {
  std::int64_t next = 0;
  for (const std::int32_t row : output.embeddings.row_of) {
    if (row != -1 && row != next++) return false;
  }
  return static_cast<std::uint64_t>(next) == num_rows &&
         std::all_of(output.activity.bits.begin(), output.activity.bits.end(),
                     [&](std::uint8_t bits) { return bits < 1u << output.activity.grid.num_speakers; });
}

std::uint64_t fingerprint(std::span<const std::byte> bytes) {
  Fingerprint sum;
  sum.add(bytes);
  return sum.value();
}

std::optional<NetworkOutput> parse(std::span<const std::byte> file, std::uint64_t key) {
  Header header{};
  if (file.size() < sizeof(header) + sizeof(std::uint64_t)) return std::nullopt;
  std::memcpy(&header, file.data(), sizeof(header));
  if (!plausible(header, key)) return std::nullopt;
  if (file.size() != sizeof(header) + payload_bytes(header) + sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t sum = 0;
  std::memcpy(&sum, file.data() + file.size() - sizeof(sum), sizeof(sum));
  if (sum != fingerprint(file.first(file.size() - sizeof(sum)))) return std::nullopt;

  NetworkOutput output;
  output.duration_s = header.duration_s;
  output.activity.grid = {header.window_s,     header.step_s,
                          header.num_windows,  header.frames_per_window,
                          header.num_speakers, {0.0, header.frame_duration_s, header.frame_step_s}};
  output.embeddings.num_speakers = header.num_speakers;
  output.activity.bits.resize(header.num_windows * header.frames_per_window);
  output.embeddings.dimension = header.dimension;
  output.embeddings.row_of.resize(header.num_windows * header.num_speakers);
  output.embeddings.values.resize(header.num_rows * header.dimension);
  auto rest = file.subspan(sizeof(header));
  take(rest, output.activity.bits);
  take(rest, output.embeddings.row_of);
  take(rest, output.embeddings.values);
  if (!consistent(output, header.num_rows)) return std::nullopt;
  return output;
}

// Written by this program, whatever became of it since. An empty file holds nothing to lose.
bool is_own(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char begin[kAnyVersion.size()] = {};
  file.read(begin, sizeof(begin));
  const auto size = static_cast<std::size_t>(file.gcount());
  return file.is_open() && !file.bad() && kAnyVersion.starts_with(std::string_view(begin, size));
}

}  // namespace

std::string network_cache_name(const std::string& recording, std::uint64_t key) {
  std::size_t size = std::min(recording.size(), kLongestName);
  // Not in the middle of a character of UTF-8.
  while (size < recording.size() && size > 0 && (static_cast<unsigned char>(recording[size]) & 0xC0) == 0x80)
    --size;
  return recording.substr(0, size) + '-' + hexadecimal(key) + ".diarcache";
}

void check_network_cache_place(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& reason) {
    throw OutputError("cannot write '" + path.string() + "': " + reason);
  };
  struct stat found = {};
  const bool exists = lstat(path.c_str(), &found) == 0;
  if (exists && S_ISLNK(found.st_mode)) refuse("it is a symbolic link, which is not followed in a cache");
  if (exists && !(S_ISREG(found.st_mode) && is_own(path)))
    refuse("what is there is no cache of networks' results; remove it, or choose another directory");
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (access(folder.c_str(), W_OK) != 0) refuse(std::strerror(errno));
}

void write_network_cache(const std::filesystem::path& path, std::uint64_t key, const NetworkOutput& output) {
  const WindowGrid& grid = output.activity.grid;
  Header header{{},
                key,
                output.duration_s,
                grid.duration_s,
                grid.step_s,
                grid.num_windows,
                grid.frames_per_window,
                output.embeddings.dimension,
                output.embeddings.num_rows(),
                grid.num_speakers,
                grid.frames.duration_s,
                grid.frames.step_s};
  std::copy(kMagic.begin(), kMagic.end(), header.magic);
  // Windows in which nobody talks may leave the table of rows short.
  std::vector<std::int32_t> row_of = output.embeddings.row_of;
  row_of.resize(grid.num_windows * grid.num_speakers, -1);
  std::string bytes;
  bytes.reserve(sizeof(header) + payload_bytes(header) + sizeof(std::uint64_t));
  append(bytes, std::span<const Header>(&header, 1));
  append(bytes, std::span<const std::uint8_t>(output.activity.bits));
  append(bytes, std::span<const std::int32_t>(row_of));
  append(bytes, std::span<const float>(output.embeddings.values));
  const std::uint64_t sum = fingerprint(std::as_bytes(std::span(bytes)));
  append(bytes, std::span<const std::uint64_t>(&sum, 1));
  check_network_cache_place(path);
  write_file_atomically(path, bytes);
}

std::optional<NetworkOutput> read_network_cache(const std::filesystem::path& path, std::uint64_t key) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
  try {
    return parse(map_file(path).bytes, key);
  } catch (const ModelError&) {
    return std::nullopt;  // not readable
  }
}

}  // namespace diar
