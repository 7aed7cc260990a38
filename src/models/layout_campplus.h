// Tensors of a file in, those of a CAM++ speaker embedding among them out.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal_export.h"
#include "models/layout.h"

namespace diar {

/// What `Weights::metadata` says about the features that a CAM++ was trained with.
inline constexpr const char* kCampplusFeatures = "features";
/// Povey's window, samples in [-1, 1]: 3D-Speaker and FunASR. What a file without the entry means.
inline constexpr const char* kCampplusFeatures3dSpeaker = "3d-speaker";
/// A Hamming window, samples times 32768: WeSpeaker.
inline constexpr const char* kCampplusFeaturesWeSpeaker = "wespeaker";

/// Dense layers of the three stages.
using CampplusLayers = std::array<std::size_t, 3>;
/// Those of the paper, and of everything that 3D-Speaker, FunASR and WeSpeaker distribute.
inline constexpr CampplusLayers kCampplusLayers = {12, 24, 16};
/// In one stage; what a file may hold.
inline constexpr std::size_t kMaxCampplusLayers = 64;

/// What every tensor of a layer's name begins with; both count from 0.
DIAR_INTERNAL_API std::string campplus_layer_name(std::size_t stage, std::size_t layer);

/// How many layers each stage of `weights` (names without a prefix) has: a smaller network of the same kind is
/// as good. Throws `ModelError` for a stage with none or with more than `kMaxCampplusLayers`.
DIAR_INTERNAL_API CampplusLayers count_campplus_layers(const Weights& weights);

/// Every tensor of the network by its name in 3D-Speaker, FunASR and WeSpeaker.
DIAR_INTERNAL_API std::vector<std::string> campplus_tensor_names(
    const CampplusLayers& layers = kCampplusLayers);

/// Whether the weights (as `recognise_network` gives them) are those of a CAM++.
DIAR_INTERNAL_API bool is_campplus(const Weights& weights);

/// What stands before the names of each CAM++ in a file; usually one empty string or none.
std::vector<std::string> campplus_prefixes(const Weights& weights);

/// Its tensors without the prefix. WeSpeaker's checkpoints are told from the others by the classifier of
/// their training ("projection."), which they keep; the metadata says which it was. Throws `ModelError` when
/// the network is incomplete or has parts that ours does not have.
NetworkWeights take_campplus(const Weights& weights, const std::string& prefix);

}  // namespace diar
