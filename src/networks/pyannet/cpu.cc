// PyanNet on the CPU: groups of windows side by side in the vector lanes, groups spread over threads; where
// windows would fill too few lanes, units and channels in the lanes (cpu_narrow.h), with the same numbers.
#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include "core/instruction_set.h"
#include "networks/pyannet/cpu_front_end.h"
#include "networks/pyannet/cpu_narrow.h"
#include "networks/pyannet/cpu_weights.h"
#include "networks/pyannet/network.h"
#include "nn/instance_norm.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/sinc_conv.h"
#include "nn/log_softmax.h"

namespace diar::cpu {
namespace {

// Frames of the head that are worked on at a time, so that they stay in the cache.
constexpr std::size_t kHeadBlock = 16;
// Windows of a thread up to which the narrow path is faster, in sixteenths of the lanes; fewer where the
// lanes would have a second thread for each group.
constexpr std::size_t kNarrowShare = 12;
constexpr std::size_t kNarrowShareSpare = 7;

/// The windows of one group: `count` of the `lanes` lanes are used, the others hold zeros.
struct Group {
  const WindowBatch* batch;
  std::size_t first;
  std::size_t count;
  std::size_t lanes;
};

/// Memory of one thread during a call.
struct Scratch {
  nn::AlignedBuffer frames;   // of the first convolution [80, frames], later one of the LSTM's layers
  nn::AlignedBuffer second;   // pooled frames after the second convolution, later the LSTM's other layer
  nn::AlignedBuffer third;    // after the third
  nn::AlignedBuffer first;    // after the first, pooled and normalised: a block, or all of them
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
    // Batches are as long as the threads; the last one of a recording is shorter, and so are those of live
    // audio.
    const auto threads = static_cast<std::size_t>(executor_->num_threads());
    const std::size_t whole = windows.num_windows / (lanes_ * threads) * lanes_ * threads;
    const std::size_t rest = windows.num_windows - whole;
    const std::size_t share = (rest + threads - 1) / threads;
    const bool spare_threads = 2 * ((rest + lanes_ - 1) / lanes_) <= threads;
    const bool few = share <= lanes_ * (spare_threads ? kNarrowShareSpare : kNarrowShare) / 16;
    run_lanes(windows, few ? whole : windows.num_windows, frames, log_probs);
    if (few && share > 0) run_narrow(windows, whole, frames, log_probs);
  }

 private:
  // The windows [0, count), side by side in the lanes.
  void run_lanes(const WindowBatch& windows, std::size_t count, std::size_t frames,
                 std::span<float> log_probs) const {
    const std::size_t num_groups = (count + lanes_ - 1) / lanes_;
    // Thirty megabytes a worker, given back while the embeddings and the clustering need memory; asking for
    // it anew costs less than a hundredth of a batch.
    std::vector<Scratch> scratch(static_cast<std::size_t>(executor_->num_threads()));
    const auto group_of = [&](std::size_t group) {
      const std::size_t first = group * lanes_;
      return Group{&windows, first, std::min(lanes_, count - first), lanes_};
    };
    const auto results_of = [&](const Group& group) {
      return log_probs.data() + group.first * frames * kPyannetClasses;
    };
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

  // The windows from `first` on, few for each thread: a share of them for each. With threads to spare, the
  // directions of a layer take a thread each.
  void run_narrow(const WindowBatch& windows, std::size_t first, std::size_t frames,
                  std::span<float> log_probs) const {
    const NarrowPyanNet& net = narrow();
    const std::size_t count = windows.num_windows - first;
    const auto threads = static_cast<std::size_t>(executor_->num_threads());
    const std::size_t shares = std::min(count, threads);
    std::vector<NarrowScratch> scratch(shares);
    std::vector<nn::LstmScratch> lstm(threads);
    const auto share_of = [&](std::size_t share) {
      const std::size_t begin = share * count / shares;
      return NarrowGroup{&windows, first + begin, (share + 1) * count / shares - begin};
    };
    const auto head_of = [&](std::size_t share) {
      const NarrowGroup group = share_of(share);
      net.head(group, scratch[share], log_probs.data() + group.first * frames * kPyannetClasses);
    };
    const auto direction_of = [&](std::size_t share, std::size_t layer, std::size_t direction,
                                  std::size_t worker) {
      const auto order = direction == 0 ? nn::LstmOrder::kForward : nn::LstmOrder::kBackward;
      net.lstm_direction(share_of(share), layer, order, scratch[share], lstm[worker]);
    };
    if (2 * shares > threads) {
      executor_->parallel_for(shares, [&](std::size_t share, std::size_t worker) {
        net.convolutions(share_of(share), scratch[share]);
        for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
          for (std::size_t direction = 0; direction < 2; ++direction)
            direction_of(share, layer, direction, worker);
        }
        head_of(share);
      });
      return;
    }
    executor_->parallel_for(
        shares, [&](std::size_t share, std::size_t) { net.convolutions(share_of(share), scratch[share]); });
    for (std::size_t layer = 0; layer < kLstmLayers; ++layer) {
      executor_->parallel_for(2 * shares, [&](std::size_t item, std::size_t worker) {
        direction_of(item / 2, layer, item % 2, worker);
      });
    }
    executor_->parallel_for(shares, [&](std::size_t share, std::size_t) { head_of(share); });
  }

  // Packed when it is first needed: many runs have no use for a second copy of the weights.
  const NarrowPyanNet& narrow() const {
    std::call_once(narrow_once_, [&] { narrow_.emplace(net_); });
    return *narrow_;
  }

  // Everything before the LSTM -> scratch.third [frames, 60, L].
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

  // [frames, 256, L] after a layer.
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

