#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voices/plda_trials.h"

namespace diar {
namespace {

constexpr std::size_t kCandidates = 3;

/// One speaker against everybody.
struct Trial {
  std::size_t best = 0;  // of those who may be named
  double llr = 0.0;
  double probability = 0.0;
  double lead = 0.0;
};

double log_sum(const std::vector<double>& llrs) {
  // A stranger has the likelihood ratio 1, whose logarithm is 0.
  const double log_people = std::log(static_cast<double>(llrs.size()));
  double most = 0.0;
  for (const double llr : llrs) most = std::max(most, llr - log_people);
  double sum = std::exp(-most);
  for (const double llr : llrs) sum += std::exp(llr - log_people - most);
  return most + std::log(sum);
}

bool is_zero(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return value == 0.0f; });
}

void check_options(const IdentifyOptions& options) {
  if (!(options.threshold > 0.0 && options.threshold < 1.0))
    throw InvalidArgument("the probability from which on a voice is known must lie between 0 and 1");
  if (!(options.margin >= 0.0) || !(options.min_speech_s >= 0.0))
    throw InvalidArgument("lead and least speech of a known voice must not be negative");
}

}  // namespace

struct VoiceMatcher::Impl {
  explicit Impl(const SpeakerScoring& scoring) : trials(scoring), gallery(trials) {}

  PldaTrials trials;
  Gallery gallery;
  VoiceCalibration calibration;
  std::size_t dimension = 0;
  std::vector<std::string> names;

  std::vector<std::size_t> allowed(const std::vector<std::string>& only) const {
    std::vector<std::size_t> indices;
    for (std::size_t k = 0; k < names.size(); ++k) {
      if (only.empty() || std::find(only.begin(), only.end(), names[k]) != only.end()) indices.push_back(k);
    }
    for (const std::string& name : only) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        throw InvalidArgument("the book has nobody called '" + name + "'");
    }
    return indices;
  }

  // `candidates`: the likeliest of those who may be named.
  Trial score(std::span<const float> embedding, const std::vector<std::size_t>& may_be,
              std::vector<VoiceScore>& candidates) const {
    std::vector<double> llrs = gallery.scores(trials.transform(embedding, dimension));
    for (double& llr : llrs) llr = calibration.scale * llr + calibration.offset;
    const double all = log_sum(llrs);
    const double log_people = std::log(static_cast<double>(llrs.size()));
    std::vector<std::size_t> order = may_be;
    const std::size_t shown = std::min(kCandidates, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
        [&](std::size_t a, std::size_t b) { return llrs[a] != llrs[b] ? llrs[a] > llrs[b] : a < b; });
    for (std::size_t i = 0; i < shown; ++i)
      candidates.push_back({names[order[i]], llrs[order[i]], std::exp(llrs[order[i]] - log_people - all)});
    Trial trial{order[0], llrs[order[0]], candidates[0].probability, 0.0};
    // Those who may not be named are there all the same.
    double second = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < llrs.size(); ++k) {
      if (k != trial.best) second = std::max(second, llrs[k]);
    }
    trial.lead = trial.llr - second;
    return trial;
  }
};

VoiceMatcher::VoiceMatcher(const VoiceBook& book, const SpeakerScoring& scoring,
                           const std::string& encoder_id, const VoiceCalibration& calibration) {
  if (!book.empty() && book.encoder_id() != encoder_id) {
    throw InvalidArgument("the book holds voices of the encoder " + book.encoder_id() + ", this model has " +
                          encoder_id + ": use the model that they were enrolled with, or enrol them again");
  }
  auto impl = std::make_unique<Impl>(scoring);
  impl->calibration = book.calibration().value_or(calibration);
  impl->dimension = book.dimension();
  for (const Voice& voice : book.voices()) {
    std::vector<float> values;
    for (const VoiceSample& sample : voice.samples)
      values.insert(values.end(), sample.embedding.begin(), sample.embedding.end());
    const std::vector<double> features = impl->trials.transform(values, impl->dimension);
    const std::size_t length = impl->trials.length(impl->dimension);
    Enrolled person{std::vector<double>(length), static_cast<double>(voice.samples.size())};
    for (std::size_t i = 0; i < features.size(); ++i) person.mean[i % length] += features[i] / person.count;
    impl->gallery.add(std::move(person));
    impl->names.push_back(voice.name);
  }
  impl_ = std::move(impl);
}

VoiceMatcher::VoiceMatcher(VoiceMatcher&&) noexcept = default;
VoiceMatcher& VoiceMatcher::operator=(VoiceMatcher&&) noexcept = default;
VoiceMatcher::~VoiceMatcher() = default;

std::vector<SpeakerIdentity> VoiceMatcher::identify(std::span<const SpeakerEmbedding> speakers,
                                                    const Annotation& annotation,
                                                    const IdentifyOptions& options) const {
  check_options(options);
  const std::vector<std::size_t> may_be = impl_->allowed(options.only);
  std::map<std::string, double> speech_s;
  for (const SpeakerTotal& total : annotation.totals()) speech_s[total.speaker] = total.speech_s;
  std::vector<SpeakerIdentity> identities;
  std::map<std::size_t, std::pair<std::size_t, double>> holder;  // of a person: the speaker and its ratio
  for (const SpeakerEmbedding& speaker : speakers) {
    SpeakerIdentity identity;
    identity.speaker = speaker.speaker;
    identity.speech_s = speech_s[speaker.speaker];
    if (may_be.empty()) {
      identity.reason = IdentityReason::kEmptyBook;
    } else if (identity.speech_s < options.min_speech_s || is_zero(speaker.values)) {
      identity.reason = IdentityReason::kLittleSpeech;
    } else {
      const Trial trial = impl_->score(speaker.values, may_be, identity.candidates);
      identity.reason = trial.probability < options.threshold ? IdentityReason::kBelowThreshold
                        : trial.lead < options.margin         ? IdentityReason::kNoLead
                                                              : IdentityReason::kNamed;
      if (identity.reason == IdentityReason::kNamed) {
        const auto [place, is_first] = holder.try_emplace(trial.best, identities.size(), trial.llr);
        if (!is_first) {
          auto& [other, llr] = place->second;
          const bool wins = trial.llr > llr;
          (wins ? identities[other] : identity).reason = IdentityReason::kTaken;
          if (wins) place->second = {identities.size(), trial.llr};
        }
      }
    }
    identities.push_back(std::move(identity));
  }
  for (SpeakerIdentity& identity : identities) {
    if (identity.reason == IdentityReason::kNamed) identity.name = identity.candidates[0].name;
  }
  return identities;
}

std::string_view to_string(IdentityReason reason) noexcept {
  switch (reason) {
    case IdentityReason::kNamed:
      return "named";
    case IdentityReason::kBelowThreshold:
      return "below_threshold";
    case IdentityReason::kNoLead:
      return "no_lead";
    case IdentityReason::kTaken:
      return "taken";
    case IdentityReason::kLittleSpeech:
      return "little_speech";
    case IdentityReason::kEmptyBook:
      return "empty_book";
  }
  return "";
}

IdentityReason parse_identity_reason(std::string_view text) {
  for (const IdentityReason reason :
       {IdentityReason::kNamed, IdentityReason::kBelowThreshold, IdentityReason::kNoLead,
        IdentityReason::kTaken, IdentityReason::kLittleSpeech, IdentityReason::kEmptyBook}) {
    if (to_string(reason) == text) return reason;
  }
  throw InvalidArgument("unknown reason '" + std::string(text) + "' of an identity");
}

}  // namespace diar
