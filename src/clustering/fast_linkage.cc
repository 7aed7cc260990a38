// Centroid linkage whose scans over all clusters run on centroids rounded to bytes. These distances only say
// which clusters cannot be the answer; what is left is compared in double, so that every merge is that of the
// plain scans.
//
// With q the squared distance of the rounded centroids of a and b, and e how far each is from the true one,
//     sqrt(q - slack) - ea - eb <= |a - b| <= sqrt(q + slack) + ea + eb
// where slack covers the float arithmetic of q: 2^-20 (|a|^2 + |b|^2), twice that here for the rounding of
// the bytes and of the limits themselves.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "clustering/ahc.h"
#include "clustering/byte_rows.h"
#include "clustering/slot_heap.h"
#include "diar/errors.h"

namespace diar {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::uint32_t kNoPartner = std::numeric_limits<std::uint32_t>::max();
constexpr double kMostNorm = 1e12;  // squares stay far inside float's range
constexpr double kMostGone = 0.25;  // share of rows without a cluster before the others close up
constexpr std::size_t kRowsAtOnce = 64;

struct Neighbour {
  std::size_t slot = 0;
  double distance = kInfinity;
};

auto point(const ScaledRows& points, std::size_t index) {
  const auto size = static_cast<Eigen::Index>(points.dimension);
  return Eigen::Map<const Eigen::RowVectorXf>(points.values.data() + points.rows[index] * points.dimension,
                                              size) /
         points.divisors[index];
}

// The centroid of two clusters. An expression: its arguments outlive it.
template <class From, class Into>
auto mean(const From& from, double num_from, const Into& into, double num_into) {
  return (num_from * from + num_into * into) / (num_from + num_into);
}

// Clusters by slot, as in the plain linkage: a merge leaves the later slot. Rows hold the slots that are
// left, in order.
class FastLinkage {
 public:
  FastLinkage(const ScaledRows& points, double largest_norm)
      : points_(points),
        n_(points.rows.size()),
        dimension_(points.dimension),
        num_rows_(n_),
        slack_(static_cast<float>(0x1p-18 * largest_norm * largest_norm + 1e-35)),
        bytes_(n_, dimension_),
        slot_of_(n_),
        row_of_(n_),
        sizes_(n_, 1.0),
        ids_(n_),
        merged_(n_),
        partner_(n_, kNoPartner),
        distances_(n_, kInfinity),
        nearest_(n_),
        limits_(n_, 0.0f),
        scan_(ByteRows::kQueriesAtOnce * n_) {
    for (std::size_t i = 0; i < n_; ++i) {
      slot_of_[i] = row_of_[i] = i;
      ids_[i] = static_cast<int>(i);
      const Exact values = exact(i, memory_[0]);
      bytes_.set(i, {values.data(), dimension_});
    }
  }

  std::vector<Merge> run(const Pulse& pulse) {
    find_all_neighbours(pulse);
    SlotHeap heap({distances_.begin(), distances_.end() - 1});
    std::vector<Merge> merges;
    for (std::size_t k = 0; k + 1 < n_; ++k) {
      beat(pulse);
      const std::size_t x = closest_pair(heap, n_ - k);
      const std::size_t y = nearest_[row_of_[x]];
      const double distance = distances_[x];
      heap.remove_top();
      merges.push_back({std::min(ids_[x], ids_[y]), std::max(ids_[x], ids_[y]), distance});
      join(x, y, static_cast<int>(n_ + k), heap);
    }
    return merges;
  }

 private:
  using Exact = Eigen::Map<const Eigen::RowVectorXd>;

  // The centroid in double. That of a point or of two is computed each time; larger clusters keep theirs.
  Exact exact(std::size_t slot, Eigen::RowVectorXd& memory) const {
    const auto size = static_cast<Eigen::Index>(dimension_);
    if (merged_[slot]) return Exact(merged_[slot].get(), size);
    memory = point(points_, slot).cast<double>();
    if (partner_[slot] != kNoPartner)
      memory = mean(point(points_, partner_[slot]).cast<double>(), 1.0, memory, 1.0);
    return Exact(memory.data(), size);
  }
  double distance(const Exact& a, std::size_t b) const {
    return std::sqrt((a - exact(b, memory_[1])).squaredNorm());
  }
  double distance(std::size_t a, std::size_t b) const { return distance(exact(a, memory_[0]), b); }

