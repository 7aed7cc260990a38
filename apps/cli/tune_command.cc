#include "tune_command.h"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "development_set.h"
#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "diar/output_file.h"
#include "diar/tuning.h"
#include "format_flags.h"
#include "input_list.h"
#include "model_flags.h"
#include "output_guard.h"
#include "progress_bar.h"
#include "screen.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultOutput = "params.json";

struct Flags {
  std::string audio;
  std::string reference;
  std::string uem;
  std::optional<std::string> output;  // not given: kDefaultOutput, which replaces nothing
  bool overwrite = false;
  std::string cache;
  ModelFlags model;
  std::string speed = "exact";
  AudioFlags audio_flags;
  TuningOptions tuning;
  bool json = false;
  bool quiet = false;
};

std::string describe(const TuningTrial& trial) {
  const DiarizationErrorRate& error = trial.error;
  const double total_s = error.total_s > 0.0 ? error.total_s : 1.0;
  char line[256];
  std::snprintf(line, sizeof(line),
                "DER %6.2f %% (missed %.2f, false alarm %.2f, confusion %.2f)  threshold %.3g  fa %.3g  "
                "fb %.3g  min-off %.3g s",
                100.0 * error.rate(), 100.0 * error.missed_detection_s / total_s,
                100.0 * error.false_alarm_s / total_s, 100.0 * error.confusion_s / total_s,
                *trial.parameters.threshold, *trial.parameters.fa, *trial.parameters.fb,
                *trial.parameters.min_duration_off_s);
  return line;
}

nlohmann::ordered_json trial_json(const TuningTrial& trial) {
  return {{"der", trial.error.rate()},
          {"total_s", trial.error.total_s},
          {"missed_detection_s", trial.error.missed_detection_s},
          {"false_alarm_s", trial.error.false_alarm_s},
          {"confusion_s", trial.error.confusion_s},
          {"threshold", *trial.parameters.threshold},
          {"fa", *trial.parameters.fa},
          {"fb", *trial.parameters.fb},
          {"min_duration_off_s", *trial.parameters.min_duration_off_s}};
}

nlohmann::ordered_json result_json(const Flags& flags, const Tuner& tuner, const TuningResult& result) {
  auto json = nlohmann::ordered_json::parse(to_json(result.best.parameters));
  json["tuning"] = {{"recordings", tuner.num_recordings()},
                    {"speed", flags.speed},
                    {"collar_s", flags.tuning.collar_s},
                    {"skip_overlap", flags.tuning.skip_overlap},
                    {"seed", flags.tuning.seed},
                    {"trials", result.num_trials},
                    {"before", trial_json(result.initial)},
                    {"after", trial_json(result.best)}};
  return json;
}

void add_recordings(const Flags& flags, const DevelopmentSet& set, Tuner& tuner) {
  for (std::size_t i = 0; i < set.recordings.size(); ++i) {
    DevelopmentRecording recording = set.recordings[i];
    if (!flags.cache.empty())
      recording.content_id = audio_content_id(set.audio_files[i], flags.audio_flags.audio_options());
    const std::string place = std::to_string(i + 1) + "/" + std::to_string(set.recordings.size());
    ProgressBar bar("networks " + place + " " + recording.reference.uri(), !flags.quiet);
    const bool cached = tuner.add(recording, flags.cache, [&](const Progress& progress) {
      bar.update(progress);
      return !interrupted();
    });
    bar.clear();
    if (!flags.quiet)
      std::cerr << place << ' ' << screen_text(recording.reference.uri()) << (cached ? " (cached)" : "")
                << '\n';
  }
}

TuningResult search(const Flags& flags, const Tuner& tuner) {
  ProgressBar bar("search", !flags.quiet);
  return tuner.search(flags.tuning, [&](const TuningTrial& trial) {
    if (trial.best_so_far && !flags.quiet) {
      bar.clear();
      std::cerr << "trial " << trial.number << ": " << describe(trial) << '\n';
    }
    bar.update({"search", trial.number, flags.tuning.num_trials});
    return !interrupted();
  });
}

Existing existing_at(const Flags& flags) {
  return flags.output || flags.overwrite ? Existing::kReplace : Existing::kKeep;
}

