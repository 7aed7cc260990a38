// Points and a number of clusters in, that many clusters out: for speaker counts that the user forces.
#pragma once

#include <vector>

#include "clustering/matrix.h"
#include "core/pulse.h"

namespace diar {

/// Lloyd's algorithm from k-means++ starts: the best of three, with the random numbers of scikit-learn's
/// KMeans(n_init=3, random_state=42), so that the partition is the same wherever rounding does not decide.
/// points [n, d]; 1 <= num_clusters <= n. Labels from 0. `pulse` beats with
/// every iteration.
std::vector<int> cluster_kmeans(const RowMatrixF& points, int num_clusters, const Pulse& pulse = {});

}  // namespace diar
