#include "tuning/parameter_search.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "diar/errors.h"

namespace diar {
namespace {

using Point = std::array<double, 4>;  // each parameter's place in its range, 0 to 1

constexpr double kFirstStep = 0.125;
constexpr double kLastStep = 0.125 / 64;

double value_at(const ParameterSpec& range, double place) {
  if (!range.logarithmic) return range.search_low + place * (range.search_high - range.search_low);
  return range.search_low * std::pow(range.search_high / range.search_low, place);
}

double place_of(const ParameterSpec& range, double value) {
  const double place =
      range.logarithmic ? std::log(value / range.search_low) / std::log(range.search_high / range.search_low)
                        : (value - range.search_low) / (range.search_high - range.search_low);
  return std::clamp(place, 0.0, 1.0);
}

// Three significant digits are all that a development set can tell, and files stay readable.
double rounded(double value) {
  if (value == 0.0) return 0.0;
  const double scale = std::pow(10.0, 2.0 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

PipelineParameters parameters_at(const Point& point) {
  PipelineParameters parameters;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const ParameterSpec& range = parameter_specs()[i];
    parameters.*range.value =
        std::clamp(rounded(value_at(range, point[i])), range.search_low, range.search_high);
  }
  return parameters;
}

Point point_of(const PipelineParameters& parameters) {
  Point point{};
  for (std::size_t i = 0; i < point.size(); ++i) {
    const ParameterSpec& range = parameter_specs()[i];
    point[i] = place_of(range, (parameters.*range.value).value());
  }
  return point;
}

class Search {
 public:
  Search(const ParameterError& error, const TuningOptions& options, const TrialCallback& on_trial)
      : error_(error), options_(options), on_trial_(on_trial), random_(options.seed) {}

  TuningResult run(const PipelineParameters& initial) {
    try_parameters(initial);
    result_.initial = result_.best;
    best_point_ = point_of(initial);
    while (2 * result_.num_trials < options_.num_trials) try_point(random_point());
    walk();
    // Steps that lead nowhere leave trials for more draws.
    while (more()) {
      if (try_point(random_point())) walk();
    }
    return result_;
  }

 private:
  bool more() const { return result_.num_trials < options_.num_trials; }

  // The distributions of <random> differ between standard libraries; its generators do not.
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  Point random_point() {
    Point point{};
    for (double& place : point) place = uniform();
    // No filling at all is the usual choice, and a draw would never hit it.
    if (uniform() < 0.25) point[3] = 0.0;
    return point;
  }

  void walk() {
    double step = kFirstStep;
    while (more() && step >= kLastStep) {
      if (!step_around(step)) step /= 2;
    }
  }

  // Both ways along each parameter; goes on in a direction that helps. True when anything helped.
  bool step_around(double step) {
    bool helped = false;
    for (std::size_t i = 0; i < best_point_.size(); ++i) {
      for (const double direction : {step, -step}) {
        bool better = true;
        while (better && more()) {
          Point next = best_point_;
          next[i] = std::clamp(next[i] + direction, 0.0, 1.0);
          better = try_point(next);
          helped = helped || better;
        }
      }
    }
    return helped;
  }

  bool try_point(const Point& point) {
    const bool better = try_parameters(parameters_at(point));
    if (better) best_point_ = point;
    return better;
  }

  // False for a set that was tried before, too.
  bool try_parameters(const PipelineParameters& parameters) {
    const std::array<double, 4> values = {*parameters.threshold, *parameters.fa, *parameters.fb,
                                          *parameters.min_duration_off_s};
    if (!tried_.insert(values).second) return false;
    TuningTrial trial{++result_.num_trials, parameters, error_(parameters), false};
    trial.best_so_far = trial.number == 1 || trial.error.rate() < result_.best.error.rate();
    if (trial.best_so_far) result_.best = trial;
    if (on_trial_ && !on_trial_(trial)) throw Cancelled();
    return trial.best_so_far;
  }

  const ParameterError& error_;
  const TuningOptions& options_;
  const TrialCallback& on_trial_;
  std::mt19937_64 random_;
  std::set<std::array<double, 4>> tried_;
  Point best_point_{};
  TuningResult result_;
};

}  // namespace

TuningResult search_parameters(const PipelineParameters& initial, const ParameterError& error,
                               const TuningOptions& options, const TrialCallback& on_trial) {
  return Search(error, options, on_trial).run(initial);
}

}  // namespace diar
