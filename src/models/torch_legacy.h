// A PyTorch checkpoint in the format before version 1.6 (no zip) in, the named tensors of its state dict out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/tensor.h"

namespace diar {

/// True when the bytes start with the pickled magic number of that format.
bool looks_like_legacy_checkpoint(std::span<const std::byte> bytes);

/// `bytes` is the whole file and stays borrowed from `owner`. Five pickles (magic number, version, machine,
/// object, keys of the storages), then each storage: the number of its elements and the elements. Data only,
/// as for the zip format. Throws `ModelError`.
Weights parse_legacy_checkpoint(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                                const std::string& source);

}  // namespace diar
