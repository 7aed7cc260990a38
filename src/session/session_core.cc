#include "session/session_core.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "diar/errors.h"
#include "diar/waveform.h"

namespace diar {
namespace {

// Callers hear of progress, and may stop, at least this often.
constexpr std::chrono::milliseconds kReportInterval{50};
// Batches may be long on machines with many cores; the backlog need not be.
constexpr std::size_t kMaxWaitingWindows = 64;

}  // namespace

void check_finite(std::span<const float> samples) {
  const auto finite = [](float sample) { return std::isfinite(sample); };
  if (!std::all_of(samples.begin(), samples.end(), finite))
    throw AudioError("NaN or infinite samples were pushed");
}

SessionCore::SessionCore(std::shared_ptr<const SegmentationNetwork> segmentation,
                         std::shared_ptr<const SpeakerEncoder> encoder,
                         std::shared_ptr<const Executor> executor, RunPlan plan, StepObserver* observer)
    : segmentation_(std::move(segmentation)),
      encoder_(std::move(encoder)),
      executor_(std::move(executor)),
      plan_(std::move(plan)),
      batch_windows_(std::max<std::size_t>(segmentation_->preferred_batch(), 1)),
      capacity_samples_(plan_.window_samples +
                        (batch_windows_ + std::min(batch_windows_, kMaxWaitingWindows)) * plan_.step_samples),
      observer_(observer),
      cutter_(plan_.window_samples, plan_.step_samples),
      stage_(*segmentation_, encoder_.get(), plan_),
      next_step_samples_(observer_ == nullptr ? 0 : observer_->next_step_samples()) {}

SessionCore::~SessionCore() {
  cancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !stepping_; });
}

void SessionCore::cancel() noexcept {
  cancelled_.store(true);
  changed_.notify_all();
}

void SessionCore::expect_duration(std::optional<double> duration_s) {
  if (!duration_s) return;
  const double steps = (*duration_s * kModelSampleRateHz - static_cast<double>(plan_.window_samples)) /
                       static_cast<double>(plan_.step_samples);
  const std::lock_guard lock(mutex_);
  expected_windows_ = static_cast<std::size_t>(std::max(0.0, std::ceil(std::min(steps, 1e9)))) + 1;
}

std::size_t SessionCore::windows_ready() const noexcept {
  const std::size_t full = pushed_samples_ < plan_.window_samples
                               ? 0
                               : 1 + (pushed_samples_ - plan_.window_samples) / plan_.step_samples;
  return full - std::min(full, windows_taken_);
}

std::size_t SessionCore::room() const noexcept {
  const std::size_t waiting =
      pushed_samples_ - std::min(pushed_samples_, windows_taken_ * plan_.step_samples);
  return capacity_samples_ - std::min(capacity_samples_, waiting);
}

bool SessionCore::wants_step() const noexcept {
  if (stepping_ || done_ || error_ || cancelled_.load()) return false;
  if (observer_ == nullptr) return at_end_ || windows_ready() >= batch_windows_;
  return at_end_ || step_is_asked_ || windows_ready() >= 1 || pushed_samples_ >= next_step_samples_;
}

// Without workers the step runs here, so the lock must be free.
void SessionCore::start_step(std::unique_lock<std::mutex>& lock) {
  if (!wants_step()) return;
  stepping_ = true;
  lock.unlock();
  executor_->submit([this] { step(); });
  lock.lock();
}

