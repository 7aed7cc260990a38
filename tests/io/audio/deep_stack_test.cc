// Work that needs a large stack is done wherever it was asked for.
#include "io/audio/deep_stack.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstring>
#include <stdexcept>
#include <thread>

namespace diar {
namespace {

// Uses 300 KB of the stack; more than the small one of these tests has.
int fill_stack(int value) {
  volatile char room[300 * 1024];
  for (std::size_t i = 0; i < sizeof(room); i += 512) room[i] = static_cast<char>(value);
  return room[512 * 100];
}

// Runs `work` on a thread with 128 KiB of stack.
void on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 128 * 1024), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(
                &thread, &attributes,
                [](void* argument) -> void* {
                  (*static_cast<const std::function<void()>*>(argument))();
                  return nullptr;
                },
                const_cast<std::function<void()>*>(&work)),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(DeepStack, ServesThreadsWithALittleOne) {
  int seen = 0;
  on_small_stack([&] { on_deep_stack([&] { seen = fill_stack(7); }); });
  EXPECT_EQ(seen, 7);
}

TEST(DeepStack, ErrorsComeBack) {
  bool caught = false;
  on_small_stack([&] {
    try {
      on_deep_stack([] { throw std::runtime_error("from there"); });
    } catch (const std::runtime_error& error) {
      caught = std::strcmp(error.what(), "from there") == 0;
    }
  });
  EXPECT_TRUE(caught);
}

TEST(DeepStack, AThreadWithEnoughDoesTheWorkItself) {
  const auto caller = std::this_thread::get_id();
  std::thread::id worker;
  on_deep_stack([&] { worker = std::this_thread::get_id(); });
  EXPECT_EQ(worker, caller);
}

}  // namespace
}  // namespace diar
