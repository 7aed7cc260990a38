#include "models/zip_archive.h"

#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxMembers = 100000;
constexpr std::size_t kEndRecordBytes = 22;
constexpr std::size_t kLocatorBytes = 20;  // of the 64-bit record, just before the end record
constexpr std::size_t kEndRecord64Bytes = 56;
constexpr std::size_t kMaxCommentBytes = 65535;
constexpr std::size_t kEntryBytes = 46;        // of the directory, without its names
constexpr std::size_t kLocalHeaderBytes = 30;  // without its names

std::uint64_t number(std::string_view text, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  }
  return value;
}

// The largest number of members that anything like an end record claims. libzip takes memory for each of them
// before it can be asked how many there are.
std::uint64_t claimed_members(std::string_view file) {
  std::uint64_t most = 0;
  const std::size_t tail = std::min(file.size(), kEndRecordBytes + kMaxCommentBytes);
  std::size_t at = file.find("PK\x05\x06", file.size() - tail);
  for (; at != std::string_view::npos && file.size() - at >= kEndRecordBytes;
       at = file.find("PK\x05\x06", at + 1)) {
    most = std::max(most, number(file, at + 10, 2));
    if (at < kLocatorBytes || file.substr(at - kLocatorBytes, 4) != "PK\x06\x07") continue;
    const std::uint64_t record = number(file, at - kLocatorBytes + 8, 8);
    if (record > file.size() || file.size() - record < kEndRecord64Bytes) continue;
    most = std::max(most, number(file, record + 32, 8));
  }
  return most;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Where the local header of each member lies, which libzip does not tell. Empty unless the directory is of
// the plain kind (below 64 bits, at the very end). No more than a hint: what is found there is only used when
// its checksum is the one that libzip read.
std::vector<std::uint64_t> local_headers(std::string_view file) {
  if (file.size() < kEndRecordBytes) return {};
  const std::size_t end = file.rfind("PK\x05\x06", file.size() - kEndRecordBytes);
  if (end == std::string_view::npos) return {};
  const std::uint64_t count = number(file, end + 10, 2);
  const std::uint64_t begin = number(file, end + 16, 4);
  if (begin > end || count > (end - begin) / kEntryBytes) return {};
  std::vector<std::uint64_t> places;
  std::string_view directory = file.substr(begin, end - begin);
  for (std::uint64_t entry = 0; entry < count; ++entry) {
    if (directory.size() < kEntryBytes || !directory.starts_with("PK\x01\x02")) return {};
    const std::uint64_t names =
        number(directory, 28, 2) + number(directory, 30, 2) + number(directory, 32, 2);
    if (names > directory.size() - kEntryBytes) return {};
    places.push_back(number(directory, 42, 4));
    directory.remove_prefix(kEntryBytes + names);
  }
  return places;
}

bool stays_inside(std::string_view name) {
  const auto forbidden = [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '\\'; };
  if (name.starts_with('/') || std::any_of(name.begin(), name.end(), forbidden)) return false;
  return name != ".." && !name.starts_with("../") && !name.ends_with("/..") &&
         name.find("/../") == std::string_view::npos;
}

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, const std::string& source)
    : bytes_(bytes), source_(source) {
  if (claimed_members(text_of(bytes)) > kMaxMembers) throw ModelError(source_ + ": too many members");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (buffer != nullptr) archive_ = zip_open_from_source(buffer, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  const std::string reason = archive_ == nullptr ? zip_error_strerror(&error) : "";
  zip_error_fini(&error);
  if (archive_ == nullptr) {
    if (buffer != nullptr) zip_source_free(buffer);
    throw ModelError(source_ + ": damaged or truncated zip (" + reason + "): fetch it again");
  }
  places_ = local_headers(text_of(bytes));
}

ZipArchive::~ZipArchive() {
  zip_discard(archive_);
}

std::size_t ZipArchive::num_members() const {
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  if (count < 0 || static_cast<std::uint64_t>(count) > kMaxMembers) {
    throw ModelError(source_ + ": too many members");
  }
  return static_cast<std::size_t>(count);
}

ZipMember ZipArchive::member(std::size_t index) const {
  zip_stat_t stat;
  constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if (zip_stat_index(archive_, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
    throw ModelError(source_ + ": damaged zip directory");
  }
  if (!stays_inside(stat.name)) {
    throw ModelError(source_ + ": the member name '" + stat.name + "' leads out of its folder");
  }
  const bool stored = stat.comp_method == ZIP_CM_STORE;
  return {stat.name, stat.size, stat.comp_size, stored, stored || stat.comp_method == ZIP_CM_DEFLATE};
}

std::string ZipArchive::comment() const {
  int length = 0;
  const char* text = zip_get_archive_comment(archive_, &length, ZIP_FL_ENC_RAW);
  return text == nullptr || length <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(length));
}

std::optional<std::span<const std::byte>> ZipArchive::view(std::size_t index, std::size_t size_bytes) const {
  zip_stat_t stat;
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_CRC | ZIP_STAT_ENCRYPTION_METHOD;
  if (index >= places_.size() || zip_stat_index(archive_, index, 0, &stat) != 0 ||
      (stat.valid & kNeeded) != kNeeded || stat.comp_method != ZIP_CM_STORE ||
      stat.encryption_method != ZIP_EM_NONE || stat.size != size_bytes ||
      size_bytes > std::numeric_limits<uInt>::max()) {
    return std::nullopt;
  }
  const std::string_view file = text_of(bytes_);
  const std::uint64_t header = places_[index];
  if (header > file.size() || file.size() - header < kLocalHeaderBytes ||
      file.substr(header, 4) != "PK\x03\x04") {
    return std::nullopt;
  }
  const std::uint64_t begin =
      header + kLocalHeaderBytes + number(file, header + 26, 2) + number(file, header + 28, 2);
  if (begin > file.size() || file.size() - begin < size_bytes) return std::nullopt;
  const auto content = bytes_.subspan(begin, size_bytes);
  const uLong checksum = crc32(crc32(0, nullptr, 0), reinterpret_cast<const Bytef*>(content.data()),
                               static_cast<uInt>(size_bytes));
  if (checksum != stat.crc) return std::nullopt;
  return content;
}

std::vector<std::byte> ZipArchive::read(std::size_t index, std::size_t size_bytes,
                                        const std::string& name) const {
  std::vector<std::byte> content(size_bytes);
  zip_file_t* file = zip_fopen_index(archive_, index, 0);
  if (file == nullptr) throw ModelError(name + ": " + zip_strerror(archive_));
  std::size_t filled = 0;
  zip_int64_t got = 0;
  while (filled < size_bytes && (got = zip_fread(file, content.data() + filled, size_bytes - filled)) > 0) {
    filled += static_cast<std::size_t>(got);
  }
  // Reading on past the last byte makes libzip compare the checksum.
  std::byte extra;
  const bool ended = got >= 0 && zip_fread(file, &extra, 1) == 0;
  zip_fclose(file);
  if (filled != size_bytes || !ended) throw ModelError(name + ": damaged or truncated: fetch it again");
  return content;
}

}  // namespace diar
