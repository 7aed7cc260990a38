#include "model_flags.h"

namespace diar::cli {

void ModelFlags::add_to(CLI::App& app) {
  app.add_option("--model", model, "Model directory, or the name of an installed set")->type_name("DIR|NAME");
  app.add_option("--device", device, "Where to compute: auto, cpu or mlx")
      ->check(CLI::IsMember({"auto", "cpu", "mlx"}))
      ->type_name("NAME");
  app.add_option("--threads", threads, "Worker threads (default: every core the process may use)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option(
         "--precision", precision,
         "Numbers of the embedding network: float32, or with MLX float16 or bfloat16 (default: float32; with "
         "--speed faster, bfloat16 products where the processor has them)")
      ->check(CLI::IsMember({"float32", "float16", "bfloat16"}))
      ->type_name("NAME");
}

void add_speed_option(CLI::App& app, std::string& speed, const std::string& help) {
  std::vector<std::string> names;
  for (const Speed known : all_speeds()) names.emplace_back(to_string(known));
  app.add_option("--speed", speed, help)->check(CLI::IsMember(names))->type_name("NAME");
}

EngineOptions ModelFlags::engine_options(Speed speed) const {
  EngineOptions options = EngineOptions::for_speed(speed);
  options.device = device == "cpu" ? Device::kCpu : device == "mlx" ? Device::kMlx : Device::kAuto;
  options.num_threads = threads;
  if (precision == "float32") options.precision = Precision::kFloat32;
  if (precision == "float16") options.precision = Precision::kFloat16;
  if (precision == "bfloat16") options.precision = Precision::kBFloat16;
  return options;
}

void AudioFlags::add_to(CLI::App& app) {
  app.add_option("--channel", channel, "Listen to this channel (0 is the first) instead of the mean of all")
      ->check(CLI::Range(0, 1023))
      ->type_name("N");
  app.add_flag("--allow-truncated", allow_truncated, "Accept a file that ends before its header says");
}

AudioOptions AudioFlags::audio_options(bool quiet) const {
  AudioOptions options;
  if (channel >= 0) options.channel = channel;
  options.allow_truncated = allow_truncated;
  options.interrupted = interrupted;
  if (!quiet) options.on_warning = print_note;
  return options;
}

}  // namespace diar::cli
