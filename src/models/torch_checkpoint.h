// A PyTorch checkpoint (zip of a pickle and raw storages) in, the named tensors of its state dict out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// True for a zip that holds a data.pkl.
bool looks_like_torch_checkpoint(std::span<const std::byte> bytes, const std::string& source);

/// `bytes` is the whole file; tensors borrow from it when `owner`, which keeps it alive, is given, and from
/// copies otherwise. Takes the dict under "state_dict" (Lightning), else the top one; tensors of any
/// stride become dense. Builds data only: what is no tensor, storage or container stays an inert record.
/// Memory is bounded by a small multiple of the file's size. Throws `ModelError`.
Weights parse_torch_checkpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const std::string& source);

}  // namespace diar
