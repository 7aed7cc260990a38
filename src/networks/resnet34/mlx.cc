// WeSpeaker ResNet34 on MLX: windows with speech in batches that fit the memory budget.
#include <algorithm>

#include "diar/errors.h"
#include "networks/resnet34/mlx_graph.h"
#include "nn/kernels/stats_pool.h"

namespace diar::mlx_backend {
namespace {

constexpr std::size_t kMaxBatch = 64;
constexpr std::size_t kUsualFrames = 998;

mx::Dtype mlx_type(Precision precision) {
  switch (precision) {
    case Precision::kFloat16:
      return mx::float16;
    case Precision::kBFloat16:
      return mx::bfloat16;
    case Precision::kFloat32:
    case Precision::kMixed:
      break;
  }
  return mx::float32;
}

class MlxResNet34 final : public ResNet34 {
 public:
  MlxResNet34(const Weights& weights, Precision precision) : runtime_(Runtime::instance()) {
    const ResNetWeights folded = read_resnet_weights(weights);
    bias_ = folded.bias;
    runtime_.run([&] { net_ = std::make_unique<ResNet>(folded, mlx_type(precision), runtime_.device()); });
  }
  ~MlxResNet34() override { release(runtime_, net_); }

  std::size_t dimension() const override { return net_->dimension(); }
  std::size_t preferred_batch() const override { return batch_for(kUsualFrames); }

  void run(const FeatureBatch& batch, std::span<float> embeddings) const override {
    check_embedding_spans(batch, net_->dimension(), embeddings.size());
    // A window in which nobody talks needs no trunk: its pooled statistics are zeros.
    std::vector<std::size_t> talking;
    for (std::size_t window = 0; window < batch.num_windows; ++window) {
      const auto masks = masks_of(batch, window);
      if (std::any_of(masks.begin(), masks.end(), [](float weight) { return weight != 0.0f; }))
        talking.push_back(window);
    }
    const std::size_t at_once = batch_for(batch.num_frames);
    for (std::size_t first = 0; first < talking.size(); first += at_once) {
      const std::size_t count = std::min(at_once, talking.size() - first);
      runtime_.run([&] { run_batch(batch, std::span(talking).subspan(first, count), embeddings); });
    }
    fill_silent(batch, talking, embeddings);
  }

 private:
  static std::span<const float> masks_of(const FeatureBatch& batch, std::size_t window) {
    const std::size_t size = batch.num_masks * batch.mask_frames;
    return batch.masks.subspan(window * size, size);
  }

  std::size_t batch_for(std::size_t num_frames) const {
    return std::clamp<std::size_t>(runtime_.batch_budget() / net_->window_bytes(num_frames), 1, kMaxBatch);
  }

  void run_batch(const FeatureBatch& batch, std::span<const std::size_t> windows,
                 std::span<float> embeddings) const {
    const std::size_t size = batch.num_frames * kEmbeddingMels;
    const std::size_t pooled_frames = (batch.num_frames + kTrunkStride - 1) / kTrunkStride;
    std::vector<float> features;
    std::vector<float> weights;
    for (const std::size_t window : windows) {
      const auto in = batch.features.subspan(window * size, size);
      features.insert(features.end(), in.begin(), in.end());
      for (std::size_t mask = 0; mask < batch.num_masks; ++mask) {
        const auto resized = nn::resize_nearest(
            masks_of(batch, window).subspan(mask * batch.mask_frames, batch.mask_frames), pooled_frames);
        weights.insert(weights.end(), resized.begin(), resized.end());
      }
    }
    const int count = static_cast<int>(windows.size());
    const auto frames = net_->trunk(
        to_array(features, {count, static_cast<int>(batch.num_frames), static_cast<int>(kEmbeddingMels)}));
    const auto result = net_->pool_and_project(
        frames,
        to_array(weights, {count, static_cast<int>(batch.num_masks), static_cast<int>(pooled_frames)}));
    const std::size_t row = batch.num_masks * net_->dimension();
    std::vector<float> values(windows.size() * row);
    copy_out(result, values, runtime_.device());
    for (std::size_t i = 0; i < windows.size(); ++i) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(i * row), row,
                  embeddings.begin() + static_cast<std::ptrdiff_t>(windows[i] * row));
    }
  }

  void fill_silent(const FeatureBatch& batch, const std::vector<std::size_t>& talking,
                   std::span<float> embeddings) const {
    const std::size_t row = batch.num_masks * net_->dimension();
    std::size_t next = 0;
    for (std::size_t window = 0; window < batch.num_windows; ++window) {
      if (next < talking.size() && talking[next] == window) {
        ++next;
        continue;
      }
      for (std::size_t mask = 0; mask < batch.num_masks; ++mask) {
        std::copy(bias_.begin(), bias_.end(),
                  embeddings.begin() + static_cast<std::ptrdiff_t>(window * row + mask * net_->dimension()));
      }
    }
  }

  Runtime& runtime_;
  std::unique_ptr<ResNet> net_;
  std::vector<float> bias_;
};

}  // namespace

std::unique_ptr<ResNet34> make_resnet34(const Weights& weights, Precision precision) {
  return std::make_unique<MlxResNet34>(weights, precision);
}

}  // namespace diar::mlx_backend
