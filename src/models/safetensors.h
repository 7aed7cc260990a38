// The bytes of a safetensors file in, named tensors out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// Tensors borrow from `owner`. Checks every offset and size against the file. Throws `ModelError`.
Weights parse_safetensors(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                          const std::string& source);
/// True when the bytes can be a safetensors file: a header length and an opening brace.
bool looks_like_safetensors(std::span<const std::byte> bytes);

}  // namespace diar
