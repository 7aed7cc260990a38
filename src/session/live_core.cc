#include "session/live_core.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <system_error>

#include "diar/errors.h"
#include "diar/powerset.h"
#include "session/masks.h"

namespace diar {
namespace {

// Late provisional windows come less often, down to this share.
constexpr std::size_t kMostPatience = 16;
// A clustering of fewer windows knows less than the order in which the voices came.
constexpr std::size_t kMinClusteredWindows = 5;
// A clustering of n windows holds for n / kWindowsPerStep more,
constexpr std::size_t kWindowsPerStep = 300;
// or for so many times as long as it took, if that is more: at most 1/15 of one core.
constexpr double kTimesItsCost = 15.0;
// Longer ones get a thread, so that labels go on meanwhile.
constexpr double kShortClustering_s = 0.05;
// and do not follow each other at once where a stream comes faster than it plays.
constexpr double kTimesItsCostByClock = 3.0;
// Training pairs for each speaker that make a minimum reasonable.
constexpr std::size_t kPairsPerSpeaker = 15;
constexpr std::size_t kMaxUntoldTurns = 100000;
constexpr std::size_t kMaxHistory = 1000000;

// Work that this thread has done: on a machine that is busy, a clustering is not dearer than on another one.
double thread_s() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec now;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0)
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#endif
  const auto now_wall = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now_wall).count();
}

}  // namespace

/// The windows so far, copied, and what a clustering makes of them.
struct LiveCore::Clustering {
  Activity activity;
  Embeddings embeddings;
  RunPlan plan;
  std::size_t num_windows = 0;  // of the stream
  SpeakerClusters clusters;
  double cost_s = 0.0;
  bool succeeded = false;
  std::atomic<bool> is_done{false};
};

LiveCore::LiveCore(std::shared_ptr<const SegmentationNetwork> segmentation,
                   std::shared_ptr<const SpeakerEncoder> encoder,
                   std::shared_ptr<const SpeakerScoring> scoring, const RunPlan& plan, const LivePlan& live)
    : segmentation_(std::move(segmentation)),
      encoder_(std::move(encoder)),
      scoring_(std::move(scoring)),
      plan_(plan),
      live_(live),
      hop_samples_(static_cast<std::size_t>(0.5 * live.latency_s * kModelSampleRateHz)),
      assigner_(*scoring_, plan_),
      timeline_(plan_) {
  plan_.hook = {};
}

LiveCore::~LiveCore() {
  stop();
}

void LiveCore::stop() noexcept {
  stopped_.store(true);
  if (clusterer_.joinable()) clusterer_.join();
}

void LiveCore::wait_for_clustering() {
  if (clusterer_.joinable()) clusterer_.join();
}

void LiveCore::add_samples(std::span<const float> samples) {
  num_samples_ += samples.size();
  const std::size_t length = plan_.window_samples;
  if (samples.size() >= length) {
    recent_.assign(samples.end() - static_cast<std::ptrdiff_t>(length), samples.end());
    return;
  }
  const std::size_t kept = std::min(recent_.size(), length - samples.size());
  recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(kept));
  recent_.insert(recent_.end(), samples.begin(), samples.end());
}

std::size_t LiveCore::next_step_samples() const {
  return std::max(end_samples_ + patience_ * hop_samples_, num_samples_ + 1);
}

// Counts the windows for low latency that there was time for and that were not made. Whoever is late takes
// the next ones less often, so that the grid's windows come first in all sessions.
void LiveCore::note_end(std::size_t end_samples) {
  if (end_samples <= end_samples_) return;
  const bool is_late = num_samples_ >= end_samples_ + (patience_ + 1) * hop_samples_;
  patience_ = is_late ? std::min(2 * patience_, kMostPatience) : std::max<std::size_t>(patience_ / 2, 1);
  const std::size_t hops = (end_samples - end_samples_) / hop_samples_;
  end_samples_ = end_samples;
  const std::lock_guard lock(mutex_);
  progress_.num_dropped += hops > 1 ? hops - 1 : 0;
}

void LiveCore::windows_done(NetworkStage& stage) {
  const std::size_t num_windows = stage.activity().grid.num_windows;
  const std::size_t num_embedded = stage.num_embedded();
  take_clustering();
  const bool due = clustering_is_due(base_window_ + num_embedded);
  const bool at_once = due && clustering_is_short(stage.embeddings());
  assigner_.add(stage.activity(), stage.embeddings(), num_windows_, !at_once);
  num_windows_ = num_windows;
  if (due) start_clustering(stage, num_embedded);
  take_clustering();
  extra_ = {};
  note_end((base_window_ + num_windows - 1) * plan_.step_samples + plan_.window_samples);
  show(stage.activity(), assigner_.take_first_change());
  if (live_.bounded_memory) forget(stage);
}

