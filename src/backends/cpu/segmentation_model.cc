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
#include "nn/kernels/sinc_conv.h"

namespace diar::cpu {
namespace {

// Convolution frames (before pooling) and frames of the head that are worked on at a time, so that they stay
// in the cache.
static_assert(kSincStride == nn::kSincStride);
constexpr std::size_t kSincBlock = 64;  // pooled frames
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

/// Memory of one thread during a call.
struct Scratch {
  nn::AlignedBuffer front;    // pooled frames behind the first convolution, later the LSTM's layers
  nn::AlignedBuffer pooled;   // frames of the first convolution [80, frames], then what is behind the second
  nn::AlignedBuffer layer;    // the LSTM's other layer
  nn::AlignedBuffer block;    // one block of frames or logits
  nn::AlignedBuffer samples;  // in phases
  nn::LstmScratch lstm;
  std::vector<double> sums;
  std::vector<double> squares;
  std::vector<float> scale;
  std::vector<float> shift;
};

class CpuSegmentationModel final : public SegmentationModel {
 public:
  CpuSegmentationModel(const Weights& weights, int num_threads)
      : net_(read_pyannet(weights)), lanes_(nn::lane_width()), pool_(num_threads) {}

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
    // Fifty megabytes a worker, given back while the embeddings and the clustering need memory; asking for it
    // anew costs less than a hundredth of a batch.
    std::vector<Scratch> scratch(static_cast<std::size_t>(pool_.num_threads()));
    pool_.parallel_for(num_groups, [&](std::size_t group, std::size_t worker) {
      const std::size_t first = group * lanes_;
      const Group work{&windows, first, std::min(lanes_, windows.num_windows - first), lanes_};
      run_group(work, scratch[worker], log_probs.data() + first * frames * kNumPowersetClasses);
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

  // The waveform's instance norm, x -> a x + b with biased variance, the filters, absolute values and
  // pooling.
  void front_end(const Group& group, std::size_t num_pooled, Scratch& scratch) const {
    const std::size_t row = kConvChannels[0] * lanes_;
    scratch.front.reserve(num_pooled * row);
    reset_sums(row, scratch);
    // Windows share the frames of the convolution when each starts on one.
    const bool shared = group.batch->step_samples % nn::kSincStride == 0;
    const std::size_t at_once = shared ? group.count : 1;
    for (std::size_t lane = 0; lane < group.count; lane += at_once)
      filter_windows(group, lane, at_once, num_pooled, scratch);
    normalise(0, scratch.front.data(), num_pooled, scratch);
  }

  // Lanes [lane, lane + count) of scratch.front; with the last of them also the lanes that no window uses.
  void filter_windows(const Group& group, std::size_t lane, std::size_t count, std::size_t num_pooled,
                      Scratch& scratch) const {
    const std::size_t step = group.batch->step_samples;
    const std::size_t num_samples = (count - 1) * step + group.batch->window_samples;
    const auto samples = group.batch->samples.subspan((group.first + lane) * step, num_samples);
    const std::size_t num_frames = (num_samples - nn::kSincTaps) / nn::kSincStride + 1;
    const std::size_t stride = (num_frames + nn::kSincSlack + 15) / 16 * 16;
    std::vector<Affine> norms;
    for (std::size_t w = 0; w < count; ++w)
      norms.push_back(waveform_norm(group.window(lane + w), net_.wav_weight, net_.wav_bias));
    // The first window's mean is taken away from all: conv(x) would lose digits to a common offset.
    const float offset = norms[0].gain == 0.0f ? 0.0f : (net_.wav_bias - norms[0].offset) / norms[0].gain;
    float* phases = scratch.samples.reserve(nn::kSincStride * nn::phase_stride(num_samples));
    nn::split_phases(samples, offset, phases);
    float* frames = scratch.pooled.reserve(kConvChannels[0] * stride);
    nn::sinc_conv(net_.filters, phases, nn::phase_stride(num_samples), num_frames, frames, stride);

    const bool last = lane + count == group.count;
    const std::size_t num_lanes = last ? lanes_ - lane : count;
    constexpr std::size_t kStep = kSincBlock + nn::kSincSlack;
    float* pooled = scratch.block.reserve(lanes_ * kStep);
    std::fill_n(pooled, lanes_ * kStep, 0.0f);
    for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock) {
      const std::size_t size = std::min(kSincBlock, num_pooled - begin);
      for (std::size_t c = 0; c < kConvChannels[0]; ++c) {
        for (std::size_t w = 0; w < count; ++w) {
          const std::size_t sum = c * lanes_ + lane + w;
          nn::affine_max_pool3(frames + c * stride + w * (step / nn::kSincStride) + begin * kPool, size,
                               norms[w].gain,
                               (norms[w].offset + norms[w].gain * offset) * net_.filters.sum(c),
                               pooled + w * kStep, scratch.sums[sum], scratch.squares[sum]);
        }
        nn::to_lanes(pooled, kStep, num_lanes, size,
                     scratch.front.data() + (begin * kConvChannels[0] + c) * lanes_ + lane,
                     kConvChannels[0] * lanes_);
      }
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
      nn::lane_gemm(net_.convolutions[layer - 1], in + begin * kPool * channels_in * lanes_, channels_in,
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
};

}  // namespace

std::unique_ptr<SegmentationModel> make_segmentation_model(const Weights& weights, int num_threads) {
  return std::make_unique<CpuSegmentationModel>(weights, num_threads);
}

std::string instruction_set() {
  return nn::instruction_set_name();
}

}  // namespace diar::cpu
