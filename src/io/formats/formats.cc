#include "diar/io/formats.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <ostream>

#include "core/text_file.h"
#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr double kMillisecond = 1e-3;
constexpr double kMicrosecond = 1e-6;

constexpr std::array<FormatInfo, 9> kInfos = {{
    {"rttm", ".rttm", "NIST RTTM, a SPEAKER line for each turn", kMillisecond, true, true},
    {"json", ".json", "everything: turns, exclusive turns, totals, overlap, model", kMicrosecond, true, true},
    {"csv", ".csv", "a table: uri, start_s, end_s, speaker", kMillisecond, true, true},
    {"srt", ".srt", "SubRip subtitles", kMillisecond, false, false},
    {"vtt", ".vtt", "WebVTT subtitles with voice tags", kMillisecond, false, false},
    {"textgrid", ".TextGrid", "Praat TextGrid, a tier for each speaker", kMicrosecond, false, false},
    {"audacity", ".audacity.txt", "Audacity label track", kMicrosecond, false, true},
    {"eaf", ".eaf", "ELAN annotation file, a tier for each speaker", kMillisecond, false, false},
    {"ctm", ".ctm", "CTM-like speaker activity", kMillisecond, true, true},
}};

const FormatFunctions& functions_of(const FormatInfo& info) {
  static const std::array<const FormatFunctions*, kInfos.size()> kFunctions = {
      &kRttmFormat,     &kJsonFormat,     &kCsvFormat,  &kSrtFormat, &kVttFormat,
      &kTextGridFormat, &kAudacityFormat, &kElanFormat, &kCtmFormat};
  return *kFunctions[static_cast<std::size_t>(&info - kInfos.data())];
}

std::string_view canonical_name(std::string_view name) {
  constexpr std::array<std::array<std::string_view, 2>, 4> kAliases = {
      {{"webvtt", "vtt"}, {"praat", "textgrid"}, {"elan", "eaf"}, {"labels", "audacity"}}};
  for (const auto& [alias, meaning] : kAliases) {
    if (name == alias) return meaning;
  }
  return name;
}

// JSON keeps both kinds of turns; every other format takes the exclusive ones in place of the others.
Documents exclusive_only(std::span<const ResultDocument> documents) {
  Documents result(documents.begin(), documents.end());
  for (ResultDocument& document : result) {
    if (!document.exclusive) {
      throw InvalidArgument("'" + document.diarization.uri() + "' holds no exclusive turns to write");
    }
    document.diarization = *document.exclusive;
  }
  return result;
}

}  // namespace

ResultDocument::ResultDocument(DiarizationOutput output)
    : diarization(std::move(output.diarization)),
      exclusive(std::move(output.exclusive_diarization)),
      duration_s(output.duration_s),
      embeddings(std::move(output.speaker_embeddings)) {}

std::span<const FormatInfo> formats() noexcept {
  return kInfos;
}

const FormatInfo& find_format(std::string_view name) {
  const std::string wanted = text::lower(name);
  std::string known;
  for (const FormatInfo& info : kInfos) {
    if (info.name == canonical_name(wanted)) return info;
    known += (known.empty() ? "" : ", ") + std::string(info.name);
  }
  throw InvalidArgument("there is no format '" + std::string(name) + "'; choose from " + known);
}

const FormatInfo* format_of_path(const std::filesystem::path& path) noexcept {
  std::string extension;
  try {
    extension = text::lower(path.extension().string());
  } catch (...) {
    return nullptr;
  }
  if (extension == ".txt") extension = ".audacity.txt";
  if (extension == ".webvtt") extension = ".vtt";
  for (const FormatInfo& info : kInfos) {
    if (text::lower(info.extension) == extension) return &info;
  }
  return nullptr;
}

std::string to_format(std::span<const ResultDocument> documents, std::string_view format,
                      const FormatOptions& options) {
  const FormatInfo& info = find_format(format);
  if (documents.size() != 1 && !info.several_recordings) {
    throw InvalidArgument("a file of format '" + std::string(info.name) + "' holds one recording, not " +
                          std::to_string(documents.size()));
  }
  for (const ResultDocument& document : documents) {
    text::require_sane_times(document.diarization);
    if (document.exclusive) text::require_sane_times(*document.exclusive);
  }
  if (options.exclusive && info.name != "json") {
    return functions_of(info).write(exclusive_only(documents), options);
  }
  return functions_of(info).write(documents, options);
}

std::string to_format(const ResultDocument& document, std::string_view format, const FormatOptions& options) {
  return to_format(std::span(&document, 1), format, options);
}

void write_format(const ResultDocument& document, std::string_view format, std::ostream& out,
                  const FormatOptions& options) {
  out << to_format(document, format, options);
}

std::vector<ResultDocument> parse_format(std::string_view text, std::string_view format,
                                         const std::string& name) {
  const FormatInfo& info = find_format(format);
  return functions_of(info).read(text::to_utf8(text), name);
}

std::vector<ResultDocument> read_format_file(const std::filesystem::path& path, std::string_view format) {
  if (format.empty()) {
    const FormatInfo* info = format_of_path(path);
    if (info == nullptr) {
      throw InvalidArgument("the extension of '" + path.string() + "' names no format; say which it is");
    }
    format = info->name;
  }
  return parse_format(read_text_file(path), format, path.string());
}

ResultDocument renamed(ResultDocument document, const SpeakerNames& names) {
  document.diarization = renamed(document.diarization, names);
  if (document.exclusive) document.exclusive = renamed(*document.exclusive, names);
  for (SpeakerEmbedding& embedding : document.embeddings) {
    if (const auto place = names.find(embedding.speaker); place != names.end())
      embedding.speaker = place->second;
  }
  for (SpeakerIdentity& identity : document.identities) {
    if (const auto place = names.find(identity.speaker); place != names.end())
      identity.speaker = place->second;
  }
  return document;
}

std::string uri_from_name(const std::string& name) {
  std::filesystem::path stem = std::filesystem::path(name).stem();
  if (text::lower(stem.extension().string()) == ".audacity") stem = stem.stem();
  return stem.empty() ? "audio" : stem.string();
}

void RecordingCollector::add(std::string_view uri, Turn turn) {
  auto place = index_of_.find(uri);
  if (place == index_of_.end()) {
    place = index_of_.emplace(std::string(uri), uris_.size()).first;
    uris_.emplace_back(uri);
    turns_.emplace_back();
  }
  turns_[place->second].push_back(std::move(turn));
}

Documents RecordingCollector::finish() && {
  Documents documents;
  documents.reserve(uris_.size());
  for (std::size_t i = 0; i < uris_.size(); ++i) {
    documents.emplace_back(Annotation(std::move(uris_[i]), std::move(turns_[i])));
  }
  return documents;
}

void require_distinct(const Annotation& annotation, std::string (*as_written)(std::string_view name)) {
  std::map<std::string, std::string> name_of;
  for (const std::string& speaker : annotation.speakers()) {
    const auto [place, fresh] = name_of.emplace(as_written(speaker), speaker);
    if (!fresh) {
      throw InvalidArgument("the speakers '" + place->second + "' and '" + speaker + "' would both become '" +
                            place->first + "' in this format; give them other names");
    }
  }
}

}  // namespace diar