void LiveCore::no_window_ready(const NetworkStage& stage) {
  take_clustering();
  // A step may come for another reason.
  if (num_samples_ >= end_samples_ + patience_ * hop_samples_) {
    extra_ = listen_now(stage);
    note_end(num_samples_);
  }
  show(stage.activity(), assigner_.take_first_change());
}

// The newest window's worth of samples; at the beginning of a stream, zeros after its end, as a whole run
// pads a recording that ends now.
ExtraWindow LiveCore::listen_now(const NetworkStage& stage) {
  std::vector<float> samples = recent_;
  const bool is_padded = samples.size() < plan_.window_samples;
  const std::size_t start = num_samples_ - samples.size();
  samples.resize(plan_.window_samples, 0.0f);
  const WindowBatch batch{samples, 1, plan_.window_samples, plan_.step_samples};
  Activity activity{stage.activity().grid, {}};
  const WindowGrid& grid = activity.grid;
  const auto& classes = segmentation_->spec().classes;
  std::vector<float> log_probs(grid.frames_per_window * classes.size());
  segmentation_->run(batch, log_probs);
  activity.bits = frame_decisions(log_probs, classes);
  activity.grid.num_windows = 1;
  ExtraWindow extra;
  const double start_s = static_cast<double>(start) / kModelSampleRateHz;
  extra.first_frame = static_cast<std::size_t>(
      std::max(0L, grid.frames.closest_frame(start_s + 0.5 * grid.frames.duration_s)));
  extra.bits = activity.bits;
  if (is_padded) {
    const double heard_s = static_cast<double>(num_samples_) / kModelSampleRateHz;
    const auto heard = std::max(0L, 1 + grid.frames.closest_frame(heard_s));
    extra.bits.resize(std::min(extra.bits.size(), static_cast<std::size_t>(heard)));
  }
  LocalWindow window{extra.first_frame, extra.bits, {}};
  std::vector<float> embeddings;
  // Who talks on is known by what windows share; voices are compared for those alone who begin.
  if (!is_padded && assigner_.has_strangers(window, grid)) {
    embeddings = embed(batch, activity);
    window.embeddings = embeddings;
  }
  extra.labels = assigner_.place_provisional(window, grid);
  return extra;
}

std::vector<float> LiveCore::embed(const WindowBatch& window, const Activity& activity) const {
  const WindowGrid& grid = activity.grid;
  const std::size_t frames = grid.frames_per_window;
  const std::size_t min_frames = min_mask_frames(frames, plan_.window_samples, encoder_->spec().min_samples);
  std::vector<float> masks(grid.num_speakers * frames);
  for (std::size_t s = 0; s < grid.num_speakers; ++s)
    make_mask(activity, 0, s, plan_.exclude_overlap, min_frames,
              std::span(masks).subspan(s * frames, frames));
  std::vector<float> embeddings(grid.num_speakers * encoder_->spec().dimension);
  encoder_->run({window, masks, grid.num_speakers, frames, {}}, embeddings);
  return embeddings;
}

// Few windows do not hold a forced number of speakers.
RunPlan LiveCore::clustering_plan(std::size_t num_pairs) const {
  RunPlan plan = plan_;
  plan.pulse = [this] {
    if (stopped_.load()) throw Cancelled();
  };
  const std::optional<int> least = plan.num_speakers ? plan.num_speakers : plan.min_speakers;
  if (least && num_pairs < kPairsPerSpeaker * static_cast<std::size_t>(*least)) {
    if (plan.num_speakers) plan.max_speakers = plan.num_speakers;
    plan.num_speakers.reset();
    plan.min_speakers.reset();
  }
  return plan;
}

bool LiveCore::clustering_is_due(std::size_t num_windows) const {
  if (clustering_ || num_windows < kMinClusteredWindows) return false;
  const std::chrono::duration<double> since_last = std::chrono::steady_clock::now() - last_end_;
  if (last_cost_s_ > kShortClustering_s && since_last.count() < kTimesItsCostByClock * last_cost_s_)
    return false;
  const double by_cost = kTimesItsCost * last_cost_s_ / plan_.step_s;
  const std::size_t wait = std::max<std::size_t>(
      {1, (num_windows - base_window_) / kWindowsPerStep, static_cast<std::size_t>(std::ceil(by_cost))});
  return num_windows >= clustered_windows_ + wait;
}

