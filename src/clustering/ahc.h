// Unit-length embeddings in, clusters of agglomerative clustering with centroid linkage out.
#pragma once

#include <vector>

#include "clustering/matrix.h"

namespace diar {

/// One merge of the dendrogram: clusters below n are the points, cluster n + k is the result of merge k.
struct Merge {
  int left = 0;  ///< the smaller number
  int right = 0;
  double distance = 0.0;
};

/// Centroid linkage with Euclidean distances: again and again the two clusters whose centroids are closest
/// become one. points [n, d], finite, else `InvalidArgument`. Centroids and the distances that decide are
/// double. Memory is O(n d): the points, which are taken, a quarter of it again, and 8 d bytes for each
/// cluster of more than one point; never an n x n matrix. Time O(n^2 d), most of it on centroids rounded to
/// bytes (fast_linkage.cc). Merges, their order and the choice among equal distances are those of
/// scipy.cluster.hierarchy.linkage(method="centroid"), except where two distances differ by rounding only.
std::vector<Merge> centroid_linkage(RowMatrixF points);
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
