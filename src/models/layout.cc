#include "models/layout.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <utility>

#include "diar/errors.h"
#include "models/layout_campplus.h"
#include "models/layout_names.h"
#include "models/network_shapes.h"

namespace diar {
namespace {

constexpr std::size_t kLstmLayers = 4;
constexpr std::size_t kSegmentationTaps = 5;
constexpr std::size_t kShownNames = 8;
constexpr std::size_t kShownLength = 60;

// Taps along one axis of a filter; 0 for what is no filter.
std::size_t filter_taps(Network network, std::string_view name) {
  if (!name.ends_with(".weight")) return 0;
  if (network == Network::kSegmentation) return name.starts_with("sincnet.conv1d.") ? kSegmentationTaps : 0;
  if (name.ends_with(".shortcut.0.weight")) return 1;
  return name.ends_with("conv1.weight") || name.ends_with("conv2.weight") ? 3 : 0;
}

// Whether the axes between the first and the last (or from the third on) are the taps.
bool taps_at(const Shape& shape, std::size_t begin, std::size_t taps) {
  return std::all_of(shape.begin() + static_cast<std::ptrdiff_t>(begin),
                     shape.begin() + static_cast<std::ptrdiff_t>(begin + shape.size() - 2),
                     [&](std::size_t extent) { return extent == taps; });
}

// Moves the axis `from` to `to`, both after the first.
Tensor moved_axis(const Tensor& tensor, bool last_to_second) {
  const std::size_t dimensions = tensor.shape.size();
  if (dimensions < 3) throw ModelError("a filter of shape " + to_string(tensor.shape) + " has no taps");
  const std::size_t out = tensor.shape[0];
  const std::size_t in = last_to_second ? tensor.shape.back() : tensor.shape[1];
  const std::size_t count = num_elements(tensor.shape);
  const std::size_t taps = count == 0 ? 0 : count / (out * in);
  const std::size_t width = dtype_size(tensor.dtype);
  auto bytes = std::make_shared<std::vector<std::byte>>(count * width);
  for (std::size_t o = 0; count > 0 && o < out; ++o) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const std::size_t first = (o * in + i) * taps + tap;
        const std::size_t last = (o * taps + tap) * in + i;
        std::memcpy(bytes->data() + (last_to_second ? first : last) * width,
                    tensor.bytes.data() + (last_to_second ? last : first) * width, width);
      }
    }
  }
  Tensor moved = tensor;
  if (last_to_second) {
    std::rotate(moved.shape.begin() + 1, moved.shape.end() - 1, moved.shape.end());
  } else {
    std::rotate(moved.shape.begin() + 1, moved.shape.begin() + 2, moved.shape.end());
  }
  moved.bytes = *bytes;
  moved.owner = std::move(bytes);
  return moved;
}

// The stem tells the order of a whole ResNet: it has one input channel.
bool stem_is_channels_last(const Weights& weights) {
  if (!weights.contains("resnet.conv1.weight")) return false;
  const Shape& shape = weights.at("resnet.conv1.weight").shape;
  return shape.size() == 4 && shape[3] == 1 && shape[1] == 3 && shape[2] == 3;
}

void order_filters(Layout& layout, Weights& weights) {
  const bool stem_last = layout.network == Network::kEmbedding && stem_is_channels_last(weights);
  const std::size_t dimensions = layout.network == Network::kSegmentation ? 3 : 4;
  for (const std::string& name : tensor_names(layout.network)) {
    const std::size_t taps = filter_taps(layout.network, name);
    if (taps == 0) continue;
    const Tensor& tensor = weights.at(name);
    if (tensor.shape.size() != dimensions || !taps_at(tensor.shape, 1, taps)) continue;
    if (taps_at(tensor.shape, 2, taps) && !stem_last) continue;
    layout.channels_last = true;
    weights.insert(name, to_channels_first(tensor));
  }
}

