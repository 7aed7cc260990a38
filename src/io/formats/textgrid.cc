// Praat's TextGrid: an interval tier for each speaker, named like the speaker.
#include <algorithm>

#include "diar/errors.h"
#include "io/formats/format.h"
#include "io/formats/text.h"
#include "io/formats/tiers.h"

namespace diar {
namespace {

constexpr double kTicksPerS = 1e6;

std::string quoted(const std::string& value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string seconds(std::int64_t ticks) {
  return text::fixed(static_cast<double>(ticks) / kTicksPerS, 6);
}

// The tier's intervals must cover everything, so silence is an interval without text.
std::string tier_text(const Tier& tier, std::size_t number, std::int64_t end) {
  std::string body;
  std::size_t count = 0;
  const auto add = [&](std::int64_t from, std::int64_t to, const std::string& label) {
    if (to <= from) return;
    body += "        intervals [" + std::to_string(++count) + "]:\n            xmin = " + seconds(from) +
            " \n            xmax = " + seconds(to) + " \n            text = " + quoted(label) + " \n";
  };
  std::int64_t done = 0;
  for (const TierInterval& interval : tier.intervals) {
    add(done, interval.start, "");
    add(interval.start, interval.end, tier.speaker);
    done = interval.end;
  }
  add(done, end, "");
  return "    item [" + std::to_string(number) +
         "]:\n        class = \"IntervalTier\" \n        name = " + quoted(tier.speaker) +
         " \n        xmin = 0 \n        xmax = " + seconds(end) +
         " \n        intervals: size = " + std::to_string(count) + " \n" + body;
}

std::string write_textgrid(std::span<const ResultDocument> documents, const FormatOptions&) {
  const ResultDocument& document = documents[0];
  std::vector<Tier> tiers = tiers_of(document.diarization, kTicksPerS);
  // Praat opens no grid without tiers or without length.
  if (tiers.empty()) tiers.push_back({"speech", 1, {}});
  const double length_s = std::clamp(document.duration_s, 0.0, text::kLongestTimeS);
  const std::int64_t end = std::max<std::int64_t>(
      {text::ticks(std::max(length_s, document.diarization.end_s()), kTicksPerS), 1000});
  std::string text =
      "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = " + seconds(end) +
      " \ntiers? <exists> \nsize = " + std::to_string(tiers.size()) + " \nitem []: \n";
  for (std::size_t i = 0; i < tiers.size(); ++i) text += tier_text(tiers[i], i + 1, end);
  return text;
}

/// Praat's own way to read: free-standing numbers and quoted strings count, all else is decoration. So the
/// long and the short form are one.
class TokenReader {
 public:
  TokenReader(std::string_view rest, const std::string& name) : rest_(rest), name_(name) {}

  std::string string(const char* what) {
    const std::string_view token = next();
    if (!token.starts_with('"')) fail(what);
    std::string value;
    for (std::size_t i = 1; i + 1 < token.size(); ++i) {
      value += token[i];
      if (token[i] == '"') ++i;  // doubled
    }
    return value;
  }
  double seconds(const char* what) {
    const std::string_view token = next();
    const auto value = text::parse_number(token);
    if (!value || *value > text::kLongestTimeS || *value < -text::kLongestTimeS) fail(what);
    return *value;
  }
  std::size_t count(const char* what) {
    const std::string_view token = next();
    const auto value = text::parse_number(token);
    if (!value || *value < 0.0 || *value > 1e9) fail(what);
    return static_cast<std::size_t>(*value);
  }
  [[noreturn]] void fail(const char* what) const {
    throw InputError(text::place(name_, line_) + ": a TextGrid needs " + what + " here");
  }

 private:
  void take(std::size_t length) {
    line_ += static_cast<std::size_t>(
        std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(length), '\n'));
    rest_.remove_prefix(length);
  }

  // The next string with its quotes, or the next free-standing number; empty at the end.
  std::string_view next() {
    while (true) {
      take(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
      if (rest_.empty()) return {};
      if (rest_[0] == '!') {  // a comment
        take(std::min(rest_.find('\n'), rest_.size()));
        continue;
      }
      const std::size_t length = rest_[0] == '"' ? quoted_length() : rest_.find_first_of(" \t\r\n");
      const std::string_view token = rest_.substr(0, length);
      take(token.size());
      if (token[0] == '"' || text::parse_number(token)) return token;
    }
  }
  std::size_t quoted_length() const {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] != '"') continue;
      if (i + 1 >= rest_.size() || rest_[i + 1] != '"') return i + 1;
      ++i;
    }
    fail("a closing quote");
  }

  std::string_view rest_;
  const std::string& name_;
  std::size_t line_ = 1;
};

void read_interval_tier(TokenReader& tokens, const std::string& speaker, std::vector<Turn>& turns) {
  const std::size_t count = tokens.count("the number of intervals");
  for (std::size_t i = 0; i < count; ++i) {
    const double start_s = tokens.seconds("the start of an interval");
    const double end_s = tokens.seconds("the end of an interval");
    const std::string label = tokens.string("the text of an interval");
    if (end_s < start_s) tokens.fail("an interval that does not end before it starts");
    if (start_s < 0.0 && !text::trimmed(label).empty()) tokens.fail("times that are not negative");
    if (!text::trimmed(label).empty()) turns.push_back({{start_s, end_s}, speaker});
  }
}

Documents read_textgrid(std::string_view text, const std::string& name) {
  TokenReader tokens(text, name);
  if (tokens.string("\"ooTextFile\"") != "ooTextFile" || tokens.string("\"TextGrid\"") != "TextGrid") {
    throw InputError(name + ":1: this is no TextGrid");
  }
  tokens.seconds("its start");
  const double end_s = tokens.seconds("its end");
  std::vector<Turn> turns;
  const std::size_t num_tiers = tokens.count("the number of tiers");
  for (std::size_t tier = 0; tier < num_tiers; ++tier) {
    const std::string kind = tokens.string("the class of a tier");
    const std::string speaker = tokens.string("the name of a tier");
    tokens.seconds("the start of a tier");
    tokens.seconds("the end of a tier");
    if (kind == "IntervalTier") {
      read_interval_tier(tokens, speaker, turns);
      continue;
    }
    // A tier of points holds no turns.
    const std::size_t count = tokens.count("the number of points");
    for (std::size_t i = 0; i < count; ++i) {
      tokens.seconds("the time of a point");
      tokens.string("the mark of a point");
    }
  }
  Documents documents;
  documents.emplace_back(Annotation(uri_from_name(name), std::move(turns)));
  documents[0].duration_s = std::max(end_s, 0.0);
  return documents;
}

}  // namespace

const FormatFunctions kTextGridFormat = {write_textgrid, read_textgrid};

}  // namespace diar
