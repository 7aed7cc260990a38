// PyanNet on MLX: batches of windows that fit the memory budget, one after another.
#include <algorithm>

#include "diar/errors.h"
#include "networks/pyannet/geometry.h"
#include "networks/pyannet/mlx_graph.h"
#include "networks/pyannet/network.h"

namespace diar::mlx_backend {
namespace {

// Of a window of 160000 samples: the unfolded first convolution (16 MB, where MLX unfolds), its output,
// |output|.
constexpr std::size_t kBytesPerSample = 200;
// More windows than this no longer make a step of the LSTM cheaper.
constexpr std::size_t kMaxBatch = 64;
constexpr std::size_t kUsualWindow = 160000;

class MlxPyannet final : public SegmentationNetwork {
 public:
  explicit MlxPyannet(const Weights& weights) : runtime_(Runtime::instance()) {
    runtime_.run([&] { net_ = std::make_unique<PyanNet>(weights, runtime_.device()); });
  }
  ~MlxPyannet() override { release(runtime_, net_); }

  const SegmentationSpec& spec() const override { return pyannet_spec(); }
  std::size_t num_frames(std::size_t window_samples) const override {
    return pyannet_frames(window_samples).pooled[2];
  }
  std::size_t preferred_batch() const override { return batch_for(kUsualWindow); }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    const std::size_t frames = check_segmentation_spans(windows, log_probs.size());
    const std::size_t at_once = batch_for(windows.window_samples);
    for (std::size_t first = 0; first < windows.num_windows; first += at_once) {
      const std::size_t count = std::min(at_once, windows.num_windows - first);
      const std::size_t row = frames * kPyannetClasses;
      runtime_.run([&] { run_batch(windows, first, count, log_probs.subspan(first * row, count * row)); });
    }
  }

 private:
  std::size_t batch_for(std::size_t window_samples) const {
    return std::clamp<std::size_t>(runtime_.batch_budget() / (window_samples * kBytesPerSample), 1,
                                   kMaxBatch);
  }

  void run_batch(const WindowBatch& windows, std::size_t first, std::size_t count,
                 std::span<float> log_probs) const {
    std::vector<float> normalised(count * windows.window_samples);
    for (std::size_t i = 0; i < count; ++i) {
      const auto window = windows.samples.subspan((first + i) * windows.step_samples, windows.window_samples);
      const Affine norm = waveform_norm(window, net_->wav_weight(), net_->wav_bias());
      std::transform(window.begin(), window.end(),
                     normalised.begin() + static_cast<std::ptrdiff_t>(i * windows.window_samples),
                     [&](float x) { return x * norm.gain + norm.offset; });
    }
    const auto waveforms =
        to_array(normalised, {static_cast<int>(count), static_cast<int>(windows.window_samples)});
    copy_out(net_->forward(waveforms), log_probs, runtime_.device());
  }

  Runtime& runtime_;
  std::unique_ptr<PyanNet> net_;
};

}  // namespace

std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights& weights) {
  return std::make_unique<MlxPyannet>(weights);
}

}  // namespace diar::mlx_backend
