// A zip of .npy files in, named tensors out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// `bytes` is the whole file. Stored members are borrowed from it when `owner`, which keeps it alive, is
/// given; deflated ones are copied. All sizes that the members declare may make up 64 MiB and eight times the
/// file, which is checked before any memory is taken. Throws `ModelError`.
Weights parse_npz(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                  const std::string& source);

}  // namespace diar
