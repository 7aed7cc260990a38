// PyanNet on the CPU: groups of windows side by side in the vector lanes, groups spread over threads.
#include <algorithm>
#include <cmath>
#include <vector>

#include "core/instruction_set.h"
#include "networks/pyannet/cpu_weights.h"
#include "networks/pyannet/network.h"
#include "nn/instance_norm.h"
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
constexpr std::size_t kConvOuts = 20;  // pooled frames of the second convolution from one block of the first
static_assert(kConvOuts * kPool + kConvTaps - 1 <= kSincBlock);
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

/// Frames of the first convolution before pooling, of the windows [lane, lane + count).
struct SincFrames {
  std::size_t lane;
  std::size_t count;
  const float* values;  // [80, stride]
  std::size_t stride;
  std::size_t window_step;  // frames from one window to the next
  float offset;             // what was taken away from the samples
  std::vector<Affine> norms;
};

/// Memory of one thread during a call.
struct Scratch {
  nn::AlignedBuffer frames;   // of the first convolution [80, frames], later one of the LSTM's layers
  nn::AlignedBuffer second;   // pooled frames behind the second convolution, later the LSTM's other layer
  nn::AlignedBuffer third;    // behind the third
  nn::AlignedBuffer first;    // behind the first, pooled and normalised: a block, or all of them
  nn::AlignedBuffer pooled;   // a block of them, window by window
  nn::AlignedBuffer block;    // one block of frames or logits
  nn::AlignedBuffer samples;  // in phases
  nn::LstmScratch lstm;
  std::vector<double> sums;
  std::vector<double> squares;
  std::vector<float> scale;
  std::vector<float> shift;
};

class CpuPyannet final : public SegmentationNetwork {
 public:
  CpuPyannet(const Weights& weights, std::shared_ptr<const Executor> executor)
      : net_(read_pyannet(weights)), lanes_(nn::lane_width()), executor_(std::move(executor)) {}

  const SegmentationSpec& spec() const override { return pyannet_spec(); }

  std::size_t num_frames(std::size_t window_samples) const override {
    return pyannet_frames(window_samples).pooled[2];
  }

  std::size_t preferred_batch() const override {
    return lanes_ * static_cast<std::size_t>(executor_->num_threads());
  }

