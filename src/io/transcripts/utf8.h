// UTF-8 bytes in, code points out; and bytes that are no UTF-8 carried safely through a JSON parser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace diar {

/// The code point that starts at `at` and its length in bytes; length 0 when the bytes there are no UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;
};
CodePoint code_point_at(std::string_view text, std::size_t at);

/// Every byte that is no part of valid UTF-8 becomes U+10FF00 + byte, a private code point that no text uses.
std::string hide_stray_bytes(std::string_view text);
/// The way back, after pieces were joined: what is valid now is text again, the rest becomes U+FFFD.
std::string restore_stray_bytes(std::string_view text);
/// True when `text` ends with a hidden byte, so that the next piece may complete its character.
bool ends_with_stray_byte(std::string_view text);
/// The byte of a hidden code point, 0 for any other.
unsigned char stray_byte(char32_t code_point);

/// True for scripts that are written without spaces between words: Han, kana, Thai, Lao, Khmer, Burmese.
bool is_spaceless_script(char32_t code_point);
/// First and last code point; 0 for an empty text.
char32_t first_code_point(std::string_view text);
char32_t last_code_point(std::string_view text);

/// Without white space (ASCII, no-break and ideographic space) at either end.
std::string_view trimmed(std::string_view text);
bool starts_with_space(std::string_view text);

}  // namespace diar