// One bias in place of two: the second becomes zero.
void split_biases(Layout& layout, Weights& weights) {
  for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      const std::string suffix = std::to_string(layer) + direction;
      const std::string second = "lstm.bias_hh_l" + suffix;
      if (weights.contains(second) || !weights.contains("lstm.bias_ih_l" + suffix)) continue;
      Tensor zero = weights.at("lstm.bias_ih_l" + suffix);
      auto bytes = std::make_shared<std::vector<std::byte>>(zero.bytes.size());
      zero.bytes = *bytes;
      zero.owner = std::move(bytes);
      weights.insert(second, std::move(zero));
      layout.summed_biases = true;
    }
  }
}

// Parts that would change the result and that ours lacks: more layers, other blocks, another pooling.
bool is_foreign_part(Network network, std::string_view name) {
  if (name.ends_with(".num_batches_tracked")) return false;
  if (network == Network::kSegmentation) {
    return name.starts_with("lstm.") || name.starts_with("linear.") || name.starts_with("classifier.");
  }
  return name.starts_with("resnet.layer") || name.starts_with("resnet.pool.") ||
         name.starts_with("resnet.seg_2.");
}

std::string kind_of(Network network) {
  return network == Network::kSegmentation ? "a PyanNet segmentation network"
                                           : "a WeSpeaker ResNet34 embedding network";
}

std::vector<std::string> prefixes_of(const Weights& weights, Network network) {
  std::set<std::string> prefixes;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (const auto prefix = prefix_of_anchor(network, name)) prefixes.emplace(*prefix);
  }
  return {prefixes.begin(), prefixes.end()};
}

// A network that a file holds, at least once.
struct Candidate {
  using Take = std::function<NetworkWeights(const std::string& prefix)>;
  std::string kind;
  std::vector<std::string> prefixes;
  Take take;
};

std::string nothing_found(const Weights& weights, std::optional<Network> wanted, const std::string& others) {
  std::string expected =
      "neither " + kind_of(Network::kSegmentation) + " nor " + kind_of(Network::kEmbedding) + " nor a CAM++";
  const char* anchor = "the first filter of any";
  if (wanted == Network::kSegmentation) {
    expected = "not " + kind_of(*wanted);
    anchor = "'sincnet...low_hz_'";
  } else if (wanted) {
    expected = "not " + kind_of(*wanted) + " or a CAM++";
    anchor = "'layer1.0.conv1.weight'";
  }
  if (!others.empty()) return expected + " but " + others;
  return expected + " (" + anchor + " is missing); its tensors are " + quoted_names(weights);
}

NetworkWeights take(const Weights& weights, Network network, const std::string& prefix) {
  const std::vector<std::string> names = tensor_names(network);
  const std::set<std::string, std::less<>> needed(names.begin(), names.end());
  NetworkWeights found{{network, Naming::kPyTorch, prefix, false, false}, Weights(weights.source())};
  if (network == Network::kEmbedding && !prefix.ends_with("resnet."))
    found.layout.naming = Naming::kWeSpeaker;
  const auto& tensors = weights.tensors();
  for (auto place = tensors.lower_bound(prefix); place != tensors.end() && place->first.starts_with(prefix);
       ++place) {
    PlainName plain = plain_name(network, std::string_view(place->first).substr(prefix.size()));
    if (needed.find(plain.name) == needed.end()) {
      if (!is_foreign_part(network, plain.name)) continue;
      throw ModelError(weights.source() + ": like " + kind_of(network) +
                       ", but with a part that it has not: " + quoted_name(place->first));
    }
    if (found.weights.contains(plain.name)) {
      throw ModelError(weights.source() + ": two tensors are '" + plain.name + "', one of them " +
                       quoted_name(place->first));
    }
    if (plain.naming != Naming::kPyTorch) found.layout.naming = plain.naming;
    found.weights.insert(std::move(plain.name), place->second);
  }
  if (network == Network::kSegmentation) split_biases(found.layout, found.weights);
  for (const std::string& name : names) {
    if (found.weights.contains(name)) continue;
    throw ModelError(weights.source() + ": " + kind_of(network) + " without its tensor '" + name +
                     "'; found were " + quoted_names(weights));
  }
  order_filters(found.layout, found.weights);
  if (network == Network::kSegmentation) {
    check_pyannet_shapes(found.weights);
  } else {
    check_resnet34_shapes(found.weights);
  }
  return found;
}

}  // namespace

