// Intermediate results of any shape in, calls of the user's hook out; all of it costs nothing without a hook.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "clustering/matrix.h"
#include "diar/progress.h"

namespace diar {

inline void emit_labels(const ArtefactHook& hook, std::string_view stage, const std::vector<int>& labels) {
  if (hook) hook({stage, {labels.size()}, std::span<const std::int32_t>(labels), 0});
}
inline void emit_matrix(const ArtefactHook& hook, std::string_view stage, const RowMatrix& matrix) {
  if (!hook) return;
  const auto rows = static_cast<std::size_t>(matrix.rows());
  const auto columns = static_cast<std::size_t>(matrix.cols());
  hook({stage, {rows, columns}, std::span<const double>(matrix.data(), rows * columns), 0});
}
inline void emit_vector(const ArtefactHook& hook, std::string_view stage, const Eigen::VectorXd& vector) {
  const auto size = static_cast<std::size_t>(vector.size());
  if (hook) hook({stage, {size}, std::span<const double>(vector.data(), size), 0});
}
inline void emit_bytes(const ArtefactHook& hook, std::string_view stage, std::vector<std::size_t> shape,
                       std::span<const std::uint8_t> values, std::size_t first_window = 0) {
  if (hook) hook({stage, std::move(shape), values, first_window});
}
inline void emit_floats(const ArtefactHook& hook, std::string_view stage, std::vector<std::size_t> shape,
                        std::span<const float> values, std::size_t first_window = 0) {
  if (hook) hook({stage, std::move(shape), values, first_window});
}
/// [pairs, 2]: window and local speaker.
inline void emit_pairs(const ArtefactHook& hook, std::string_view stage,
                       const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  if (!hook) return;
  std::vector<std::int32_t> flat;
  for (const auto& [window, local_speaker] : pairs) {
    flat.push_back(static_cast<std::int32_t>(window));
    flat.push_back(static_cast<std::int32_t>(local_speaker));
  }
  hook({stage, {pairs.size(), 2}, std::span<const std::int32_t>(flat), 0});
}

}  // namespace diar
