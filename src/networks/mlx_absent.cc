// The throwing twins of a build without MLX.
#include "diar/errors.h"
#include "networks/pyannet/network.h"
#include "networks/resnet34/network.h"

namespace diar::mlx_backend {
namespace {

[[noreturn]] void absent() {
  throw DeviceError("this build has no MLX backend");
}

}  // namespace

std::unique_ptr<SegmentationNetwork> make_pyannet(const Weights&) {
  absent();
}
std::unique_ptr<ResNet34> make_resnet34(const Weights&, Precision) {
  absent();
}

}  // namespace diar::mlx_backend
