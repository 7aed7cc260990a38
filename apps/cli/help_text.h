// A command's guide in, its help for the screen out.
#pragma once

#include <string>
#include <vector>

#include "command_guide.h"

namespace diar::cli {

/// Makes --help of the app and of the commands that are added to it afterwards.
void set_help(CLI::App& app);

/// No line is wider than `columns`, where a word or an example does not need more. `with_color`: bold
/// headings.
std::string help_text(const CommandGuide& guide, std::size_t columns, bool with_color);

/// Words into lines of at most `cells`; a longer word has a line to itself.
std::vector<std::string> wrapped(const std::string& text, std::size_t cells);

}  // namespace diar::cli
