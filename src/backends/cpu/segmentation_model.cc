// PyanNet on the CPU: groups of windows side by side in the vector lanes, groups spread over threads.
#include <algorithm>
#include <cmath>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/pyannet.h"
#include "core/thread_pool.h"
#include "nn/instance_norm.h"
#include "nn/kernels/dispatch.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/sinc_filters.h"

namespace diar::cpu {
namespace {

// Convolution frames (before pooling) and frames of the head that are worked on at a time, so that they stay
// in the cache.
constexpr std::size_t kSincBlock = 48;
constexpr std::size_t kConvBlock = 24;
constexpr std::size_t kHeadBlock = 16;

/// The windows of one group: `count` of the `lanes` lanes are used, the others hold zeros.
struct Group {
  const WindowBatch* batch;
  std::size_t first;
  std::size_t count;
  std::size_t lanes;

  std::span<const float> window(std::size_t lane) const {
    return batch->samples.subspan((first + lane) * batch->step_samples, batch->window_samples);
  }
};

/// Memory of one thread, kept between calls.
struct Scratch {
  nn::AlignedBuffer front;    // pooled frames behind the first convolution, later the LSTM's layers
  nn::AlignedBuffer pooled;   // behind the second convolution
  nn::AlignedBuffer layer;    // the LSTM's other layer
  nn::AlignedBuffer block;    // one block of unpooled frames or logits
  nn::AlignedBuffer samples;  // one block of normalised samples
  nn::LstmScratch lstm;
  std::vector<double> sums;
  std::vector<double> squares;
  std::vector<float> scale;
  std::vector<float> shift;
};

class CpuSegmentationModel final : public SegmentationModel {
 public:
  CpuSegmentationModel(const Weights& weights, int num_threads)
      : net_(read_pyannet(weights)),
        lanes_(nn::lane_width()),
        pool_(num_threads),
        scratch_(static_cast<std::size_t>(pool_.num_threads())) {}

  std::size_t num_frames(std::size_t window_samples) const override {
    return pyannet_frames(window_samples).pooled[2];
  }

  std::size_t preferred_batch() const override {
    return lanes_ * static_cast<std::size_t>(pool_.num_threads());
  }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    const std::size_t frames = check_segmentation_spans(windows, log_probs.size());
    if (windows.num_windows == 0) return;
    const std::size_t num_groups = (windows.num_windows + lanes_ - 1) / lanes_;
    pool_.parallel_for(num_groups, [&](std::size_t group, std::size_t worker) {
      const std::size_t first = group * lanes_;
      const Group work{&windows, first, std::min(lanes_, windows.num_windows - first), lanes_};
      run_group(work, scratch_[worker], log_probs.data() + first * frames * kNumPowersetClasses);
    });
  }

 private:
  void run_group(const Group& group, Scratch& scratch, float* log_probs) const {
    const PyanNetFrames frames = pyannet_frames(group.batch->window_samples);
    front_end(group, frames.pooled[0], scratch);
    convolve(1, scratch.front.data(), frames.pooled[0], frames.pooled[1], scratch.pooled, scratch);
    convolve(2, scratch.pooled.data(), frames.pooled[1], frames.pooled[2], scratch.layer, scratch);
    float* in = scratch.layer.data();
    // The pooled frames are done with; their memory takes the layers in turn with `pooled`.
    float* out[2] = {scratch.front.reserve(frames.pooled[2] * 2 * kLstmUnits * lanes_),
                     scratch.pooled.reserve(frames.pooled[2] * 2 * kLstmUnits * lanes_)};
    for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
      const auto& [forward, backward] = net_.lstm[layer];
      nn::run_lstm_direction(forward, in, frames.pooled[2], nn::LstmOrder::kForward, out[layer % 2],
                             scratch.lstm);
      nn::run_lstm_direction(backward, in, frames.pooled[2], nn::LstmOrder::kBackward, out[layer % 2],
                             scratch.lstm);
      in = out[layer % 2];
    }
    head(in, frames.pooled[2], group.count, scratch, log_probs);
  }

