#include "diar/io/rttm.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include "diar/errors.h"
#include "io/formats/line_reader.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";
const std::string kNotAvailable = "<NA>";

void require_one_field(const std::string& text, const char* what) {
  if (text.empty() || text.find_first_of(kWhiteSpace) != std::string::npos) {
    throw InvalidArgument(std::string("RTTM cannot hold the ") + what + " '" + text +
                          "': it must not be empty or contain white space");
  }
}

// The other objects of NIST's RTTM (RT-09), which hold no turns.
bool is_other_object(std::string_view type) {
  constexpr std::array<std::string_view, 13> kTypes = {
      "SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "SU", "IP",
      "CB",      "A/P",     "SPKR-INFO"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// A SPEAKER line has 8 to 10 fields. A name with spaces in it would silently shift the rest.
void check_fields(const std::vector<std::string_view>& fields, const std::string& where) {
  if (fields.size() < 8) {
    throw InputError(where + ": a SPEAKER line needs at least 8 fields, has " +
                     std::to_string(fields.size()));
  }
  if (fields.size() > 10 || text::parse_number(fields[5])) {
    throw InputError(where +
                     ": more fields than a SPEAKER line has; the names of files and speakers must not hold "
                     "spaces");
  }
}

}  // namespace

void write_rttm(const Annotation& annotation, std::ostream& out, int decimals) {
  out << to_rttm(annotation, decimals);
}

std::string to_rttm(const Annotation& annotation, int decimals) {
  if (decimals < 0 || decimals > 9) throw InvalidArgument("RTTM times take 0 to 9 decimals");
  std::string result;
  const std::string& uri = annotation.uri().empty() ? kNotAvailable : annotation.uri();
  if (!annotation.empty()) require_one_field(uri, "name");
  for (const Turn& turn : annotation.turns()) {
    require_one_field(turn.speaker, "speaker");
    result += "SPEAKER " + uri + " 1 " + text::fixed(turn.segment.start_s, decimals) + ' ' +
              text::fixed(turn.segment.duration_s(), decimals) + " <NA> <NA> " + turn.speaker +
              " <NA> <NA>\n";
  }
  return result;
}

std::vector<Annotation> read_rttm(std::istream& in, const std::string& name) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<Turn>, std::less<>> turns_of;
  LineReader lines(in, name);
  while (lines.next()) {
    const auto fields = text::fields_of(lines.line());
    if (fields.empty() || fields[0].starts_with(";;") || is_other_object(fields[0])) continue;
    if (fields[0] != "SPEAKER") {
      throw InputError(lines.where() + ": an RTTM line starts with SPEAKER, not with '" +
                       std::string(fields[0].substr(0, 40)) + "'");
    }
    check_fields(fields, lines.where());
    const double start_s = text::parse_seconds(fields[3], lines.where());
    const double duration_s = text::parse_seconds(fields[4], lines.where());
    auto place = turns_of.find(fields[1]);
    if (place == turns_of.end()) {
      order.emplace_back(fields[1]);
      place = turns_of.emplace(order.back(), std::vector<Turn>()).first;
    }
    place->second.push_back({{start_s, start_s + duration_s}, std::string(fields[7])});
  }
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