  void set_neighbour(std::size_t slot, const Neighbour& neighbour) {
    const std::size_t r = row_of_[slot];
    nearest_[r] = static_cast<std::uint32_t>(neighbour.slot);
    distances_[slot] = neighbour.distance;
    limits_[r] = rounded_up(neighbour.distance) + bytes_.errors()[r];
  }
  // With a margin for the rounding of the two sums that follow.
  static float rounded_up(double length) { return static_cast<float>(length * (1.0 + 1e-6)); }

  // Calls visit(row) for every row in [begin, end) whose `squared` distance may mean a distance of
  // limits(row) - error(row) - error(x) or less, x being the row that the distances are to. In order.
  template <class Limits, class Visit>
  void visit_near(const float* squared, std::size_t begin, std::size_t end, std::size_t x,
                  const Limits& limits, const Visit& visit) const {
    const float error = bytes_.errors()[x];
    const auto near = [&](std::size_t r) {
      const float length = limits(r) + error;
      return squared[r] <= length * length + slack_;
    };
    for (std::size_t first = begin; first < end; first += kRowsAtOnce) {
      const std::size_t last = std::min(end, first + kRowsAtOnce);
      int count = 0;  // without a branch: vector code
      for (std::size_t r = first; r < last; ++r) count += near(r) ? 1 : 0;
      for (std::size_t r = first; count > 0 && r < last; ++r) {
        if (near(r)) visit(r);
      }
    }
  }

  // The nearest of the rows [begin, num_rows_) of slot x, whose squared byte distances are given; the first
  // of equals.
  Neighbour pick(std::size_t x, const float* squared, float least, std::size_t begin,
                 Neighbour nearest = {}) const {
    if (std::isinf(least)) return nearest;
    // The likely answer first: it bounds the others tightly.
    const float* likely = std::find(squared + begin, squared + num_rows_, least);
    const Exact centroid = exact(x, memory_[0]);
    const double bound =
        std::min(nearest.distance, distance(centroid, slot_of_[static_cast<std::size_t>(likely - squared)]));
    const float limit = rounded_up(bound);
    const float* errors = bytes_.errors();
    visit_near(
        squared, begin, num_rows_, row_of_[x], [=](std::size_t r) { return limit + errors[r]; },
        [&](std::size_t r) {
          const double exactly = distance(centroid, slot_of_[r]);
          if (exactly < nearest.distance) nearest = {slot_of_[r], exactly};
        });
    return nearest;
  }

  // A few points at a time, so that the rows are read less often; those among themselves in double.
  void find_all_neighbours(const Pulse& pulse) {
    constexpr std::size_t kQueries = ByteRows::kQueriesAtOnce;
    for (std::size_t first = 0; first + 1 < n_; first += kQueries) {
      beat(pulse);
      const std::size_t end = std::min(first + kQueries, n_);
      std::size_t queries[kQueries];
      float least[kQueries];
      for (std::size_t x = first; x < end; ++x) queries[x - first] = x;
      bytes_.squared_distances(queries, end - first, end, n_, scan_.data() + end, n_, least);
      for (std::size_t x = first; x < std::min(end, n_ - 1); ++x) {
        Neighbour nearest;
        for (std::size_t y = x + 1; y < end; ++y) {
          const double exactly = distance(x, y);
          if (exactly < nearest.distance) nearest = {y, exactly};
        }
        const std::size_t q = x - first;
        set_neighbour(x, pick(x, scan_.data() + q * n_, least[q], end, nearest));
      }
    }
  }

  // Byte distances of slot x to the rows [begin, end) -> scan_; returns the least.
  float scan(std::size_t x, std::size_t begin, std::size_t end) {
    float least = std::numeric_limits<float>::infinity();
    bytes_.squared_distances(&row_of_[x], 1, begin, end, scan_.data() + begin, n_, &least);
    return least;
  }

