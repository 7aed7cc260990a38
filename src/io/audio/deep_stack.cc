#include "io/audio/deep_stack.h"

#include <pthread.h>

#include <exception>

namespace diar {
namespace {

constexpr std::size_t kEnough = 512 * 1024;
constexpr std::size_t kDeep = 1024 * 1024;

// The size of this thread's stack; where the system cannot tell, it is taken for enough.
std::size_t stack_bytes() {
  std::size_t bytes = kEnough;
#if defined(__GLIBC__)
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
  }
#elif defined(__APPLE__)
  bytes = pthread_get_stacksize_np(pthread_self());
#endif
  return bytes;
}

struct Job {
  const std::function<void()>& work;
  std::exception_ptr error;
};

void* run(void* argument) {
  auto& job = *static_cast<Job*>(argument);
  try {
    job.work();
  } catch (...) {
    job.error = std::current_exception();
  }
  return nullptr;
}

}  // namespace

void on_deep_stack(const std::function<void()>& work) {
  // Asked once for each thread: for the main one glibc reads /proc/self/maps.
  thread_local const bool is_deep = stack_bytes() >= kEnough;
  if (is_deep) return work();
  Job job = {work, nullptr};
  pthread_attr_t attributes;
  pthread_t thread;
  bool made = pthread_attr_init(&attributes) == 0;
  if (made) {
    // Not subject to the limit that made this stack small.
    pthread_attr_setstacksize(&attributes, kDeep);
    made = pthread_create(&thread, &attributes, &run, &job) == 0;
    pthread_attr_destroy(&attributes);
  }
  if (!made) return work();
  pthread_join(thread, nullptr);
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace diar
