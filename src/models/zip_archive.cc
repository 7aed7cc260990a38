#include "models/zip_archive.h"

#include <zip.h>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxMembers = 100000;

}  // namespace

ZipArchive::ZipArchive(std::span<const std::byte> bytes, const std::string& source) : source_(source) {
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
  const bool stored = stat.comp_method == ZIP_CM_STORE;
  return {stat.name, stat.size, stat.comp_size, stored, stored || stat.comp_method == ZIP_CM_DEFLATE};
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
