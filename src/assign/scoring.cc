#include "assign/scoring.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

class PldaScoring final : public SpeakerScoring {
 public:
  explicit PldaScoring(const PldaParameters& parameters) : plda_(parameters) {}

  std::size_t dimension() const override { return static_cast<std::size_t>(plda_.dimension()); }
  std::span<const double> variances() const override {
    return {plda_.phi().data(), static_cast<std::size_t>(plda_.phi().size())};
  }
  void transform(std::span<const float> embeddings, std::span<double> features) const override {
    const Eigen::Index rows = static_cast<Eigen::Index>(embeddings.size()) / plda_.dimension();
    if (static_cast<std::size_t>(rows * plda_.dimension()) != embeddings.size() ||
        static_cast<std::size_t>(rows * plda_.phi().size()) != features.size()) {
      throw InvalidArgument("PLDA: embeddings and features are not of the same number");
    }
    const Eigen::Map<const RowMatrixF> in(embeddings.data(), rows, plda_.dimension());
    Eigen::Map<RowMatrix>(features.data(), rows, plda_.phi().size()) = plda_.transform(in.cast<double>());
  }
  // With x and y of one dimension, both N(m, 1) and m ~ N(0, phi):
  //   log N([x y]; 0, [[phi+1, phi], [phi, phi+1]]) - log N(x; 0, phi+1) - log N(y; 0, phi+1)
  double score(std::span<const float> a, std::span<const float> b) const override {
    std::vector<double> x(variances().size());
    std::vector<double> y(variances().size());
    transform(a, x);
    transform(b, y);
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double phi = variances()[i];
      const double squares = x[i] * x[i] + y[i] * y[i];
      const double same = ((phi + 1.0) * squares - 2.0 * phi * x[i] * y[i]) / (2.0 * phi + 1.0);
      sum += std::log1p(phi) - 0.5 * std::log1p(2.0 * phi) - 0.5 * (same - squares / (phi + 1.0));
    }
    return sum;
  }

 private:
  Plda plda_;
};

class CosineScoring final : public SpeakerScoring {
 public:
  std::size_t dimension() const override { return 0; }
  std::span<const double> variances() const override { return {}; }
  void transform(std::span<const float>, std::span<double> features) const override {
    if (!features.empty()) throw InvalidArgument("cosine scoring has no features");
  }
  double score(std::span<const float> a, std::span<const float> b) const override {
    if (a.size() != b.size() || a.empty()) throw InvalidArgument("the embeddings are not of one length");
    double dot = 0.0, aa = 0.0, bb = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
      aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
      bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    return dot / std::max(std::sqrt(aa * bb), 1e-300);
  }
};

}  // namespace

std::shared_ptr<const SpeakerScoring> make_plda_scoring(const PldaParameters& parameters) {
  return std::make_shared<PldaScoring>(parameters);
}

std::shared_ptr<const SpeakerScoring> cosine_scoring() {
  static const auto kScoring = std::make_shared<const CosineScoring>();
  return kScoring;
}

}  // namespace diar
