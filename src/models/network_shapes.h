// The one table of our networks' tensors and their shapes; weights in, a refusal or nothing out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

struct TensorShape {
  std::string name;  ///< in PyTorch's state dict
  Shape shape;
};

/// Of a PyanNet with a powerset head: seven classes.
DIAR_INTERNAL_API std::vector<TensorShape> pyannet_shapes();
/// Of a WeSpeaker ResNet34 of `width` channels (32) and `dimension` values (256).
DIAR_INTERNAL_API std::vector<TensorShape> resnet34_shapes(std::size_t width, std::size_t dimension);

/// Checks weights under PyTorch's names and in its order: every tensor of the table is there, of its shape
/// and of a floating type. A ResNet34 tells its own width and dimension. Throws `ModelError` naming the file,
/// the tensor and, for a classifier of another kind, what it says about the network.
DIAR_INTERNAL_API void check_pyannet_shapes(const Weights& weights);
DIAR_INTERNAL_API void check_resnet34_shapes(const Weights& weights);
/// Checks what a run would: every number is finite, no variance negative. Reads all of them. Throws
/// `ModelError`.
DIAR_INTERNAL_API void check_network_values(const Weights& weights);

/// Length of the embeddings that a network gives, as its last tensor says; empty for no embedding network.
DIAR_INTERNAL_API std::optional<std::size_t> embedding_dimension(const Weights& embedding);
/// Whether a file holds either half of a PLDA.
DIAR_INTERNAL_API bool is_plda(const Weights& weights);
/// Checks that the arrays of xvec_transform.npz (mean1 [D], mean2 [L], lda [D, L]) and plda.npz (mu [L], tr
/// [L, L], psi [L]) are there, floating, finite, that they fit together, and that D is `dimension`. Throws
/// `ModelError`.
DIAR_INTERNAL_API void check_plda(const Weights& xvec_transform, const Weights& plda, std::size_t dimension);

}  // namespace diar
