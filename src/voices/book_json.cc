// The file of a book: written by hand, one sample a line; read event by event, so that a hostile file costs
// no more memory than its bytes.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "diar/errors.h"
#include "diar/voices.h"
#include "voices/base64.h"
#include "voices/names.h"

namespace diar {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "diarize.cpp voices";
constexpr int kVersion = 1;

// A file name need not be UTF-8; JSON must be.
std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string number(double value) {
  return Json(value).dump();
}

/// Knows where in the book each event stands; anything elsewhere is refused.
class BookReader final : public nlohmann::json_sax<Json> {
 public:
  explicit BookReader(const std::string& name) : name_(name) {}

  VoiceBook finish() {
    if (!has("format") || format_ != kFormat) fail("this is no book of voices");
    if (!has("version")) fail("its version is missing");
    std::sort(voices_.begin(), voices_.end(),
              [](const Voice& a, const Voice& b) { return name_key(a.name) < name_key(b.name); });
    VoiceBook book;
    try {
      for (Voice& voice : voices_) {
        if (book.find(voice.name) != nullptr) fail("'" + voice.name + "' is in it twice");
        if (voice.samples.empty()) fail("'" + voice.name + "' has no sample");
        for (VoiceSample& sample : voice.samples) {
          if (sample.embedding.size() != dimension_)
            fail("a sample of '" + voice.name + "' is not of the dimension that the book states");
          book.add(voice.name, std::move(sample), encoder_);
        }
      }
      book.set_calibration(calibration_);
    } catch (const InvalidArgument& error) {
      fail(error.what());
    }
    return book;
  }

  bool null() override { return refuse(); }
  bool boolean(bool) override { return refuse(); }
  bool number_integer(number_integer_t value) override { return take(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return take(value); }
  bool binary(binary_t&) override { return refuse(); }

  bool string(string_t& value) override {
    if (is_at(Place::kBook, "format")) return format_ = std::move(value), true;
    if (is_at(Place::kBook, "encoder")) return encoder_ = std::move(value), true;
    if (is_at(Place::kVoice, "name")) return voices_.back().name = std::move(value), true;
    if (where_ != Place::kSample) return refuse();
    VoiceSample& sample = voices_.back().samples.back();
    if (key_ == "source") return sample.source = std::move(value), true;
    if (key_ == "date") return sample.date = std::move(value), true;
    if (key_ != "embedding") return refuse();
    auto values = from_base64(value);
    if (!values) fail("an embedding that is not base64 of whole numbers");
    sample.embedding = std::move(*values);
    return true;
  }

  bool key(string_t& value) override {
    // Within the levels that are read again and again the last object's names do not count.
    if (!seen_[static_cast<std::size_t>(where_)].insert(value).second) fail("'" + value + "' is there twice");
    key_ = std::move(value);
    return true;
  }

  bool start_object(std::size_t) override {
    switch (where_) {
      case Place::kOutside:
        return enter(Place::kBook);
      case Place::kBook:
        if (key_ != "calibration") return refuse();
        calibration_.emplace();
        return enter(Place::kCalibration);
      case Place::kVoices:
        if (voices_.size() >= VoiceBook::kMaxVoices) fail("more people than a book holds");
        voices_.emplace_back();
        return enter(Place::kVoice);
      case Place::kSamples:
        if (voices_.back().samples.size() >= VoiceBook::kMaxSamples) fail("more samples than a person has");
        voices_.back().samples.emplace_back();
        return enter(Place::kSample);
      default:
        return refuse();
    }
  }
  bool start_array(std::size_t) override {
    if (is_at(Place::kBook, "voices")) return enter(Place::kVoices);
    if (is_at(Place::kVoice, "samples")) return enter(Place::kSamples);
    return refuse();
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail("no JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { kOutside, kBook, kCalibration, kVoices, kVoice, kSamples, kSample, kNum };

  static Place parent(Place place) {
    switch (place) {
      case Place::kCalibration:
      case Place::kVoices:
        return Place::kBook;
      case Place::kVoice:
        return Place::kVoices;
      case Place::kSamples:
        return Place::kVoice;
      case Place::kSample:
        return Place::kSamples;
      default:
        return Place::kOutside;
    }
  }

  [[noreturn]] void fail(const std::string& what) const { throw InputError("'" + name_ + "': " + what); }
  bool refuse() const {
    fail(key_.empty() ? "this is no book of voices"
                      : "'" + key_ + "' is unknown, or of another kind: was it made by a newer program?");
  }
  bool has(const char* member) const {
    return seen_[static_cast<std::size_t>(Place::kBook)].contains(member);
  }
  bool is_at(Place where, std::string_view key) const { return where_ == where && key_ == key; }
  bool enter(Place place) {
    where_ = place;
    seen_[static_cast<std::size_t>(place)].clear();
    return true;
  }
  bool leave() {
    where_ = parent(where_);
    return true;
  }

  bool take(double value) {
    if (is_at(Place::kBook, "version")) {
      if (value != kVersion)
        fail("unknown version; this program reads version " + std::to_string(kVersion) + ": update it");
      return true;
    }
    if (is_at(Place::kBook, "dimension")) {
      if (!(value >= 0.0 && value <= 1e6)) fail("an impossible dimension");
      dimension_ = static_cast<std::size_t>(value);
      return true;
    }
    if (is_at(Place::kCalibration, "scale")) return calibration_->scale = value, true;
    if (is_at(Place::kCalibration, "offset")) return calibration_->offset = value, true;
    if (!is_at(Place::kSample, "speech_s")) return refuse();
    voices_.back().samples.back().speech_s = value;
    return true;
  }

  const std::string& name_;
  Place where_ = Place::kOutside;
  std::string key_;
  std::set<std::string, std::less<>> seen_[static_cast<std::size_t>(Place::kNum)];
  std::string format_;
  std::string encoder_;
  std::size_t dimension_ = 0;
  std::optional<VoiceCalibration> calibration_;
  std::vector<Voice> voices_;
};

}  // namespace

std::string to_json(const VoiceBook& book) {
  std::string text = std::string("{\n  \"format\": ") + quoted(kFormat) +
                     ",\n  \"version\": " + std::to_string(kVersion) +
                     ",\n  \"encoder\": " + quoted(book.encoder_id()) +
                     ",\n  \"dimension\": " + std::to_string(book.dimension());
  if (const auto& calibration = book.calibration()) {
    text += ",\n  \"calibration\": {\"scale\": " + number(calibration->scale) +
            ", \"offset\": " + number(calibration->offset) + "}";
  }
  text += ",\n  \"voices\": [";
  bool first_voice = true;
  for (const Voice& voice : book.voices()) {
    text +=
        (first_voice ? "\n    {\"name\": " : ",\n    {\"name\": ") + quoted(voice.name) + ", \"samples\": [";
    first_voice = false;
    bool first_sample = true;
    for (const VoiceSample& sample : voice.samples) {
      text += (first_sample ? "\n      {\"source\": " : ",\n      {\"source\": ") + quoted(sample.source) +
              ", \"speech_s\": " + number(std::round(sample.speech_s * 1e3) / 1e3) +
              ", \"date\": " + quoted(sample.date) + ", \"embedding\": \"" + to_base64(sample.embedding) +
              "\"}";
      first_sample = false;
    }
    text += "\n    ]}";
  }
  return text + (first_voice ? "]\n}\n" : "\n  ]\n}\n");
}

VoiceBook parse_voice_book(std::string_view text, const std::string& name) {
  BookReader reader(name);
  Json::sax_parse(text.begin(), text.end(), &reader);
  return reader.finish();
}

}  // namespace diar
