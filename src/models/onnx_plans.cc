#include "models/onnx_plans.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "diar/errors.h"

namespace diar {
namespace {

using Kind = OnnxLayer::Kind;

std::string shape_text(std::initializer_list<std::size_t> shape) {
  return to_string(Shape(shape));
}

class Plan {
 public:
  explicit Plan(std::string kind) { plan_.kind = std::move(kind); }

  OnnxPlan finish() { return std::move(plan_); }

  OnnxStep& convolution(const std::string& name, const std::string& norm,
                        std::initializer_list<std::size_t> shape, const char* strides, const char* pads,
                        const char* dilations = "1") {
    OnnxStep& step =
        add(Kind::kConvolution,
            "Conv " + taps_text(shape_text(shape), shape.size() - 2, strides, pads, dilations), name);
    step.norm = norm;
    return step;
  }
  OnnxStep& add(Kind kind, const std::string& text, const std::string& name = {}) {
    plan_.steps.push_back({kind, text, name});
    return plan_.steps.back();
  }
  OnnxStep& linear(const std::string& name, std::size_t out, std::size_t in) {
    OnnxStep& step = add(Kind::kLinear, "Linear " + shape_text({out, in}), name);
    step.has_bias = true;
    return step;
  }
  void batch_norm(const std::string& name, std::size_t channels) {
    add(Kind::kBatchNorm, "BatchNormalization " + shape_text({channels}), name);
  }
  void relu() { add(Kind::kOther, "Relu"); }

