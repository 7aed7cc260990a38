// The constants of Winograd's minimal filtering F(4, 3) and F(5, 3).
#pragma once

#include <array>
#include <cstddef>

namespace diar::nn {

/// Largest tile: F(5x5, 3x3) multiplies 7x7 values for 5x5 results.
inline constexpr std::size_t kMaxWinogradTile = 7;

/// F(m, 3): m results of a 3-tap filter from m + 2 multiplications, at the points 0, a, -a, b, -b (, c) and
/// infinity.
struct WinogradPoints {
  std::size_t outs;  ///< m
  double a, b, c;    ///< c only for m = 5

  constexpr std::size_t tile() const { return outs + 2; }
  constexpr double point(std::size_t tap) const {
    return tap == 0 ? 0.0 : tap == 1 ? a : tap == 2 ? -a : tap == 3 ? b : tap == 4 ? -b : c;
  }
  /// G[tap, power]; a filter g becomes G g G^T: 1 / prod (p_tap - p_other) times 1, p, p^2; the last row is
  /// infinity.
  constexpr double g(std::size_t tap, std::size_t power) const {
    if (tap == tile() - 1) return power == 2 ? 1.0 : 0.0;
    double value = 1.0;
    for (std::size_t other = 0; other + 1 < tile(); ++other) {
      if (other != tap) value /= point(tap) - point(other);
    }
    for (std::size_t i = 0; i < power; ++i) value *= point(tap);
    return value;
  }
};

/// The points whose float rounding was smallest among all eighths (docs/performance.md): 5e-7 of the result
/// instead of 1.3e-6 with the usual 1 and 2 for m = 4; 1.2e-6 for m = 5. All squares are exact in binary.
inline constexpr WinogradPoints kWinograd4 = {4, 0.625, 1.5, 0.0};
inline constexpr WinogradPoints kWinograd5 = {5, 0.5, 1.0, 2.5};

}  // namespace diar::nn
