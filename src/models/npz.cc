#include "models/npz.h"

#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/npy.h"
#include "models/zip_archive.h"

namespace diar {
namespace {

constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{4} << 30;
// Deflate cannot do better than about 1032:1; a member that claims more is a lie.
constexpr std::uint64_t kMaxDeflateRatio = 1040;

}  // namespace

Weights parse_npz(std::span<const std::byte> bytes, std::shared_ptr<const void>, const std::string& source) {
  const ZipArchive archive(bytes, source);
  Weights weights(source);
  std::uint64_t total = 0;
  for (std::size_t index = 0; index < archive.num_members(); ++index) {
    const ZipMember stat = archive.member(index);
    std::string tensor_name = stat.name;
    const std::string name = "tensor '" + tensor_name + "' in " + source;
    if (!tensor_name.ends_with(".npy")) continue;
    tensor_name.resize(tensor_name.size() - 4);
    if (!stat.readable) {
      throw ModelError(name + ": unknown compression");
    }
    const bool impossible =
        stat.stored_bytes > bytes.size() || stat.size_bytes / kMaxDeflateRatio > stat.stored_bytes;
    total += impossible ? 0 : stat.size_bytes;
    if (impossible || total > kMaxTotalBytes) throw ModelError(name + ": claims an impossible size");
    auto content = std::make_shared<std::vector<std::byte>>(
        archive.read(index, static_cast<std::size_t>(stat.size_bytes), name));
    const std::span<const std::byte> view = *content;
    weights.insert(std::move(tensor_name), parse_npy(view, std::move(content), name));
  }
  if (weights.tensors().empty()) throw ModelError(source + ": holds no .npy members");
  return weights;
}

}  // namespace diar
