#include "clustering/ahc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "clustering/slot_heap.h"

namespace diar {
namespace {

struct Neighbour {
  std::size_t slot = std::numeric_limits<std::size_t>::max();
  double distance = std::numeric_limits<double>::infinity();
};

// Distances that follow from the centroids: [n, d] doubles and nothing else.
class CentroidDistances {
 public:
  explicit CentroidDistances(RowMatrix points) : centroids_(std::move(points)) {}

  double get(std::size_t a, std::size_t b) const {
    return std::sqrt(
        (centroids_.row(static_cast<Eigen::Index>(a)) - centroids_.row(static_cast<Eigen::Index>(b)))
            .squaredNorm());
  }
  // Slot y becomes the union of x (nx points) and y (ny points).
  void merge(std::size_t x, std::size_t y, double, double nx, double ny, const std::vector<double>&) {
    auto target = centroids_.row(static_cast<Eigen::Index>(y));
    target = (nx * centroids_.row(static_cast<Eigen::Index>(x)) + ny * target) / (nx + ny);
  }

 private:
  RowMatrix centroids_;
};

// The upper triangle of all distances, updated by the Lance-Williams formula.
class CondensedDistances {
 public:
  explicit CondensedDistances(const RowMatrix& points)
      : n_(static_cast<std::size_t>(points.rows())), values_(n_ * (n_ - 1) / 2) {
    const CentroidDistances direct(points);
    for (std::size_t a = 0; a < n_; ++a) {
      for (std::size_t b = a + 1; b < n_; ++b) values_[index(a, b)] = direct.get(a, b);
    }
  }

  double get(std::size_t a, std::size_t b) const { return values_[index(a, b)]; }
  void merge(std::size_t x, std::size_t y, double d_xy, double nx, double ny,
             const std::vector<double>& sizes) {
    for (std::size_t z = 0; z < n_; ++z) {
      if (sizes[z] == 0.0 || z == y || z == x) continue;
      const double d_xz = get(x, z);
      const double d_yz = get(y, z);
      values_[index(z, y)] = std::sqrt(
          (((nx * d_xz * d_xz) + (ny * d_yz * d_yz)) - (nx * ny * d_xy * d_xy) / (nx + ny)) / (nx + ny));
    }
  }

 private:
  std::size_t index(std::size_t a, std::size_t b) const {
    if (a > b) std::swap(a, b);
    return n_ * a - a * (a + 1) / 2 + (b - a - 1);
  }

  std::size_t n_;
  std::vector<double> values_;
};

// Müllner's generic algorithm: each slot keeps a candidate neighbour among the later slots and a lower bound
// of its distance.
template <class Distances>
class GenericLinkage {
 public:
  explicit GenericLinkage(RowMatrix points)
      : n_(static_cast<std::size_t>(points.rows())),
        distances_(std::move(points)),
        sizes_(n_, 1.0),
        ids_(n_) {
    for (std::size_t i = 0; i < n_; ++i) ids_[i] = static_cast<int>(i);
  }

  std::vector<Merge> run() {
    std::vector<Merge> merges;
    if (n_ < 2) return merges;
    std::vector<double> bounds(n_ - 1);
    neighbours_.resize(n_ - 1);
    for (std::size_t x = 0; x + 1 < n_; ++x) {
      const Neighbour nearest = find_nearest(x);
      neighbours_[x] = nearest;
      bounds[x] = nearest.distance;
    }
    SlotHeap heap(std::move(bounds));
    for (std::size_t k = 0; k + 1 < n_; ++k) {
      const std::size_t x = closest_pair(heap, n_ - k);
      const std::size_t y = neighbours_[x].slot;
      const double distance = neighbours_[x].distance;
      heap.remove_top();
      merges.push_back({std::min(ids_[x], ids_[y]), std::max(ids_[x], ids_[y]), distance});
      join(x, y, distance, static_cast<int>(n_ + k), heap);
    }
    return merges;
  }

