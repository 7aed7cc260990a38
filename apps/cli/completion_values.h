// What may stand as the value of an option or argument, for completion scripts.
#pragma once

#include <string>
#include <vector>

#include "command_guide.h"

namespace diar::cli {

struct CompletionValues {
  std::vector<std::string> words;       ///< values and names, such as those of models
  bool is_list = false;                 ///< words may be joined with commas
  bool files = false;                   ///< files, and directories on the way to them
  bool directories = false;             ///< directories only
  std::vector<std::string> extensions;  ///< of the files, without dots; empty: any file
};

/// `option`: an option that takes a value, or an argument.
CompletionValues completion_values(const OptionGuide& option);

/// What may stand as one of the command's arguments, whichever it is.
CompletionValues any_argument_of(const CommandGuide& command);

/// The guide's commands with all theirs: each that may be typed, the guide itself first.
std::vector<const CommandGuide*> all_commands(const CommandGuide& guide);

/// "pull" of "diarize models pull".
std::string last_word(const CommandGuide& command);

}  // namespace diar::cli