  // The top of the heap is only a lower bound until its distance has been confirmed.
  std::size_t closest_pair(SlotHeap& heap, std::size_t max_tries) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t x = heap.top_slot();
      if (heap.top_value() == distance(x, nearest_[row_of_[x]])) break;
      const std::size_t begin = row_of_[x] + 1;
      const float least = scan(x, begin, num_rows_);
      set_neighbour(x, pick(x, scan_.data(), least, begin));
      heap.change(x, distances_[x]);
    }
    return heap.top_slot();
  }

  // Slot x is dropped, slot y becomes the union.
  void join(std::size_t x, std::size_t y, int id, SlotHeap& heap) {
    merge_centroids(x, y);
    sizes_[y] += sizes_[x];
    sizes_[x] = 0.0;
    ids_[y] = id;
    std::replace(nearest_.begin(), nearest_.begin() + static_cast<std::ptrdiff_t>(row_of_[x]),
                 static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y));
    scan(y, 0, row_of_[y]);
    const Exact centroid = exact(y, memory_[0]);
    visit_near(
        scan_.data(), 0, row_of_[y], row_of_[y],
        [limits = limits_.data()](std::size_t r) { return limits[r]; },
        [&](std::size_t r) {
          const std::size_t z = slot_of_[r];
          const double updated = distance(centroid, z);
          if (updated < distances_[z]) {
            set_neighbour(z, {y, updated});
            heap.change(z, updated);
          }
        });
    if (y + 1 < n_) {
      const std::size_t begin = row_of_[y] + 1;
      const Neighbour nearest = pick(y, scan_.data(), scan(y, begin, num_rows_), begin);
      set_neighbour(y, nearest);
      heap.change(y, nearest.distance);
    }
    if (static_cast<double>(++num_gone_) > kMostGone * static_cast<double>(num_rows_)) close_up();
  }

  void merge_centroids(std::size_t x, std::size_t y) {
    const Eigen::RowVectorXd united = mean(exact(x, memory_[0]), sizes_[x], exact(y, memory_[1]), sizes_[y]);
    bytes_.set(row_of_[y], {united.data(), dimension_});
    bytes_.remove(row_of_[x]);
    merged_[x].reset();
    if (sizes_[x] == 1.0 && sizes_[y] == 1.0) {
      partner_[y] = static_cast<std::uint32_t>(x);
      return;
    }
    if (!merged_[y]) merged_[y] = std::make_unique<double[]>(dimension_);
    std::copy_n(united.data(), dimension_, merged_[y].get());
  }

  // Removes the rows of clusters that are gone.
  void close_up() {
    std::size_t to = 0;
    for (std::size_t from = 0; from < num_rows_; ++from) {
      const std::size_t slot = slot_of_[from];
      if (sizes_[slot] == 0.0) continue;
      if (to != from) bytes_.move(from, to);
      limits_[to] = limits_[from];
      nearest_[to] = nearest_[from];
      slot_of_[to] = slot;
      row_of_[slot] = to++;
    }
    num_rows_ = to;
    num_gone_ = 0;
  }

  const ScaledRows& points_;
  std::size_t n_;
  std::size_t dimension_;
  std::size_t num_rows_;
  std::size_t num_gone_ = 0;
  float slack_;
  ByteRows bytes_;
  std::vector<std::size_t> slot_of_;               // [rows]
  std::vector<std::size_t> row_of_;                // [slots]
  std::vector<double> sizes_;                      // [slots]; 0: gone
  std::vector<int> ids_;                           // [slots]
  std::vector<std::unique_ptr<double[]>> merged_;  // [slots]; null up to two points
  std::vector<std::uint32_t> partner_;             // [slots]: the other point of a cluster of two
  std::vector<double> distances_;                  // [slots]: of the nearest later cluster, or a lower bound
  std::vector<std::uint32_t> nearest_;             // [rows]: its slot
  std::vector<float>
      limits_;               // [rows]: beyond it a cluster is no nearer than the neighbour; -1: gone or last
  std::vector<float> scan_;  // [rows]
  mutable Eigen::RowVectorXd memory_[2];
};

}  // namespace

std::vector<Merge> centroid_linkage(const ScaledRows& points, const Pulse& pulse) {
  const std::size_t n = points.rows.size();
  if (n < 2) return {};
  if (n >= kNoPartner) throw InvalidArgument("clustering: too many embeddings");
  double largest_norm = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double norm = point(points, i).cast<double>().norm();
    if (!std::isfinite(norm))
      throw InvalidArgument("clustering: an embedding holds NaN or infinity, or only zeros");
    largest_norm = std::max(largest_norm, norm);
  }
  if (largest_norm <= kMostNorm) return FastLinkage(points, largest_norm).run(pulse);
  RowMatrix all(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(points.dimension));
  for (std::size_t i = 0; i < n; ++i) all.row(static_cast<Eigen::Index>(i)) = point(points, i).cast<double>();
  return centroid_linkage_plain(std::move(all));
}

std::vector<Merge> centroid_linkage(const RowMatrixF& points) {
  ScaledRows rows{{points.data(), static_cast<std::size_t>(points.size())},
                  static_cast<std::size_t>(points.cols()),
                  std::vector<std::uint32_t>(static_cast<std::size_t>(points.rows())),
                  std::vector<float>(static_cast<std::size_t>(points.rows()), 1.0f)};
  std::iota(rows.rows.begin(), rows.rows.end(), 0u);
  return centroid_linkage(rows);
}

}  // namespace diar
