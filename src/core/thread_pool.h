// A fixed set of worker threads in, loops over independent items spread over them out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "diar/threads.h"

namespace diar {

/// `parallel_for` may be called from several threads (calls then take turns) but not from inside a task.
class ThreadPool {
 public:
  /// `num_threads` <= 0 means `default_num_threads()`. One thread means: run in the caller.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int num_threads() const noexcept;
  /// Calls task(item, worker) once for every item in [0, num_items); worker in [0, num_threads()) is unique
  /// among the calls running at one time, so it may index scratch memory. Items are handed out one by one in
  /// order. Returns when all are done; rethrows the first exception and then starts no further items.
  void parallel_for(std::size_t num_items,
                    const std::function<void(std::size_t item, std::size_t worker)>& task) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
