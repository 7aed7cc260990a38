// Weights under the names and in the axis order of whatever tool wrote them in; those that our networks read
// out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

enum class Network { kSegmentation, kEmbedding };
/// "segmentation" or "embedding".
DIAR_INTERNAL_API std::string_view network_name(Network network) noexcept;

/// How a file names and orders its tensors.
enum class Naming {
  kPyTorch,       ///< pyannote.audio's state dict
  kWeSpeaker,     ///< WeSpeaker's own: the same without "resnet."
  kMlxConverter,  ///< the MLX port's converter: PyTorch names but "lstm_layers."
  kMlxModules,    ///< an MLX module tree: lstm_forward.0.Wx, layer1.layers.0.conv1, ...
};

struct Layout {
  Network network = Network::kSegmentation;
  Naming naming = Naming::kPyTorch;
  std::string prefix;          ///< stood before every name, for example "model."
  bool channels_last = false;  ///< filters lie [out, taps, in] rather than [out, in, taps]
  bool summed_biases = false;  ///< one LSTM bias where PyTorch has two
};
/// For example "PyTorch names behind 'model.', channels last".
DIAR_INTERNAL_API std::string to_string(const Layout& layout);

/// A network as the backends read it: exactly its tensors, PyTorch names, PyTorch order.
struct NetworkWeights {
  Layout layout;
  Weights weights;
};

/// Finds a PyanNet, a WeSpeaker ResNet34 or a CAM++ among `weights` by the tensors that only it has; what the
/// network does not need is left out. Both of the latter are embeddings; `is_campplus` tells them apart.
/// `wanted` chooses when a file holds both. Types are kept; tensors are copied only where the order differs.
/// Throws `ModelError` with the names that were found when there is no such network, when it is incomplete,
/// when it has parts that ours lacks, and when a shape or type is not what the network needs
/// (network_shapes.h; of a CAM++ its reader checks the shapes).
DIAR_INTERNAL_API NetworkWeights recognise_network(const Weights& weights,
                                                   std::optional<Network> wanted = std::nullopt);

/// Every tensor of a PyanNet or a ResNet34 by its PyTorch name (CAM++: `campplus_tensor_names`).
DIAR_INTERNAL_API std::vector<std::string> tensor_names(Network network);

/// The way back, for MLX: channels last. A segmentation gets the names of an MLX module tree and summed
/// biases; an embedding keeps PyTorch's names, as the MLX port's own file does. `weights` is what
/// `recognise_network` gave. Throws `ModelError` for a CAM++, of which there is no MLX form.
DIAR_INTERNAL_API Weights to_mlx_layout(const Weights& weights, Network network);

/// [O, K..., I] -> [O, I, K...] and back. Throws `ModelError` below three dimensions.
DIAR_INTERNAL_API Tensor to_channels_first(const Tensor& tensor);
DIAR_INTERNAL_API Tensor to_channels_last(const Tensor& tensor);

/// One name, shortened and made safe to print.
DIAR_INTERNAL_API std::string quoted_name(std::string_view name);
/// The first few names, made safe to print: "'a', 'b', ... (12 in all)".
DIAR_INTERNAL_API std::string quoted_names(const Weights& weights);

}  // namespace diar
