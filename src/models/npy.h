// The bytes of a .npy file in, a tensor out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// `bytes` stays borrowed from `owner`. Versions 1.0 to 3.0, little-endian, C order (Fortran order only up to
/// one dimension, where it is the same). Throws `ModelError` starting with `name` on anything else.
Tensor parse_npy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                 const std::string& name);

}  // namespace diar
