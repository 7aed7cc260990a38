#include "voices/plda_trials.h"

#include <algorithm>
#include <cmath>

#include "diar/errors.h"

namespace diar {
namespace {

double norm_of(std::span<const double> x) {
  double squares = 0.0;
  for (const double value : x) squares += value * value;
  return std::sqrt(squares);
}

double cosine(std::span<const double> a, std::span<const double> b) {
  double dot = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i];
  return dot / std::max(norm_of(a) * norm_of(b), 1e-300);
}

}  // namespace

PldaTrials::PldaTrials(const SpeakerScoring& scoring) : scoring_(scoring) {
  const auto phi = scoring_.variances();
  phi_.assign(phi.begin(), phi.end());
}

std::size_t PldaTrials::length(std::size_t dimension) const {
  return phi_.empty() ? dimension : phi_.size();
}

std::vector<double> PldaTrials::transform(std::span<const float> embeddings, std::size_t dimension) const {
  if (dimension == 0 || embeddings.size() % dimension != 0)
    throw InvalidArgument("embeddings of voices are not of one length");
  const std::size_t rows = embeddings.size() / dimension;
  if (phi_.empty()) {
    std::vector<double> unit(embeddings.begin(), embeddings.end());
    for (std::size_t row = 0; row < rows; ++row) {
      const auto x = std::span(unit).subspan(row * dimension, dimension);
      const double norm = std::max(norm_of(x), 1e-300);
      for (double& value : x) value /= norm;
    }
    return unit;
  }
  std::vector<double> features(rows * phi_.size());
  scoring_.transform(embeddings, features);
  return features;
}

double PldaTrials::llr(std::span<const double> x, const Enrolled& person) const {
  if (phi_.empty()) return cosine(x, person.mean);
  double sum = 0.0;
  for (std::size_t i = 0; i < phi_.size(); ++i) {
    const double known = 1.0 + person.count * phi_[i];
    const double mean = person.count * phi_[i] / known * person.mean[i];
    const double variance = 1.0 + phi_[i] / known;
    const double any = 1.0 + phi_[i];
    sum += 0.5 * (std::log(any / variance) + x[i] * x[i] / any - (x[i] - mean) * (x[i] - mean) / variance);
  }
  return sum;
}

// log of the evidence of one voice given samples with this sum, but for what does not depend on how they
// are shared among voices.
double PldaTrials::evidence(std::span<const double> sum, double count) const {
  double total = 0.0;
  for (std::size_t i = 0; i < phi_.size(); ++i) {
    const double known = 1.0 + count * phi_[i];
    total += 0.5 * (sum[i] * sum[i] * phi_[i] / known - std::log(known));
  }
  return total;
}

double PldaTrials::merge_llr(const Enrolled& a, const Enrolled& b) const {
  if (phi_.empty()) return cosine(a.mean, b.mean);
  std::vector<double> sum_a(phi_.size());
  std::vector<double> sum_b(phi_.size());
  std::vector<double> both(phi_.size());
  for (std::size_t i = 0; i < phi_.size(); ++i) {
    sum_a[i] = a.count * a.mean[i];
    sum_b[i] = b.count * b.mean[i];
    both[i] = sum_a[i] + sum_b[i];
  }
  return evidence(both, a.count + b.count) - evidence(sum_a, a.count) - evidence(sum_b, b.count);
}

Enrolled pooled(const Enrolled& a, const Enrolled& b) {
  Enrolled result{std::vector<double>(a.mean.size()), a.count + b.count};
  for (std::size_t i = 0; i < a.mean.size(); ++i)
    result.mean[i] = (a.count * a.mean[i] + b.count * b.mean[i]) / std::max(result.count, 1e-300);
  return result;
}

std::size_t Gallery::spread_of(double count) {
  const auto [place, is_new] = spread_at_.emplace(count, spreads_.size());
  if (!is_new) return place->second;
  Spread spread;
  for (const double phi : trials_.phi()) {
    const double variance = 1.0 + phi / (1.0 + count * phi);
    spread.constant += 0.5 * std::log((1.0 + phi) / variance);
    spread.half_precision.push_back(0.5 / variance);
  }
  spreads_.push_back(std::move(spread));
  return place->second;
}

std::vector<double> Gallery::expected(const Enrolled& person) const {
  std::vector<double> mean = person.mean;
  for (std::size_t i = 0; i < trials_.phi().size(); ++i) {
    const double weight = person.count * trials_.phi()[i];
    mean[i] *= weight / (1.0 + weight);
  }
  return mean;
}

void Gallery::add(Enrolled person) {
  spread_.push_back(spread_of(person.count));
  expected_.push_back(expected(person));
  people_.push_back(std::move(person));
}

void Gallery::replace(std::size_t index, Enrolled person) {
  spread_[index] = spread_of(person.count);
  expected_[index] = expected(person);
  people_[index] = std::move(person);
}

std::vector<double> Gallery::scores(std::span<const double> x) const {
  std::vector<double> scores(people_.size());
  const auto phi = trials_.phi();
  if (phi.empty()) {
    for (std::size_t k = 0; k < people_.size(); ++k) scores[k] = trials_.llr(x, people_[k]);
    return scores;
  }
  double anybody = 0.0;
  for (std::size_t i = 0; i < phi.size(); ++i) anybody += 0.5 * x[i] * x[i] / (1.0 + phi[i]);
  for (std::size_t k = 0; k < people_.size(); ++k) {
    const Spread& spread = spreads_[spread_[k]];
    double distance = 0.0;
    for (std::size_t i = 0; i < phi.size(); ++i) {
      const double apart = x[i] - expected_[k][i];
      distance += apart * apart * spread.half_precision[i];
    }
    scores[k] = spread.constant + anybody - distance;
  }
  return scores;
}

}  // namespace diar
