// The twin of a build without MLX. Its networks are not in the registry's table, which says so.
#include "backends/mlx/mlx_backend.h"

namespace diar::mlx_backend {

bool available() noexcept {
  return false;
}
bool has_gpu() {
  return false;
}
std::string device_description() {
  return "not in this build";
}

}  // namespace diar::mlx_backend