  void run(const WindowBatch& windows, std::span<float> log_probs) const override {
    const std::size_t frames = check_segmentation_spans(windows, log_probs.size());
    if (windows.num_windows == 0) return;
    const std::size_t num_groups = (windows.num_windows + lanes_ - 1) / lanes_;
    // Thirty megabytes a worker, given back while the embeddings and the clustering need memory; asking for
    // it anew costs less than a hundredth of a batch.
    std::vector<Scratch> scratch(static_cast<std::size_t>(executor_->num_threads()));
    const auto group_of = [&](std::size_t group) {
      const std::size_t first = group * lanes_;
      return Group{&windows, first, std::min(lanes_, windows.num_windows - first), lanes_};
    };
    const auto results_of = [&](const Group& group) {
      return log_probs.data() + group.first * frames * kPyannetClasses;
    };
    // Batches are as long as the threads; the last one of a recording may leave some without a group.
    const std::size_t num_whole = num_groups / scratch.size() * scratch.size();
    executor_->parallel_for(num_whole, [&](std::size_t index, std::size_t worker) {
      const Group group = group_of(index);
      convolutions(group, frames, scratch[worker]);
      for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
        for (const auto order : {nn::LstmOrder::kForward, nn::LstmOrder::kBackward})
          lstm_direction(layer, order, frames, scratch[worker], scratch[worker].lstm);
      }
      head(group, frames, scratch[worker], results_of(group));
    });
    if (num_whole < num_groups) run_few(num_whole, num_groups, frames, group_of, results_of, scratch);
  }

 private:
  // The groups [begin, end), fewer than threads: the directions of a layer do not depend on each other, so
  // that each takes a thread of its own.
  template <class GroupOf, class ResultsOf>
  void run_few(std::size_t begin, std::size_t end, std::size_t frames, const GroupOf& group_of,
               const ResultsOf& results_of, std::vector<Scratch>& scratch) const {
    const std::size_t count = end - begin;
    executor_->parallel_for(count, [&](std::size_t index, std::size_t) {
      convolutions(group_of(begin + index), frames, scratch[index]);
    });
    for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
      executor_->parallel_for(2 * count, [&](std::size_t item, std::size_t worker) {
        const auto order = item % 2 == 0 ? nn::LstmOrder::kForward : nn::LstmOrder::kBackward;
        lstm_direction(layer, order, frames, scratch[item / 2], scratch[worker].lstm);
      });
    }
    executor_->parallel_for(count, [&](std::size_t index, std::size_t) {
      const Group group = group_of(begin + index);
      head(group, frames, scratch[index], results_of(group));
    });
  }

  // All in front of the LSTM -> scratch.third [frames, 60, L].
  void convolutions(const Group& group, std::size_t num_frames, Scratch& scratch) const {
    const PyanNetFrames frames = pyannet_frames(group.batch->window_samples);
    const std::size_t lstm_size = num_frames * 2 * kLstmUnits * lanes_;
    scratch.second.reserve(std::max(lstm_size, frames.pooled[1] * kConvChannels[1] * lanes_));
    front_end(group, frames, scratch);
    const float* second = scratch.second.data();
    convolve(2, num_frames, scratch.third, scratch,
             [&](std::size_t begin, std::size_t) { return second + begin * kConvChannels[1] * lanes_; });
    // The frames of the convolutions are done with; their memory takes the layers in turn.
    scratch.frames.reserve(lstm_size);
  }

  // [frames, 256, L] behind a layer.
  static float* layer_output(std::size_t layer, Scratch& scratch) {
    return layer % 2 == 0 ? scratch.second.data() : scratch.frames.data();
  }

  void lstm_direction(std::size_t layer, nn::LstmOrder order, std::size_t num_frames, Scratch& group,
                      nn::LstmScratch& scratch) const {
    const auto& [forward, backward] = net_.lstm[layer];
    nn::run_lstm_direction(order == nn::LstmOrder::kForward ? forward : backward,
                           layer == 0 ? group.third.data() : layer_output(layer - 1, group), num_frames,
                           order, layer_output(layer, group), scratch);
  }

  // Up to the second convolution. The instance norm behind the first needs the sums over a whole window.
  // Where windows share the frames of the convolution, these are kept and pooled twice, for the sums and
  // block by block for the second convolution: keeping the pooled ones would take three times the memory.
  void front_end(const Group& group, const PyanNetFrames& frames, Scratch& scratch) const {
    const std::size_t row = kConvChannels[0] * lanes_;
    const std::size_t num_pooled = frames.pooled[0];
    reset_sums(row, scratch);
    if (group.batch->step_samples % nn::kSincStride != 0) {
      float* pooled = scratch.first.reserve(num_pooled * row);
      for (std::size_t lane = 0; lane < group.count; ++lane) {
        const SincFrames filtered = filter_windows(group, lane, 1, scratch);
        for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock) {
          pool_block(filtered, begin, std::min(kSincBlock, num_pooled - begin),
                     lane + 1 == group.count ? lanes_ - lane : 1, scratch, pooled + begin * row);
        }
      }
      normalise(0, pooled, num_pooled, scratch);
      convolve(1, frames.pooled[1], scratch.second, scratch,
               [&](std::size_t begin, std::size_t) { return pooled + begin * row; });
      return;
    }
    const SincFrames filtered = filter_windows(group, 0, group.count, scratch);
    for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock)
      pool_block(filtered, begin, std::min(kSincBlock, num_pooled - begin), lanes_, scratch, nullptr);
    find_norm(0, num_pooled, scratch);
    float* pooled = scratch.first.reserve(kSincBlock * row);
    convolve(1, frames.pooled[1], scratch.second, scratch, [&](std::size_t begin, std::size_t count) {
      pool_block(filtered, begin, count, lanes_, scratch, pooled);
      nn::affine_leaky_relu(pooled, count, row, scratch.scale.data(), scratch.shift.data());
      return pooled;
    });
  }

  // The waveform's instance norm, x -> a x + b with biased variance, is left for the pooling.
  SincFrames filter_windows(const Group& group, std::size_t lane, std::size_t count, Scratch& scratch) const {
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
    float* frames = scratch.frames.reserve(kConvChannels[0] * stride);
    nn::sinc_conv(net_.filters, phases, nn::phase_stride(num_samples), num_frames, frames, stride);
    return {lane, count, frames, stride, step / nn::kSincStride, offset, std::move(norms)};
  }

  // Absolute values and pooling of the frames [begin, begin + size). With `out` [size, 80, L] they go into
  // the lanes [lane, lane + num_lanes), those behind the windows with zeros; their sums are always added.
  void pool_block(const SincFrames& filtered, std::size_t begin, std::size_t size, std::size_t num_lanes,
                  Scratch& scratch, float* out) const {
    constexpr std::size_t kStep = kSincBlock + nn::kSincSlack;
    float* pooled = scratch.pooled.reserve(lanes_ * kStep);
    if (filtered.count < num_lanes) std::fill_n(pooled, lanes_ * kStep, 0.0f);
    for (std::size_t c = 0; c < kConvChannels[0]; ++c) {
      for (std::size_t w = 0; w < filtered.count; ++w) {
        const auto& [gain, offset] = filtered.norms[w];
        const std::size_t sum = c * lanes_ + filtered.lane + w;
        nn::affine_max_pool3(filtered.values + c * filtered.stride + w * filtered.window_step + begin * kPool,
                             size, gain, (offset + gain * filtered.offset) * net_.filters.sum(c),
                             pooled + w * kStep, scratch.sums[sum], scratch.squares[sum]);
      }
      if (out != nullptr)
        nn::to_lanes(pooled, kStep, num_lanes, size, out + c * lanes_ + filtered.lane,
                     kConvChannels[0] * lanes_);
    }
  }

  // Convolution 1 or 2 with five taps, pooling, instance norm, leaky ReLU -> out [num_out, 60, L].
  // `rows(begin, count)` gives its input frames from `begin` on, [count, C, L], until it is called again.
  template <class Rows>
  void convolve(std::size_t layer, std::size_t num_out, nn::AlignedBuffer& out, Scratch& scratch,
                const Rows& rows) const {
    const std::size_t channels_in = kConvChannels[layer - 1];
    const std::size_t row = kConvChannels[layer] * lanes_;
    float* pooled = out.reserve(num_out * row);
    float* unpooled = scratch.block.reserve(kConvBlock * row);
    std::vector<double> sums(row, 0.0);
    std::vector<double> squares(row, 0.0);
    for (std::size_t begin = 0; begin < num_out; begin += kConvOuts) {
      const std::size_t outs = std::min(kConvOuts, num_out - begin);
      const float* in = rows(begin * kPool, outs * kPool + kConvTaps - 1);
      for (std::size_t done = 0; done < outs; done += kConvBlock / kPool) {
        const std::size_t count = std::min(kConvBlock / kPool, outs - done);
        nn::lane_gemm(net_.convolutions[layer - 1], in + done * kPool * channels_in * lanes_, channels_in,
                      count * kPool, nn::GemmStart::kBias, unpooled);
        nn::max_pool3(unpooled, count, row, /*absolute=*/false, pooled + (begin + done) * row, sums.data(),
                      squares.data());
      }
    }
    scratch.sums.swap(sums);
    scratch.squares.swap(squares);
    normalise(layer, pooled, num_out, scratch);
  }

  void reset_sums(std::size_t row, Scratch& scratch) const {
    scratch.sums.assign(row, 0.0);
    scratch.squares.assign(row, 0.0);
  }

  // Scale and shift of an instance norm from the sums that the pooling has gathered.
  void find_norm(std::size_t layer, std::size_t num_frames, Scratch& scratch) const {
    scratch.scale.resize(kConvChannels[layer] * lanes_);
    scratch.shift.resize(kConvChannels[layer] * lanes_);
    nn::instance_norm_factors(scratch.sums, scratch.squares, num_frames, net_.norms[layer].weight,
                              net_.norms[layer].bias, lanes_, scratch.scale, scratch.shift);
  }

  // Instance norm and leaky ReLU in place.
  void normalise(std::size_t layer, float* x, std::size_t num_frames, Scratch& scratch) const {
    find_norm(layer, num_frames, scratch);
    nn::affine_leaky_relu(x, num_frames, kConvChannels[layer] * lanes_, scratch.scale.data(),
                          scratch.shift.data());
  }

  // Two linear layers, the classifier and log-softmax behind the last layer -> log_probs [count, T, 7].
  void head(const Group& group, std::size_t num_frames, Scratch& scratch, float* log_probs) const {
    const float* in = layer_output(kLstmLayers - 1, scratch);
    const std::size_t row = kLstmUnits * lanes_;
    float* first = scratch.block.reserve(kHeadBlock * (2 * row + kPyannetClasses * lanes_));
    float* second = first + kHeadBlock * row;
    float* logits = second + kHeadBlock * row;
    for (std::size_t begin = 0; begin < num_frames; begin += kHeadBlock) {
      const std::size_t steps = std::min(kHeadBlock, num_frames - begin);
      nn::lane_gemm(net_.linear[0], in + begin * 2 * row, 2 * kLstmUnits, steps, nn::GemmStart::kBias, first);
      nn::leaky_relu(first, steps * row);
      nn::lane_gemm(net_.linear[1], first, kLstmUnits, steps, nn::GemmStart::kBias, second);
      nn::leaky_relu(second, steps * row);
      nn::lane_gemm(net_.classifier, second, kLstmUnits, steps, nn::GemmStart::kBias, logits);
      for (std::size_t lane = 0; lane < group.count; ++lane) {
        for (std::size_t step = 0; step < steps; ++step) {
          log_softmax(logits + step * kPyannetClasses * lanes_ + lane,
                      log_probs + (lane * num_frames + begin + step) * kPyannetClasses);
        }
      }
    }
  }

  // log p[k] = z[k] - max z - log sum exp(z - max z) over the classes of one frame and lane.
  void log_softmax(const float* logits, float* out) const {
    float best = logits[0];
    for (std::size_t k = 1; k < kPyannetClasses; ++k) best = std::max(best, logits[k * lanes_]);
    double total = 0.0;
    for (std::size_t k = 0; k < kPyannetClasses; ++k)
      total += std::exp(static_cast<double>(logits[k * lanes_] - best));
    const auto log_total = static_cast<float>(std::log(total));
    for (std::size_t k = 0; k < kPyannetClasses; ++k) out[k] = logits[k * lanes_] - best - log_total;
  }

  PyanNetWeights net_;
  std::size_t lanes_;
  std::shared_ptr<const Executor> executor_;
};

}  // namespace

std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights& weights,
                                                  std::shared_ptr<const Executor> executor) {
  return std::make_unique<CpuPyannet>(weights, std::move(executor));
}

}  // namespace diar::cpu
