// The one thread of this process on which MLX works, and the device it works on.
#pragma once

#include <mlx/mlx.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace diar::mlx_backend {

namespace mx = mlx::core;

/// MLX keeps streams, compiled functions and (on CUDA) contexts for each thread, and leaves it to the caller
/// to keep threads off each other's graphs. One thread for all of it makes `run` of both models callable from
/// any thread, and a server that starts a thread for each request leaves nothing behind.
class Runtime {
 public:
  /// Started by the first call; never destroyed, because MLX's own statics may go before it at exit.
  static Runtime& instance();

  /// Runs `work` on the MLX thread and waits for it. Rethrows this library's errors; whatever MLX throws
  /// becomes a `DeviceError`. Not to be called from within `work`.
  void run(const std::function<void()>& work);

  /// The GPU (Metal or CUDA) when MLX has one and DIAR_MLX_DEVICE is not "cpu", else the CPU.
  const mx::Device& device() const noexcept { return device_; }
  bool on_gpu() const noexcept { return device_ == mx::Device::gpu; }
  /// Bytes that one batch may take for its intermediate results.
  std::size_t batch_budget() const noexcept { return batch_budget_; }

  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

 private:
  Runtime();
  void loop();
  struct Queue;

  mx::Device device_;
  std::size_t batch_budget_;
  std::unique_ptr<Queue> queue_;
};

/// An element-wise function, fused into one kernel by mx::compile on a GPU. On a CPU MLX would call g++ at
/// run time to compile it, so there the function runs as it is unless DIAR_MLX_COMPILE=1 asks for it.
using ArrayFunction = std::vector<mx::array> (*)(const std::vector<mx::array>&);
std::function<std::vector<mx::array>(const std::vector<mx::array>&)> maybe_compile(ArrayFunction function);

/// Evaluates `values`, which has to have as many elements as `out`, and copies it out in row-major order.
void copy_out(const mx::array& values, std::span<float> out, const mx::Device& device);

/// Destroys a network on the MLX thread and gives its cached buffers back. For destructors.
template <typename Network>
void release(Runtime& runtime, std::unique_ptr<Network>& network) noexcept {
  try {
    runtime.run([&network] {
      network.reset();
      mx::clear_cache();
    });
  } catch (...) {
    // Nothing is left to do: the thread never ends, and destroying arrays does not throw.
  }
}

/// An array with a copy of `values`.
mx::array to_array(std::span<const float> values, mx::Shape shape);

}  // namespace diar::mlx_backend
