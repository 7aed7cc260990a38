// The constants of Winograd's minimal filtering F(4, 3).
#pragma once

#include <cstddef>

namespace diar::nn {

/// Points 0, a, -a, b, -b and infinity. The usual 1 and 2 amplify float rounding 2.7 times more than 5/8 and
/// 3/2, the best of all eighths (docs/performance.md); the squares are exact in binary.
struct Winograd4 {
  static constexpr std::size_t kTile = 6;
  static constexpr float kA = 0.625f;
  static constexpr float kB = 1.5f;
  static constexpr float kA2 = kA * kA;
  static constexpr float kB2 = kB * kB;

  /// Row `tap` of G: a filter g becomes G g G^T. Lagrange's 1 / prod (p_tap - p_other) times 1, p, p^2.
  static constexpr double g(std::size_t tap, std::size_t power) {
    if (tap == 0) return power == 0 ? 1.0 / (double{kA2} * double{kB2}) : 0.0;
    if (tap == kTile - 1) return power == 2 ? 1.0 : 0.0;
    const double p = tap <= 2 ? kA : kB;
    const double other = tap <= 2 ? kB : kA;
    const double scale = 1.0 / (2.0 * p * p * (p * p - other * other));
    const double sign = power == 1 && tap % 2 == 0 ? -1.0 : 1.0;
    return sign * scale * (power == 0 ? 1.0 : power == 1 ? p : p * p);
  }
};

}  // namespace diar::nn
