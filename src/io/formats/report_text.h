// Data in, text that is safe inside an HTML page out.
#pragma once

#include <string>
#include <string_view>

namespace diar {

/// JSON for a script element: no byte sequence in it can end the element or start a comment, and the line
/// separators U+2028 and U+2029 are escaped too. The result means the same JSON.
std::string escape_json_for_script(std::string_view json);
/// RFC 4648 with padding, no line breaks.
std::string base64(std::string_view bytes);

}  // namespace diar
