// What a build knows of MLX; a build without it links a twin that answers no.
#pragma once

#include <string>

namespace diar::mlx_backend {

/// True when MLX is compiled in.
bool available() noexcept;
/// True when MLX is compiled in and has a GPU (Metal or CUDA).
bool has_gpu();
/// "Metal, Apple M2", "CUDA, NVIDIA H100" or "CPU".
std::string device_description();

}  // namespace diar::mlx_backend
