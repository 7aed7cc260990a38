// Unit-length embeddings in, clusters of agglomerative clustering with centroid linkage out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clustering/matrix.h"
#include "core/pulse.h"

namespace diar {

/// One merge of the dendrogram: clusters below n are the points, cluster n + k is the result of merge k.
struct Merge {
  int left = 0;  ///< the smaller number
  int right = 0;
  double distance = 0.0;
};

/// Points that lie somewhere else: point i is the row rows[i] of `values` [.., dimension], divided by
/// divisors[i] in float. `values` is borrowed.
struct ScaledRows {
  std::span<const float> values;
  std::size_t dimension = 0;
  std::vector<std::uint32_t> rows;
  std::vector<float> divisors;
};

/// Centroid linkage with Euclidean distances: step by step the two clusters whose centroids are closest
/// become one. n points of d finite numbers, else `InvalidArgument`. Centroids and the distances that decide
/// are double. Memory: d bytes for each point and 8 d for each cluster of more than two; never an n x n
/// matrix. Time O(n^2 d), most of it on centroids rounded to bytes (fast_linkage.cc). Merges, their order and
/// the choice among equal distances are those of scipy.cluster.hierarchy.linkage(method="centroid"), except
/// where two distances differ by rounding only.
/// `pulse` beats with every merge.
std::vector<Merge> centroid_linkage(const ScaledRows& points, const Pulse& pulse = {});
/// points [n, d].
std::vector<Merge> centroid_linkage(const RowMatrixF& points);
/// The same merges from scans in double, for points in double: the naive twin.
std::vector<Merge> centroid_linkage_plain(RowMatrix points);
/// The same from a condensed distance matrix updated by the Lance-Williams formula, as scipy does it: the
/// reference.
std::vector<Merge> centroid_linkage_reference(const RowMatrix& points);

/// Flat clusters: the largest subtrees in which no merge is above `threshold`. (Centroid linkage can invert,
/// so the maximum of a subtree counts, not its top.) Labels from 0 in the order of a depth-first walk, left
/// child first. Oracle: scipy fcluster(criterion="distance").
std::vector<int> cut_dendrogram(const std::vector<Merge>& merges, int num_points, double threshold);

}  // namespace diar