 private:
  OnnxPlan plan_;
};

OnnxPlan pyannet_plan() {
  constexpr std::size_t kUnits = 128;
  Plan plan("a PyanNet segmentation network");
  const auto instance_norm = [&](const std::string& name, std::size_t channels) {
    plan.add(Kind::kInstanceNorm, "InstanceNormalization " + shape_text({channels}) + " 1e-05", name);
  };
  const auto leaky_relu = [&] { plan.add(Kind::kOther, "LeakyRelu 0.01"); };
  instance_norm("sincnet.wav_norm1d", 1);
  plan.add(Kind::kConvolution, "Conv " + taps_text("computed [251]", 1, "10", "0", "1"), kOnnxSincBank);
  plan.add(Kind::kOther, "Abs");
  constexpr std::array<std::size_t, 3> kChannels = {80, 60, 60};
  for (std::size_t layer = 0; layer < kChannels.size(); ++layer) {
    const std::string number = std::to_string(layer);
    if (layer > 0) {
      plan.convolution("sincnet.conv1d." + number, {}, {kChannels[layer], kChannels[layer - 1], 5}, "1", "0")
          .has_bias = true;
    }
    plan.add(Kind::kOther, "MaxPool 3 strides 3 pads 0 0 dilations 1");
    instance_norm("sincnet.norm1d." + number, kChannels[layer]);
    leaky_relu();
  }
  for (std::size_t layer = 0; layer < 4; ++layer) {
    plan.add(Kind::kLstm, "LSTM " + shape_text({2, 4 * kUnits, layer == 0 ? kChannels.back() : 2 * kUnits}),
             std::to_string(layer));
  }
  plan.linear("linear.0", kUnits, 2 * kUnits);
  leaky_relu();
  plan.linear("linear.1", kUnits, kUnits);
  leaky_relu();
  plan.linear("classifier", 7, kUnits);
  plan.add(Kind::kOther, "LogSoftmax");
  return plan.finish();
}

OnnxPlan resnet34_plan(std::size_t width, std::size_t dimension) {
  Plan plan("a WeSpeaker ResNet34 embedding network");
  plan.convolution("resnet.conv1", "resnet.bn1", {width, 1, 3, 3}, "1", "1");
  plan.relu();
  std::size_t in = width;
  constexpr std::array<std::size_t, 4> kBlocks = {3, 4, 6, 3};
  for (std::size_t stage = 0; stage < kBlocks.size(); ++stage) {
    const std::size_t out = width << stage;
    for (std::size_t block = 0; block < kBlocks[stage]; ++block) {
      const std::string name = "resnet.layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      const bool shrinks = block == 0 && stage > 0;
      const char* stride = shrinks ? "2" : "1";
      plan.convolution(name + ".conv1", name + ".bn1", {out, in, 3, 3}, stride, "1");
      plan.relu();
      plan.convolution(name + ".conv2", name + ".bn2", {out, out, 3, 3}, "1", "1");
      if (shrinks) plan.convolution(name + ".shortcut.0", name + ".shortcut.1", {out, in, 1, 1}, stride, "0");
      plan.relu();
      in = out;
    }
  }
  plan.linear("resnet.seg_1", dimension, 2 * in * 10).skips_arithmetic = true;
  return plan.finish();
}

void add_campplus_head(Plan& plan) {
  constexpr std::size_t kWide = 32;
  plan.convolution("head.conv1", "head.bn1", {kWide, 1, 3, 3}, "1", "1");
  plan.relu();
  for (const char* block : {"head.layer1.0", "head.layer1.1", "head.layer2.0", "head.layer2.1"}) {
    const std::string name = block;
    const bool shrinks = name.ends_with(".0");
    const char* strides = shrinks ? "2 1" : "1";
    plan.convolution(name + ".conv1", name + ".bn1", {kWide, kWide, 3, 3}, strides, "1");
    plan.relu();
    plan.convolution(name + ".conv2", name + ".bn2", {kWide, kWide, 3, 3}, "1", "1");
    if (shrinks)
      plan.convolution(name + ".shortcut.0", name + ".shortcut.1", {kWide, kWide, 1, 1}, strides, "0");
    plan.relu();
  }
  plan.convolution("head.conv2", "head.bn2", {kWide, kWide, 3, 3}, "2 1", "1");
  plan.relu();
}

void add_campplus_layer(Plan& plan, const std::string& name, std::size_t channels, const char* dilation) {
  constexpr std::size_t kBottleneck = 128, kGrowth = 32;
  plan.batch_norm(name + ".nonlinear1.batchnorm", channels);
  plan.relu();
  plan.convolution(name + ".linear1", name + ".nonlinear2.batchnorm", {kBottleneck, channels, 1}, "1", "0");
  plan.relu();
  const std::string mask = name + ".cam_layer.";
  plan.convolution(mask + "linear_local", {}, {kGrowth, kBottleneck, 3}, "1", dilation, dilation);
  plan.convolution(mask + "linear1", {}, {kBottleneck / 2, kBottleneck, 1}, "1", "0").has_bias = true;
  plan.relu();
  plan.convolution(mask + "linear2", {}, {kGrowth, kBottleneck / 2, 1}, "1", "0").has_bias = true;
  plan.add(Kind::kOther, "Sigmoid");
}

constexpr std::array<std::size_t, 3> kCampplusLayers = {12, 24, 16};

OnnxPlan campplus_plan(std::size_t dimension) {
  Plan plan("a CAM++ embedding network");
  add_campplus_head(plan);
  std::size_t channels = 128;
  plan.convolution("xvector.tdnn.linear", "xvector.tdnn.nonlinear.batchnorm", {channels, 320, 5}, "2", "2");
  plan.relu();
  for (std::size_t stage = 0; stage < kCampplusLayers.size(); ++stage) {
    const std::string number = std::to_string(stage + 1);
    for (std::size_t layer = 0; layer < kCampplusLayers[stage]; ++layer, channels += 32) {
      add_campplus_layer(plan, "xvector.block" + number + ".tdnnd" + std::to_string(layer + 1), channels,
                         stage == 0 ? "1" : "2");
    }
    const std::string transit = "xvector.transit" + number;
    plan.batch_norm(transit + ".nonlinear.batchnorm", channels);
    plan.relu();
    const bool last = stage + 1 == kCampplusLayers.size();
    plan.convolution(transit + ".linear", last ? "xvector.out_nonlinear.batchnorm" : "",
                     {channels / 2, channels, 1}, "1", "0");
    channels /= 2;
  }
  plan.relu();
  OnnxStep& dense = plan.convolution("xvector.dense.linear", "xvector.dense.nonlinear.batchnorm",
                                     {dimension, 2 * channels, 1}, "1", "0");
  dense.is_affine = false;
  dense.skips_arithmetic = true;
  return plan.finish();
}

// The outputs of the first and of the last layer of these kinds; zero when there is none.
std::size_t extent_of(const std::vector<OnnxLayer>& layers, bool last) {
  std::size_t extent = 0;
  for (const OnnxLayer& layer : layers) {
    if (layer.weights.empty() || (layer.kind != Kind::kConvolution && layer.kind != Kind::kLinear)) continue;
    extent = layer.weights[0].shape[0];
    if (!last) break;
  }
  return extent;
}

}  // namespace

OnnxPlan onnx_plan_of(const OnnxLayers& layers, const std::string& source) {
  const auto& all = layers.layers;
  const bool has_lstm =
      std::any_of(all.begin(), all.end(), [](const OnnxLayer& layer) { return layer.kind == Kind::kLstm; });
  if (has_lstm) return pyannet_plan();
  if (layers.num_segment_means == 52) return campplus_plan(extent_of(all, true));
  if (layers.num_segment_means == 0 && !all.empty() && all[0].text.starts_with("Conv [") &&
      all[0].weights[0].shape.size() == 4)
    return resnet34_plan(extent_of(all, false), extent_of(all, true));
  throw ModelError(source +
                   ": an ONNX file, but neither of a PyanNet segmentation network nor of a WeSpeaker "
                   "ResNet34 nor of a CAM++ embedding network" +
                   (all.empty() ? "" : ": its first layer is '" + all[0].text + "'"));
}

}  // namespace diar
