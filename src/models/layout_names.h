// A tensor's name in one naming in, its name in PyTorch's out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/layout.h"

namespace diar {

struct PlainName {
  std::string name;  ///< as pyannote.audio's state dict has it
  Naming naming = Naming::kPyTorch;
};

/// `name` without the prefix of its file. Names that no naming knows come back unchanged.
PlainName plain_name(Network network, std::string_view name);

/// What stands before the name of the tensor that only this network has; nothing for every other tensor.
std::optional<std::string_view> prefix_of_anchor(Network network, std::string_view name);

/// The name of a PyTorch tensor in an MLX module tree; "" for the second LSTM bias, which the tree lacks.
std::string mlx_module_name(std::string_view name);

}  // namespace diar
