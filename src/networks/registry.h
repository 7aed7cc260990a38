// Weights and a device in, runnable networks out: the one place that chooses among backends.
#pragma once

#include <memory>
#include <string>

#include "core/executor.h"
#include "core/tensor.h"
#include "diar/networks.h"

namespace diar {

/// kCpu or kMlx: what kAuto means on this machine. Throws `DeviceError` when the build has no MLX.
Device resolve_device(Device device);

/// Throw `ModelError` naming the tensor when the weights are of no network that is known, `DeviceError` when
/// the device is not in this build, `InvalidArgument` on a precision that the device has not. `executor`
/// computes for CPU networks; they keep it.
std::shared_ptr<const SegmentationNetwork> make_segmentation_network(
    const Weights& weights, const NetworkOptions& options, std::shared_ptr<const Executor> executor);
std::shared_ptr<const SpeakerEncoder> make_speaker_encoder(const Weights& weights,
                                                           const NetworkOptions& options,
                                                           std::shared_ptr<const Executor> executor);

/// Where the encoder of these weights runs when `asked` means `resolved` on this machine: CAM++ is on the CPU
/// only, so that kAuto takes that for it. Throws `DeviceError` when it was asked for by name.
Device encoder_device(const Weights& weights, Device asked, Device resolved);

/// "cpu (AVX2, 2 threads)" and the like; `embedding` are the encoder's weights, for "mlx (...); CAM++ on cpu
/// (...)".
std::string describe_device(const NetworkOptions& options, int num_threads,
                            const Weights* embedding = nullptr);

}  // namespace diar
