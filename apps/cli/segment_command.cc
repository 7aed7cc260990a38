#include "segment_command.h"

#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "diar/io/rttm.h"
#include "diar/output_file.h"
#include "diar/segmenter.h"
#include "format_flags.h"
#include "model_flags.h"
#include "output_plan.h"
#include "progress_bar.h"

namespace diar::cli {
namespace {

struct Flags {
  std::vector<std::string> inputs;
  std::string output = "-";
  std::string format = "rttm";
  ModelFlags model;
  AudioFlags audio;
  std::optional<double> step_s;
  bool overwrite = false;
  bool quiet = false;
};

double frame_time_s(const SegmentationOutput& output, std::size_t frame) {
  return static_cast<double>(frame) * output.frame_step_s + output.frame_offset_s;
}

std::string as_csv(const SegmentationOutput& output) {
  std::ostringstream text;
  text << "time_s,speakers\n" << std::fixed << std::setprecision(6);
  for (std::size_t frame = 0; frame < output.num_active.size(); ++frame) {
    text << frame_time_s(output, frame) << ',' << static_cast<int>(output.num_active[frame]) << '\n';
  }
  return text.str();
}

nlohmann::ordered_json segments_of(const Annotation& annotation) {
  auto segments = nlohmann::ordered_json::array();
  for (const Turn& turn : annotation.turns()) {
    segments.push_back({{"start_s", turn.segment.start_s}, {"end_s", turn.segment.end_s}});
  }
  return segments;
}

std::string as_json(const std::string& input, const SegmentationOutput& output) {
  nlohmann::ordered_json json;
  json["input"] = input;
  json["uri"] = output.speech.uri();
  json["duration_s"] = output.duration_s;
  json["speech"] = segments_of(output.speech);
  json["overlap"] = segments_of(output.overlap);
  json["frame_step_s"] = output.frame_step_s;
  json["frame_offset_s"] = output.frame_offset_s;
  json["speakers_per_frame"] = output.num_active;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string as_rttm(const SegmentationOutput& output) {
  std::vector<Turn> turns = output.speech.turns();
  turns.insert(turns.end(), output.overlap.turns().begin(), output.overlap.turns().end());
  return to_rttm(Annotation(output.speech.uri(), std::move(turns)));
}

void segment_one(const Flags& flags, const PlannedOutput& item, const Segmenter& segmenter) {
  const auto audio = open_audio(item.input, flags.audio.audio_options(flags.quiet));
  SegmentationOptions options;
  options.uri = item.uri;
  options.step_s = flags.step_s;
  ProgressBar bar(item.uri, !flags.quiet);
  const SegmentationOutput output = segmenter.run(*audio, options, [&](const Progress& progress) {
    bar.update(progress);
    return !interrupted();
  });
  bar.clear();
  const std::string text = flags.format == "csv"    ? as_csv(output)
                           : flags.format == "json" ? as_json(item.input, output)
                                                    : as_rttm(output);
  if (item.uses_stdout()) {
    std::cout << text;
  } else {
    write_file_atomically(item.files[0].path, text, item.files[0].existing);
  }
}

OutputWishes wishes_of(const Flags& flags) {
  OutputWishes wishes;
  wishes.kinds = {{flags.format, "." + flags.format}};
  if (is_output_directory(flags.output)) {
    wishes.directory = flags.output;
  } else {
    wishes.files = {flags.output};
  }
  return wishes;
}

void segment_all(const Flags& flags, CommandContext& context) {
  auto plan = plan_outputs(list_inputs(flags.inputs), wishes_of(flags));
  OutputGuard guard;
  guard.reads_model(flags.model.model);
  prepare_outputs(plan, {flags.overwrite}, std::move(guard));
  const ModelLocation model = find_model(flags.model.model);
  const Segmenter segmenter = Segmenter::load(model.path, flags.model.engine_options());
  for (const PlannedOutput& item : plan) {
    try_input(context, [&] {
      if (!item.problem.empty()) throw InputError(item.problem);
      segment_one(flags, item, segmenter);
    });
  }
}

}  // namespace

void add_segment_command(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      app.add_subcommand("segment", "Speech and overlap only (needs just a segmentation network)");
  auto flags = std::make_shared<Flags>();
  command
      ->add_option("AUDIO", flags->inputs, "Audio or video files, directories, patterns; - is standard input")
      ->required()
      ->type_name("");
  command->add_option("-o,--output", flags->output, "File, directory, or - for standard output (default)")
      ->type_name("FILE|DIR|-");
  command->add_option("-f,--format", flags->format, "rttm, json or csv (number of speakers in each frame)")
      ->check(CLI::IsMember({"rttm", "json", "csv"}));
  add_overwrite_option(*command, flags->overwrite);
  flags->model.add_to(*command);
  command->add_option("--step", flags->step_s, "Hop between windows in seconds (default 1, or the model's)")
      ->check(CLI::Range(0.1, 10.0))
      ->type_name("S");
  flags->audio.add_to(*command);
  command->add_flag("-q,--quiet", flags->quiet, "Print nothing but results and errors");
  command->callback([&context, flags] { segment_all(*flags, context); });
}

}  // namespace diar::cli
