// One recording pushed in pieces, computed by the engine's threads, handed out as what the networks said.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/executor.h"
#include "core/run_plan.h"
#include "diar/session.h"
#include "session/network_stage.h"
#include "session/window_cutter.h"

namespace diar {

/// Throws `AudioError` on NaN or infinity.
void check_finite(std::span<const float> samples);

/// Follows the steps of a session, called from the step that runs.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  /// What a step took, before anything else.
  virtual void add_samples(std::span<const float> samples) = 0;
  /// Windows have gone through the networks.
  virtual void windows_done(NetworkStage& stage) = 0;
  /// The step found no window of the grid to work on, and more samples may come.
  virtual void no_window_ready(const NetworkStage& stage) = 0;
  /// So many samples of the recording make a step worth while when no window is ready; more than there are.
  virtual std::size_t next_step_samples() const = 0;
};

/// What `Session` stands on; its rules hold here. A step (one batch of windows through both networks) is one
/// task of the executor; a session has at most one at a time, so that sessions take turns.
class SessionCore {
 public:
  /// `encoder` may be null: then only the activity is computed. `observer` may be null and is borrowed; with
  /// one, windows do not wait for a full batch.
  SessionCore(std::shared_ptr<const SegmentationNetwork> segmentation,
              std::shared_ptr<const SpeakerEncoder> encoder, std::shared_ptr<const Executor> executor,
              RunPlan plan, StepObserver* observer = nullptr);
  /// Stops, and waits for the step that runs.
  ~SessionCore();
  SessionCore(const SessionCore&) = delete;
  SessionCore& operator=(const SessionCore&) = delete;

  const RunPlan& plan() const noexcept { return plan_; }
  /// For the total in progress reports only.
  void expect_duration(std::optional<double> duration_s);

  void push(std::span<const float> samples, const ProgressCallback& on_progress = {});
  std::size_t try_push(std::span<const float> samples);
  SessionStatus status() const;
  /// One more step, with whatever there is; then waits until no step is left to do.
  void settle();
  /// Waits until all is through. May be called once.
  NetworkOutput finish(const ProgressCallback& on_progress = {});
  void cancel() noexcept;

 private:
  std::size_t room() const noexcept;
  std::size_t windows_ready() const noexcept;
  bool wants_step() const noexcept;
  std::size_t take(std::span<const float> samples, std::unique_lock<std::mutex>& lock);
  void start_step(std::unique_lock<std::mutex>& lock);
  void step();
  void run_step(std::vector<float>&& samples, bool at_end);
  void check() const;
  void report(std::unique_lock<std::mutex>& lock, const ProgressCallback& on_progress);
  void wait(std::unique_lock<std::mutex>& lock, const ProgressCallback& on_progress);

  const std::shared_ptr<const SegmentationNetwork> segmentation_;
  const std::shared_ptr<const SpeakerEncoder> encoder_;
  const std::shared_ptr<const Executor> executor_;
  const RunPlan plan_;
  const std::size_t batch_windows_;
  const std::size_t capacity_samples_;
  StepObserver* const observer_;

  std::atomic<bool> cancelled_{false};
  std::atomic<std::size_t> windows_completed_{0};
  // Of the step that runs; nobody else touches them meanwhile.
  WindowCutter cutter_;
  NetworkStage stage_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<float> inbox_;  // pushed and not yet taken by a step
  std::size_t pushed_samples_ = 0;
  std::size_t windows_taken_ = 0;  // by steps
  std::size_t expected_windows_ = 0;
  std::size_t reported_windows_ = static_cast<std::size_t>(-1);
  std::size_t next_step_samples_ = 0;  // as the observer says
  bool step_is_asked_ = false;
  bool at_end_ = false;    // no more samples come
  bool stepping_ = false;  // a step waits or runs
  bool done_ = false;      // all windows are through
  std::exception_ptr error_;
};

}  // namespace diar
