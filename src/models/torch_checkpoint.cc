#include "models/torch_checkpoint.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/pickle.h"
#include "models/torch_state.h"
#include "models/zip_archive.h"

namespace diar {
namespace {

constexpr std::uint64_t kMaxPickleBytes = std::uint64_t{64} << 20;

// "archive/data.pkl" -> "archive/"; the folder is named after the file that was saved.
std::optional<std::pair<std::size_t, std::string>> find_pickle(const ZipArchive& archive) {
  for (std::size_t index = 0; index < archive.num_members(); ++index) {
    const std::string name = archive.member(index).name;
    if (name == "data.pkl" || name.ends_with("/data.pkl")) return {{index, name.substr(0, name.size() - 8)}};
  }
  return std::nullopt;
}

class Checkpoint {
 public:
  Checkpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& source)
      : archive_(bytes, source),
        owner_(std::move(owner)),
        source_(source),
        most_bytes_(2 * static_cast<std::uint64_t>(bytes.size())) {
    for (std::size_t index = 0; index < archive_.num_members(); ++index) {
      members_.emplace(archive_.member(index).name, index);
    }
  }

  Weights read() {
    const auto pickle_member = find_pickle(archive_);
    if (!pickle_member) fail("it holds no data.pkl");
    folder_ = pickle_member->second;
    check_byte_order();
    const TorchBytes text = member_bytes(pickle_member->first, kMaxPickleBytes);
    const Pickle pickle(text.bytes, source_);
    const auto storage = [&](const std::string& key, std::uint64_t, std::size_t) {
      const auto member = members_.find(folder_ + "data/" + key);
      if (member == members_.end()) fail("a storage is missing");
      return member_bytes(member->second, most_bytes_);
    };
    return read_torch_state(pickle.root(), storage, 2 * most_bytes_, source_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(source_ + ": not a checkpoint that can be read: " + what);
  }

  TorchBytes member_bytes(std::size_t index, std::uint64_t most) {
    const ZipMember member = archive_.member(index);
    // torch never compresses; so no member can claim more than the file holds.
    if (!member.stored || member.size_bytes != member.stored_bytes)
      fail("'" + member.name + "' is compressed");
    if (member.size_bytes > most || member.size_bytes > most_bytes_ - taken_bytes_) {
      fail("'" + member.name + "' claims an impossible size");
    }
    taken_bytes_ += member.size_bytes;
    const auto size = static_cast<std::size_t>(member.size_bytes);
    if (const auto view = owner_ ? archive_.view(index, size) : std::nullopt) return {*view, owner_};
    auto content = std::make_shared<const std::vector<std::byte>>(
        archive_.read(index, size, member.name + " in " + source_));
    return {*content, content};
  }

  void check_byte_order() {
    const auto place = members_.find(folder_ + "byteorder");
    if (place == members_.end()) return;
    const TorchBytes text = member_bytes(place->second, 16);
    if (std::string_view(reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size()) != "little") {
      fail("it was written on a big-endian machine");
    }
  }

  ZipArchive archive_;
  std::shared_ptr<const void> owner_;
  const std::string& source_;
  std::uint64_t most_bytes_;
  std::uint64_t taken_bytes_ = 0;
  std::string folder_;
  std::map<std::string, std::size_t> members_;
};

}  // namespace

bool looks_like_torch_checkpoint(std::span<const std::byte> bytes, const std::string& source) {
  return find_pickle(ZipArchive(bytes, source)).has_value();
}

Weights parse_torch_checkpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const std::string& source) {
  return Checkpoint(bytes, std::move(owner), source).read();
}

}  // namespace diar
