#include "models/npz.h"

#include <zip.h>

#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/npy.h"

namespace diar {
namespace {

constexpr std::size_t kMaxMembers = 100000;
constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{4} << 30;
// Deflate cannot do better than about 1032:1; a member that claims more is a lie.
constexpr std::uint64_t kMaxDeflateRatio = 1040;

class Archive {
 public:
  Archive(std::span<const std::byte> bytes, const std::string& source) : source_(source) {
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
  ~Archive() { zip_discard(archive_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  std::size_t num_members() const {
    const zip_int64_t count = zip_get_num_entries(archive_, 0);
    if (count < 0 || static_cast<std::uint64_t>(count) > kMaxMembers)
      throw ModelError(source_ + ": too many members");
    return static_cast<std::size_t>(count);
  }

  zip_stat_t stat(std::size_t index) const {
    zip_stat_t stat;
    constexpr zip_uint64_t kNeeded =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(archive_, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
      throw ModelError(source_ + ": damaged zip directory");
    }
    return stat;
  }

  std::vector<std::byte> read(std::size_t index, std::size_t size, const std::string& name) const {
    std::vector<std::byte> content(size);
    zip_file_t* file = zip_fopen_index(archive_, index, 0);
    if (file == nullptr) throw ModelError(name + ": " + zip_strerror(archive_));
    std::size_t filled = 0;
    zip_int64_t got = 0;
    while (filled < size && (got = zip_fread(file, content.data() + filled, size - filled)) > 0) {
      filled += static_cast<std::size_t>(got);
    }
    // Reading on past the last byte makes libzip compare the checksum.
    std::byte extra;
    const bool ended = got >= 0 && zip_fread(file, &extra, 1) == 0;
    zip_fclose(file);
    if (filled != size || !ended) throw ModelError(name + ": damaged or truncated: fetch it again");
    return content;
  }

 private:
  zip_t* archive_ = nullptr;
  const std::string& source_;
};

}  // namespace

Weights parse_npz(std::span<const std::byte> bytes, std::shared_ptr<const void>, const std::string& source) {
  const Archive archive(bytes, source);
  Weights weights(source);
  std::uint64_t total = 0;
  for (std::size_t index = 0; index < archive.num_members(); ++index) {
    const zip_stat_t stat = archive.stat(index);
    std::string tensor_name = stat.name;
    const std::string name = "tensor '" + tensor_name + "' in " + source;
    if (!tensor_name.ends_with(".npy")) continue;
    tensor_name.resize(tensor_name.size() - 4);
    if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
      throw ModelError(name + ": unknown compression");
    }
    const bool impossible = stat.comp_size > bytes.size() || stat.size / kMaxDeflateRatio > stat.comp_size;
    total += impossible ? 0 : stat.size;
    if (impossible || total > kMaxTotalBytes) throw ModelError(name + ": claims an impossible size");
    auto content = std::make_shared<std::vector<std::byte>>(
        archive.read(index, static_cast<std::size_t>(stat.size), name));
    const std::span<const std::byte> view = *content;
    weights.insert(std::move(tensor_name), parse_npy(view, std::move(content), name));
  }
  if (weights.tensors().empty()) throw ModelError(source + ": holds no .npy members");
  return weights;
}

}  // namespace diar
