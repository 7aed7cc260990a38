#include "assign/speaker_clustering.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "assign/artefacts.h"
#include "assign/best_counts.h"
#include "clustering/ahc.h"
#include "clustering/kmeans.h"
#include "clustering/vbx.h"
#include "core/assignment.h"

namespace diar {
namespace {

constexpr double kMinSoleShare = 0.2;
constexpr double kMinPrior = 1e-7;

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

// Rows that are copied out of the embeddings at a time: with tens of thousands of them a second copy of all
// would count.
constexpr std::size_t kRowsAtOnce = 1024;

// The training pairs' rows, where they lie among all embeddings.
class Training {
 public:
  Training(const Embeddings& embeddings, const Pairs& pairs) : embeddings_(embeddings) {
    for (const auto& [window, s] : pairs)
      rows_.push_back(static_cast<std::uint32_t>(embeddings.row(window, s)));
  }

  std::size_t size() const { return rows_.size(); }
  Eigen::Index dimension() const { return static_cast<Eigen::Index>(embeddings_.dimension); }
  Eigen::Map<const Eigen::RowVectorXf> row(std::size_t i) const {
    return {embeddings_.at(static_cast<std::int32_t>(rows_[i])).data(), dimension()};
  }
  // The rows [begin, begin + count).
  RowMatrixF copy(std::size_t begin, std::size_t count) const {
    RowMatrixF rows(static_cast<Eigen::Index>(count), dimension());
    for (std::size_t i = 0; i < count; ++i) rows.row(static_cast<Eigen::Index>(i)) = row(begin + i);
    return rows;
  }
  // x / |x| in float.
  RowMatrixF unit_rows() const {
    RowMatrixF rows = copy(0, size());
    const Eigen::ArrayXf norms = rows.rowwise().norm();
    rows.array().colwise() /= norms;
    return rows;
  }
  template <class Visit>
  void for_blocks(const Visit& visit) const {
    for (std::size_t begin = 0; begin < size(); begin += kRowsAtOnce)
      visit(begin, copy(begin, std::min(kRowsAtOnce, size() - begin)));
  }
  // x / |x| in float, as pyannote does before scipy takes over in double.
  ScaledRows normalised() const {
    ScaledRows scaled{embeddings_.values, embeddings_.dimension, rows_, std::vector<float>(size())};
    for_blocks([&](std::size_t begin, const RowMatrixF& rows) {
      Eigen::Map<Eigen::VectorXf>(scaled.divisors.data() + begin, rows.rows()) = rows.rowwise().norm();
    });
    return scaled;
  }

