// A CAM++ with weights from a formula, and what it computes: plain loops in double over the tensors as they
// are stored, batch norms where the paper has them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace diar::campplus_test {

/// Uniform in [-1, 1), the same on every machine.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 2 + 1) {}
  float operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<float>(state_ >> 40) / 8388608.0f - 1.0f;
  }
  std::vector<float> values(std::size_t size, float amplitude, float middle = 0.0f) {
    std::vector<float> values(size);
    for (float& value : values) value = middle + amplitude * (*this)();
    return values;
  }

 private:
  std::uint64_t state_;
};

/// Layers of the stages, and the channels after their transits: those of the paper.
inline constexpr std::array<std::size_t, 3> kLayers = {12, 24, 16};
inline constexpr std::array<std::size_t, 3> kChannelsAfter = {256, 512, 512};
inline constexpr std::size_t kDilations[3] = {1, 2, 2};

/// Layers keep the size of what passes through them: weights have the variance 2 / inputs.
inline Weights random_weights(std::size_t dimension, std::uint64_t seed,
                              const std::array<std::size_t, 3>& layers = kLayers,
                              const std::array<std::size_t, 3>& channels_after = kChannelsAfter) {
  Weights weights("campplus.pt");
  Noise noise(seed);
  const auto add = [&](const std::string& name, const Shape& shape) {
    const std::size_t size = num_elements(shape);
    const auto inputs = static_cast<float>(size / shape[0]);
    weights.insert(name, Tensor::from(noise.values(size, std::sqrt(6.0f / inputs)), shape));
  };
  const auto add_vector = [&](const std::string& name, std::size_t size, float amplitude, float middle) {
    weights.insert(name, Tensor::from(noise.values(size, amplitude, middle), {size}));
  };
  const auto add_norm = [&](const std::string& name, std::size_t channels, bool affine = true) {
    add_vector(name + ".running_mean", channels, 0.3f, 0.0f);
    add_vector(name + ".running_var", channels, 0.5f, 1.0f);
    if (!affine) return;
    add_vector(name + ".weight", channels, 0.4f, 0.8f);
    add_vector(name + ".bias", channels, 0.3f, 0.1f);
  };
  const std::size_t m = 32;
  add("head.conv1.weight", {m, 1, 3, 3});
  add_norm("head.bn1", m);
  for (const std::string layer : {"head.layer1.", "head.layer2."}) {
    for (const std::string block : {"0", "1"}) {
      for (const std::string part : {"1", "2"}) {
        add(layer + block + ".conv" + part + ".weight", {m, m, 3, 3});
        add_norm(layer + block + ".bn" + part, m);
      }
    }
    add(layer + "0.shortcut.0.weight", {m, m, 1, 1});
    add_norm(layer + "0.shortcut.1", m);
  }
  add("head.conv2.weight", {m, m, 3, 3});
  add_norm("head.bn2", m);
  add("xvector.tdnn.linear.weight", {128, 320, 5});
  add_norm("xvector.tdnn.nonlinear.batchnorm", 128);
  std::size_t channels = 128;
  for (std::size_t s = 0; s < 3; ++s) {
    for (std::size_t l = 0; l < layers[s]; ++l, channels += 32) {
      const std::string name =
          "xvector.block" + std::to_string(s + 1) + ".tdnnd" + std::to_string(l + 1) + ".";
      add_norm(name + "nonlinear1.batchnorm", channels);
      add(name + "linear1.weight", {128, channels, 1});
      add_norm(name + "nonlinear2.batchnorm", 128);
      add(name + "cam_layer.linear_local.weight", {32, 128, 3});
      add(name + "cam_layer.linear1.weight", {64, 128, 1});
      add_vector(name + "cam_layer.linear1.bias", 64, 0.2f, 0.0f);
      add(name + "cam_layer.linear2.weight", {32, 64, 1});
      add_vector(name + "cam_layer.linear2.bias", 32, 0.2f, 0.0f);
    }
    const std::string transit = "xvector.transit" + std::to_string(s + 1) + ".";
    add_norm(transit + "nonlinear.batchnorm", channels);
    add(transit + "linear.weight", {channels_after[s], channels, 1});
    channels = channels_after[s];
  }
  add_norm("xvector.out_nonlinear.batchnorm", channels);
  add("xvector.dense.linear.weight", {dimension, 2 * channels, 1});
  add_norm("xvector.dense.nonlinear.batchnorm", dimension, /*affine=*/false);
  return weights;
}