  // Instance norm of the waveform, folded into the copy into lanes: x -> a x + b.
  void front_end(const Group& group, std::size_t num_pooled, Scratch& scratch) const {
    std::vector<float> a(lanes_, 0.0f);
    std::vector<float> b(lanes_, 0.0f);
    for (std::size_t lane = 0; lane < group.count; ++lane) {
      const Affine affine = waveform_norm(group.window(lane), net_.wav_weight, net_.wav_bias);
      a[lane] = affine.gain;
      b[lane] = affine.offset;
    }
    const std::size_t row = kConvChannels[0] * lanes_;
    float* pooled = scratch.front.reserve(num_pooled * row);
    float* unpooled = scratch.block.reserve(kSincBlock * row);
    float* samples = scratch.samples.reserve(((kSincBlock - 1) * kSincStride + nn::kSincTaps) * lanes_);
    reset_sums(row, scratch);
    for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock / kPool) {
      const std::size_t count = std::min(kSincBlock / kPool, num_pooled - begin);
      const std::size_t num_samples = (count * kPool - 1) * kSincStride + nn::kSincTaps;
      gather(group, begin * kPool * kSincStride, num_samples, a, b, samples);
      nn::lane_gemm(net_.convolutions[0], samples, kSincStride, count * kPool, nn::GemmStart::kBias,
                    unpooled);
      nn::max_pool3(unpooled, count, row, /*absolute=*/true, pooled + begin * row, scratch.sums.data(),
                    scratch.squares.data());
    }
    normalise(0, pooled, num_pooled, scratch);
  }

  // samples [num_samples, lanes] of all windows of the group from `begin` on.
  void gather(const Group& group, std::size_t begin, std::size_t num_samples, const std::vector<float>& a,
              const std::vector<float>& b, float* samples) const {
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      if (lane >= group.count) {
        for (std::size_t i = 0; i < num_samples; ++i) samples[i * lanes_ + lane] = 0.0f;
        continue;
      }
      const float* window = group.window(lane).data() + begin;
      for (std::size_t i = 0; i < num_samples; ++i)
        samples[i * lanes_ + lane] = window[i] * a[lane] + b[lane];
    }
  }

  // Convolution 1 or 2 with five taps, pooling, instance norm, leaky ReLU: in [num_in, C, L] -> out [num_out,
  // 60, L].
  void convolve(std::size_t layer, const float* in, std::size_t, std::size_t num_out, nn::AlignedBuffer& out,
                Scratch& scratch) const {
    const std::size_t channels_in = kConvChannels[layer - 1];
    const std::size_t row = kConvChannels[layer] * lanes_;
    float* pooled = out.reserve(num_out * row);
    float* unpooled = scratch.block.reserve(kConvBlock * row);
    reset_sums(row, scratch);
    for (std::size_t begin = 0; begin < num_out; begin += kConvBlock / kPool) {
      const std::size_t count = std::min(kConvBlock / kPool, num_out - begin);
      nn::lane_gemm(net_.convolutions[layer], in + begin * kPool * channels_in * lanes_, channels_in,
                    count * kPool, nn::GemmStart::kBias, unpooled);
      nn::max_pool3(unpooled, count, row, /*absolute=*/false, pooled + begin * row, scratch.sums.data(),
                    scratch.squares.data());
    }
    normalise(layer, pooled, num_out, scratch);
  }

  void reset_sums(std::size_t row, Scratch& scratch) const {
    scratch.sums.assign(row, 0.0);
    scratch.squares.assign(row, 0.0);
  }

  // Instance norm and leaky ReLU in place, from the sums that the pooling has gathered.
  void normalise(std::size_t layer, float* x, std::size_t num_frames, Scratch& scratch) const {
    const std::size_t row = kConvChannels[layer] * lanes_;
    scratch.scale.resize(row);
    scratch.shift.resize(row);
    nn::instance_norm_factors(scratch.sums, scratch.squares, num_frames, net_.norms[layer].weight,
                              net_.norms[layer].bias, lanes_, scratch.scale, scratch.shift);
    nn::affine_leaky_relu(x, num_frames, row, scratch.scale.data(), scratch.shift.data());
  }

  // Two linear layers, the classifier and log-softmax: in [T, 256, L] -> log_probs [count, T, 7].
  void head(const float* in, std::size_t num_frames, std::size_t count, Scratch& scratch,
            float* log_probs) const {
    const std::size_t row = kLstmUnits * lanes_;
    float* first = scratch.block.reserve(kHeadBlock * (2 * row + kNumPowersetClasses * lanes_));
    float* second = first + kHeadBlock * row;
    float* logits = second + kHeadBlock * row;
    for (std::size_t begin = 0; begin < num_frames; begin += kHeadBlock) {
      const std::size_t steps = std::min(kHeadBlock, num_frames - begin);
      nn::lane_gemm(net_.linear[0], in + begin * 2 * row, 2 * kLstmUnits, steps, nn::GemmStart::kBias, first);
      nn::leaky_relu(first, steps * row);
      nn::lane_gemm(net_.linear[1], first, kLstmUnits, steps, nn::GemmStart::kBias, second);
      nn::leaky_relu(second, steps * row);
      nn::lane_gemm(net_.classifier, second, kLstmUnits, steps, nn::GemmStart::kBias, logits);
      for (std::size_t lane = 0; lane < count; ++lane) {
        for (std::size_t step = 0; step < steps; ++step) {
          log_softmax(logits + step * kNumPowersetClasses * lanes_ + lane,
                      log_probs + (lane * num_frames + begin + step) * kNumPowersetClasses);
        }
      }
    }
  }

  // log p[k] = z[k] - max z - log sum exp(z - max z) over the seven classes of one frame and lane.
  void log_softmax(const float* logits, float* out) const {
    float best = logits[0];
    for (std::size_t k = 1; k < kNumPowersetClasses; ++k) best = std::max(best, logits[k * lanes_]);
    double total = 0.0;
    for (std::size_t k = 0; k < kNumPowersetClasses; ++k)
      total += std::exp(static_cast<double>(logits[k * lanes_] - best));
    const auto log_total = static_cast<float>(std::log(total));
    for (std::size_t k = 0; k < kNumPowersetClasses; ++k) out[k] = logits[k * lanes_] - best - log_total;
  }

  PyanNetWeights net_;
  std::size_t lanes_;
  ThreadPool pool_;
  // One for each worker of the pool; `parallel_for` lets only one call at a time use them.
  mutable std::vector<Scratch> scratch_;
};

}  // namespace

std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights, int num_threads) {
  return std::make_unique<CpuSegmentationModel>(weights, num_threads);
}

std::string instruction_set() {
  return nn::instruction_set_name();
}

}  // namespace diar::cpu