 private:
  const Embeddings& embeddings_;
  std::vector<std::uint32_t> rows_;
};

PldaSpace space_of(const Training& training, const SpeakerScoring& scoring) {
  const auto phi = scoring.variances();
  const auto length = static_cast<Eigen::Index>(phi.size());
  PldaSpace space{RowMatrix(static_cast<Eigen::Index>(training.size()), length),
                  Eigen::Map<const Eigen::VectorXd>(phi.data(), length)};
  if (phi.empty()) return space;
  training.for_blocks([&](std::size_t begin, const RowMatrixF& rows) {
    const auto count = static_cast<std::size_t>(rows.rows());
    scoring.transform({rows.data(), static_cast<std::size_t>(rows.size())},
                      {space.z.data() + begin * phi.size(), count * phi.size()});
  });
  return space;
}

// How many speakers the user's bounds demand when the clustering found `found`.
int bounded_count(int found, const RunPlan& plan, int num_pairs) {
  const int low = plan.num_speakers.value_or(plan.min_speakers.value_or(1));
  const int high = plan.num_speakers.value_or(plan.max_speakers.value_or(std::numeric_limits<int>::max()));
  // There cannot be more clusters than embeddings; pyannote fails there.
  return std::min(std::clamp(found, low, std::max(low, high)), num_pairs);
}

// gamma [pairs, K] of the speakers that VBx keeps.
RowMatrix kept_gamma(const VbxResult& vbx) {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index k = 0; k < vbx.pi.size(); ++k) {
    if (vbx.pi[k] > kMinPrior) kept.push_back(k);
  }
  RowMatrix gamma(vbx.gamma.rows(), static_cast<Eigen::Index>(kept.size()));
  for (std::size_t i = 0; i < kept.size(); ++i)
    gamma.col(static_cast<Eigen::Index>(i)) = vbx.gamma.col(kept[i]);
  return gamma;
}

RowMatrix one_hot(const std::vector<int>& labels, int num_clusters) {
  RowMatrix gamma = RowMatrix::Zero(static_cast<Eigen::Index>(labels.size()), num_clusters);
  for (std::size_t t = 0; t < labels.size(); ++t) gamma(static_cast<Eigen::Index>(t), labels[t]) = 1.0;
  return gamma;
}

// gamma-weighted means of the raw embeddings.
RowMatrix weighted_centroids(const RowMatrix& gamma, const Training& training) {
  RowMatrix centroids(gamma.cols(), training.dimension());
  for (Eigen::Index k = 0; k < gamma.cols(); ++k) {
    const Eigen::VectorXd weights = gamma.col(k);
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(training.dimension());
    for (std::size_t t = 0; t < training.size(); ++t)
      sum += weights[static_cast<Eigen::Index>(t)] * training.row(t).cast<double>();
    centroids.row(k) = sum / weights.sum();
  }
  return centroids;
}

RowMatrix label_centroids(const std::vector<int>& labels, int num_clusters, const Training& training) {
  RowMatrix centroids = RowMatrix::Zero(num_clusters, training.dimension());
  std::vector<double> counts(static_cast<std::size_t>(num_clusters), 0.0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    centroids.row(labels[i]) += training.row(i).cast<double>();
    counts[static_cast<std::size_t>(labels[i])] += 1.0;
  }
  for (int k = 0; k < num_clusters; ++k)
    centroids.row(k) /= std::max(counts[static_cast<std::size_t>(k)], 1.0);
  return centroids;
}

// 2 - cosine distance of every embedding to every centroid: [rows, clusters].
RowMatrix similarity(const Embeddings& embeddings, const RowMatrix& centroids) {
  RowMatrix unit = centroids;
  for (Eigen::Index k = 0; k < unit.rows(); ++k) unit.row(k) /= std::max(unit.row(k).norm(), 1e-300);
  RowMatrix scores(static_cast<Eigen::Index>(embeddings.num_rows()), unit.rows());
  for (std::size_t row = 0; row < embeddings.num_rows(); ++row) {
    const auto values = embeddings.at(static_cast<std::int32_t>(row));
    const Eigen::VectorXd x =
        Eigen::Map<const Eigen::VectorXf>(values.data(), static_cast<Eigen::Index>(values.size()))
            .cast<double>();
    scores.row(static_cast<Eigen::Index>(row)) =
        (1.0 + (unit * x).array() / std::max(x.norm(), 1e-300)).matrix().transpose();
  }
  return scores;
}

// Of the cluster that a pair has got over the best other one.
float margin_of(std::span<const double> scores, std::int32_t cluster) {
  if (cluster < 0 || scores.size() < 2) return cluster < 0 ? 0.0f : 1.0f;
  double next = -std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < scores.size(); ++k) {
    if (k != static_cast<std::size_t>(cluster)) next = std::max(next, scores[k]);
  }
  return static_cast<float>(scores[static_cast<std::size_t>(cluster)] - next);
}

/// How the speakers of one window get their clusters.
struct WindowRule {
  bool constrained = true;        // each cluster at most once; else simply the best one for each speaker
  bool nobody_left_over = false;  // who gets none because there are fewer clusters shares the best one
  double inactive_score = 0.0;
};

void assign_window(const Embeddings& embeddings, const RowMatrix& scores, std::size_t window,
                   const WindowRule& rule, std::span<std::int32_t> cluster_of, std::span<float> margins) {
  const auto num_clusters = static_cast<std::size_t>(scores.cols());
  const std::size_t num_speakers = embeddings.num_speakers;
  std::vector<double> table(num_speakers * num_clusters, rule.inactive_score);
  for (std::size_t s = 0; s < num_speakers; ++s) {
    const std::int32_t row = embeddings.row(window, s);
    if (row >= 0) std::copy_n(scores.row(row).data(), num_clusters, table.data() + s * num_clusters);
  }
  const std::vector<int> assigned =
      rule.constrained ? assign_maximum(table, num_speakers, num_clusters) : std::vector<int>();
  for (std::size_t s = 0; s < num_speakers; ++s) {
    if (embeddings.row(window, s) < 0) continue;
    const auto begin = table.begin() + static_cast<std::ptrdiff_t>(s * num_clusters);
    const int best =
        static_cast<int>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(num_clusters)) - begin);
    const bool left_over = rule.constrained && assigned[s] < 0 && rule.nobody_left_over;
    const int chosen = rule.constrained && !left_over ? assigned[s] : best;
    cluster_of[s] = chosen < 0 ? kNobody : chosen;
    margins[s] = margin_of(std::span(table).subspan(s * num_clusters, num_clusters), cluster_of[s]);
  }
}

// Everybody is one speaker; its centroid is that of the only training pair, if there is one.
SpeakerClusters single_speaker(const Embeddings& embeddings, const Pairs& pairs) {
  SpeakerClusters result;
  result.cluster_of.resize(embeddings.row_of.size());
  std::transform(embeddings.row_of.begin(), embeddings.row_of.end(), result.cluster_of.begin(),
                 [](std::int32_t row) { return row < 0 ? kNobody : 0; });
  result.centroids = RowMatrix::Zero(1, static_cast<Eigen::Index>(embeddings.dimension));
  if (!pairs.empty()) result.centroids = Training(embeddings, pairs).row(0).cast<double>();
  result.margins.assign(result.cluster_of.size(), 1.0f);
  return result;
}

}  // namespace