/// [channels, rows, frames]; one row for what has no frequency any more.
struct Map {
  std::size_t channels = 0, rows = 1, frames = 0;
  std::vector<double> values;

  Map(std::size_t c, std::size_t r, std::size_t t)
      : channels(c), rows(r), frames(t), values(c * r * t, 0.0) {}
  double& at(std::size_t c, std::size_t r, std::size_t t) { return values[(c * rows + r) * frames + t]; }
  const double& at(std::size_t c, std::size_t r, std::size_t t) const {
    return values[(c * rows + r) * frames + t];
  }
};

class Reference {
 public:
  explicit Reference(const Weights& weights) {
    for (const auto& [name, tensor] : weights.tensors()) tensors_[name] = {tensor.shape, tensor.to_double()};
  }

  std::vector<float> embed(const std::vector<float>& features) const {
    Map x(1, 80, features.size() / 80);
    for (std::size_t t = 0; t < x.frames; ++t) {
      for (std::size_t bin = 0; bin < 80; ++bin) x.at(0, bin, t) = features[t * 80 + bin];
    }
    x = relu(norm(convolution(x, "head.conv1", 1), "head.bn1"));
    for (const std::string layer : {"head.layer1.", "head.layer2."}) {
      x = block(x, layer + "0", 2);
      x = block(x, layer + "1", 1);
    }
    x = relu(norm(convolution(x, "head.conv2", 2), "head.bn2"));
    Map flat(x.channels * x.rows, 1, x.frames);
    flat.values = x.values;  // channel-major, rows of frequency within
    x = relu(norm(over_time(flat, "xvector.tdnn.linear", 2, 1), "xvector.tdnn.nonlinear.batchnorm"));
    for (std::size_t s = 0; s < 3; ++s) {
      const std::string layer = "xvector.block" + std::to_string(s + 1) + ".tdnnd";
      for (std::size_t l = 1; tensors_.contains(layer + std::to_string(l) + ".linear1.weight"); ++l)
        x = dense_layer(x, layer + std::to_string(l) + ".", kDilations[s]);
      const std::string transit = "xvector.transit" + std::to_string(s + 1) + ".";
      x = over_time(relu(norm(x, transit + "nonlinear.batchnorm")), transit + "linear", 1, 1);
    }
    x = relu(norm(x, "xvector.out_nonlinear.batchnorm"));
    const Map embedding =
        norm(over_time(pooled(x), "xvector.dense.linear", 1, 1), "xvector.dense.nonlinear.batchnorm");
    return {embedding.values.begin(), embedding.values.end()};
  }

 private:
  struct Stored {
    Shape shape;
    std::vector<double> values;
  };

  const Stored& stored(const std::string& name) const { return tensors_.at(name); }

  // weight [out, in, mel taps, time taps]
  Map convolution(const Map& x, const std::string& name, std::size_t stride) const {
    const auto& [shape, w] = stored(name + ".weight");
    const std::size_t k = shape[2];
    const std::size_t pad = k / 2;
    Map y(shape[0], (x.rows + stride - 1) / stride, x.frames);
    for (std::size_t o = 0; o < y.channels; ++o) {
      for (std::size_t i = 0; i < x.channels; ++i) {
        for (std::size_t tap = 0; tap < k * k; ++tap) {
          const double weight = w[(o * x.channels + i) * k * k + tap];
          for (std::size_t r = 0; r < y.rows; ++r) {
            const std::size_t row = r * stride + tap / k;
            if (row < pad || row - pad >= x.rows) continue;
            // Frames whose tap is not padding.
            const std::size_t shift = tap % k;
            const std::size_t begin = pad > shift ? pad - shift : 0;
            const std::size_t end = x.frames + pad - shift;
            const double* in = &x.at(i, row - pad, 0) + begin + shift - pad;
            double* out = &y.at(o, r, 0) + begin;
            for (std::size_t t = begin; t < std::min(end, y.frames); ++t) *out++ += weight * *in++;
          }
        }
      }
    }
    return y;
  }

