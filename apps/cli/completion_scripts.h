// A command's guide in, completion scripts for shells out: subcommands, options, their values, files by type.
#pragma once

#include <string>

#include "command_guide.h"

namespace diar::cli {

std::string bash_completion(const CommandGuide& guide);
std::string zsh_completion(const CommandGuide& guide);
std::string fish_completion(const CommandGuide& guide);

}  // namespace diar::cli
