#include "models/layout_campplus.h"

#include <functional>
#include <initializer_list>
#include <set>

#include "diar/errors.h"

namespace diar {
namespace {

// Only CAM++ has it.
constexpr std::string_view kAnchor = "xvector.block1.tdnnd1.cam_layer.linear_local.weight";

// Parts that would change the result.
bool is_part(std::string_view name) {
  return (name.starts_with("head.") || name.starts_with("xvector.")) &&
         !name.ends_with(".num_batches_tracked");
}

bool has_wespeakers_classifier(const Weights& weights, const std::string& prefix) {
  const auto place = weights.tensors().lower_bound(prefix + "projection.");
  return place != weights.tensors().end() && place->first.starts_with(prefix + "projection.");
}

bool has_layer(const Weights& weights, const std::string& prefix, std::size_t stage, std::size_t layer) {
  const std::string start = prefix + campplus_layer_name(stage, layer) + ".";
  const auto place = weights.tensors().lower_bound(start);
  return place != weights.tensors().end() && place->first.starts_with(start);
}

CampplusLayers count_layers(const Weights& weights, const std::string& prefix) {
  CampplusLayers layers{};
  for (std::size_t stage = 0; stage < layers.size(); ++stage) {
    while (layers[stage] <= kMaxCampplusLayers && has_layer(weights, prefix, stage, layers[stage]))
      ++layers[stage];
    if (layers[stage] == 0 || layers[stage] > kMaxCampplusLayers) {
      throw ModelError(weights.source() + ": a CAM++ embedding network whose stage " +
                       std::to_string(stage + 1) + " has " +
                       (layers[stage] == 0 ? "no layer" : "too many layers"));
    }
  }
  return layers;
}

}  // namespace

std::string campplus_layer_name(std::size_t stage, std::size_t layer) {
  return "xvector.block" + std::to_string(stage + 1) + ".tdnnd" + std::to_string(layer + 1);
}

CampplusLayers count_campplus_layers(const Weights& weights) {
  return count_layers(weights, "");
}

std::vector<std::string> campplus_tensor_names(const CampplusLayers& layers) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& base, std::initializer_list<const char*> parts) {
    for (const char* part : parts) names.push_back(base + part);
  };
  const auto add_norm = [&](const std::string& base) {
    add(base, {".weight", ".bias", ".running_mean", ".running_var"});
  };
  add("head.", {"conv1.weight", "conv2.weight"});
  add_norm("head.bn1");
  add_norm("head.bn2");
  for (const char* block : {"head.layer1.0", "head.layer1.1", "head.layer2.0", "head.layer2.1"}) {
    const std::string name = block;
    add(name, {".conv1.weight", ".conv2.weight"});
    add_norm(name + ".bn1");
    add_norm(name + ".bn2");
    if (name.ends_with(".1")) continue;
    add(name, {".shortcut.0.weight"});
    add_norm(name + ".shortcut.1");
  }
  add("xvector.", {"tdnn.linear.weight", "dense.linear.weight", "dense.nonlinear.batchnorm.running_mean",
                   "dense.nonlinear.batchnorm.running_var"});
  add_norm("xvector.tdnn.nonlinear.batchnorm");
  add_norm("xvector.out_nonlinear.batchnorm");
  for (std::size_t stage = 0; stage < layers.size(); ++stage) {
    const std::string number = std::to_string(stage + 1);
    for (std::size_t layer = 0; layer < layers[stage]; ++layer) {
      const std::string name = campplus_layer_name(stage, layer);
      add_norm(name + ".nonlinear1.batchnorm");
      add_norm(name + ".nonlinear2.batchnorm");
      add(name, {".linear1.weight", ".cam_layer.linear_local.weight", ".cam_layer.linear1.weight",
                 ".cam_layer.linear1.bias", ".cam_layer.linear2.weight", ".cam_layer.linear2.bias"});
    }
    add_norm("xvector.transit" + number + ".nonlinear.batchnorm");
    add("xvector.transit" + number, {".linear.weight"});
  }
  return names;
}

bool is_campplus(const Weights& weights) {
  return weights.contains(kAnchor);
}

std::vector<std::string> campplus_prefixes(const Weights& weights) {
  std::vector<std::string> prefixes;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!name.ends_with(kAnchor)) continue;
    const std::string prefix = name.substr(0, name.size() - kAnchor.size());
    if (prefix.empty() || prefix.back() == '.') prefixes.push_back(prefix);
  }
  return prefixes;
}

NetworkWeights take_campplus(const Weights& weights, const std::string& prefix) {
  const std::vector<std::string> names = campplus_tensor_names(count_layers(weights, prefix));
  const std::set<std::string, std::less<>> needed(names.begin(), names.end());
  NetworkWeights found{{Network::kEmbedding, Naming::kPyTorch, prefix, false, false},
                       Weights(weights.source())};
  const auto& tensors = weights.tensors();
  for (auto place = tensors.lower_bound(prefix); place != tensors.end() && place->first.starts_with(prefix);
       ++place) {
    std::string name = place->first.substr(prefix.size());
    if (needed.contains(name)) {
      found.weights.insert(std::move(name), place->second);
    } else if (is_part(name)) {
      throw ModelError(weights.source() +
                       ": like a CAM++ embedding network, but with a part that ours does not have: " +
                       quoted_name(place->first));
    }
  }
  for (const std::string& name : names) {
    if (found.weights.contains(name)) continue;
    throw ModelError(weights.source() + ": a CAM++ embedding network without its tensor '" + name +
                     "'; found were " + quoted_names(weights));
  }
  const auto said = weights.metadata().find(kCampplusFeatures);
  std::string features = said == weights.metadata().end() ? std::string() : said->second;
  if (features.empty() && has_wespeakers_classifier(weights, prefix)) features = kCampplusFeaturesWeSpeaker;
  if (features == kCampplusFeaturesWeSpeaker) found.layout.naming = Naming::kWeSpeaker;
  if (!features.empty()) found.weights.set_metadata({{kCampplusFeatures, features}});
  return found;
}

}  // namespace diar
