// A fixed set of worker threads in; loops over independent items and single tasks spread over them out.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "diar/threads.h"

namespace diar {

/// What an engine computes with: all its networks and sessions share one. Thread-safe. Loops may run at the
/// same time and inside of tasks and other loops: whoever starts a loop works on it, and idle workers join.
class Executor {
 public:
  /// `num_threads` <= 0 means `default_num_threads()`. Where the system refuses threads, fewer are used; with
  /// none at all, everything runs in the caller.
  explicit Executor(int num_threads);
  /// Waits for tasks that run or wait. Not from inside a task.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// At most so many threads work on one loop; at least 1.
  int num_threads() const noexcept;

  /// Calls task(item, worker) once for every item in [0, num_items); worker in [0, num_threads()) is unique
  /// among the threads that work on this loop, so it may index scratch memory. Items are handed out one by
  /// one in order. Returns when all are done; rethrows the first exception and then starts no further items.
  void parallel_for(std::size_t num_items,
                    const std::function<void(std::size_t item, std::size_t worker)>& task) const;

  /// While it lives, loops that its thread starts (and loops inside of those) begin no further item once
  /// `stop` is true: they throw `Cancelled`.
  class StopScope {
   public:
    explicit StopScope(const std::atomic<bool>& stop) noexcept;
    ~StopScope();
    StopScope(const StopScope&) = delete;
    StopScope& operator=(const StopScope&) = delete;

   private:
    const std::atomic<bool>* outer_;
  };

  /// Runs a task on a worker, in the order of the calls; at once in the caller when there are no workers. The
  /// task must not throw.
  void submit(std::function<void()> task) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
