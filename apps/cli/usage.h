// What a user typed in, what they may have meant out.
#pragma once

#include <string>
#include <vector>

#include "command_context.h"
#include "input_list.h"
#include "screen.h"

namespace diar::cli {

/// "diarize help", "help COMMAND" and "version" as the options that mean the same; other words stay, and so
/// does the name of a file that is there. `words`: without the program's name.
std::vector<std::string> with_plain_words(std::vector<std::string> words);

/// The nearest option or command to each word that the app does not know: " (did you mean --num-speakers?)";
/// empty when none is near.
std::string suggestion(const CLI::App& app, const std::vector<std::string>& words);

/// Marks inputs that are neither files nor patterns but look like a command that there is not.
void explain_missing(const CLI::App& app, std::vector<InputFile>& inputs);

/// --color for the app and every command.
void add_color_option(CLI::App& app);
/// What --color says in the words; kAuto without it, or with a value that the parser will refuse.
ColorMode color_mode_in(const std::vector<std::string>& words);

/// Every option refuses an empty value, and every number NaN, which no range would.
void refuse_empty_values(CLI::App& app);

}  // namespace diar::cli
