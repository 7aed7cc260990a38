#include "models/torch_state.h"

#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxDimensions = 8;

constexpr std::array<std::pair<std::string_view, DType>, 9> kStorages = {
    {{"torch.FloatStorage", DType::kFloat32},
     {"torch.DoubleStorage", DType::kFloat64},
     {"torch.HalfStorage", DType::kFloat16},
     {"torch.BFloat16Storage", DType::kBFloat16},
     {"torch.LongStorage", DType::kInt64},
     {"torch.IntStorage", DType::kInt32},
     {"torch.ShortStorage", DType::kInt16},
     {"torch.CharStorage", DType::kInt8},
     {"torch.ByteStorage", DType::kUInt8}}};

struct Storage {
  DType dtype = DType::kFloat32;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

class StateReader {
 public:
  StateReader(const TorchStorageReader& storage_bytes, std::uint64_t most_copied_bytes,
              const std::string& source)
      : storage_bytes_(storage_bytes), most_copied_bytes_(most_copied_bytes), source_(source) {}

  Weights read(const PickleValue& root) {
    const PickleValue* state = &root;
    for (const char* key : {"state_dict", "model_state_dict", "model"}) {
      const PickleValue* inner = state->find(key);
      if (inner != nullptr && inner->kind == Kind::kDict) {
        state = inner;
        break;
      }
    }
    if (state->kind != Kind::kDict) fail("its top is no dict of tensors");
    Weights weights(source_);
    for (const auto& [key, value] : state->entries) {
      if (key->kind != Kind::kText) continue;
      if (auto tensor = tensor_of(*value, key->text)) weights.insert(key->text, std::move(*tensor));
    }
    if (weights.tensors().empty()) fail("its dict holds no tensors");
    return weights;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(source_ + ": not a checkpoint that can be read: " + what);
  }

  // persistent id: ("storage", torch.FloatStorage, key, device, number of elements)
  const Storage& storage_of(const PickleValue& value, const std::string& name) {
    const PickleValue* id = value.kind == Kind::kPersistent ? value.id : nullptr;
    if (id == nullptr || id->kind != Kind::kSequence || id->items.size() < 5 ||
        id->items[0]->text != "storage" || id->items[1]->kind != Kind::kGlobal ||
        id->items[2]->kind != Kind::kText || id->items[4]->kind != Kind::kInt || id->items[4]->number < 0) {
      fail("tensor '" + name + "' has no storage");
    }
    const std::string& key = id->items[2]->text;
    const std::string& type = id->items[1]->text;
    if (const auto known = storages_.find({type, key}); known != storages_.end()) return known->second;
    const DType dtype = dtype_of(type, name);
    TorchBytes stored =
        storage_bytes_(key, static_cast<std::uint64_t>(id->items[4]->number), dtype_size(dtype));
    Storage storage{dtype, stored.bytes, std::move(stored.owner)};
    return storages_.emplace(std::pair(type, key), std::move(storage)).first->second;
  }

  DType dtype_of(const std::string& type, const std::string& name) const {
    if (const auto dtype = torch_storage_type(type)) return *dtype;
    fail("tensor '" + name + "' is of '" + type + "'");
  }

  std::vector<std::uint64_t> extents(const PickleValue& value, const std::string& name) const {
    const bool wrapped = value.kind == Kind::kCall && value.items[0]->is_global("torch.Size") &&
                         value.items[1]->kind == Kind::kSequence && value.items[1]->items.size() == 1;
    const PickleValue& sequence = wrapped ? *value.items[1]->items[0] : value;
    if (sequence.kind != Kind::kSequence || sequence.items.size() > kMaxDimensions) {
      fail("the shape of tensor '" + name + "' is malformed");
    }
    std::vector<std::uint64_t> numbers;
    for (const PickleValue* item : sequence.items) {
      if (item->kind != Kind::kInt || item->number < 0)
        fail("the shape of tensor '" + name + "' is malformed");
      numbers.push_back(static_cast<std::uint64_t>(item->number));
    }
    return numbers;
  }

