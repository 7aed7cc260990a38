#include "core/executor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/sanitizers.h"
#include "diar/errors.h"

namespace diar {
namespace {

class ExecutorTest : public ::testing::TestWithParam<int> {};

TEST_P(ExecutorTest, RunsEveryItemOnceWithDistinctWorkers) {
  const Executor executor(GetParam());
  std::vector<std::atomic<int>> runs(1000);
  std::vector<std::atomic<int>> in_use(static_cast<std::size_t>(executor.num_threads()));
  executor.parallel_for(runs.size(), [&](std::size_t item, std::size_t worker) {
    EXPECT_EQ(in_use.at(worker).fetch_add(1), 0);
    ++runs[item];
    in_use[worker].fetch_sub(1);
  });
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
}

TEST_P(ExecutorTest, RethrowsAndStaysUsable) {
  const Executor executor(GetParam());
  EXPECT_THROW(executor.parallel_for(100,
                                     [](std::size_t item, std::size_t) {
                                       if (item == 7) throw std::runtime_error("seven");
                                     }),
               std::runtime_error);
  std::atomic<int> count{0};
  executor.parallel_for(10, [&](std::size_t, std::size_t) { ++count; });
  EXPECT_EQ(count.load(), 10);
}

// Loops inside of tasks and of other loops, started from several threads at the same time.
TEST_P(ExecutorTest, LoopsMayBeNestedAndConcurrent) {
  const Executor executor(GetParam());
  std::atomic<int> count{0};
  const auto nested = [&] {
    executor.parallel_for(8, [&](std::size_t, std::size_t) {
      executor.parallel_for(5, [&](std::size_t, std::size_t) { ++count; });
    });
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(nested);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(count.load(), 4 * 8 * 5);
}

TEST_P(ExecutorTest, LoopsStopBetweenItemsNestedOnesToo) {
  const Executor executor(GetParam());
  std::atomic<bool> stop{false};
  std::atomic<int> count{0};
  std::mutex mutex;  // nobody counts on between the tenth item and the wish to stop
  const auto nested = [&] {
    executor.parallel_for(1000, [&](std::size_t, std::size_t) {
      executor.parallel_for(1000, [&](std::size_t, std::size_t) {
        const std::lock_guard lock(mutex);
        if (++count == 10) stop.store(true);
      });
    });
  };
  {
    const Executor::StopScope scope(stop);
    EXPECT_THROW(nested(), Cancelled);
  }
  // What had begun may end: one item for each thread.
  EXPECT_LE(count.load(), 10 + GetParam());
  executor.parallel_for(5, [&](std::size_t, std::size_t) { ++count; });  // outside of the scope nothing stops
}

TEST_P(ExecutorTest, TasksRunBeforeTheEnd) {
  std::atomic<int> count{0};
  {
    const Executor executor(GetParam());
    for (int i = 0; i < 20; ++i) {
      executor.submit([&] { executor.parallel_for(3, [&](std::size_t, std::size_t) { ++count; }); });
    }
  }
  EXPECT_EQ(count.load(), 60);
}

INSTANTIATE_TEST_SUITE_P(Threads, ExecutorTest, ::testing::Values(1, 2, 3, 8));

TEST(Executor, ZeroMeansTheCoresOfTheProcess) {
  EXPECT_EQ(Executor(0).num_threads(), default_num_threads());
  EXPECT_GE(default_num_threads(), 1);
}

// Two tasks that wait for each other: they run at the same time, on different threads.
TEST(Executor, TasksOfTwoWorkersRunAtTheSameTime) {
  const Executor executor(2);
  std::mutex mutex;
  std::condition_variable both;
  int arrived = 0;
  std::atomic<int> met{0};
  for (int i = 0; i < 2; ++i) {
    executor.submit([&] {
      std::unique_lock lock(mutex);
      ++arrived;
      both.notify_all();
      if (both.wait_for(lock, std::chrono::seconds(20), [&] { return arrived == 2; })) ++met;
    });
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(both.wait_for(lock, std::chrono::seconds(20), [&] { return arrived == 2; }));
  lock.unlock();
  while (met.load() < 2) std::this_thread::yield();
}

[[noreturn, maybe_unused]] void run_with_little_address_space() {
  // Stacks of 8 MB do not fit a thousand times into what is allowed here.
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = std::size_t{1} << 30;
  setrlimit(RLIMIT_AS, &limit);
  std::atomic<int> count{0};
  int num_threads = 0;
  {
    const Executor executor(1000);
    num_threads = executor.num_threads();
    executor.parallel_for(100, [&](std::size_t, std::size_t) { ++count; });
    executor.submit([&] { ++count; });
  }
  std::_Exit(count.load() == 101 && num_threads < 1000 ? 0 : 1);
}

// In another process: the limit would hold for the other tests too.
TEST(ExecutorDeathTest, WhenTheSystemRefusesThreadsFewerAreUsed) {
#if DIAR_SANITIZES_ADDRESS || DIAR_SANITIZES_THREADS
  GTEST_SKIP() << "NOT RUN: ulimit -v (a sanitizer needs terabytes of it)";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run_with_little_address_space(), ::testing::ExitedWithCode(0), "");
#endif
}

}  // namespace
}  // namespace diar
