// The options that choose and run a model, shared by the commands that need one.
#pragma once

#include <filesystem>
#include <string>

#include "command_context.h"
#include "diar/engine.h"
#include "diar/io/audio.h"

namespace diar::cli {

struct ModelFlags {
  std::string model;
  std::string device = "auto";
  int threads = 0;
  std::string precision;  // empty: what the speed says

  void add_to(CLI::App& app);
  /// Throws `InvalidArgument`.
  EngineOptions engine_options(Speed speed = Speed::kExact) const;
};

/// The option --speed, with the names that `parse_speed` takes.
void add_speed_option(CLI::App& app, std::string& speed, const std::string& help);

struct AudioFlags {
  int channel = -1;
  bool allow_truncated = false;

  void add_to(CLI::App& app);
  /// Stops when the user wants to; says warnings as notes unless `quiet`.
  AudioOptions audio_options(bool quiet = false) const;
};

}  // namespace diar::cli