  // _rebuild_tensor_v2(storage, offset, size, stride, ...), or a parameter around one; nothing for other
  // values.
  std::optional<Tensor> tensor_of(const PickleValue& value, const std::string& name) {
    if (value.kind != Kind::kCall || value.items[1]->kind != Kind::kSequence) return std::nullopt;
    const PickleValue& callee = *value.items[0];
    const std::vector<const PickleValue*>& arguments = value.items[1]->items;
    if (callee.is_global("torch._utils._rebuild_parameter") && !arguments.empty() &&
        arguments[0]->kind == Kind::kCall && !arguments[0]->items[0]->is_global(callee.text)) {
      return tensor_of(*arguments[0], name);
    }
    if (!callee.is_global("torch._utils._rebuild_tensor_v2") &&
        !callee.is_global("torch._utils._rebuild_tensor")) {
      return std::nullopt;
    }
    if (arguments.size() < 4 || arguments[1]->kind != Kind::kInt || arguments[1]->number < 0) {
      fail("tensor '" + name + "' is malformed");
    }
    const Storage& storage = storage_of(*arguments[0], name);
    return dense(storage, static_cast<std::uint64_t>(arguments[1]->number), extents(*arguments[2], name),
                 extents(*arguments[3], name), name);
  }

  Tensor dense(const Storage& storage, std::uint64_t offset, const std::vector<std::uint64_t>& size,
               const std::vector<std::uint64_t>& stride, const std::string& name) {
    const std::size_t width = dtype_size(storage.dtype);
    const std::uint64_t held = storage.bytes.size() / width;
    Tensor tensor;
    tensor.dtype = storage.dtype;
    tensor.shape.assign(size.begin(), size.end());
    const std::uint64_t count = num_elements(tensor.shape, "tensor '" + name + "' in " + source_);
    // The last element's place must exist; an empty tensor has none.
    std::uint64_t last = offset;
    bool fits = stride.size() == size.size() && count <= held && offset <= held;
    for (std::size_t axis = 0; fits && count > 0 && axis < size.size(); ++axis) {
      if (size[axis] == 1) continue;
      fits = stride[axis] <= held / (size[axis] - 1);
      last += fits ? stride[axis] * (size[axis] - 1) : 0;
      fits = fits && last < held;
    }
    if (!fits || (count > 0 && last >= held)) fail("tensor '" + name + "' reaches beyond its storage");
    std::uint64_t expected = 1;
    bool contiguous = true;
    for (std::size_t axis = size.size(); axis-- > 0;) {
      contiguous = contiguous && (size[axis] == 1 || stride[axis] == expected);
      expected *= size[axis];
    }
    if (contiguous || count == 0) {
      tensor.bytes = storage.bytes.subspan(count == 0 ? 0 : offset * width, count * width);
      tensor.owner = storage.owner;
    } else {
      copy_strided(storage, offset, size, stride, width, count, tensor);
    }
    return tensor;
  }

  void copy_strided(const Storage& storage, std::uint64_t offset, const std::vector<std::uint64_t>& size,
                    const std::vector<std::uint64_t>& stride, std::size_t width, std::uint64_t count,
                    Tensor& tensor) {
    if (count * width > most_copied_bytes_ - copied_bytes_)
      fail("its strided tensors claim impossible sizes");
    copied_bytes_ += count * width;
    auto copy = std::make_shared<std::vector<std::byte>>(count * width);
    std::vector<std::uint64_t> index(size.size(), 0);
    for (std::uint64_t element = 0; element < count; ++element) {
      std::uint64_t place = offset;
      for (std::size_t axis = 0; axis < size.size(); ++axis) place += index[axis] * stride[axis];
      std::memcpy(copy->data() + element * width, storage.bytes.data() + place * width, width);
      for (std::size_t axis = size.size(); axis-- > 0 && ++index[axis] == size[axis];) index[axis] = 0;
    }
    tensor.bytes = *copy;
    tensor.owner = std::move(copy);
  }

  const TorchStorageReader& storage_bytes_;
  std::uint64_t most_copied_bytes_;
  std::uint64_t copied_bytes_ = 0;
  const std::string& source_;
  std::map<std::pair<std::string, std::string>, Storage> storages_;
};

}  // namespace

std::optional<DType> torch_storage_type(std::string_view type) {
  for (const auto& [known, dtype] : kStorages) {
    if (type == known) return dtype;
  }
  return std::nullopt;
}

Weights read_torch_state(const PickleValue& root, const TorchStorageReader& storages,
                         std::uint64_t most_copied_bytes, const std::string& source) {
  return StateReader(storages, most_copied_bytes, source).read(root);
}

}  // namespace diar
