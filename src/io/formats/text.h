// The small change of text formats: lines, fields, times, encodings; never the locale's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diar/annotation.h"

namespace diar::text {

/// Times beyond this (31 years) are refused: they are damage, and integers of microseconds stay exact below.
inline constexpr double kLongestTimeS = 1e9;

/// Lines of a text, ended by \n, \r\n or \r, without their ends. Views into the text.
class Lines {
 public:
  explicit Lines(std::string_view rest) : rest_(rest) {}
  /// The next line, or nothing at the end; a line end at the very end opens no empty line.
  std::optional<std::string_view> next();
  /// 1 for the line that `next` gave first.
  std::size_t number() const noexcept { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// "name:12".
std::string place(const std::string& name, std::size_t line);
std::string_view trimmed(std::string_view text);
/// Parts between runs of white space.
std::vector<std::string_view> fields_of(std::string_view line);
std::string lower(std::string_view text);

/// A plain decimal number, all of `text`; nothing when it is none, or infinite.
std::optional<double> parse_number(std::string_view text) noexcept;
/// Seconds in [0, kLongestTimeS]. Throws `InputError` that starts with `where`.
double parse_seconds(std::string_view text, const std::string& where);
/// "[HH:]MM:SS.mmm", with a comma for the point too. Throws like `parse_seconds`.
double parse_clock(std::string_view text, const std::string& where);

/// Fixed decimals, independent of the locale.
std::string fixed(double value, int decimals);
/// "HH:MM:SS.mmm", or with another mark for the point.
std::string clock(std::int64_t milliseconds, char point);
/// Rounded to a multiple of 1 / `ticks_per_s`.
std::int64_t ticks(double time_s, double ticks_per_s);
/// Throws `InvalidArgument` when a turn starts before 0, ends before it starts, or ends after kLongestTimeS.
void require_sane_times(const Annotation& annotation);

/// The byte order mark of UTF-8 or UTF-16 that a text begins with, or nothing.
std::string_view byte_order_mark(std::string_view bytes);
/// UTF-8 of a text with or without a byte order mark; UTF-16 needs its mark.
std::string to_utf8(std::string_view bytes);
/// One code point; the replacement character for what is none.
std::string utf8_of(std::uint32_t code);
/// Valid UTF-8 on one line: control characters become spaces, invalid bytes U+FFFD.
std::string printable(std::string_view text);
/// `printable`, and "_" for a name of which nothing would be seen: what files show a speaker as.
std::string label(std::string_view name);
/// Without "-->", which subtitles read as a line of times: "->" is left of it and of longer arrows.
std::string without_arrows(std::string_view text);
/// White space becomes "_", and so does nothing at all.
std::string one_field(std::string_view text);
/// `<v Ann>` of WebVTT, for a name that is escaped already. A space keeps the dashes at a name's end and the > from being
/// the arrow between two times; readers drop it.
std::string voice_tag(std::string_view escaped_name);

}  // namespace diar::text
