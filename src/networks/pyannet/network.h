// PyanNet, the segmentation network: weights in, a network for each backend out.
#pragma once

#include <memory>

#include "core/executor.h"
#include "core/tensor.h"
#include "diar/networks.h"

namespace diar {

/// Seven classes of three speakers, at most two at once; frames of 991 samples every 270.
const SegmentationSpec& pyannet_spec();

namespace cpu {
/// Throws `ModelError` naming the tensor that is missing or has an impossible shape.
std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights& weights,
                                                  std::shared_ptr<const Executor> executor);
}  // namespace cpu

namespace mlx_backend {
std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights& weights);
}  // namespace mlx_backend

}  // namespace diar
