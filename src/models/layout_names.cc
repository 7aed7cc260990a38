#include "models/layout_names.h"

#include <array>
#include <utility>

namespace diar {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// MLX module tree of the segmentation -> state dict; the first entry that fits the beginning counts.
constexpr std::array<Pair, 9> kSegmentationModules = {{{"sincnet.sinc_conv.", "sincnet.conv1d.0.filterbank."},
                                                       {"sincnet.wav_norm.", "sincnet.wav_norm1d."},
                                                       {"sincnet.norm1.", "sincnet.norm1d.0."},
                                                       {"sincnet.norm2.", "sincnet.norm1d.1."},
                                                       {"sincnet.norm3.", "sincnet.norm1d.2."},
                                                       {"sincnet.conv2.", "sincnet.conv1d.1."},
                                                       {"sincnet.conv3.", "sincnet.conv1d.2."},
                                                       {"linear1.", "linear.0."},
                                                       {"linear2.", "linear.1."}}};
constexpr std::array<Pair, 3> kLstmParts = {
    {{"Wx", "weight_ih_l"}, {"Wh", "weight_hh_l"}, {"bias", "bias_ih_l"}}};
constexpr std::array<Pair, 2> kLstmDirections = {{{"lstm_forward.", ""}, {"lstm_backward.", "_reverse"}}};
constexpr std::string_view kConverterLstm = "lstm_layers.";
constexpr std::string_view kLstm = "lstm.";

constexpr std::array<Pair, 4> kShortcuts = {{{".shortcut_conv.", ".shortcut.0."},
                                             {".shortcut_bn.", ".shortcut.1."},
                                             {".downsample.0.", ".shortcut.0."},
                                             {".downsample.1.", ".shortcut.1."}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "lstm_forward.2.Wx" -> "lstm.weight_ih_l2"
std::optional<std::string> lstm_module_name(std::string_view name) {
  for (const auto& [direction, suffix] : kLstmDirections) {
    if (!name.starts_with(direction)) continue;
    name.remove_prefix(direction.size());
    if (name.size() < 3 || !is_digit(name[0]) || name[1] != '.') return std::nullopt;
    for (const auto& [part, stored] : kLstmParts) {
      if (name.substr(2) == part) {
        return std::string(kLstm) + std::string(stored) + name[0] + std::string(suffix);
      }
    }
  }
  return std::nullopt;
}

// PyanNet with separate layers: "lstm.2.weight_ih_l0_reverse" -> "lstm.weight_ih_l2_reverse"
std::optional<std::string> separate_lstm_name(std::string_view name) {
  if (!name.starts_with(kLstm) || name.size() < kLstm.size() + 3) return std::nullopt;
  const char layer = name[kLstm.size()];
  if (!is_digit(layer) || name[kLstm.size() + 1] != '.') return std::nullopt;
  std::string rest(name.substr(kLstm.size() + 2));
  const auto place = rest.find("_l0");
  if (place == std::string::npos) return std::nullopt;
  rest[place + 2] = layer;
  return std::string(kLstm) + rest;
}

PlainName plain_segmentation_name(std::string_view name) {
  for (const auto& [module, stored] : kSegmentationModules) {
    if (name.starts_with(module)) {
      return {std::string(stored) + std::string(name.substr(module.size())), Naming::kMlxModules};
    }
  }
  if (auto plain = lstm_module_name(name)) return {std::move(*plain), Naming::kMlxModules};
  if (auto plain = separate_lstm_name(name)) return {std::move(*plain), Naming::kPyTorch};
  if (name.starts_with(kConverterLstm)) {
    return {std::string(kLstm) + std::string(name.substr(kConverterLstm.size())), Naming::kMlxConverter};
  }
  return {std::string(name), Naming::kPyTorch};
}

PlainName plain_embedding_name(std::string_view stored) {
  std::string name(stored);
  Naming naming = Naming::kPyTorch;
  constexpr std::string_view kLayers = ".layers.";
  // "layer1.layers.0." -> "layer1.0."
  if (name.starts_with("layer") && name.compare(6, kLayers.size(), kLayers) == 0) {
    name.erase(6, kLayers.size() - 1);
    naming = Naming::kMlxModules;
  }
  for (const auto& [module, plain] : kShortcuts) {
    const auto place = name.find(module);
    if (place != std::string::npos) name.replace(place, module.size(), plain);
  }
  if (name.starts_with("fc.")) {
    name.replace(0, 3, "seg_1.");
    naming = Naming::kMlxModules;
  }
  return {"resnet." + name, naming};
}

std::string replaced(std::string_view name, std::string_view from, std::string_view to) {
  return std::string(to) + std::string(name.substr(from.size()));
}

}  // namespace

PlainName plain_name(Network network, std::string_view name) {
  return network == Network::kSegmentation ? plain_segmentation_name(name) : plain_embedding_name(name);
}

std::optional<std::string_view> prefix_of_anchor(Network network, std::string_view name) {
  constexpr std::array<std::string_view, 2> kSegmentation = {"sincnet.conv1d.0.filterbank.low_hz_",
                                                             "sincnet.sinc_conv.low_hz_"};
  constexpr std::array<std::string_view, 2> kEmbedding = {"layer1.0.conv1.weight",
                                                          "layer1.layers.0.conv1.weight"};
  for (const std::string_view anchor : network == Network::kSegmentation ? kSegmentation : kEmbedding) {
    if (!name.ends_with(anchor)) continue;
    const std::string_view prefix = name.substr(0, name.size() - anchor.size());
    if (prefix.empty() || prefix.back() == '.') return prefix;
  }
  return std::nullopt;
}

std::string mlx_module_name(std::string_view name) {
  for (const auto& [module, stored] : kSegmentationModules) {
    if (name.starts_with(stored)) return replaced(name, stored, module);
  }
  if (!name.starts_with(kLstm)) return std::string(name);
  name.remove_prefix(kLstm.size());
  for (const auto& [part, stored] : kLstmParts) {
    if (!name.starts_with(stored)) continue;
    const bool reverse = name.ends_with("_reverse");
    return std::string(kLstmDirections[reverse ? 1 : 0].first) + name[stored.size()] + "." +
           std::string(part);
  }
  return {};
}

}  // namespace diar