std::string_view network_name(Network network) noexcept {
  return network == Network::kSegmentation ? "segmentation" : "embedding";
}

std::string to_string(const Layout& layout) {
  std::string text;
  switch (layout.naming) {
    case Naming::kPyTorch:
      text = "PyTorch names";
      break;
    case Naming::kWeSpeaker:
      text = "WeSpeaker names";
      break;
    case Naming::kMlxConverter:
      text = "names of the MLX converter";
      break;
    case Naming::kMlxModules:
      text = "names of an MLX module tree";
      break;
  }
  if (!layout.prefix.empty() && layout.prefix != "resnet.") text += " behind " + quoted_name(layout.prefix);
  if (layout.channels_last) text += ", channels last";
  if (layout.summed_biases) text += ", summed LSTM biases";
  return text;
}

std::vector<std::string> tensor_names(Network network) {
  std::vector<std::string> names;
  for (TensorShape& tensor : network == Network::kSegmentation ? pyannet_shapes() : resnet34_shapes(1, 1)) {
    names.push_back(std::move(tensor.name));
  }
  return names;
}

Tensor to_channels_first(const Tensor& tensor) {
  return moved_axis(tensor, /*last_to_second=*/true);
}

Tensor to_channels_last(const Tensor& tensor) {
  return moved_axis(tensor, /*last_to_second=*/false);
}

std::string quoted_name(std::string_view name) {
  std::string text(name.substr(0, kShownLength));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "'" + text + (name.size() > kShownLength ? "..." : "") + "'";
}

std::string quoted_names(const Weights& weights) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (shown == kShownNames) return text + ", ... (" + std::to_string(weights.tensors().size()) + " in all)";
    text += (shown++ == 0 ? "" : ", ") + quoted_name(name);
  }
  return text;
}

NetworkWeights recognise_network(const Weights& weights, std::optional<Network> wanted) {
  std::vector<Candidate> found;
  std::string others;
  const auto offer = [&](const std::string& kind, Network network, const std::vector<std::string>& prefixes,
                         Candidate::Take take) {
    if (prefixes.empty()) return;
    if (wanted && *wanted != network) {
      others = kind;
    } else {
      found.push_back({kind, prefixes, std::move(take)});
    }
  };
  const std::vector<std::string> campplus = campplus_prefixes(weights);
  std::vector<std::string> resnet34 = prefixes_of(weights, Network::kEmbedding);
  // The head of a CAM++ names its blocks as a ResNet34 does.
  for (const std::string& prefix : campplus) std::erase(resnet34, prefix + "head.");
  const auto take_plain = [&weights](Network network) {
    return [&weights, network](const std::string& prefix) { return take(weights, network, prefix); };
  };
  offer(kind_of(Network::kSegmentation), Network::kSegmentation, prefixes_of(weights, Network::kSegmentation),
        take_plain(Network::kSegmentation));
  offer(kind_of(Network::kEmbedding), Network::kEmbedding, resnet34, take_plain(Network::kEmbedding));
  offer("a CAM++ embedding network", Network::kEmbedding, campplus,
        [&weights](const std::string& prefix) { return take_campplus(weights, prefix); });
  if (found.empty()) throw ModelError(weights.source() + ": " + nothing_found(weights, wanted, others));
  if (found.size() > 1) {
    throw ModelError(weights.source() + ": holds both " + found[0].kind + " and " + found[1].kind +
                     "; name the one that is meant");
  }
  const auto& [kind, prefixes, take_from] = found.front();
  if (prefixes.size() > 1) {
    throw ModelError(weights.source() + ": holds " + kind + " more than once, behind " +
                     quoted_name(prefixes[0]) + " and " + quoted_name(prefixes[1]));
  }
  return take_from(prefixes.front());
}

}  // namespace diar
