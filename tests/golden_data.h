// Golden files in, matrices and activity of the engine's own types out: what tests of single stages share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "assign/activity.h"
#include "clustering/matrix.h"
#include "models/weight_file.h"
#include "networks/pyannet/geometry.h"
#include "test_paths.h"

namespace diar::golden {

inline std::filesystem::path folder() {
  return std::filesystem::path(DIAR_TEST_DATA) / "golden";
}

/// tests/data/golden/unit/NAME.npz. A missing file throws, so the test fails.
inline Weights unit(const std::string& name) {
  return read_weight_file(folder() / "unit" / (name + ".npz"));
}

inline std::string text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << "missing golden file " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// "points_3".
inline std::string indexed(const std::string& name, int index) {
  return name + "_" + std::to_string(index);
}

inline int scalar(const Weights& file, const std::string& name) {
  return static_cast<int>(file.at(name).to_double().at(0));
}

inline std::vector<int> ints(const Tensor& tensor) {
  const auto values = tensor.to_double();
  return {values.begin(), values.end()};
}

inline std::vector<std::uint8_t> bytes(const Tensor& tensor) {
  const auto values = tensor.to_double();
  std::vector<std::uint8_t> result;
  for (const double value : values) result.push_back(static_cast<std::uint8_t>(value));
  return result;
}

inline RowMatrix matrix(const Tensor& tensor) {
  const auto values = tensor.to_double();
  return Eigen::Map<const RowMatrix>(values.data(), static_cast<Eigen::Index>(tensor.shape.at(0)),
                                     static_cast<Eigen::Index>(tensor.shape.at(1)));
}

inline RowMatrixF matrix_f(const Tensor& tensor) {
  return matrix(tensor).cast<float>();
}

inline Eigen::VectorXd vector(const Tensor& tensor) {
  const auto values = tensor.to_double();
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

/// Recorded decisions [windows, frames, 3] of 0 and 1, windows of 10 s every second.
inline Activity activity(const Tensor& hard) {
  const auto values = hard.to_double();
  Activity result;
  result.grid.num_windows = hard.shape.at(0);
  result.grid.frames_per_window = hard.shape.at(1);
  for (std::size_t i = 0; i < values.size(); i += kPyannetSpeakers) {
    unsigned bits = 0;
    for (std::size_t s = 0; s < kPyannetSpeakers; ++s) bits |= values[i + s] != 0.0 ? 1u << s : 0u;
    result.bits.push_back(static_cast<std::uint8_t>(bits));
  }
  return result;
}

}  // namespace diar::golden