 private:
  Neighbour find_nearest(std::size_t x) const {
    Neighbour nearest;
    for (std::size_t y = x + 1; y < n_; ++y) {
      if (sizes_[y] == 0.0) continue;
      const double distance = distances_.get(x, y);
      if (distance < nearest.distance) nearest = {y, distance};
    }
    return nearest;
  }

  // The top of the heap is only a lower bound until its distance has been confirmed.
  std::size_t closest_pair(SlotHeap& heap, std::size_t max_tries) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t x = heap.top_slot();
      if (heap.top_value() == distances_.get(x, neighbours_[x].slot)) break;
      neighbours_[x] = find_nearest(x);
      heap.change(x, neighbours_[x].distance);
    }
    return heap.top_slot();
  }

  // Slot x is dropped, slot y becomes the union.
  void join(std::size_t x, std::size_t y, double distance, int id, SlotHeap& heap) {
    const double nx = sizes_[x];
    const double ny = sizes_[y];
    sizes_[x] = 0.0;
    sizes_[y] = nx + ny;
    ids_[y] = id;
    distances_.merge(x, y, distance, nx, ny, sizes_);
    for (std::size_t z = 0; z < x; ++z) {
      if (sizes_[z] > 0.0 && neighbours_[z].slot == x) neighbours_[z].slot = y;
    }
    for (std::size_t z = 0; z < y; ++z) {
      if (sizes_[z] == 0.0) continue;
      const double updated = distances_.get(z, y);
      if (updated < neighbours_[z].distance) {
        neighbours_[z] = {y, updated};
        heap.change(z, updated);
      }
    }
    if (y + 1 < n_) {
      const Neighbour nearest = find_nearest(y);
      if (nearest.slot < n_) {
        neighbours_[y] = nearest;
        heap.change(y, nearest.distance);
      }
    }
  }

  std::size_t n_;
  Distances distances_;
  std::vector<double> sizes_;  // 0: the slot is gone
  std::vector<int> ids_;
  std::vector<Neighbour> neighbours_;
};

}  // namespace

std::vector<Merge> centroid_linkage_plain(RowMatrix points) {
  return GenericLinkage<CentroidDistances>(std::move(points)).run();
}

std::vector<Merge> centroid_linkage_reference(const RowMatrix& points) {
  if (points.rows() < 2) return {};
  return GenericLinkage<CondensedDistances>(points).run();
}

std::vector<int> cut_dendrogram(const std::vector<Merge>& merges, int num_points, double threshold) {
  std::vector<int> labels(static_cast<std::size_t>(num_points), 0);
  if (merges.empty()) return labels;
  // Children come before their parents, so one pass gives every subtree's maximum.
  std::vector<double> highest(merges.size());
  const auto height = [&](int node) {
    return node < num_points ? 0.0 : highest[static_cast<std::size_t>(node - num_points)];
  };
  for (std::size_t k = 0; k < merges.size(); ++k) {
    highest[k] = std::max({merges[k].distance, height(merges[k].left), height(merges[k].right)});
  }
  int next_label = 0;
  // (node, label of the cluster it lies in or -1)
  std::vector<std::pair<int, int>> stack = {{num_points + static_cast<int>(merges.size()) - 1, -1}};
  while (!stack.empty()) {
    auto [node, label] = stack.back();
    stack.pop_back();
    if (label < 0 && (node < num_points || height(node) <= threshold)) label = next_label++;
    if (node < num_points) {
      labels[static_cast<std::size_t>(node)] = label;
      continue;
    }
    const Merge& merge = merges[static_cast<std::size_t>(node - num_points)];
    // scipy visits inner children before leaves, the left one first; what is pushed last is visited first.
    for (const bool inner : {false, true}) {
      for (const int child : {merge.right, merge.left}) {
        if ((child >= num_points) == inner) stack.emplace_back(child, label);
      }
    }
  }
  return labels;
}

}  // namespace diar
