// The numbers that weigh the clustering; the defaults are community-1's.
#pragma once

namespace diar {

struct ClusteringParameters {
  double threshold = 0.6;  ///< AHC cut
  double fa = 0.07;        ///< VBx Fa
  double fb = 0.8;         ///< VBx Fb, for windows as far apart as the model's step

  friend bool operator==(const ClusteringParameters&, const ClusteringParameters&) = default;
};

}  // namespace diar