  // Up to the second convolution. The instance norm after the first needs the sums over a whole window.
  // Where all windows share the frames of the convolution, these are kept and pooled twice, for the sums and
  // block by block for the second convolution: keeping the pooled ones would take three times the memory.
  void front_end(const Group& group, const PyanNetFrames& frames, Scratch& scratch) const {
    const std::size_t row = kConvChannels[0] * lanes_;
    const std::size_t num_pooled = frames.pooled[0];
    reset_sums(row, scratch);
    const auto norms = window_norms(net_, *group.batch, group.first, group.count);
    std::size_t lane = sinc_run(norms, *group.batch);
    SincFrames filtered = filter_windows(group, 0, std::span(norms).first(lane), scratch);
    if (lane < group.count) {
      float* pooled = scratch.first.reserve(num_pooled * row);
      pool_run(filtered, 0, lane, num_pooled, scratch, pooled);
      while (lane < group.count) {
        const std::size_t run = sinc_run(std::span(norms).subspan(lane), *group.batch);
        filtered = filter_windows(group, lane, std::span(norms).subspan(lane, run), scratch);
        const bool last = lane + run == group.count;
        pool_run(filtered, lane, last ? lanes_ - lane : run, num_pooled, scratch, pooled);
        lane += run;
      }
      normalise(0, pooled, num_pooled, scratch);
      convolve(1, frames.pooled[1], scratch.second, scratch,
               [&](std::size_t begin, std::size_t) { return pooled + begin * row; });
      return;
    }
    pool_run(filtered, 0, lanes_, num_pooled, scratch, nullptr);
    find_norm(0, num_pooled, scratch);
    float* pooled = scratch.first.reserve(kSincBlock * row);
    convolve(1, frames.pooled[1], scratch.second, scratch, [&](std::size_t begin, std::size_t count) {
      pool_block(filtered, {begin, count, 0, lanes_}, scratch, pooled);
      nn::affine_leaky_relu(pooled, count, row, scratch.scale.data(), scratch.shift.data());
      return pooled;
    });
  }

  // Of the windows in the lanes from `lane` on.
  SincFrames filter_windows(const Group& group, std::size_t lane, std::span<const WindowNorm> norms,
                            Scratch& scratch) const {
    return sinc_frames(net_, *group.batch, group.first + lane, norms, scratch.samples, scratch.frames);
  }

  // Pooled frames [begin, begin + size), in the lanes [lane, lane + num_lanes).
  struct PoolBlock {
    std::size_t begin;
    std::size_t size;
    std::size_t lane;
    std::size_t num_lanes;
  };

  // All pooled frames of windows that share a convolution -> with `out` [num_pooled, 80, L] their lanes of
  // it.
  void pool_run(const SincFrames& filtered, std::size_t lane, std::size_t num_lanes, std::size_t num_pooled,
                Scratch& scratch, float* out) const {
    for (std::size_t begin = 0; begin < num_pooled; begin += kSincBlock) {
      pool_block(filtered, {begin, std::min(kSincBlock, num_pooled - begin), lane, num_lanes}, scratch,
                 out == nullptr ? nullptr : out + begin * kConvChannels[0] * lanes_);
    }
  }

  // Absolute values and pooling. With `out` [size, 80, L] they go into their lanes, those after the windows
  // with zeros; their sums are always added.
  void pool_block(const SincFrames& filtered, const PoolBlock& block, Scratch& scratch, float* out) const {
    constexpr std::size_t kStep = kSincBlock + nn::kSincSlack;
    const std::size_t num_windows = filtered.norms.size();
    float* pooled = scratch.pooled.reserve(lanes_ * kStep);
    if (num_windows < block.num_lanes) std::fill_n(pooled, lanes_ * kStep, 0.0f);
    for (std::size_t c = 0; c < kConvChannels[0]; ++c) {
      for (std::size_t w = 0; w < num_windows; ++w) {
        const std::size_t sum = c * lanes_ + block.lane + w;
        pool_sinc(net_, filtered, w, c, block.begin, block.size, pooled + w * kStep, scratch.sums[sum],
                  scratch.squares[sum]);
      }
      if (out != nullptr) {
        nn::to_lanes({pooled, kStep, block.num_lanes, block.size}, out + c * lanes_ + block.lane,
                     kConvChannels[0] * lanes_);
      }
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
        nn::max_pool3(unpooled, count, row, pooled + (begin + done) * row, sums.data(), squares.data());
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
    nn::instance_norm_factors({scratch.sums, scratch.squares, num_frames, lanes_},
                              {net_.norms[layer].weight, net_.norms[layer].bias}, scratch.scale,
                              scratch.shift);
  }

  // Instance norm and leaky ReLU in place.
  void normalise(std::size_t layer, float* x, std::size_t num_frames, Scratch& scratch) const {
    find_norm(layer, num_frames, scratch);
    nn::affine_leaky_relu(x, num_frames, kConvChannels[layer] * lanes_, scratch.scale.data(),
                          scratch.shift.data());
  }

  // Two linear layers, the classifier and log-softmax after the last layer -> log_probs
  // [count, T, kPyannetClasses].
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
          float* out = log_probs + (lane * num_frames + begin + step) * kPyannetClasses;
          nn::log_softmax(logits + step * kPyannetClasses * lanes_ + lane, lanes_, {out, kPyannetClasses});
        }
      }
    }
  }

  PyanNetWeights net_;
  std::size_t lanes_;
  mutable std::once_flag narrow_once_;
  mutable std::optional<NarrowPyanNet> narrow_;
  std::shared_ptr<const Executor> executor_;
};

}  // namespace

std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights& weights,
                                                  std::shared_ptr<const Executor> executor) {
  return std::make_unique<CpuPyannet>(weights, std::move(executor));
}

}  // namespace diar::cpu
