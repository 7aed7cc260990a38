// CSV (RFC 4180) with a header: uri, start_s, end_s, speaker, and confidence where it is known.
#include <algorithm>
#include <optional>

#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

std::string quoted(const std::string& value) {
  if (value.find_first_of(",;\"") == std::string::npos && text::trimmed(value) == value) return value;
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

// Sheets compute a cell that begins with one of these; an apostrophe before it says that it is text.
bool looks_like_formula(std::string_view cell) {
  const std::size_t first = cell.find_first_not_of('\'');
  return first != std::string_view::npos &&
         std::string_view("=+-@").find(cell[first]) != std::string_view::npos;
}

std::string cell_of(std::string_view name) {
  const std::string text = text::printable(name);
  return quoted(looks_like_formula(text) ? "'" + text : text);
}

// The way back: what `cell_of` put before it.
std::string name_of(const std::string& cell) {
  return cell.starts_with('\'') && looks_like_formula(cell) ? cell.substr(1) : cell;
}

std::string write_csv(std::span<const ResultDocument> documents, const FormatOptions&) {
  const bool confident = std::any_of(documents.begin(), documents.end(), [](const ResultDocument& document) {
    const auto& turns = document.diarization.turns();
    return std::any_of(turns.begin(), turns.end(),
                       [](const Turn& turn) { return turn.confidence.has_value(); });
  });
  std::string text = std::string("uri,start_s,end_s,speaker") + (confident ? ",confidence\n" : "\n");
  for (const ResultDocument& document : documents) {
    const std::string uri = cell_of(document.diarization.uri());
    for (const Turn& turn : document.diarization.turns()) {
      text += uri + ',' + text::fixed(turn.segment.start_s, 3) + ',' + text::fixed(turn.segment.end_s, 3) +
              ',' + cell_of(turn.speaker);
      if (confident) text += ',';
      if (turn.confidence) text += text::fixed(static_cast<double>(*turn.confidence), 3);
      text += '\n';
    }
  }
  return text;
}

/// Records of cells; a cell between quotes may hold separators and line ends.
class CsvReader {
 public:
  CsvReader(std::string_view rest, const std::string& name) : rest_(rest), name_(name) {
    const std::string_view header = rest.substr(0, rest.find_first_of("\r\n"));
    for (const char candidate : {',', ';', '\t'}) {
      if (header.find(candidate) != std::string_view::npos) {
        separator_ = candidate;
        break;
      }
    }
  }

  /// False at the end. Line ends between records are passed over.
  bool next(std::vector<std::string>& cells) {
    cells.clear();
    while (!rest_.empty() && is_line_end(rest_[0])) take();
    if (rest_.empty()) return false;
    record_line_ = line_;
    do cells.push_back(next_cell());
    while (take_if(separator_));
    if (!rest_.empty() && !is_line_end(rest_[0])) throw InputError(where() + ": text after a closing quote");
    return true;
  }

  std::string where() const { return text::place(name_, record_line_); }

 private:
  static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

  void take() {
    line_ += rest_[0] == '\n' ? 1 : 0;
    rest_.remove_prefix(1);
  }
  bool take_if(char c) {
    if (!rest_.starts_with(c)) return false;
    take();
    return true;
  }

  std::string next_cell() {
    if (!take_if('"')) {
      const char ends[] = {separator_, '\r', '\n', '\0'};
      std::string cell(rest_.substr(0, rest_.find_first_of(ends)));
      rest_.remove_prefix(cell.size());
      return cell;
    }
    std::string cell;
    while (!rest_.empty()) {
      if (take_if('"') && !rest_.starts_with('"')) return cell;
      cell += rest_[0];
      take();
    }
    throw InputError(where() + ": a quote that is not closed");
  }

  std::string_view rest_;
  const std::string& name_;
  char separator_ = ',';
  std::size_t line_ = 1;
  std::size_t record_line_ = 1;
};

struct Columns {
  std::optional<std::size_t> uri, start, end, duration, speaker, confidence;
};

Columns columns_of(const std::vector<std::string>& header, const std::string& where) {
  const auto find = [&](std::initializer_list<std::string_view> names) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < header.size(); ++i) {
      const std::string cell = text::lower(text::trimmed(header[i]));
      if (std::find(names.begin(), names.end(), cell) != names.end()) return i;
    }
    return std::nullopt;
  };
  Columns columns{
      find({"uri", "file", "recording"}), find({"start_s", "start", "begin"}), find({"end_s", "end"}),
      find({"duration_s", "duration"}),   find({"speaker", "label", "name"}),  find({"confidence"})};
  if (!columns.start || !columns.speaker || (!columns.end && !columns.duration)) {
    throw InputError(where + ": the header must name the columns start_s, end_s (or duration_s) and speaker");
  }
  return columns;
}

// A cell of the kind is between 0 and 1; anything else says nothing.
std::optional<float> confidence_of(const Columns& columns, const std::vector<std::string>& cells) {
  if (!columns.confidence || *columns.confidence >= cells.size()) return std::nullopt;
  const auto value = text::parse_number(text::trimmed(cells[*columns.confidence]));
  return value && *value >= 0.0 && *value <= 1.0 ? std::optional(static_cast<float>(*value)) : std::nullopt;
}

Documents read_csv(std::string_view text, const std::string& name) {
  CsvReader reader(text, name);
  std::vector<std::string> cells;
  if (!reader.next(cells)) throw InputError(name + ": an empty file is no CSV; it lacks the header");
  const Columns columns = columns_of(cells, reader.where());
  const std::string default_uri = uri_from_name(name);
  RecordingCollector recordings;
  while (reader.next(cells)) {
    const auto cell = [&](std::size_t column) -> const std::string& {
      if (column >= cells.size()) {
        throw InputError(reader.where() + ": the record has only " + std::to_string(cells.size()) + " cells");
      }
      return cells[column];
    };
    const auto seconds = [&](std::size_t column) {
      return text::parse_seconds(text::trimmed(cell(column)), reader.where());
    };
    const double start_s = seconds(*columns.start);
    const double end_s = columns.end ? seconds(*columns.end) : start_s + seconds(*columns.duration);
    if (end_s < start_s) throw InputError(reader.where() + ": the turn ends before it starts");
    recordings.add(columns.uri ? name_of(cell(*columns.uri)) : default_uri,
                   {{start_s, end_s}, name_of(cell(*columns.speaker)), confidence_of(columns, cells)});
  }
  return std::move(recordings).finish();
}

}  // namespace

const FormatFunctions kCsvFormat = {write_csv, read_csv};

}  // namespace diar
