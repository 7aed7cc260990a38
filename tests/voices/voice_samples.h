// People with voices of one scoring, drawn at random: what the tests of known voices compare.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "diar/networks.h"
#include "diar/voices.h"

namespace diar::voices_test {

/// A space in which an embedding is its own feature: people vary by `phi` in each dimension, samples of one
/// by 1.
class PlainScoring final : public SpeakerScoring {
 public:
  explicit PlainScoring(std::vector<double> phi) : phi_(std::move(phi)) {}
  std::size_t dimension() const override { return phi_.size(); }
  std::span<const double> variances() const override { return phi_; }
  void transform(std::span<const float> embeddings, std::span<double> features) const override {
    for (std::size_t i = 0; i < embeddings.size(); ++i) features[i] = static_cast<double>(embeddings[i]);
  }
  double score(std::span<const float> a, std::span<const float> b) const override {
    double sum = 0.0;
    for (std::size_t i = 0; i < phi_.size(); ++i) {
      const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]), f = phi_[i];
      const double same = ((f + 1.0) * (x * x + y * y) - 2.0 * f * x * y) / (2.0 * f + 1.0);
      sum += std::log1p(f) - 0.5 * std::log1p(2.0 * f) - 0.5 * (same - (x * x + y * y) / (f + 1.0));
    }
    return sum;
  }

 private:
  std::vector<double> phi_;
};

/// Box and Muller's: the same numbers with every standard library.
class Normal {
 public:
  explicit Normal(std::uint32_t seed) : generator_(seed) {}
  double operator()() {
    const auto uniform = [&] { return (static_cast<double>(generator_()) + 0.5) / 4294967296.0; };
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * 3.14159265358979323846 * uniform());
  }

 private:
  std::mt19937 generator_;
};

/// Voices of a population of `phi`.
class Population {
 public:
  Population(std::size_t length, double phi, std::uint32_t seed) : phi_(length, phi), normal_(seed) {}
  PlainScoring scoring() const { return PlainScoring(phi_); }
  std::vector<double> person() {
    std::vector<double> mean;
    for (const double phi : phi_) mean.push_back(std::sqrt(phi) * normal_());
    return mean;
  }
  std::vector<float> sample(const std::vector<double>& person) {
    std::vector<float> x;
    for (const double mean : person) x.push_back(static_cast<float>(mean + normal_()));
    return x;
  }

 private:
  std::vector<double> phi_;
  Normal normal_;
};

inline VoiceSample sample_of(std::vector<float> embedding, const std::string& source = "a.wav") {
  return {std::move(embedding), source, 12.5, "2026-11-29"};
}

}  // namespace diar::voices_test
