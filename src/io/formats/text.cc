#include "io/formats/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "diar/errors.h"

namespace diar::text {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]);
    const auto b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<std::uint32_t>(big_endian ? a << 8 | b : b << 8 | a);
  };
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const std::uint32_t first = unit(i);
    if (first < 0xD800 || first > 0xDFFF) {
      append_utf8(first, out);
      continue;
    }
    const std::uint32_t second = first < 0xDC00 && i + 3 < bytes.size() ? unit(i + 2) : 0;
    if (second >= 0xDC00 && second <= 0xDFFF) {
      append_utf8(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), out);
      i += 2;
    } else {
      out += kReplacement;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> Lines::next() {
  if (rest_.empty()) return std::nullopt;
  ++number_;
  const std::size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
  const std::string_view line = rest_.substr(0, end);
  std::size_t skip = end < rest_.size() ? 1 : 0;
  if (rest_.substr(end).starts_with("\r\n")) skip = 2;
  rest_.remove_prefix(end + skip);
  return line;
}

std::string place(const std::string& name, std::size_t line) {
  return name + ":" + std::to_string(line);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
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

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

double parse_seconds(std::string_view text, const std::string& where) {
  const auto value = parse_number(text);
  if (!value || *value < 0.0 || *value > kLongestTimeS) {
    throw InputError(where + ": '" + std::string(text.substr(0, 40)) + "' is not a time in seconds");
  }
  return *value;
}

double parse_clock(std::string_view text, const std::string& where) {
  const std::string_view whole = text;
  const auto fail = [&]() -> double {
    throw InputError(where + ": '" + std::string(whole.substr(0, 40)) + "' is not a time HH:MM:SS.mmm");
  };
  double total_s = 0.0;
  int colons = 0;
  for (std::size_t colon; (colon = text.find(':')) != std::string_view::npos; ++colons) {
    const std::string_view digits = text.substr(0, colon);
    const auto value = parse_number(digits);
    if (!value || colons == 2 || digits.find_first_not_of("0123456789") != std::string_view::npos)
      return fail();
    total_s = (total_s + *value) * 60.0;
    text.remove_prefix(colon + 1);
  }
  std::string seconds(text);
  if (const auto comma = seconds.find(','); comma != std::string::npos) seconds[comma] = '.';
  const auto value = parse_number(seconds);
  if (colons == 0 || !value || seconds.find_first_not_of("0123456789.") != std::string::npos) return fail();
  total_s += *value;
  return total_s <= kLongestTimeS ? total_s : fail();
}

std::string fixed(double value, int decimals) {
  char buffer[400];  // the largest double has 309 digits before its point
  const auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed, decimals);
  return {buffer, result.ptr};
}

std::string clock(std::int64_t milliseconds, char point) {
  const auto digits = [](std::int64_t value, std::size_t width) {
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
  };
  return digits(milliseconds / 3600000, 2) + ':' + digits(milliseconds / 60000 % 60, 2) + ':' +
         digits(milliseconds / 1000 % 60, 2) + point + digits(milliseconds % 1000, 3);
}

std::int64_t ticks(double time_s, double ticks_per_s) {
  return std::llround(time_s * ticks_per_s);
}

void require_sane_times(const Annotation& annotation) {
  for (const Turn& turn : annotation.turns()) {
    const auto [start_s, end_s] = turn.segment;
    // Written so that NaN fails too.
    if (!(start_s >= 0.0 && end_s >= start_s && end_s <= kLongestTimeS)) {
      throw InvalidArgument("a turn from " + std::to_string(start_s) + " s to " + std::to_string(end_s) +
                            " s cannot be written");
    }
  }
}

std::string_view byte_order_mark(std::string_view bytes) {
  for (const std::string_view mark : {"\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF"}) {
    if (bytes.starts_with(mark)) return mark;
  }
  return {};
}

std::string to_utf8(std::string_view bytes) {
  const std::string_view mark = byte_order_mark(bytes);
  const std::string_view text = bytes.substr(mark.size());
  return mark.size() == 2 ? from_utf16(text, mark[0] == '\xFE') : std::string(text);
}

std::string utf8_of(std::uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::string(kReplacement);
  std::string out;
  append_utf8(code, out);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += kReplacement;
    } else if (first < 0x20 || first == 0x7F) {
      out += ' ';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string label(std::string_view name) {
  std::string text = printable(name);
  return trimmed(text).empty() ? "_" : text;
}

std::string without_arrows(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    while (c == '>' && result.ends_with("--")) result.pop_back();
    result += c;
  }
  return result;
}

std::string one_field(std::string_view text) {
  std::string field(text.empty() ? "_" : text);
  for (char& c : field) {
    if (kWhiteSpace.find(c) != std::string_view::npos) c = '_';
  }
  return field;
}

std::string voice_tag(std::string_view escaped_name) {
  return "<v " + std::string(escaped_name) + (escaped_name.ends_with("--") ? " >" : ">");
}

}  // namespace diar::text
