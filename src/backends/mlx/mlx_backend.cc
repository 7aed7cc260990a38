#include "backends/mlx/mlx_backend.h"

#include <mlx/backend/metal/metal.h>

#include <variant>

#include "backends/mlx/runtime.h"

namespace diar::mlx_backend {

bool available() noexcept {
  return true;
}

bool has_gpu() {
  return Runtime::instance().on_gpu();
}

std::string device_description() {
  const Runtime& runtime = Runtime::instance();
  if (!runtime.on_gpu()) return "CPU";
  std::string name = mx::metal::is_available() ? "Metal" : "CUDA";
  const auto& info = mx::device_info(runtime.device());
  if (const auto found = info.find("device_name"); found != info.end()) {
    if (const auto* text = std::get_if<std::string>(&found->second)) name += ", " + *text;
  }
  return name;
}

}  // namespace diar::mlx_backend
