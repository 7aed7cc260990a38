// The options that choose and run a model, shared by the commands that need one.
#pragma once

#include <filesystem>
#include <string>

#include "command_context.h"
#include "diar/audio.h"
#include "diar/models.h"

namespace diar::cli {

struct ModelFlags {
  std::string model;
  std::string device = "auto";
  int threads = 0;
  std::string precision = "float32";

  void add_to(CLI::App& app);
  DeviceOptions device_options() const;
};

struct AudioFlags {
  int channel = -1;
  bool allow_truncated = false;

  void add_to(CLI::App& app);
  AudioOptions audio_options() const;
};

}  // namespace diar::cli
