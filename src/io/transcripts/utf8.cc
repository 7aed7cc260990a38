#include "io/transcripts/utf8.h"

#include <array>

namespace diar {
namespace {

constexpr char32_t kHidden = 0x10FF00;  // plus the byte, 0x80 to 0xFF
constexpr char32_t kReplacement = 0xFFFD;

void append(std::string& text, char32_t code_point) {
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0 | code_point >> 6);
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0 | code_point >> 12);
    text += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code_point >> 18);
    text += static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

// Replaces every byte outside valid UTF-8 by what `stray` says.
template <typename Stray>
std::string map_strays(std::string_view text, Stray stray) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    if (point.size == 0) {
      append(result, stray(static_cast<unsigned char>(text[at++])));
    } else {
      result.append(text, at, point.size);
      at += point.size;
    }
  }
  return result;
}

constexpr std::array<std::string_view, 8> kSpaces = {" ", "\t", "\n", "\r", "\v", "\f", "\u00A0", "\u3000"};

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + size > text.size()) return {};
  char32_t value = lead & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(at + i) & 0x3Fu);
  }
  // Overlong forms, surrogates and what lies beyond Unicode.
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size};
}

std::string hide_stray_bytes(std::string_view text) {
  return map_strays(text, [](unsigned char byte) { return kHidden + byte; });
}

std::string restore_stray_bytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    const std::size_t size = point.size == 0 ? 1 : point.size;
    if (const unsigned char byte = stray_byte(point.value); byte != 0) {
      bytes += static_cast<char>(byte);
    } else {
      bytes.append(text, at, size);
    }
    at += size;
  }
  return map_strays(bytes, [](unsigned char) { return kReplacement; });
}

bool ends_with_stray_byte(std::string_view text) {
  return stray_byte(last_code_point(text)) != 0;
}

unsigned char stray_byte(char32_t code_point) {
  const bool hidden = code_point >= kHidden + 0x80 && code_point <= kHidden + 0xFF;
  return hidden ? static_cast<unsigned char>(code_point - kHidden) : 0;
}

bool is_spaceless_script(char32_t c) {
  return (c >= 0x0E00 && c <= 0x0EFF) ||  // Thai, Lao
         (c >= 0x1000 && c <= 0x109F) ||  // Burmese
         (c >= 0x1780 && c <= 0x17FF) ||  // Khmer
         (c >= 0x3000 && c <= 0x30FF) ||  // CJK punctuation, hiragana, katakana
         (c >= 0x31F0 && c <= 0x31FF) ||  // katakana extensions
         (c >= 0x3400 && c <= 0x9FFF) ||  // Han
         (c >= 0xF900 && c <= 0xFAFF) ||  // compatibility Han
         (c >= 0xFF00 && c <= 0xFF9F) ||  // full-width forms
         (c >= 0x20000 && c <= 0x3FFFF);  // Han extensions
}

char32_t first_code_point(std::string_view text) {
  return code_point_at(text, 0).value;
}

char32_t last_code_point(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    const CodePoint point = code_point_at(text, text.size() - size);
    if (point.size == size) return point.value;
  }
  return 0;
}

std::string_view trimmed(std::string_view text) {
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view space : kSpaces) {
      if (text.starts_with(space)) text.remove_prefix(space.size()), found = true;
      if (text.ends_with(space)) text.remove_suffix(space.size()), found = true;
    }
  }
  return text;
}

bool starts_with_space(std::string_view text) {
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return true;
  }
  return false;
}

}  // namespace diar
