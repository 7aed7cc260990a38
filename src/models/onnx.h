// The bytes of an ONNX file of one of our networks in, its tensors under PyTorch's names out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

/// A PyanNet, a WeSpeaker ResNet34 or a CAM++ as torch.onnx.export writes them: what sherpa-onnx and others
/// distribute. The graph is only recognised, layer by layer; it is never run. Exporters rename weights,
/// reorder an LSTM's gates and fold batch norms into the convolutions before them: names and order come from the
/// graph, and a folded norm becomes one that changes nothing, so that our layers compute the same. Tensors
/// borrow from `owner` where nothing is reordered. Throws `ModelError` for a file that cannot be read
/// (onnx_graph.h) and for a graph that is none of these networks, naming the first layer that differs.
DIAR_INTERNAL_API Weights parse_onnx(std::span<const std::byte> bytes,
                                     const std::shared_ptr<const void>& owner, const std::string& source);

}  // namespace diar
