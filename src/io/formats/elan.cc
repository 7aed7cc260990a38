// ELAN's annotation format (EAF 3.0): a time-aligned tier for each speaker, milliseconds.
#include <filesystem>
#include <map>
#include <optional>

#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/markup.h"
#include "io/formats/text.h"
#include "io/formats/tiers.h"

namespace diar {
namespace {

// The schema wants a date; a fixed one keeps equal results equal files.
constexpr const char* kHead =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="diarize.cpp" DATE="1970-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
)";
constexpr const char* kTail =
    R"(    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="speaker-turn" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
)";

// A relative address (RFC 3986) of the audio in the EAF's own directory: ELAN looks there first.
std::string media_url(const std::string& input) {
  constexpr std::string_view kPlain = "-._~()!*";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string url = "./";
  for (const char c : std::filesystem::path(input).filename().string()) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (alphanumeric || kPlain.find(c) != std::string_view::npos) {
      url += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      url.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return url;
}

std::string mime_type(const std::string& input) {
  const std::string extension = text::lower(std::filesystem::path(input).extension().string());
  if (extension == ".wav") return "audio/x-wav";
  if (extension == ".mp3") return "audio/mpeg";
  if (extension == ".mp4" || extension == ".m4v") return "video/mp4";
  if (extension == ".mpg" || extension == ".mpeg") return "video/mpeg";
  if (extension == ".mov") return "video/quicktime";
  return "unknown";
}

std::string write_elan(std::span<const ResultDocument> documents, const FormatOptions&) {
  const ResultDocument& document = documents[0];
  std::string slots;
  std::string tiers;
  std::size_t slot = 0;
  std::size_t annotation = 0;
  for (const Tier& tier : tiers_of(document.diarization, 1000.0)) {
    const std::string speaker = escape_markup(tier.speaker);
    // Identifiers are unique; PARTICIPANT says whose tier it is.
    const std::string id = tier.number == 1 ? speaker : speaker + " (" + std::to_string(tier.number) + ")";
    tiers += "    <TIER LINGUISTIC_TYPE_REF=\"speaker-turn\" PARTICIPANT=\"" + speaker + "\" TIER_ID=\"" +
             id + "\">\n";
    for (const TierInterval& interval : tier.intervals) {
      for (const std::int64_t time : {interval.start, interval.end}) {
        slots += "        <TIME_SLOT TIME_SLOT_ID=\"ts" + std::to_string(++slot) + "\" TIME_VALUE=\"" +
                 std::to_string(time) + "\"/>\n";
      }
      tiers += "        <ANNOTATION>\n            <ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a" +
               std::to_string(++annotation) + "\" TIME_SLOT_REF1=\"ts" + std::to_string(slot - 1) +
               "\" TIME_SLOT_REF2=\"ts" + std::to_string(slot) + "\">\n                <ANNOTATION_VALUE>" +
               speaker + "</ANNOTATION_VALUE>\n            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>\n";
    }
    tiers += "    </TIER>\n";
  }
  std::string text = kHead;
  text += "    <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">\n";
  if (!document.input.empty() && document.input != "-") {
    const std::string url = media_url(document.input);
    text += "        <MEDIA_DESCRIPTOR MEDIA_URL=\"" + url + "\" MIME_TYPE=\"" + mime_type(document.input) +
            "\" RELATIVE_MEDIA_URL=\"" + url + "\"/>\n";
  }
  return text + "    </HEADER>\n    <TIME_ORDER>\n" + slots + "    </TIME_ORDER>\n" + tiers + kTail;
}

class ElanReader {
 public:
  ElanReader(std::string_view text, const std::string& name) : tags_(text, name), name_(name) {}

  std::vector<Turn> read() {
    bool is_elan = false;
    while (const auto tag = tags_.next()) {
      if (!tag->opens) continue;
      is_elan = is_elan || tag->name == "ANNOTATION_DOCUMENT";
      if (tag->name == "TIME_SLOT") add_slot(*tag);
      if (tag->name == "TIER") {
        speaker_ = tag->attribute("PARTICIPANT");
        if (speaker_.empty()) speaker_ = tag->attribute("TIER_ID");
      }
      if (tag->name == "ALIGNABLE_ANNOTATION") add_turn(*tag);
    }
    if (!is_elan) throw InputError(name_ + ":1: this is no ELAN file: there is no ANNOTATION_DOCUMENT");
    return std::move(turns_);
  }

 private:
  void add_slot(const MarkupTag& tag) {
    const std::string value = tag.attribute("TIME_VALUE");
    // A slot without a time lies somewhere between its neighbours.
    if (value.empty()) return;
    const std::string where = text::place(name_, tag.line);
    const auto milliseconds = text::parse_number(value);
    if (!milliseconds || *milliseconds < 0.0 || *milliseconds > text::kLongestTimeS * 1e3) {
      throw InputError(where + ": '" + value.substr(0, 40) + "' is not a time in milliseconds");
    }
    time_s_of_[tag.attribute("TIME_SLOT_ID")] = *milliseconds / 1e3;
  }

  void add_turn(const MarkupTag& tag) {
    const auto start = time_s_of_.find(tag.attribute("TIME_SLOT_REF1"));
    const auto end = time_s_of_.find(tag.attribute("TIME_SLOT_REF2"));
    const std::string where = text::place(name_, tag.line);
    if (start == time_s_of_.end() || end == time_s_of_.end()) {
      throw InputError(where + ": an annotation whose time slots are missing or hold no time");
    }
    if (end->second < start->second) throw InputError(where + ": the annotation ends before it starts");
    turns_.push_back({{start->second, end->second}, speaker_});
  }

  MarkupReader tags_;
  const std::string& name_;
  std::map<std::string, double> time_s_of_;
  std::string speaker_;
  std::vector<Turn> turns_;
};

Documents read_elan(std::string_view text, const std::string& name) {
  Documents documents;
  documents.emplace_back(Annotation(uri_from_name(name), ElanReader(text, name).read()));
  return documents;
}

}  // namespace

const FormatFunctions kElanFormat = {write_elan, read_elan};

}  // namespace diar
