#include "batch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "command_context.h"
#include "diar/errors.h"

namespace diar::cli {
namespace {

class Batch {
 public:
  Batch(const std::vector<PlannedOutput>& plan, const BatchOptions& options, const BatchTask& task,
        BatchObserver& observer)
      : plan_(plan), options_(options), task_(task), observer_(observer), reports_(plan.size()) {}

  std::vector<ItemReport> run() {
    observer_.begin(plan_);
    const CancelledNotice notice([this] { abandon(); });
    std::vector<std::thread> threads;
    try {
      for (std::size_t worker = 1; worker < options_.num_workers; ++worker) {
        threads.emplace_back([this, worker] { work(worker); });
      }
    } catch (const std::system_error&) {
      // Out of threads: the workers that there are do it all.
    }
    work(0);
    for (std::thread& thread : threads) thread.join();
    if (interrupted()) begin_ending();
    if (defect_) std::rethrow_exception(defect_);
    observer_.end(reports_, elapsed_s());
    return std::move(reports_);
  }

 private:
  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  // Some worker does not stop. The lock is never given back, so that no other speaks after this.
  void abandon() {
    for (int tries = 0; !mutex_.try_lock(); ++tries) {
      if (tries == 10) return print_error("cancelled");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    observer_.end(reports_, elapsed_s());
    if (options_.when_abandoned) options_.when_abandoned(reports_, elapsed_s());
  }

  bool stopping() const { return interrupted() || stopping_.load(); }

  void work(std::size_t worker) {
    for (std::size_t index; !stopping() && (index = next_.fetch_add(1)) < plan_.size();) {
      try {
        work_on(index, worker);
      } catch (const Cancelled&) {
        return;
      } catch (...) {
        stopping_.store(true);
        const std::lock_guard lock(mutex_);
        if (!defect_) defect_ = std::current_exception();
        return;
      }
    }
  }

  void work_on(std::size_t index, std::size_t worker) {
    const PlannedOutput& item = plan_[index];
    ItemReport report;
    if (options_.resume && item.problem.empty() && is_finished(item)) {
      report.state = ItemState::kSkipped;
      return finish(index, std::move(report));
    }
    {
      const std::lock_guard lock(mutex_);
      observer_.item_started(index);
    }
    try {
      if (!item.problem.empty()) throw InputError(item.problem);
      report = task_({item, index, worker,
                      [this, index](const Progress& progress) {
                        const std::lock_guard lock(mutex_);
                        observer_.item_progress(index, progress);
                        return !stopping();
                      },
                      [this](const std::function<void()>& speak) {
                        const std::lock_guard lock(mutex_);
                        observer_.item_speaks();
                        speak();
                      }});
      report.state = ItemState::kDone;
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      // What a signal broke is no failure of the input.
      if (interrupted()) throw Cancelled();
      report.state = ItemState::kFailed;
      report.error = with_hint(error);
      report.exit_code = error.exit_code();
    }
    finish(index, std::move(report));
  }

  void finish(std::size_t index, ItemReport report) {
    const std::lock_guard lock(mutex_);
    reports_[index] = std::move(report);
    observer_.item_ended(index, reports_[index]);
  }

  const std::vector<PlannedOutput>& plan_;
  const BatchOptions& options_;
  const BatchTask& task_;
  BatchObserver& observer_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;  // guards everything below but the atomics, and the observer
  std::vector<ItemReport> reports_;
  std::exception_ptr defect_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> next_{0};
};

}  // namespace

std::vector<ItemReport> run_batch(const std::vector<PlannedOutput>& plan, const BatchOptions& options,
                                  const BatchTask& task, BatchObserver& observer) {
  return Batch(plan, options, task, observer).run();
}

std::size_t count_state(const std::vector<ItemReport>& reports, ItemState state) {
  return static_cast<std::size_t>(std::count_if(
      reports.begin(), reports.end(), [&](const ItemReport& report) { return report.state == state; }));
}

}  // namespace diar::cli
