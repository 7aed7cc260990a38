#include "screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace diar::cli {
namespace {

// Set once, by main, before anything is printed.
ColorMode color_mode = ColorMode::kAuto;

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t num_bytes = 1;
  bool is_valid = false;
};

// The code point at the start of a text that is not empty.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t value = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  return {value, length, true};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

bool is_in(std::uint32_t value, const Range* begin, const Range* end) {
  return std::any_of(begin, end,
                     [&](const Range& range) { return value >= range.first && value <= range.last; });
}

// Unicode's East Asian Wide and Fullwidth blocks, and emoji.
constexpr std::array<Range, 11> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0x1F300, 0x3FFFD}}};
// Combining marks, joiners and marks of direction.
constexpr std::array<Range, 8> kZeroWidth = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x064B, 0x065F},
                                              {0x1AB0, 0x1AFF},
                                              {0x200B, 0x200F},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE2F}}};

std::size_t cells_of(const CodePoint& point) {
  if (is_in(point.value, kZeroWidth.begin(), kZeroWidth.end())) return 0;
  return is_in(point.value, kWide.begin(), kWide.end()) ? 2 : 1;
}

}  // namespace

std::string screen_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_of(text);
    // U+0080 to U+009F control too: some terminals take U+009B for ESC [.
    const bool controls = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    if (point.is_valid && !controls) {
      result += text.substr(0, point.num_bytes);
    } else {
      result += '?';
    }
    text.remove_prefix(point.num_bytes);
  }
  return result;
}

std::size_t cells_of(std::string_view text) {
  std::size_t cells = 0;
  while (!text.empty()) {
    const CodePoint point = first_of(text);
    cells += cells_of(point);
    text.remove_prefix(point.num_bytes);
  }
  return cells;
}

std::string clipped(const std::string& text, std::size_t cells) {
  if (cells_of(text) <= cells) return text;
  if (cells == 0) return {};
  std::size_t used = 1;  // of the mark
  std::string_view rest = text;
  std::string result;
  while (!rest.empty()) {
    const CodePoint point = first_of(rest);
    used += cells_of(point);
    if (used > cells) break;
    result += rest.substr(0, point.num_bytes);
    rest.remove_prefix(point.num_bytes);
  }
  return result + "…";
}

std::size_t terminal_columns(int stream) {
  winsize size = {};
  if (ioctl(stream, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::size_t output_cells() {
  return isatty(STDOUT_FILENO) == 1 ? terminal_columns(STDOUT_FILENO)
                                    : std::numeric_limits<std::size_t>::max();
}

void set_color_mode(ColorMode mode) {
  color_mode = mode;
}

bool has_color(int stream) {
  if (color_mode != ColorMode::kAuto) return color_mode == ColorMode::kAlways;
  // https://no-color.org: set and not empty.
  const char* forbidden = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(stream) == 1 && (forbidden == nullptr || *forbidden == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb" && *terminal != '\0';
}

std::string alarming(const std::string& text, int stream) {
  return has_color(stream) ? "\x1b[1;31m" + text + "\x1b[0m" : text;
}

std::string in_color_of(std::size_t speaker, const std::string& text, int stream) {
  // Cyan, yellow, magenta, green, blue, red: of the terminal's own palette, so that they suit its background.
  constexpr std::array<const char*, 6> kColors = {"36", "33", "35", "32", "34", "31"};
  if (!has_color(stream)) return text;
  return std::string("\x1b[") + kColors[speaker % kColors.size()] + 'm' + text + "\x1b[0m";
}

}  // namespace diar::cli