Pairs training_pairs(const Activity& activity, const Embeddings& embeddings) {
  Pairs pairs;
  const double enough = kMinSoleShare * static_cast<double>(activity.grid.frames_per_window);
  for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
    for (std::size_t s = 0; s < embeddings.num_speakers; ++s) {
      const std::int32_t row = embeddings.row(window, s);
      if (row < 0 || static_cast<double>(activity.sole_frames(window, s)) < enough) continue;
      const auto values = embeddings.at(row);
      if (std::any_of(values.begin(), values.end(), [](float value) { return std::isnan(value); })) continue;
      pairs.emplace_back(window, s);
    }
  }
  return pairs;
}

SoftClusters find_clusters(const Activity& activity, const Embeddings& embeddings,
                           const SpeakerScoring& scoring, const RunPlan& plan) {
  const ArtefactHook& hook = plan.hook;
  SoftClusters soft;
  soft.pairs = training_pairs(activity, embeddings);
  emit_pairs(hook, "training_pairs", soft.pairs);
  if (soft.pairs.size() < 2) return soft;
  const Training training(embeddings, soft.pairs);
  const auto ahc = cut_dendrogram(centroid_linkage(training.normalised(), plan.pulse),
                                  static_cast<int>(soft.pairs.size()), plan.threshold);
  emit_labels(hook, "ahc_clusters", ahc);
  // Only now that the linkage has given its memory back.
  PldaSpace space = space_of(training, scoring);
  if (space.phi.size() == 0) {
    const int num_clusters = 1 + *std::max_element(ahc.begin(), ahc.end());
    soft.gamma = one_hot(ahc, num_clusters);
    soft.centroids = label_centroids(ahc, num_clusters, training);
    return soft;
  }
  emit_matrix(hook, "plda_features", space.z);
  const VbxResult vbx =
      cluster_vbx(std::move(space.z), space.phi, ahc, {.fa = plan.fa, .fb = plan.fb}, plan.pulse);
  emit_matrix(hook, "vbx_gamma", vbx.gamma);
  emit_vector(hook, "vbx_pi", vbx.pi);
  soft.gamma = kept_gamma(vbx);
  soft.centroids = weighted_centroids(soft.gamma, training);
  return soft;
}

SpeakerClusters assign_clusters(const Activity& activity, const Embeddings& embeddings,
                                const SpeakerScoring& scoring, const SoftClusters& soft,
                                const RunPlan& plan) {
  if (soft.pairs.size() < 2) return single_speaker(embeddings, soft.pairs);
  SpeakerClusters result;
  result.centroids = soft.centroids;
  const int found = static_cast<int>(result.centroids.rows());
  const int wanted = bounded_count(found, plan, static_cast<int>(soft.pairs.size()));
  const bool adjusted = wanted != found && plan.profile == Profile::kBest;
  const bool constrained = wanted == found || adjusted;
  if (adjusted) {
    const Training training(embeddings, soft.pairs);
    // VBx has used up its features.
    PldaSpace space = space_of(training, scoring);
    const RowMatrixF unit = training.unit_rows();
    if (space.phi.size() == 0) space.z = unit.cast<double>();
    const RowMatrix gamma =
        with_clusters(soft.gamma, soft.pairs, space, unit, wanted, plan.fa, plan.fb, plan.pulse);
    result.centroids = weighted_centroids(gamma, training);
  } else if (!constrained) {
    const Training training(embeddings, soft.pairs);
    const std::vector<int> labels = cluster_kmeans(training.unit_rows(), wanted, plan.pulse);
    emit_labels(plan.hook, "kmeans_clusters", labels);
    result.centroids = label_centroids(labels, wanted, training);
  }
  emit_matrix(plan.hook, "centroids", result.centroids);
  const RowMatrix scores = similarity(embeddings, result.centroids);
  const WindowRule rule{constrained, adjusted, scores.minCoeff() - 1.0};
  result.cluster_of.assign(embeddings.row_of.size(), kNobody);
  result.margins.assign(embeddings.row_of.size(), 0.0f);
  const std::size_t num_speakers = embeddings.num_speakers;
  for (std::size_t window = 0; window < activity.grid.num_windows; ++window) {
    const std::size_t first = window * num_speakers;
    assign_window(embeddings, scores, window, rule, std::span(result.cluster_of).subspan(first, num_speakers),
                  std::span(result.margins).subspan(first, num_speakers));
  }
  return result;
}

SpeakerClusters cluster_speakers(const Activity& activity, const Embeddings& embeddings,
                                 const SpeakerScoring& scoring, const RunPlan& plan) {
  return assign_clusters(activity, embeddings, scoring, find_clusters(activity, embeddings, scoring, plan),
                         plan);
}

}  // namespace diar
