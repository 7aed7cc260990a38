// Any weight file in, named tensors out; the format is recognised from the content.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

/// Reads npz (numpy, zip of .npy), safetensors, a PyTorch checkpoint (zip, or as before 1.6) or an ONNX file of a
/// network of ours, whatever its name says, with tensor names as stored (ONNX: as PyTorch has them). Every length is checked against the file's size before memory is
/// taken; nothing is ever executed. Throws `ModelError` naming the file and, where one is at fault, the
/// tensor.
DIAR_INTERNAL_API Weights read_weight_file(const std::filesystem::path& path);

/// Whether a name ends as weight files do: .safetensors, .npz, .bin, .ckpt, .pt, .pth, .onnx.
DIAR_INTERNAL_API bool is_weight_file_name(const std::filesystem::path& path);

/// "safetensors", "npz", "ONNX", "PyTorch checkpoint" or "PyTorch checkpoint (before 1.6)". Throws `ModelError`.
DIAR_INTERNAL_API std::string_view weight_file_format(const std::filesystem::path& path);

/// The files below a directory that `is_weight_file_name`, in the order of their names, relative to it.
/// Throws `ModelError` when it cannot be read.
DIAR_INTERNAL_API std::vector<std::string> weight_files(const std::filesystem::path& directory);

}  // namespace diar
