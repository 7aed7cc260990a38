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

/// Columns of the terminal on a stream (by default standard error) now; 80 where it does not say.
std::size_t terminal_columns(int stream = 2);

/// Cells that a line on standard output may have: the terminal's columns, and as many as it likes elsewhere.
std::size_t output_cells();

/// --color: kAuto has colours on a terminal, unless NO_COLOR is set or TERM is "dumb".
enum class ColorMode { kAuto, kAlways, kNever };
void set_color_mode(ColorMode mode);
bool has_color(int stream);

/// The text in bold red, for errors, where the stream has colours.
std::string alarming(const std::string& text, int stream);
/// The text in the colour of the speaker of that number; colours repeat after six.
std::string in_color_of(std::size_t speaker, const std::string& text, int stream);

}  // namespace diar::cli