  // weight [out, in, taps], bias where the checkpoint has one
  Map over_time(const Map& x, const std::string& name, std::size_t stride, std::size_t dilation) const {
    const auto& [shape, w] = stored(name + ".weight");
    const std::size_t k = shape[2];
    const std::size_t pad = k / 2 * dilation;
    Map y(shape[0], 1, (x.frames + stride - 1) / stride);
    for (std::size_t o = 0; o < y.channels; ++o) {
      if (tensors_.contains(name + ".bias")) {
        for (std::size_t t = 0; t < y.frames; ++t) y.at(o, 0, t) = stored(name + ".bias").values[o];
      }
      for (std::size_t i = 0; i < x.channels; ++i) {
        for (std::size_t tap = 0; tap < k; ++tap) {
          const double weight = w[(o * x.channels + i) * k + tap];
          for (std::size_t t = 0; t < y.frames; ++t) {
            const std::size_t time = t * stride + tap * dilation;
            if (time >= pad && time - pad < x.frames) y.at(o, 0, t) += weight * x.at(i, 0, time - pad);
          }
        }
      }
    }
    return y;
  }

  Map norm(Map x, const std::string& name) const {
    const bool affine = tensors_.contains(name + ".weight");
    for (std::size_t c = 0; c < x.channels; ++c) {
      const double deviation = std::sqrt(stored(name + ".running_var").values[c] + 1e-5);
      const double mean = stored(name + ".running_mean").values[c];
      for (std::size_t i = c * x.rows * x.frames; i < (c + 1) * x.rows * x.frames; ++i) {
        x.values[i] = (x.values[i] - mean) / deviation;
        if (affine)
          x.values[i] = x.values[i] * stored(name + ".weight").values[c] + stored(name + ".bias").values[c];
      }
    }
    return x;
  }

  static Map relu(Map x) {
    for (double& value : x.values) value = std::max(value, 0.0);
    return x;
  }

  Map block(const Map& x, const std::string& name, std::size_t stride) const {
    Map y = relu(norm(convolution(x, name + ".conv1", stride), name + ".bn1"));
    y = norm(convolution(y, name + ".conv2", 1), name + ".bn2");
    const Map shortcut =
        stride == 1 ? x : norm(convolution(x, name + ".shortcut.0", stride), name + ".shortcut.1");
    for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] += shortcut.values[i];
    return relu(y);
  }

  Map dense_layer(const Map& x, const std::string& name, std::size_t dilation) const {
    const Map h = relu(norm(over_time(relu(norm(x, name + "nonlinear1.batchnorm")), name + "linear1", 1, 1),
                            name + "nonlinear2.batchnorm"));
    Map context(h.channels, 1, h.frames);
    for (std::size_t c = 0; c < h.channels; ++c) {
      double mean = 0.0;
      for (std::size_t t = 0; t < h.frames; ++t) mean += h.at(c, 0, t) / static_cast<double>(h.frames);
      for (std::size_t begin = 0; begin < h.frames; begin += 100) {
        const std::size_t end = std::min(h.frames, begin + 100);
        double segment = 0.0;
        for (std::size_t t = begin; t < end; ++t) segment += h.at(c, 0, t) / static_cast<double>(end - begin);
        for (std::size_t t = begin; t < end; ++t) context.at(c, 0, t) = mean + segment;
      }
    }
    const Map mask = over_time(relu(over_time(context, name + "cam_layer.linear1", 1, 1)),
                               name + "cam_layer.linear2", 1, 1);
    const Map local = over_time(h, name + "cam_layer.linear_local", 1, dilation);
    Map y(x.channels + local.channels, 1, x.frames);
    std::copy(x.values.begin(), x.values.end(), y.values.begin());
    for (std::size_t i = 0; i < local.values.size(); ++i)
      y.values[x.values.size() + i] = local.values[i] / (1.0 + std::exp(-mask.values[i]));
    return y;
  }

  // Means, then unbiased standard deviations.
  static Map pooled(const Map& x) {
    Map y(2 * x.channels, 1, 1);
    for (std::size_t c = 0; c < x.channels; ++c) {
      double mean = 0.0, square = 0.0;
      for (std::size_t t = 0; t < x.frames; ++t) mean += x.at(c, 0, t) / static_cast<double>(x.frames);
      for (std::size_t t = 0; t < x.frames; ++t) square += (x.at(c, 0, t) - mean) * (x.at(c, 0, t) - mean);
      y.values[c] = mean;
      y.values[x.channels + c] = x.frames > 1 ? std::sqrt(square / static_cast<double>(x.frames - 1)) : 0.0;
    }
    return y;
  }

  std::map<std::string, Stored> tensors_;
};

}  // namespace diar::campplus_test
