// Named tensors in, the bytes of a safetensors or npz file out; equal tensors give equal bytes.
#pragma once

#include <map>
#include <string>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

/// What a file says about itself; keys and values are UTF-8.
using Metadata = std::map<std::string, std::string>;

/// Tensors in the order of their names without gaps, the first at a multiple of 64 bytes; `metadata`
/// becomes "__metadata__".
DIAR_INTERNAL_API std::string to_safetensors(const Weights& weights, const Metadata& metadata);

/// A zip of stored (not compressed) .npy members in the order of their names, as numpy.savez writes it.
/// `metadata`, which npz has no place for, becomes the zip's comment as JSON. Throws `ModelError` naming a
/// tensor of type bfloat16, which numpy does not know.
DIAR_INTERNAL_API std::string to_npz(const Weights& weights, const Metadata& metadata);

}  // namespace diar
