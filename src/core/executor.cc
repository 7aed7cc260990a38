#include "core/executor.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "diar/errors.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace diar {
namespace {

// Of the loops that this thread starts; null: nobody may stop them.
thread_local const std::atomic<bool>* current_stop = nullptr;

using LoopTask = std::function<void(std::size_t, std::size_t)>;

/// One parallel_for, on the stack of its caller.
struct Loop {
  Loop(const LoopTask& each, std::size_t items, std::size_t workers)
      : task(each), num_items(items), max_workers(workers), stop(current_stop) {}

  const LoopTask& task;
  const std::size_t num_items;
  const std::size_t max_workers;
  const std::atomic<bool>* const stop;
  std::atomic<std::size_t> next_item{0};
  // The rest is guarded by the executor's mutex.
  std::size_t num_joined = 0;  // workers that have ever joined: their numbers
  std::size_t num_busy = 0;
  std::exception_ptr error;

  bool wants_help() const { return num_joined < max_workers && next_item.load() < num_items; }
};

}  // namespace

struct Executor::Impl {
  int num_threads = 1;
  std::mutex mutex;  // guards everything below
  std::condition_variable work_ready;
  std::condition_variable loop_done;
  std::vector<Loop*> loops;
  std::deque<std::function<void()>> tasks;
  bool stopping = false;
  std::vector<std::thread> threads;

  // Called and left with the lock held.
  void join_loop(Loop& loop, std::unique_lock<std::mutex>& lock) {
    const std::size_t worker = loop.num_joined++;
    ++loop.num_busy;
    lock.unlock();
    std::exception_ptr error;
    const std::atomic<bool>* const outer_stop = std::exchange(current_stop, loop.stop);
    try {
      for (std::size_t item; (item = loop.next_item.fetch_add(1)) < loop.num_items;) {
        if (loop.stop != nullptr && loop.stop->load()) throw Cancelled();
        loop.task(item, worker);
      }
    } catch (...) {
      loop.next_item.store(loop.num_items);
      error = std::current_exception();
    }
    current_stop = outer_stop;
    lock.lock();
    if (error && !loop.error) loop.error = error;
    if (--loop.num_busy == 0) loop_done.notify_all();
  }

  Loop* loop_to_help() {
    const auto found =
        std::find_if(loops.begin(), loops.end(), [](const Loop* loop) { return loop->wants_help(); });
    return found == loops.end() ? nullptr : *found;
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      // What has begun comes first: it holds memory.
      if (Loop* loop = loop_to_help()) {
        join_loop(*loop, lock);
      } else if (!tasks.empty()) {
        const std::function<void()> task = std::move(tasks.front());
        tasks.pop_front();
        lock.unlock();
        task();
        lock.lock();
      } else if (stopping) {
        return;
      } else {
        work_ready.wait(lock);
      }
    }
  }
};

Executor::StopScope::StopScope(const std::atomic<bool>& stop) noexcept
    : outer_(std::exchange(current_stop, &stop)) {}

Executor::StopScope::~StopScope() {
  current_stop = outer_;
}

Executor::Executor(int num_threads) : impl_(std::make_unique<Impl>()) {
  const int count = num_threads > 0 ? num_threads : default_num_threads();
  impl_->threads.reserve(static_cast<std::size_t>(count));
  try {
    while (static_cast<int>(impl_->threads.size()) < count)
      impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
  } catch (const std::system_error&) {
    // A container's limit: go on with those that are there.
  }
  impl_->num_threads = std::max(1, static_cast<int>(impl_->threads.size()));
}

Executor::~Executor() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->work_ready.notify_all();
  for (auto& thread : impl_->threads) thread.join();
}

int Executor::num_threads() const noexcept {
  return impl_->num_threads;
}

void Executor::parallel_for(std::size_t num_items, const LoopTask& task) const {
  if (num_items == 0) return;
  Loop loop(task, num_items, static_cast<std::size_t>(impl_->num_threads));
  std::unique_lock lock(impl_->mutex);
  const bool shared = num_items > 1 && loop.max_workers > 1;
  if (shared) {
    impl_->loops.push_back(&loop);
    impl_->work_ready.notify_all();
  }
  impl_->join_loop(loop, lock);
  impl_->loop_done.wait(lock, [&] { return loop.num_busy == 0; });
  if (shared) std::erase(impl_->loops, &loop);
  lock.unlock();
  if (loop.error) std::rethrow_exception(loop.error);
}

void Executor::submit(std::function<void()> task) const {
  if (impl_->threads.empty()) {
    task();
    return;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->tasks.push_back(std::move(task));
  }
  impl_->work_ready.notify_one();
}

int default_num_threads() noexcept {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace diar
