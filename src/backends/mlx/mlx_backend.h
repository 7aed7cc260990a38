// The networks on MLX; a build without MLX links a twin of these functions that throws `DeviceError`.
#pragma once

#include <memory>
#include <string>

#include "core/tensor.h"
#include "diar/models.h"

namespace diar::mlx_backend {

/// True when MLX is compiled in.
bool available() noexcept;
/// True when MLX is compiled in and has a GPU (Metal or CUDA).
bool has_gpu();
std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights);
std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights& weights, TrunkPrecision precision);
/// "Metal, Apple M2", "CUDA, NVIDIA H100" or "CPU".
std::string device_description();

}  // namespace diar::mlx_backend
