#include "core/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace diar {

struct ThreadPool::Impl {
  using Task = std::function<void(std::size_t, std::size_t)>;

  std::mutex call_mutex;  // one parallel_for at a time
  std::mutex mutex;       // guards everything below but next_item
  std::condition_variable work_ready;
  std::condition_variable work_done;
  const Task* task = nullptr;
  std::size_t num_items = 0;
  std::size_t generation = 0;
  std::size_t busy_workers = 0;
  bool stopping = false;
  std::exception_ptr error;
  std::atomic<std::size_t> next_item{0};
  std::vector<std::thread> threads;

  void drain(std::size_t worker) {
    try {
      for (std::size_t item; (item = next_item.fetch_add(1)) < num_items;) (*task)(item, worker);
    } catch (...) {
      next_item.store(num_items);
      std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  }

  void work(std::size_t worker) {
    std::size_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      work_ready.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      drain(worker);
      lock.lock();
      if (--busy_workers == 0) work_done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int num_threads) : impl_(std::make_unique<Impl>()) {
  const int count = num_threads > 0 ? num_threads : default_num_threads();
  for (int worker = 1; worker < count; ++worker) {
    impl_->threads.emplace_back(
        [impl = impl_.get(), worker] { impl->work(static_cast<std::size_t>(worker)); });
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->work_ready.notify_all();
  for (auto& thread : impl_->threads) thread.join();
}

int ThreadPool::num_threads() const noexcept {
  return static_cast<int>(impl_->threads.size()) + 1;
}

void ThreadPool::parallel_for(std::size_t num_items, const Impl::Task& task) const {
  if (num_items == 0) return;
  std::lock_guard call_lock(impl_->call_mutex);
  {
    std::lock_guard lock(impl_->mutex);
    impl_->task = &task;
    impl_->num_items = num_items;
    impl_->next_item.store(0);
    impl_->error = nullptr;
    impl_->busy_workers = impl_->threads.size();
    ++impl_->generation;
  }
  impl_->work_ready.notify_all();
  impl_->drain(0);
  std::unique_lock lock(impl_->mutex);
  impl_->work_done.wait(lock, [&] { return impl_->busy_workers == 0; });
  if (impl_->error) std::rethrow_exception(std::exchange(impl_->error, nullptr));
}

int default_num_threads() noexcept {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace diar
