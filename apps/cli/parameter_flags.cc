#include "parameter_flags.h"

namespace diar::cli {

void ParameterFlags::add_to(CLI::App& app) {
  app.add_option("--params", file, "Clustering parameters that 'diarize tune' has written")
      ->type_name("FILE");
}

void ParameterFlags::read() {
  if (!file.empty()) parameters = read_parameters_file(file);
}

}  // namespace diar::cli
