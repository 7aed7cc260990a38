#include "diarize_command.h"

#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/model_store.h"
#include "diar/output_file.h"
#include "diar/pipeline.h"
#include "diar/rttm.h"
#include "json_output.h"
#include "model_flags.h"
#include "output_plan.h"
#include "parameter_flags.h"
#include "progress_bar.h"
#include "summary.h"

namespace diar::cli {
namespace {

struct Flags {
  std::vector<std::string> inputs;
  std::string output;
  ModelFlags model;
  ParameterFlags parameters;
  AudioFlags audio;
  std::optional<int> num_speakers;
  std::optional<int> min_speakers;
  std::optional<int> max_speakers;
  bool exclusive = false;
  double min_duration_s = 0.0;
  std::size_t window_samples = 160000;
  std::optional<double> step_s;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

void add_flags(CLI::App& app, Flags& flags) {
  app.add_option("AUDIO", flags.inputs, "Audio or video files; - is standard input")->type_name("");
  app.add_option("-o,--output", flags.output,
                 "RTTM file, directory for several, or - for standard output (default: beside each input)")
      ->type_name("FILE|DIR|-");
  flags.model.add_to(app);
  app.add_option("--num-speakers", flags.num_speakers, "Exactly this many speakers")->type_name("N");
  app.add_option("--min-speakers", flags.min_speakers, "At least this many speakers")->type_name("N");
  app.add_option("--max-speakers", flags.max_speakers, "At most this many speakers")->type_name("N");
  app.add_flag("--exclusive", flags.exclusive, "Write at most one speaker at a time (for transcripts)");
  app.add_option("--min-duration", flags.min_duration_s, "Drop turns shorter than this (default 0)")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("S");
  app.add_option("--chunk-size", flags.window_samples, "Window in samples at 16 kHz (default 160000, 10 s)")
      ->check(CLI::Range(16000, 1600000))
      ->type_name("SAMPLES");
  app.add_option("--step", flags.step_s, "Hop between windows in seconds (default 1, or the model's)")
      ->check(CLI::Range(0.1, 100.0))
      ->type_name("S");
  flags.parameters.add_to(app);
  flags.audio.add_to(app);
  app.add_flag("--json", flags.json, "Print one JSON object for each input instead of text");
  app.add_flag("-q,--quiet", flags.quiet, "Print nothing but errors");
  app.add_flag("-v,--verbose", flags.verbose, "Say which model and device run, and how long each stage took");
}

void check_speaker_bounds(const Flags& flags) {
  const auto positive = [](const char* name, const std::optional<int>& value) {
    if (value && *value < 1) throw InvalidArgument(std::string(name) + " must be at least 1");
  };
  positive("--num-speakers", flags.num_speakers);
  positive("--min-speakers", flags.min_speakers);
  positive("--max-speakers", flags.max_speakers);
  if (flags.num_speakers && (flags.min_speakers || flags.max_speakers)) {
    throw InvalidArgument("give either --num-speakers or bounds (--min-speakers, --max-speakers), not both");
  }
  if (flags.min_speakers && flags.max_speakers && *flags.min_speakers > *flags.max_speakers) {
    throw InvalidArgument("--min-speakers " + std::to_string(*flags.min_speakers) +
                          " is above --max-speakers " + std::to_string(*flags.max_speakers));
  }
}

DiarizationOptions options_for(const Flags& flags, const PlannedOutput& item) {
  DiarizationOptions options;
  options.num_speakers = flags.num_speakers;
  options.min_speakers = flags.min_speakers;
  options.max_speakers = flags.max_speakers;
  options.min_duration_s = flags.min_duration_s;
  options.window_samples = flags.window_samples;
  options.step_s = flags.step_s;
  options.parameters = flags.parameters.parameters;
  options.uri = item.uri;
  return options;
}

// How the result of one input reaches the user: the RTTM at its place, and a view on standard output.
void present(const Flags& flags, const PlannedOutput& item, const DiarizationOutput& output,
             const ModelLocation& model, const std::string& device, double elapsed_s) {
  const Annotation& annotation = flags.exclusive ? output.exclusive_diarization : output.diarization;
  const bool rttm_to_stdout = item.path.empty();
  if (rttm_to_stdout && !flags.json) {
    write_rttm(annotation, std::cout);
  } else if (!rttm_to_stdout) {
    write_file_atomically(item.path, to_rttm(annotation));
  }
  if (flags.json) {
    std::cout << json_line(item.input, output, model, device, elapsed_s) << '\n' << std::flush;
  } else if (!flags.quiet && !rttm_to_stdout) {
    print_turns(annotation, std::cout);
    print_totals(annotation, output.duration_s, std::cout);
    std::cout << std::fixed << std::setprecision(1) << output.duration_s << " s of audio in " << elapsed_s
              << " s, " << (elapsed_s > 0.0 ? output.duration_s / elapsed_s : 0.0) << "x real time -> "
              << item.path.string() << std::endl;
  }
  if (flags.verbose) print_timings(output, std::cerr);
}

void diarize_one(const Flags& flags, const PlannedOutput& item, const DiarizationPipeline& pipeline,
                 const ModelLocation& model) {
  const auto start = std::chrono::steady_clock::now();
  const auto audio = open_audio(item.input, flags.audio.audio_options());
  ProgressBar bar(item.uri, !flags.quiet);
  const auto output = pipeline.run(*audio, options_for(flags, item), [&](const Progress& progress) {
    bar.update(progress);
    return !interrupted();
  });
  bar.clear();
  const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  present(flags, item, output, model, pipeline.device_name(), elapsed_s);
}

void diarize_all(Flags& flags, CommandContext& context) {
  if (flags.inputs.empty()) throw InvalidArgument("no input: name an audio file, or see diarize --help");
  check_speaker_bounds(flags);
  flags.parameters.read();
  const auto plan = plan_outputs(flags.inputs, flags.output, ".rttm");
  const ModelLocation model = find_model(flags.model.model);
  const auto pipeline = DiarizationPipeline::load(model.path, flags.model.device_options());
  if (flags.verbose) {
    std::cerr << "model   " << pipeline.model_name() << " (" << model.path.string() << ", " << model.found_by
              << ")\n"
              << "device  " << pipeline.device_name() << '\n';
  }
  std::size_t num_failed = 0;
  for (const PlannedOutput& item : plan) {
    try {
      diarize_one(flags, item, pipeline, model);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      // One bad file must not cost the others their results.
      print_error(error.what());
      context.note_failure(error.exit_code());
      ++num_failed;
    }
  }
  if (num_failed > 0 && plan.size() > 1) {
    print_error(std::to_string(num_failed) + " of " + std::to_string(plan.size()) + " inputs failed");
  }
}

}  // namespace

void add_diarize_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  add_flags(app, *flags);
  app.callback([&app, &context, flags] {
    if (app.get_subcommands().empty()) diarize_all(*flags, context);
  });
}

}  // namespace diar::cli
