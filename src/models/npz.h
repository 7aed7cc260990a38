// A zip of .npy files in, named tensors out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// `bytes` is the whole file. Stored and deflated members; a member's declared size is bounded by what
/// deflate can reach from its stored size, and all members together by 4 GiB, before any memory is taken.
/// Throws `ModelError`.
Weights parse_npz(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                  const std::string& source);

}  // namespace diar
