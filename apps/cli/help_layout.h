// How the help is arranged: under which heading an option stands, in which order, and the examples of
// commands.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace diar::cli {

/// Headings in the order of the help.
const std::vector<std::string>& help_groups();
/// The heading of an option, by its long name ("--output").
std::string help_group(const std::string& option);
/// "Examples:" and lines to copy for a command ("diarize models pull"); empty when there are none.
std::string help_examples(const std::string& command);
/// What an exit code means, one line each.
const std::vector<std::pair<int, std::string>>& exit_code_meanings();
/// Environment variables that the command reads, with what they do.
const std::vector<std::pair<std::string, std::string>>& environment_variables();

}  // namespace diar::cli
