// Networks of the golden data on every backend of this build, and noise to feed them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backends/mlx/mlx_backend.h"
#include "models/weight_file.h"
#include "networks/pyannet/geometry.h"
#include "networks/registry.h"
#include "networks/resnet34/network.h"
#include "test_paths.h"

namespace diar::backend_test {

inline std::filesystem::path golden_models() {
  return std::filesystem::path(DIAR_TEST_DATA) / "golden" / "models";
}

inline std::shared_ptr<const SegmentationNetwork> segmentation(const NetworkOptions& options) {
  return make_segmentation_network(read_weight_file(golden_models() / "segmentation" / "weights.npz"),
                                   options, std::make_shared<const Executor>(options.num_threads));
}

inline std::unique_ptr<ResNet34> resnet34(const Weights& weights, const NetworkOptions& options) {
  if (resolve_device(options.device) == Device::kMlx)
    return mlx_backend::make_resnet34(weights, options.precision);
  return cpu::make_resnet34(weights, std::make_shared<const Executor>(options.num_threads),
                            options.precision == Precision::kMixed);
}

inline std::unique_ptr<ResNet34> embedding(const NetworkOptions& options) {
  return resnet34(read_weight_file(golden_models() / "m8a" / "embedding" / "weights.npz"), options);
}

/// Uniform in [-amplitude, amplitude), the same on every machine.
inline std::vector<float> noise(std::size_t size, float amplitude, std::uint64_t seed) {
  std::vector<float> values(size);
  std::uint64_t state = seed * 2 + 1;
  for (float& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = amplitude * (static_cast<float>(state >> 40) / 8388608.0f - 1.0f);
  }
  return values;
}

inline float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  float worst = 0.0f;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    // A NaN must not hide in the comparison of the maximum.
    worst = difference > worst || difference != difference ? difference : worst;
    if (worst != worst) break;
  }
  return worst;
}

/// Every backend of this build.
inline std::vector<Device> devices() {
  std::vector<Device> devices = {Device::kCpu};
  if (mlx_backend::available()) devices.push_back(Device::kMlx);
  return devices;
}

inline std::string device_test_name(const ::testing::TestParamInfo<Device>& test) {
  return test.param == Device::kMlx ? "mlx" : "cpu";
}

}  // namespace diar::backend_test
