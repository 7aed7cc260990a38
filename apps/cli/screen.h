// Text in, the cells that it takes on a terminal out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace diar::cli {

/// Text for a terminal: control characters, which could move the cursor or change colours, and bytes that are
/// not UTF-8 become "?".
std::string screen_text(std::string_view text);

/// Cells that the text takes: two for East Asian wide characters and emoji, none for combining marks.
std::size_t cells_of(std::string_view text);

/// At most `cells` wide: what is cut off is shown as "…".
std::string clipped(const std::string& text, std::size_t cells);

/// Columns of the terminal on standard error now; 80 where it does not say.
std::size_t terminal_columns();

}  // namespace diar::cli
