#include <algorithm>
#include <cmath>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voices/names.h"

namespace diar {
namespace {

constexpr std::size_t kLongestSource = 4096;
constexpr std::size_t kLongestDate = 40;
constexpr double kLongestSpeechS = 1e9;

// Where a name stands, or would stand, among voices sorted by key.
template <class Voices>
auto place_of(Voices& voices, const std::string& key) {
  return std::lower_bound(
      voices.begin(), voices.end(), key,
      [](const Voice& voice, const std::string& wanted) { return name_key(voice.name) < wanted; });
}

[[noreturn]] void refuse_unknown(const std::string& name) {
  throw InvalidArgument("the book has nobody called '" + name + "'");
}

void check_sample(const std::string& name, const VoiceSample& sample) {
  const auto refuse = [&](const std::string& why) {
    throw InvalidArgument("a sample of '" + name + "' " + why);
  };
  if (sample.embedding.empty()) refuse("has no embedding");
  double squares = 0.0;
  for (const float value : sample.embedding)
    squares += static_cast<double>(value) * static_cast<double>(value);
  if (!std::isfinite(squares)) refuse("has an embedding that is not finite");
  if (squares == 0.0) refuse("has an embedding of zeros");
  if (!(sample.speech_s >= 0.0 && sample.speech_s <= kLongestSpeechS)) refuse("has no possible length");
  if (sample.source.size() > kLongestSource) refuse("has a source that is too long");
  if (sample.date.size() > kLongestDate) refuse("has a date that is too long");
}

}  // namespace

const Voice* VoiceBook::find(std::string_view name) const noexcept {
  const auto place = place_of(voices_, name_key(name));
  return place != voices_.end() && place->name == name ? &*place : nullptr;
}

void VoiceBook::set_calibration(std::optional<VoiceCalibration> calibration) {
  if (calibration &&
      !(calibration->scale > 0.0 && calibration->scale <= 1e6 && std::abs(calibration->offset) <= 1e6)) {
    throw InvalidArgument("a calibration of voices needs a positive scale and a finite offset");
  }
  calibration_ = calibration;
}

std::size_t VoiceBook::add(const std::string& name, VoiceSample sample, const std::string& encoder_id) {
  require_name(name);
  check_sample(name, sample);
  if (encoder_id.empty()) throw InvalidArgument("a sample needs the encoder that it is of");
  if (!encoder_id_.empty() && encoder_id != encoder_id_) {
    throw InvalidArgument("the book holds voices of the encoder " + encoder_id_ + ", and these are of " +
                          encoder_id + ": enrol them with the book's model, or use another book");
  }
  if (dimension_ != 0 && sample.embedding.size() != dimension_) {
    throw InvalidArgument("a sample of '" + name + "' has " + std::to_string(sample.embedding.size()) +
                          " values, the book's have " + std::to_string(dimension_));
  }
  const std::string key = name_key(name);
  auto place = place_of(voices_, key);
  const bool there = place != voices_.end() && name_key(place->name) == key;
  if (there && place->name != name) {
    throw InvalidArgument("the name '" + name + "' cannot be told from '" + place->name + "' in RTTM");
  }
  if (!there) {
    if (voices_.size() >= kMaxVoices)
      throw InvalidArgument("a book holds at most " + std::to_string(kMaxVoices) + " people");
    place = voices_.insert(place, Voice{name, {}});
  }
  auto& samples = place->samples;
  const bool known = std::any_of(samples.begin(), samples.end(), [&](const VoiceSample& other) {
    return other.embedding == sample.embedding;
  });
  if (known) return samples.size();
  if (samples.size() >= kMaxSamples)
    throw InvalidArgument("'" + name + "' has " + std::to_string(kMaxSamples) +
                          " samples, which is the most");
  encoder_id_ = encoder_id;
  dimension_ = sample.embedding.size();
  samples.push_back(std::move(sample));
  return samples.size();
}

void VoiceBook::remove(const std::string& name) {
  const auto place = place_of(voices_, name_key(name));
  if (place == voices_.end() || place->name != name) refuse_unknown(name);
  voices_.erase(place);
  if (!voices_.empty()) return;
  // An empty book is of no encoder.
  *this = VoiceBook();
}

void VoiceBook::rename(const std::string& from, const std::string& to) {
  require_name(to);
  const auto place = place_of(voices_, name_key(from));
  if (place == voices_.end() || place->name != from) refuse_unknown(from);
  const std::string key = name_key(to);
  const auto target = place_of(voices_, key);
  if (target != voices_.end() && target != place && name_key(target->name) == key)
    throw InvalidArgument("the name '" + to + "' is taken by '" + target->name + "'");
  Voice voice = std::move(*place);
  voice.name = to;
  voices_.erase(place);
  voices_.insert(place_of(voices_, key), std::move(voice));
}

std::vector<std::string> VoiceBook::merge(const VoiceBook& other) {
  VoiceBook merged = *this;
  std::vector<std::string> both;
  for (const Voice& voice : other.voices_) {
    if (find(voice.name) != nullptr) both.push_back(voice.name);
    for (const VoiceSample& sample : voice.samples) merged.add(voice.name, sample, other.encoder_id_);
  }
  *this = std::move(merged);
  return both;
}

}  // namespace diar
