// Any text in, text that is safe inside an HTML page out.
#pragma once

#include <string>
#include <string_view>

namespace diar {

/// Well-formed UTF-8: every byte that does not belong to a character becomes U+FFFD.
std::string valid_utf8(std::string_view text);
/// For element content and quoted attributes of HTML and XML. Control characters that XML forbids become
/// U+FFFD. `text` must be valid UTF-8.
std::string html_escaped(std::string_view text);
/// JSON for a script element: no byte sequence in it can end the element or start a comment, and the line
/// separators U+2028 and U+2029 are escaped too. The result means the same JSON.
std::string escape_json_for_script(std::string_view json);
/// RFC 4648 with padding, no line breaks.
std::string base64(std::string_view bytes);

}  // namespace diar
