// Embeddings of many people in, likelihood ratios of a new one to each of them out.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "diar/networks.h"

namespace diar {

/// Many samples as one: their mean and how many they are.
struct Enrolled {
  std::vector<double> mean;  ///< [L] in the scoring's space; [dimension] of unit length without such a space
  double count = 0.0;
};

/// The scoring's likelihood ratios for any number of samples. Immutable, thread-safe.
class PldaTrials {
 public:
  /// The scoring is borrowed.
  explicit PldaTrials(const SpeakerScoring& scoring);

  /// Values of a vector of its space.
  std::size_t length(std::size_t dimension) const;
  /// embeddings [n, dimension] -> [n, length].
  std::vector<double> transform(std::span<const float> embeddings, std::size_t dimension) const;

  /// log p(x | the person) / p(x | anybody), natural, for one x of the space and a person's mean of `count`
  /// independent samples:
  ///     the person's voice given them is N(c phi m / (1 + c phi), phi / (1 + c phi)), and x varies by 1
  /// around it. Without a space: the cosine of x and the mean.
  double llr(std::span<const double> x, const Enrolled& person) const;
  /// log of the likelihood of two groups of samples as one person's to that as two persons'.
  double merge_llr(const Enrolled& a, const Enrolled& b) const;
  /// Variances between people; empty without a space.
  std::span<const double> phi() const noexcept { return phi_; }

 private:
  double evidence(std::span<const double> sum, double count) const;

  const SpeakerScoring& scoring_;
  std::vector<double> phi_;
};

/// The mean of groups of samples.
Enrolled pooled(const Enrolled& a, const Enrolled& b);

/// People against whom one x after another is scored: what does not depend on x is computed once. Borrows the
/// trials.
class Gallery {
 public:
  explicit Gallery(const PldaTrials& trials) : trials_(trials) {}

  std::size_t size() const noexcept { return people_.size(); }
  const Enrolled& person(std::size_t index) const { return people_[index]; }
  void add(Enrolled person);
  void replace(std::size_t index, Enrolled person);
  /// `PldaTrials::llr` of x and each person.
  std::vector<double> scores(std::span<const double> x) const;

 private:
  struct Spread {
    double constant = 0.0;               // half the sum of log(any / variance)
    std::vector<double> half_precision;  // 0.5 / variance
  };
  std::size_t spread_of(double count);
  std::vector<double> expected(const Enrolled& person) const;

  const PldaTrials& trials_;
  std::vector<Enrolled> people_;
  std::vector<std::vector<double>> expected_;  // of each person, the mean of x
  std::vector<std::size_t> spread_;            // of each person, index into spreads_
  std::vector<Spread> spreads_;
  std::map<double, std::size_t> spread_at_;  // of each number of samples
};

}  // namespace diar
