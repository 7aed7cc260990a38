// The option that names a file of tuned parameters.
#pragma once

#include <string>

#include "command_context.h"
#include "diar/parameters.h"

namespace diar::cli {

struct ParameterFlags {
  std::string file;
  PipelineParameters parameters;  ///< of the file, after `read`

  void add_to(CLI::App& app);
  /// Nothing without a file. Throws `InputError`.
  void read();
};

}  // namespace diar::cli
