#include "backends/mlx/runtime.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <future>
#include <mutex>
#include <string_view>
#include <thread>

#include "diar/errors.h"

namespace diar::mlx_backend {
namespace {

// Large enough for a GPU to be busy, small enough for a laptop that does other things too.
constexpr std::size_t kMaxGpuBudget = std::size_t{2} << 30;
constexpr std::size_t kCpuBudget = std::size_t{256} << 20;

bool environment_is(const char* name, std::string_view value) {
  const char* found = std::getenv(name);
  return found != nullptr && value == found;
}

mx::Device choose_device() {
  // Without this, MLX multiplies float32 matrices with 10-bit mantissas on CUDA and on the M5's accelerators.
  // Read once, at the first product; a value that the user has set stays.
  setenv("MLX_ENABLE_TF32", "0", /*overwrite=*/0);
  if (environment_is("DIAR_MLX_DEVICE", "cpu") || !mx::is_available(mx::Device::gpu)) return mx::Device::cpu;
  return mx::Device::gpu;
}

// A sixteenth of what MLX allows itself: the same memory serves the display, the cache and other programs.
std::size_t choose_budget(const mx::Device& device) {
  if (device == mx::Device::cpu) return kCpuBudget;
  return std::clamp(mx::get_memory_limit() / 16, kCpuBudget, kMaxGpuBudget);
}

}  // namespace

struct Runtime::Queue {
  std::mutex mutex;
  std::condition_variable filled;
  std::deque<std::packaged_task<void()>> tasks;
};

Runtime::Runtime()
    : device_(choose_device()), batch_budget_(choose_budget(device_)), queue_(std::make_unique<Queue>()) {
  std::thread([this] { loop(); }).detach();
}

Runtime& Runtime::instance() {
  static Runtime* runtime = new Runtime;
  return *runtime;
}

void Runtime::loop() {
  while (true) {
    std::packaged_task<void()> task;
    {
      std::unique_lock lock(queue_->mutex);
      queue_->filled.wait(lock, [this] { return !queue_->tasks.empty(); });
      task = std::move(queue_->tasks.front());
      queue_->tasks.pop_front();
    }
    task();
  }
}

void Runtime::run(const std::function<void()>& work) {
  std::packaged_task<void()> task(work);
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->tasks.push_back(std::move(task));
  }
  queue_->filled.notify_one();
  try {
    done.get();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw DeviceError(std::string("MLX: ") + error.what());
  }
}

std::function<std::vector<mx::array>(const std::vector<mx::array>&)> maybe_compile(ArrayFunction function) {
  if (!Runtime::instance().on_gpu() && !environment_is("DIAR_MLX_COMPILE", "1")) return function;
  return mx::compile(function, /*shapeless=*/true);
}

void copy_out(const mx::array& values, std::span<float> out, const mx::Device& device) {
  mx::array dense = mx::contiguous(values, /*allow_col_major=*/false, device);
  dense.eval();
  if (dense.size() != out.size() || dense.dtype() != mx::float32 || !dense.flags().row_contiguous) {
    throw DeviceError("MLX returned an array of another size, type or layout");
  }
  std::memcpy(out.data(), dense.data<float>(), out.size_bytes());
}

mx::array to_array(std::span<const float> values, mx::Shape shape) {
  return mx::array(values.data(), std::move(shape), mx::float32);
}

}  // namespace diar::mlx_backend
