// Any weight file in, named tensors out; the format is recognised from the content.
#pragma once

#include <filesystem>

#include "core/tensor.h"

namespace diar {

/// Reads npz (numpy, zip of .npy), safetensors, or a PyTorch checkpoint, whatever its name says, with tensor
/// names as stored. Every length is checked against the file's size before memory is taken; nothing is ever
/// executed. Throws `ModelError` naming the file and, where one is at fault, the tensor.
Weights read_weight_file(const std::filesystem::path& path);

}  // namespace diar
