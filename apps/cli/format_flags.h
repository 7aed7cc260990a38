// --format and --output: which files each input's result becomes, shared by the commands that write results.
#pragma once

#include <string>
#include <vector>

#include "command_context.h"
#include "output_plan.h"

namespace diar::cli {

struct FormatFlags {
  std::vector<std::string> outputs;  ///< as given; each a file, a directory (the only one) or "-"
  std::vector<std::string> formats;  ///< as given; each may be a list with commas
  bool overwrite = false;            ///< names that are made from the inputs' may replace files

  void add_to(CLI::App& app, const std::string& output_description);
  /// What to write for each input, `default_format` where nothing is said; a file's extension says it when
  /// --format does not. Throws `InvalidArgument` on wishes that contradict each other.
  OutputWishes wishes(const std::string& default_format) const;
};

/// The option --overwrite of every command that makes names.
void add_overwrite_option(CLI::App& app, bool& overwrite);

/// "rttm, json, csv, ...", for help texts.
std::string format_names();

}  // namespace diar::cli
