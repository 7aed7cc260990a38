#include "core/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace diar {
namespace {

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, RunsEveryItemOnceWithDistinctWorkers) {
  const ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> runs(1000);
  std::vector<std::atomic<int>> in_use(static_cast<std::size_t>(pool.num_threads()));
  pool.parallel_for(runs.size(), [&](std::size_t item, std::size_t worker) {
    EXPECT_EQ(in_use[worker].fetch_add(1), 0);
    ++runs[item];
    in_use[worker].fetch_sub(1);
  });
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
}

TEST_P(ThreadPoolTest, RethrowsAndStaysUsable) {
  const ThreadPool pool(GetParam());
  EXPECT_THROW(pool.parallel_for(100,
                                 [](std::size_t item, std::size_t) {
                                   if (item == 7) throw std::runtime_error("seven");
                                 }),
               std::runtime_error);
  std::atomic<int> count{0};
  pool.parallel_for(10, [&](std::size_t, std::size_t) { ++count; });
  EXPECT_EQ(count.load(), 10);
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, ::testing::Values(1, 2, 3, 8));

TEST(ThreadPool, ZeroMeansTheCoresOfTheProcess) {
  EXPECT_EQ(ThreadPool(0).num_threads(), default_num_threads());
  EXPECT_GE(default_num_threads(), 1);
}

}  // namespace
}  // namespace diar