void SessionCore::step() {
  std::unique_lock lock(mutex_);
  std::vector<float> samples = std::exchange(inbox_, {});
  const bool at_end = at_end_;
  step_is_asked_ = false;
  lock.unlock();
  std::exception_ptr error;
  try {
    run_step(std::move(samples), at_end);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  windows_taken_ = stage_.num_windows();
  if (observer_ != nullptr) next_step_samples_ = observer_->next_step_samples();
  if (error) error_ = error;
  done_ = at_end && !error && cutter_.num_ready() == 0;
  stepping_ = false;
  // Under the lock: once no step is left, whoever waits for that may destroy this object.
  changed_.notify_all();
  if (!wants_step()) return;
  stepping_ = true;
  lock.unlock();
  // Not in a loop: other sessions may be waiting for their turn.
  executor_->submit([this] { step(); });
}

void SessionCore::run_step(std::vector<float>&& samples, bool at_end) {
  const auto on_windows = [this](std::size_t completed) {
    windows_completed_.store(completed);
    return !cancelled_.load();
  };
  const Executor::StopScope scope(cancelled_);
  cutter_.push(samples);
  if (observer_ != nullptr) observer_->add_samples(samples);
  samples = {};  // the cutter has its own copy: not twice through the networks
  if (at_end) cutter_.finish();
  const WindowBatch batch = cutter_.take(batch_windows_);
  stage_.process(batch, cutter_.num_samples(), on_windows);
  if (at_end && cutter_.num_ready() == 0) stage_.finish(on_windows);
  if (observer_ == nullptr) return;
  if (batch.num_windows > 0) {
    observer_->windows_done(stage_);
  } else if (!at_end) {
    observer_->no_window_ready(stage_);
  }
}

void SessionCore::check() const {
  if (error_) std::rethrow_exception(error_);
  if (cancelled_.load()) throw Cancelled();
}

void SessionCore::report(std::unique_lock<std::mutex>& lock, const ProgressCallback& on_progress) {
  if (!on_progress) return;
  const std::size_t completed = windows_completed_.load();
  reported_windows_ = completed;
  const std::size_t total = expected_windows_ == 0 ? 0 : std::max(expected_windows_, completed);
  lock.unlock();
  const bool go_on = on_progress({"networks", completed, total});
  if (!go_on) {
    cancel();
    throw Cancelled();
  }
  lock.lock();
}

// One round of waiting; then a report of where the networks are.
void SessionCore::wait(std::unique_lock<std::mutex>& lock, const ProgressCallback& on_progress) {
  changed_.wait_for(lock, kReportInterval);
  check();
  report(lock, on_progress);
}

std::size_t SessionCore::take(std::span<const float> samples, std::unique_lock<std::mutex>& lock) {
  check();
  if (at_end_) throw InvalidArgument("the session was finished: open another one");
  const std::size_t count = std::min(samples.size(), room());
  inbox_.insert(inbox_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
  pushed_samples_ += count;
  start_step(lock);
  return count;
}

void SessionCore::push(std::span<const float> samples, const ProgressCallback& on_progress) {
  check_finite(samples);
  std::unique_lock lock(mutex_);
  while (true) {
    samples = samples.subspan(take(samples, lock));
    if (samples.empty()) break;
    wait(lock, on_progress);
  }
  if (windows_completed_.load() != reported_windows_) report(lock, on_progress);
}

std::size_t SessionCore::try_push(std::span<const float> samples) {
  std::unique_lock lock(mutex_);
  samples = samples.first(std::min(samples.size(), room()));
  check_finite(samples);
  return take(samples, lock);
}

SessionStatus SessionCore::status() const {
  std::unique_lock lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  SessionStatus status;
  status.pushed_s = static_cast<double>(pushed_samples_) / kModelSampleRateHz;
  status.windows_completed = windows_completed_.load();
  status.windows_waiting = windows_ready();
  status.waiting_s = static_cast<double>(capacity_samples_ - room()) / kModelSampleRateHz;
  status.capacity_s = static_cast<double>(capacity_samples_) / kModelSampleRateHz;
  return status;
}

void SessionCore::settle() {
  std::unique_lock lock(mutex_);
  step_is_asked_ = true;
  start_step(lock);
  while (stepping_ || wants_step()) {
    changed_.wait_for(lock, kReportInterval);
    check();
  }
  check();
}

NetworkOutput SessionCore::finish(const ProgressCallback& on_progress) {
  std::unique_lock lock(mutex_);
  check();
  if (at_end_) throw InvalidArgument("the session was finished before");
  at_end_ = true;
  start_step(lock);
  while (!done_) wait(lock, on_progress);
  NetworkOutput output = stage_.take_output();
  output.duration_s = static_cast<double>(pushed_samples_) / kModelSampleRateHz;
  const std::size_t completed = output.activity.grid.num_windows;
  lock.unlock();
  if (on_progress && !on_progress({"networks", completed, completed})) throw Cancelled();
  return output;
}

}  // namespace diar