// The cache's own files are guarded where they are written; this name could be one of theirs.
void check_cache(const Flags& flags, const std::string& output) {
  std::error_code ignored;
  if (flags.cache.empty() || output == "-") return;
  const fs::path place = output_destination(output);
  if (place.extension() == ".diarcache" && place.parent_path() == fs::weakly_canonical(flags.cache, ignored))
    throw InvalidArgument("'" + output +
                          "' could be a file of the cache; choose another place with --output");
}

// The recordings without references count too: all of the directory is the user's material.
void check_output(const Flags& flags, const DevelopmentSet& set, const std::string& output) {
  OutputGuard guard;
  for (const std::string& file : set.audio_files) guard.reads(file);
  for (const InputFile& input : list_inputs({flags.audio})) guard.reads(input.path);
  guard.reads_below(flags.reference, ".rttm");
  if (!flags.uem.empty()) guard.reads_below(flags.uem, ".uem");
  guard.reads_model(flags.model.model);
  guard.writes({output, existing_at(flags) == Existing::kKeep, "--output", {}});
  guard.check();
  guard.check_places();
}

void tune(const Flags& flags) {
  const DevelopmentSet set =
      read_development_set(flags.audio, flags.reference, flags.uem, flags.audio_flags.audio_options());
  const std::string output = flags.output.value_or(kDefaultOutput);
  check_output(flags, set, output);
  check_cache(flags, output);
  for (const std::string& warning : set.warnings) print_error("warning: " + warning);
  const Speed speed = parse_speed(flags.speed);
  Tuner tuner = Tuner::load(find_model(flags.model.model).path, flags.model.engine_options(speed), speed);
  add_recordings(flags, set, tuner);
  const TuningResult result = search(flags, tuner);
  const std::string text = result_json(flags, tuner, result).dump(2) + '\n';
  if (output != "-") write_file_atomically(output, text, existing_at(flags));
  if (flags.json || output == "-") {
    std::cout << text;
  } else if (!flags.quiet) {
    std::cout << "before  " << describe(result.initial) << "\nafter   " << describe(result.best) << '\n'
              << result.num_trials << " trials on " << tuner.num_recordings()
              << (tuner.num_recordings() == 1 ? " recording" : " recordings")
              << "; judge the gain on others.  diarize --params " << output
              << (flags.speed == "exact" ? "" : " --speed " + flags.speed) << '\n';
  }
}

}  // namespace

void add_tune_command(CLI::App& app, CommandContext&) {
  CLI::App* command =
      app.add_subcommand("tune", "Find the clustering parameters that fit recordings with references best");
  auto flags = std::make_shared<Flags>();
  command->add_option("AUDIO", flags->audio, "Directory of recordings, or one file")
      ->required()
      ->type_name("");
  command->add_option("REFERENCE", flags->reference, "RTTM file, or a directory of them, with the truth")
      ->required()
      ->type_name("");
  command->add_option("--uem", flags->uem, "Score only the regions in this UEM file (or directory of them)")
      ->type_name("FILE|DIR");
  command
      ->add_option("-o,--output", flags->output, "File for the parameters (default params.json), - to print")
      ->type_name("FILE|-");
  add_overwrite_option(*command, flags->overwrite);
  command
      ->add_option("--cache", flags->cache,
                   "Keep the networks' outputs in this directory, for the next tuning")
      ->type_name("DIR");
  command->add_option("--trials", flags->tuning.num_trials, "Parameter sets to try (default 200)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  command->add_option("--seed", flags->tuning.seed, "Seed of the random half of the trials (default 1)")
      ->type_name("N");
  command
      ->add_option(
          "--collar", flags->tuning.collar_s,
          "Leave out this many seconds around each reference boundary, half on each side (default 0)")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("S");
  command->add_flag("--skip-overlap", flags->tuning.skip_overlap,
                    "Leave out where several reference turns overlap");
  flags->model.add_to(*command);
  add_speed_option(*command, flags->speed,
                   "Mode that the parameters are for: exact (default), fast or faster");
  flags->audio_flags.add_to(*command);
  command->add_flag("--json", flags->json, "Print the result as it is written, instead of text");
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing but errors");
  command->callback([flags] { tune(*flags); });
}

}  // namespace diar::cli
