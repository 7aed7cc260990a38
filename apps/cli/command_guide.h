// The command's own parser in, what it offers as plain data out: for the help, the man page and completions.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace diar::cli {

struct OptionGuide {
  std::vector<std::string> names;  ///< with dashes, short ones first; an argument has its one name: "AUDIO"
  std::string value;  ///< what it takes, in capitals: "FILE|DIR|-"; empty for flags and arguments
  std::vector<std::string> choices;  ///< the values that there are; empty where any will do
  bool is_list = false;              ///< choices may be joined with commas
  bool is_required = false;
  bool is_repeated = false;
  std::string description;
  std::string group;  ///< heading in the help

  bool takes_value() const { return !value.empty() || !choices.empty(); }
  /// "-o, --output FILE|DIR|-"
  std::string synopsis() const;
};

struct CommandGuide {
  std::string name;  ///< as it is typed: "diarize models pull"
  std::string description;
  std::vector<OptionGuide> arguments;
  std::vector<OptionGuide> options;
  std::vector<CommandGuide> commands;  ///< without hidden ones
  std::string footer;                  ///< examples and notes, ready to print

  /// "diarize score [OPTIONS] REFERENCE HYPOTHESIS"; a command that has both arguments and commands has two.
  std::vector<std::string> usages() const;
};

CommandGuide guide_of(const CLI::App& app);

/// A check that refuses nothing and tells the guide which values an option's comma-separated list may hold.
CLI::Validator list_of(const std::vector<std::string>& choices);

}  // namespace diar::cli
