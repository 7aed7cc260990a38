// The pickled dict of a PyTorch checkpoint in, its named tensors out; storages come from whoever knows the
// file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/tensor.h"
#include "models/pickle.h"

namespace diar {

/// "torch.FloatStorage" and the like; nothing for what holds no numbers we know.
std::optional<DType> torch_storage_type(std::string_view type);

/// Raw numbers that tensors lie in; `bytes` lives as long as `owner`.
struct TorchBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Gives the bytes of the storage with this key, or throws `ModelError`. `num_elements` and `width` (bytes of
/// one) are what the pickle claims.
using TorchStorageReader =
    std::function<TorchBytes(const std::string& key, std::uint64_t num_elements, std::size_t width)>;

/// Takes the dict under "state_dict" (Lightning), "model_state_dict" or "model", else `root` itself; tensors
/// of any stride become dense. Copies of strided tensors take at most `most_copied_bytes` together. Throws
/// `ModelError`.
Weights read_torch_state(const PickleValue& root, const TorchStorageReader& storages,
                         std::uint64_t most_copied_bytes, const std::string& source);

}  // namespace diar
