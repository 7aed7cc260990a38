// Weights and a device in, runnable networks out: the one place that chooses among backends.
#pragma once

#include <memory>
#include <string>

#include "core/tensor.h"
#include "diar/models.h"

namespace diar {

/// Throws `ModelError` naming the tensor when the weights are not those of a PyanNet / ResNet34,
/// `DeviceError` when the device is not in this build.
std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights,
                                                           const DeviceOptions& options);
std::unique_ptr<EmbeddingModel> make_embedding_model(const Weights& weights, const DeviceOptions& options);

/// "cpu (AVX2, 2 threads)" and the like.
std::string describe_device(const DeviceOptions& options);

}  // namespace diar
