#include "models/torch_legacy.h"

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "models/pickle.h"
#include "models/torch_state.h"

namespace diar {
namespace {

using Kind = PickleValue::Kind;

// PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c, STOP.
constexpr std::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
constexpr std::int64_t kProtocol = 1001;
constexpr std::size_t kMaxStorages = 1'000'000;

class LegacyCheckpoint {
 public:
  LegacyCheckpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                   const std::string& source)
      : bytes_(bytes), owner_(std::move(owner)), source_(source) {}

  Weights read() {
    if (!looks_like_legacy_checkpoint(bytes_)) fail("it does not start as one");
    at_ = kMagic.size();
    const Pickle protocol = next();
    if (protocol.root().kind != Kind::kInt || protocol.root().number != kProtocol) fail("unknown protocol");
    const Pickle machine = next();
    const PickleValue* little = machine.root().find("little_endian");
    if (little == nullptr || little->kind != Kind::kBool || little->number == 0)
      fail("it was written on a big-endian machine");
    const Pickle object = next();
    const Pickle keys = next();
    // A storage knows its length but not its type, which only the object tells.
    collect_widths(object);
    locate_storages(keys.root());
    const auto storage = [&](const std::string& key, std::uint64_t num_elements, std::size_t width) {
      const auto place = storages_.find(key);
      if (place == storages_.end() || place->second.size() / width != num_elements)
        fail("a storage is missing");
      return TorchBytes{place->second, owner_};
    };
    return read_torch_state(object.root(), storage, 4 * static_cast<std::uint64_t>(bytes_.size()), source_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(source_ + ": not a checkpoint that can be read: " + what);
  }

  Pickle next() {
    Pickle pickle(bytes_.subspan(at_), source_);
    at_ += pickle.size_bytes();
    return pickle;
  }

  void collect_widths(const Pickle& object) {
    for (const PickleValue& value : object.values()) {
      const PickleValue* id = value.kind == Kind::kPersistent ? value.id : nullptr;
      if (id == nullptr || id->kind != Kind::kSequence || id->items.size() < 3) continue;
      if (const auto dtype = torch_storage_type(id->items[1]->text))
        widths_[id->items[2]->text] = dtype_size(*dtype);
    }
  }

  std::uint64_t take_length() {
    if (bytes_.size() - at_ < 8) fail("it ends early");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) length |= std::to_integer<std::uint64_t>(bytes_[at_ + i]) << (8 * i);
    at_ += 8;
    return length;
  }

  void locate_storages(const PickleValue& keys) {
    if (keys.kind != Kind::kSequence || keys.items.size() > kMaxStorages) fail("it lists no storages");
    for (const PickleValue* key : keys.items) {
      const auto width = widths_.find(key->text);
      if (width == widths_.end()) fail("a storage is of an unknown type");
      const std::uint64_t length = take_length();
      if (length > (bytes_.size() - at_) / width->second) fail("it ends early");
      storages_[key->text] = bytes_.subspan(at_, length * width->second);
      at_ += length * width->second;
    }
  }

  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  const std::string& source_;
  std::size_t at_ = 0;
  std::map<std::string, std::size_t> widths_;
  std::map<std::string, std::span<const std::byte>> storages_;
};

}  // namespace

bool looks_like_legacy_checkpoint(std::span<const std::byte> bytes) {
  return bytes.size() > kMagic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()), kMagic.size()) == kMagic;
}

Weights parse_legacy_checkpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                const std::string& source) {
  return LegacyCheckpoint(bytes, std::move(owner), source).read();
}

}  // namespace diar
