#include <algorithm>
#include <cmath>
#include <numbers>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voices/plda_trials.h"

namespace diar {
namespace {

constexpr std::size_t kLeastPeople = 10;
// Of other people each sample is compared with, spread evenly: what keeps a book of thousands quick.
constexpr std::size_t kStrangers = 200;
constexpr int kIterations = 50;
// Pulls towards the calibration before, as this many trials of each kind would.
constexpr double kPriorTrials = 2.0;

struct Trials {
  std::vector<double> same;
  std::vector<double> different;
};

double softplus(double x) {
  return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

double mean_cost(const std::vector<double>& raw, const VoiceCalibration& c, double sign) {
  double sum = 0.0;
  for (const double value : raw) sum += softplus(-sign * (c.scale * value + c.offset));
  return sum / static_cast<double>(raw.size());
}

// Cllr (Bruemmer): half the bits that each kind of trial costs.
double cllr(const Trials& trials, const VoiceCalibration& c) {
  return 0.5 / std::numbers::ln2 * (mean_cost(trials.same, c, 1.0) + mean_cost(trials.different, c, -1.0));
}

// One step of Newton's method for the logistic regression in which both kinds weigh alike. False: the end.
bool step(const Trials& trials, const VoiceCalibration& before, VoiceCalibration& c) {
  double g0 = 0.0, g1 = 0.0, h00 = 0.0, h01 = 0.0, h11 = 0.0;
  const auto add = [&](const std::vector<double>& raw, double target) {
    const double weight = 1.0 / static_cast<double>(raw.size());
    for (const double x : raw) {
      const double p = 1.0 / (1.0 + std::exp(-(c.scale * x + c.offset)));
      const double slope = weight * p * (1.0 - p);
      g0 += weight * (p - target) * x;
      g1 += weight * (p - target);
      h00 += slope * x * x;
      h01 += slope * x;
      h11 += slope;
    }
  };
  add(trials.same, 1.0);
  add(trials.different, 0.0);
  const double pull =
      kPriorTrials / static_cast<double>(std::min(trials.same.size(), trials.different.size()));
  g0 += pull * (c.scale - before.scale) / (before.scale * before.scale);
  g1 += pull * (c.offset - before.offset);
  h00 += pull / (before.scale * before.scale);
  h11 += pull;
  const double determinant = h00 * h11 - h01 * h01;
  if (!(determinant > 1e-300)) return false;
  const double d0 = (h11 * g0 - h01 * g1) / determinant;
  const double d1 = (h00 * g1 - h01 * g0) / determinant;
  // Never to a scale below half of what it was: a negative one would turn everything round.
  const double length = std::min(1.0, 0.5 * c.scale / std::max(d0, 1e-300));
  c.scale -= length * d0;
  c.offset -= length * d1;
  return std::abs(d0) > 1e-9 * c.scale || std::abs(d1) > 1e-9;
}

Trials trials_of(const VoiceBook& book, const PldaTrials& plda) {
  struct Person {
    std::vector<std::vector<double>> samples;
    std::vector<double> sum;
  };
  std::vector<Person> people;
  for (const Voice& voice : book.voices()) {
    Person person;
    for (const VoiceSample& sample : voice.samples) {
      person.samples.push_back(plda.transform(sample.embedding, book.dimension()));
      person.sum.resize(person.samples.back().size());
      for (std::size_t i = 0; i < person.sum.size(); ++i) person.sum[i] += person.samples.back()[i];
    }
    people.push_back(std::move(person));
  }
  const auto without = [](const Person& person, const std::vector<double>* sample) {
    const double count = static_cast<double>(person.samples.size()) - (sample != nullptr ? 1.0 : 0.0);
    Enrolled rest{person.sum, count};
    for (std::size_t i = 0; i < rest.mean.size(); ++i)
      rest.mean[i] = (rest.mean[i] - (sample != nullptr ? (*sample)[i] : 0.0)) / count;
    return rest;
  };
  Trials trials;
  const std::size_t stride = std::max<std::size_t>(1, people.size() / kStrangers);
  for (std::size_t k = 0; k < people.size(); ++k) {
    for (const auto& sample : people[k].samples) {
      if (people[k].samples.size() > 1) trials.same.push_back(plda.llr(sample, without(people[k], &sample)));
      for (std::size_t other = k % stride; other < people.size(); other += stride) {
        if (other != k) trials.different.push_back(plda.llr(sample, without(people[other], nullptr)));
      }
    }
  }
  return trials;
}

}  // namespace

CalibrationReport fit_calibration(const VoiceBook& book, const SpeakerScoring& scoring,
                                  const VoiceCalibration& before) {
  std::size_t num_people = 0;
  for (const Voice& voice : book.voices()) num_people += voice.samples.size() > 1 ? 1 : 0;
  if (num_people < kLeastPeople) {
    throw InvalidArgument("calibrating takes a book with at least " + std::to_string(kLeastPeople) +
                          " people of two or more samples; this one has " + std::to_string(num_people));
  }
  const PldaTrials plda(scoring);
  const Trials trials = trials_of(book, plda);
  CalibrationReport report;
  report.num_same = trials.same.size();
  report.num_different = trials.different.size();
  report.cost_before = cllr(trials, before);
  report.calibration = before;
  for (int i = 0; i < kIterations && step(trials, before, report.calibration); ++i) {
  }
  report.cost_after = cllr(trials, report.calibration);
  return report;
}

}  // namespace diar
