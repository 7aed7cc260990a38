// How a long run reports where it is, hands out intermediate results and learns that it should stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace diar {

/// State of a run. `total` is 0 while the length of the input is not known.
struct Progress {
  std::string_view stage;  ///< "networks", "clustering", "reconstruction"
  std::size_t completed = 0;
  std::size_t total = 0;
};

/// Called from the thread that called `run`, at least once for each batch. Return false to stop: `run` throws
/// `Cancelled`.
using ProgressCallback = std::function<bool(const Progress&)>;

/// One stage's result, row-major, only borrowed during the call.
struct Artefact {
  /// A stage of docs/architecture.md, such as "segmentation" or "hard_clusters".
  std::string_view stage;
  std::vector<std::size_t> shape;
  std::variant<std::span<const float>, std::span<const double>, std::span<const std::int32_t>,
               std::span<const std::uint8_t>>
      values;
  /// For artefacts that come in batches of windows: index of the first window in `values`.
  std::size_t first_window = 0;
};

/// Receives every stage's artefact, from the thread that called `run`.
using ArtefactHook = std::function<void(const Artefact&)>;

}  // namespace diar
