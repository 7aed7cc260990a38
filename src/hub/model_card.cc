#include "hub/model_card.h"

#include <algorithm>
#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "diar/version.h"
#include "hub/names.h"

namespace diar {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kHubLicences = {"mit",          "apache-2.0",   "cc-by-4.0",       "cc-by-sa-4.0",
                                     "cc-by-nc-4.0", "cc0-1.0",      "cc-by-nc-sa-4.0", "bsd-3-clause",
                                     "gpl-3.0",      "bsd-2-clause", "unknown"};

std::string megabytes(std::uint64_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 1e6 << " MB";
  return text.str();
}

// What a stranger's model says of itself, in a cell of a table: no control characters (C1 too, in UTF-8), no
// further cells, no tags.
std::string cell(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    if (is_c1 || c < 0x20 || c == 0x7F || c == '`') {
      plain += ' ';
    } else if (c == '<') {
      plain += "&lt;";
    } else {
      plain += (c == '|' ? "\\" : "") + std::string(1, text[i]);
    }
  }
  return plain;
}

// A line of a YAML header; JSON's quoting is YAML's too.
std::string yaml(const char* key, const std::string& value) {
  return std::string(key) + ": " + Json(value).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string header(const Card& card) {
  const std::string& licence = card.provenance.licence;
  std::string text = "---\n";
  if (const std::string id = hub_licence(licence); !id.empty()) {
    text += yaml("license", id);
    if (id == "other") text += yaml("license_name", licence);
  }
  if (is_repository_name(card.provenance.source)) text += yaml("base_model", card.provenance.source);
  text += "pipeline_tag: voice-activity-detection\n";
  text += "tags:\n- speaker-diarization\n- pyannote\n- diarize.cpp\n---\n";
  return text;
}

std::string command(const Card& card) {
  if (card.has_segmentation && card.has_embedding && card.has_plda)
    return "diarize meeting.wav --model DIRECTORY";
  if (card.has_segmentation) return "diarize segment call.wav --model DIRECTORY";
  return "diarize models info DIRECTORY";
}

}  // namespace

std::string hub_licence(const std::string& licence) {
  if (licence.empty()) return {};
  std::string id = licence;
  std::transform(id.begin(), id.end(), id.begin(), [](unsigned char c) {
    return c == ' ' || c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  const auto known = std::find(kHubLicences.begin(), kHubLicences.end(), id);
  return known == kHubLicences.end() ? "other" : id;
}

std::string model_json(const ModelConfig& config, const Card& card) {
  Json json = {{"format", "diarize.cpp model"}, {"version", 1}, {"name", card.provenance.name}};
  if (!card.provenance.licence.empty()) json["licence"] = card.provenance.licence;
  if (!card.provenance.source.empty()) json["source"] = card.provenance.source;
  if (!card.provenance.revision.empty()) json["revision"] = card.provenance.revision;
  Json from = Json::array();
  for (const SourceFile& file : card.made_from)
    from.push_back({{"file", file.file}, {"sha256", file.sha256}});
  json["converted"] = {{"by", std::string("diarize.cpp ") + version()}, {"from", from}};
  if (card.has_segmentation) {
    json["segmentation"] = {{"duration_s", config.duration_s},
                            {"step_s", config.step_s},
                            {"min_duration_off_s", *config.parameters.min_duration_off_s}};
  }
  if (card.has_embedding) json["embedding"] = {{"exclude_overlap", config.exclude_overlap}};
  if (card.has_plda) {
    json["profile"] = to_string(config.profile);
    const ConfidenceModel& sure = config.confidence;
    json["confidence"] = {{"bias", sure.bias},
                          {"share", sure.share},
                          {"certainty", sure.certainty},
                          {"margin", sure.margin},
                          {"overlap", sure.overlap}};
    json["voices"] = {{"scale", config.voices.scale}, {"offset", config.voices.offset}};
    const auto numbers = [](const PipelineParameters& clustering) {
      return Json{{"threshold", *clustering.threshold}, {"fa", *clustering.fa}, {"fb", *clustering.fb}};
    };
    json["clustering"] = {{"method", "vbx"}};
    json["clustering"].update(numbers(config.parameters));
    for (const auto& [speed, own] : config.parameters_at)
      json["clustering"][std::string(to_string(speed))] = numbers(config.parameters_of(speed));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string model_card(const Card& card) {
  const Provenance& known = card.provenance;
  std::ostringstream text;
  text << header(card) << "\n# " << cell(known.name) << "\n\nWeights for speaker diarization in "
       << "diarize.cpp, converted without retraining.\n\n"
       << "| | |\n|---|---|\n"
       << "| made from | "
       << (known.source.empty() ? "files whose source is not recorded" : cell(known.source))
       << (known.revision.empty() ? "" : " at revision `" + cell(known.revision) + "`") << " |\n"
       << "| licence | "
       << (known.licence.empty() ? "not stated by the source: ask before you share" : cell(known.licence))
       << " |\n"
       << "| format | " << card.format << " |\n"
       << "| converted by | diarize.cpp " << version() << " |\n\n"
       << "The numbers are the source's; names, order and type were changed where the format wants it. The "
          "source's licence and conditions go on to hold: name its authors when you pass this on.\n\n"
       << "```\n"
       << command(card) << "\n```\n\n## Files\n\n| file | size | SHA-256 |\n|---|---|---|\n";
  for (const CardFile& file : card.files) {
    text << "| " << cell(file.file) << " | " << megabytes(file.size_bytes) << " | `" << file.sha256
         << "` |\n";
  }
  text << "\n## Made from\n\n| file | SHA-256 |\n|---|---|\n";
  for (const SourceFile& file : card.made_from)
    text << "| " << cell(file.file) << " | `" << file.sha256 << "` |\n";
  return text.str();
}

}  // namespace diar
