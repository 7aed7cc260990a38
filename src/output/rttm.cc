#include "diar/rttm.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

void require_one_field(const std::string& text, const char* what) {
  if (text.empty() || text.find_first_of(kWhiteSpace) != std::string::npos) {
    throw InvalidArgument(std::string("RTTM cannot hold the ") + what + " '" + text +
                          "': it must not be empty or contain white space");
  }
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  std::size_t at = line.find_first_not_of(kWhiteSpace);
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(kWhiteSpace, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kWhiteSpace, end);
  }
  return fields;
}

double parse_time(std::string_view text, const std::string& where) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0.0) {
    throw InputError(where + ": '" + std::string(text) + "' is not a time in seconds");
  }
  return value;
}

}  // namespace

void write_rttm(const Annotation& annotation, std::ostream& out, int decimals) {
  out << to_rttm(annotation, decimals);
}

std::string to_rttm(const Annotation& annotation, int decimals) {
  if (decimals < 0 || decimals > 9) throw InvalidArgument("RTTM times take 0 to 9 decimals");
  std::string text;
  if (!annotation.empty()) require_one_field(annotation.uri(), "name");
  char times[512];
  for (const Turn& turn : annotation.turns()) {
    require_one_field(turn.speaker, "speaker");
    std::snprintf(times, sizeof(times), " 1 %.*f %.*f <NA> <NA> ", decimals, turn.segment.start_s, decimals,
                  turn.segment.duration_s());
    text += "SPEAKER " + annotation.uri() + times + turn.speaker + " <NA> <NA>\n";
  }
  return text;
}

std::vector<Annotation> read_rttm(std::istream& in, const std::string& name) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Turn>, std::less<>> turns_of;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const auto fields = fields_of(line);
    if (fields.empty() || fields[0].starts_with(";;") || fields[0] != "SPEAKER") continue;
    const std::string where = name + ":" + std::to_string(number);
    if (fields.size() < 8)
      throw InputError(where + ": a SPEAKER line needs at least 8 fields, has " +
                       std::to_string(fields.size()));
    const double start_s = parse_time(fields[3], where);
    const double duration_s = parse_time(fields[4], where);
    auto place = turns_of.find(fields[1]);
    if (place == turns_of.end()) {
      order.emplace_back(fields[1]);
      place = turns_of.emplace(order.back(), std::vector<Turn>()).first;
    }
    place->second.push_back({{start_s, start_s + duration_s}, std::string(fields[7])});
  }
  if (in.bad()) throw InputError("cannot read " + name);
  std::vector<Annotation> annotations;
  annotations.reserve(order.size());
  for (const std::string& uri : order) annotations.emplace_back(uri, std::move(turns_of[uri]));
  return annotations;
}

std::vector<Annotation> read_rttm_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // Opening a directory succeeds; the first look into it does not.
  if (!file || (file.peek(), file.bad()))
    throw InputError("cannot open '" + path + "': no such file, or not readable");
  return read_rttm(file, path);
}

}  // namespace diar