// The linkage is quadratic in the embeddings.
bool LiveCore::clustering_is_short(const Embeddings& embeddings) const {
  const double growth =
      static_cast<double>(embeddings.num_rows()) / static_cast<double>(std::max<std::size_t>(last_size_, 1));
  return last_size_ == 0 || last_cost_s_ * growth * growth < kShortClustering_s;
}

void LiveCore::run(Clustering& clustering) const {
  const double start_s = thread_s();
  try {
    clustering.clusters =
        cluster_speakers(clustering.activity, clustering.embeddings, *scoring_, clustering.plan);
    clustering.succeeded = true;
  } catch (const Cancelled&) {
    // The session ends.
  } catch (const std::bad_alloc&) {
    // Labels go on as they are.
  }
  clustering.cost_s = thread_s() - start_s;
  clustering.is_done.store(true);
}

void LiveCore::start_clustering(const NetworkStage& stage, std::size_t num_windows) {
  auto work = std::make_unique<Clustering>();
  const Embeddings& all = stage.embeddings();
  const std::size_t num_pairs = num_windows * all.num_speakers;
  work->activity.grid = stage.activity().grid;
  work->activity.grid.num_windows = num_windows;
  const auto bits = stage.activity().bits.begin();
  work->activity.bits.assign(
      bits, bits + static_cast<std::ptrdiff_t>(num_windows * work->activity.grid.frames_per_window));
  work->embeddings = {all.dimension,
                      all.num_speakers,
                      {all.row_of.begin(), all.row_of.begin() + static_cast<std::ptrdiff_t>(num_pairs)},
                      {}};
  const auto rows =
      static_cast<std::size_t>(std::count_if(work->embeddings.row_of.begin(), work->embeddings.row_of.end(),
                                             [](std::int32_t row) { return row >= 0; }));
  work->embeddings.values.assign(all.values.begin(),
                                 all.values.begin() + static_cast<std::ptrdiff_t>(rows * all.dimension));
  const std::size_t num_training = training_pairs(work->activity, work->embeddings).size();
  clustered_windows_ = base_window_ + num_windows;
  // One voice is one speaker, whatever a clustering would say.
  if (num_training < 2) return;
  work->plan = clustering_plan(num_training);
  work->num_windows = clustered_windows_;
  const bool is_short = clustering_is_short(work->embeddings);
  clustering_ = std::move(work);
  if (is_short) return run(*clustering_);
  try {
    clusterer_ = std::thread([this, clustering = clustering_.get()] { run(*clustering); });
  } catch (const std::system_error&) {
    run(*clustering_);
  }
}

void LiveCore::take_clustering() {
  if (!clustering_ || !clustering_->is_done.load()) return;
  if (clusterer_.joinable()) clusterer_.join();
  const std::unique_ptr<Clustering> done = std::move(clustering_);
  last_cost_s_ = done->cost_s;
  last_end_ = std::chrono::steady_clock::now();
  last_size_ = done->embeddings.num_rows();
  {
    const std::lock_guard lock(mutex_);
    ++progress_.num_clusterings;
    progress_.clustering_s += done->cost_s;
  }
  if (done->succeeded) note_merges(assigner_.adopt(done->clusters));
}

void LiveCore::forget(NetworkStage& stage) {
  const auto most = static_cast<std::size_t>(live_.kept_stream_s / plan_.step_s);
  const std::size_t count = num_windows_ / 2;
  if (clustering_ || num_windows_ <= most || count > stage.num_embedded()) return;
  assigner_.forget(stage.embeddings(), count);
  stage.forget(count);
  base_window_ += count;
  num_windows_ -= count;
  const std::size_t frame = stage.activity().grid.first_frame(base_window_);
  timeline_.forget(frame);
  const std::lock_guard lock(mutex_);
  const std::vector<LabelTurn> retired =
      ledger_.retire(stage.activity().grid.frames.middle_s(frame), kMaxUntoldTurns);
  history_.insert(history_.end(), retired.begin(), retired.end());
  if (history_.size() > kMaxHistory)
    history_.erase(history_.begin(), history_.end() - static_cast<std::ptrdiff_t>(kMaxHistory));
}

}  // namespace diar
