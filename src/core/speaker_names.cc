#include "diar/speaker_names.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "core/text_file.h"
#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Cuts at commas that stand outside double quotes.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == ',' && !quoted) {
      parts.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string unquoted(std::string_view text, std::string_view part) {
  if (!text.starts_with('"')) return std::string(text);
  std::string name;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') {
      if (at + 1 == text.size()) return name;
      break;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    name += text[at];
  }
  throw InvalidArgument("speaker name '" + std::string(part) +
                        "': the double quotes do not close at its end");
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

void add_part(std::string_view part, SpeakerNames& names) {
  part = trimmed(part);
  const std::size_t equals = part.find('=');
  const std::string label(trimmed(part.substr(0, std::min(equals, part.size()))));
  if (equals == std::string_view::npos || label.empty()) {
    throw InvalidArgument("speaker name '" + std::string(part) + "' is not of the form LABEL=NAME");
  }
  const std::string name = unquoted(trimmed(part.substr(equals + 1)), part);
  if (trimmed(name).empty()) throw InvalidArgument("the name of speaker '" + label + "' is empty");
  if (has_control_character(name)) {
    throw InvalidArgument("the name of speaker '" + label + "' holds a control character");
  }
  if (!names.emplace(label, name).second) {
    throw InvalidArgument("speaker '" + label + "' is named twice");
  }
}

}  // namespace

SpeakerNames parse_speaker_names(std::string_view text) {
  SpeakerNames names;
  for (const std::string_view part : parts_of(text)) add_part(part, names);
  return names;
}

SpeakerNames read_speaker_names(const std::filesystem::path& path) {
  std::istringstream file(read_text_file(path));
  SpeakerNames names;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    std::string_view text = line;
    if (number == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    text = trimmed(text);
    if (text.empty() || text.starts_with('#')) continue;
    try {
      add_part(text, names);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return names;
}

Annotation renamed(const Annotation& annotation, const SpeakerNames& names) {
  std::vector<Turn> turns = annotation.turns();
  for (Turn& turn : turns) {
    if (const auto place = names.find(turn.speaker); place != names.end()) turn.speaker = place->second;
  }
  return Annotation(annotation.uri(), std::move(turns));
}

std::vector<std::string> unknown_labels(const SpeakerNames& names, const Annotation& annotation) {
  std::set<std::string_view> known;
  for (const Turn& turn : annotation.turns()) known.insert(turn.speaker);
  std::vector<std::string> unknown;
  for (const auto& [label, name] : names) {
    if (!known.contains(label)) unknown.push_back(label);
  }
  return unknown;
}

}  // namespace diar
