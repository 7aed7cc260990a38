#include "live_command.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "diar/io/formats.h"
#include "diar/live.h"
#include "diar/version.h"
#include "finish_on_interrupt.h"
#include "format_flags.h"
#include "live_feed.h"
#include "live_view.h"
#include "model_flags.h"
#include "name_flags.h"
#include "output_plan.h"
#include "parameter_flags.h"
#include "report_flags.h"
#include "summary.h"
#include "voice_flags.h"

namespace diar::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kReadTimeout{50};
// A stream that gives nothing for so long is reported.
constexpr double kStall_s = 10.0;
constexpr const char* kRawHint = " (raw samples: --input-format s16le or f32le, --rate, --channels)";

struct Flags {
  std::string input = "-";
  std::string input_format = "wav";
  int rate_hz = 16000;
  int num_channels = 1;
  int channel = -1;
  FormatFlags format;
  NameFlags names;
  VoiceFlags voices;
  ReportFlags report;
  ModelFlags model;
  ParameterFlags parameters;
  std::optional<int> num_speakers;
  std::optional<int> min_speakers;
  std::optional<int> max_speakers;
  bool exclusive = false;
  double min_duration_s = 0.0;
  std::string speed = "exact";
  double latency_s = 1.0;
  std::string events = "none";
  bool real_time = false;
  double save_every_s = 0.0;
  double timeout_s = 0.0;
  bool bounded_memory = false;
  bool quiet = false;
};

void add_flags(CLI::App& app, Flags& flags) {
  app.add_option("AUDIO", flags.input, "Standard input (-, default), a FIFO, or a file")->type_name("");
  app.add_option("--input-format", flags.input_format,
                 "Of a stream: wav (default), or raw samples, s16le or f32le, with --rate and --channels")
      ->check(CLI::IsMember({"wav", "s16le", "f32le"}))
      ->type_name("NAME");
  app.add_option("--rate", flags.rate_hz, "Of raw samples, in Hz (default 16000)")
      ->check(CLI::Range(1000, 768000))
      ->type_name("N");
  app.add_option("--channels", flags.num_channels, "Of raw samples (default 1)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--channel", flags.channel,
                 "Listen to this channel (0 is the first) instead of the mean of all")
      ->check(CLI::Range(0, 1023))
      ->type_name("N");
  app.add_option("--latency", flags.latency_s,
                 "Label what is said within so many seconds, 0.25 to 5 (default 1); less takes more work")
      ->check(CLI::Range(0.25, 5.0))
      ->type_name("S");
  app.add_option("--events", flags.events, "json: one object a line on standard output for each event")
      ->check(CLI::IsMember({"none", "json"}))
      ->type_name("KIND");
  app.add_flag("--realtime", flags.real_time, "Read a file at the speed at which it plays");
  flags.format.add_to(app, "File, directory, or - for standard output (default: beside the input)");
  app.add_option("--save-every", flags.save_every_s,
                 "Also write the result so far, every so many seconds; it survives a crash")
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("S");
  app.add_option("--timeout", flags.timeout_s, "Finish when the stream has given nothing for so long")
      ->check(CLI::Range(0.1, 1e6))
      ->type_name("S");
  flags.names.add_to(app);
  flags.voices.add_to(app);
  flags.report.add_to(app);
  flags.model.add_to(app);
  app.add_option("--num-speakers", flags.num_speakers, "Exactly this many speakers")->type_name("N");
  app.add_option("--min-speakers", flags.min_speakers, "At least this many speakers")->type_name("N");
  app.add_option("--max-speakers", flags.max_speakers, "At most this many speakers")->type_name("N");
  app.add_flag("--exclusive", flags.exclusive, "Write at most one speaker at a time (for transcripts)");
  app.add_option("--min-duration", flags.min_duration_s, "Drop turns shorter than this (default 0)")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("S");
  add_speed_option(app, flags.speed, "exact (default), fast or faster (docs/performance.md)");
  flags.parameters.add_to(app);
  app.add_flag(
      "--bounded-memory", flags.bounded_memory,
      "For streams without an end: summarise what is older than an hour; the result is then what was "
      "shown");
  app.add_flag("-q,--quiet", flags.quiet, "Print nothing but events, results and errors");
}

LiveOptions live_options(const Flags& flags, const PlannedOutput& item) {
  LiveOptions options;
  options.session.num_speakers = flags.num_speakers;
  options.session.min_speakers = flags.min_speakers;
  options.session.max_speakers = flags.max_speakers;
  options.session.min_duration_s = flags.min_duration_s;
  options.session.speed = parse_speed(flags.speed);
  options.session.parameters = flags.parameters.parameters;
  options.session.uri = item.uri;
  options.latency_s = flags.latency_s;
  options.bounded_memory = flags.bounded_memory;
  return options;
}

LiveFeedOptions feed_options(const Flags& flags, LiveView& view) {
  LiveFeedOptions options;
  if (flags.channel >= 0) options.audio.channel = flags.channel;
  options.audio.interrupted = [] { return interrupted() || FinishOnInterrupt::asked(); };
  options.audio.allow_truncated = true;
  if (!flags.quiet) {
    options.audio.on_warning = [&view](const std::string& text) { view.speak([&] { print_note(text); }); };
  }
  options.real_time = flags.real_time;
  if (flags.input_format != "wav") {
    options.raw =
        PcmFormat{flags.input_format == "s16le" ? PcmFormat::Encoding::kS16 : PcmFormat::Encoding::kF32,
                  flags.rate_hz, flags.num_channels};
  }
  return options;
}

/// One stream from its first sample to its files.
class LiveRun {
 public:
  // `matcher`: of known voices, when they are wanted.
  LiveRun(const Flags& flags, PlannedOutput item, const ModelLocation& model, const Engine& engine,
          const VoiceMatcher* matcher, LiveView& view)
      : flags_(flags),
        item_(std::move(item)),
        model_(model),
        engine_(engine),
        matcher_(matcher),
        view_(view),
        names_(flags.names.speaker_names()),
        recorder_(flags.report, report_target(item_)),
        session_(LiveSession::open(engine, live_options(flags, item_))),
        feed_(open_live_feed(flags.input, feed_options(flags, view))) {}

  /// The exit code.
  int run() {
    int code = 0;
    try {
      listen();
    } catch (const Cancelled&) {
      // Reading was broken off by the user's wish to finish.
      if (interrupted()) throw;
    } catch (const AudioError& error) {
      // What was heard is kept.
      if (num_samples_ == 0) throw AudioError(error.what() + std::string(kRawHint));
      code = error.exit_code();
      view_.speak([&] { print_error(with_hint(error) + "; what was heard before is kept"); });
    }
    if (num_samples_ == 0 && !FinishOnInterrupt::asked())
      throw AudioError("'" + item_.input + "' gave no samples");
    finish();
    return code;
  }

 private:
  void listen() {
    auto last_samples = Clock::now();
    auto last_save = Clock::now();
    bool said_stalled = false;
    std::vector<float> samples;
    while (!FinishOnInterrupt::asked()) {
      samples.clear();
      const LiveFeed::State state = feed_->read(samples, kReadTimeout);
      if (interrupted()) throw Cancelled();
      const auto now = Clock::now();
      if (!samples.empty()) {
        session_.push(samples);
        recorder_.hear(samples);
        num_samples_ += samples.size();
        last_samples = now;
        said_stalled = false;
      }
      follow();
      if (state == LiveFeed::State::kEnd || !std::cout) return;
      const double silent_s = std::chrono::duration<double>(now - last_samples).count();
      if (flags_.timeout_s > 0.0 && silent_s > flags_.timeout_s) {
        note("the stream gave nothing for " + clock_text(silent_s) + ": finishing");
        return;
      }
      if (silent_s > kStall_s && !std::exchange(said_stalled, true))
        note("the stream has given nothing for " + clock_text(kStall_s) + "; waiting (Ctrl-C finishes)");
      if (flags_.save_every_s > 0.0 &&
          std::chrono::duration<double>(now - last_save).count() >= flags_.save_every_s) {
        last_save = now;
        save();
      }
    }
  }

  void follow() {
    const std::vector<LiveEvent> events = session_.poll();
    if (events.empty()) return;
    for (const LiveEvent& event : events) turns_.apply(event);
    view_.take(events, turns_);
  }

  void note(const std::string& text) {
    if (!flags_.quiet) view_.speak([&] { print_note(text); });
  }

  // The result so far, whole or not at all.
  void save() {
    ResultDocument document(turns_.annotation(item_.uri));
    document.exclusive = without_overlap(document.diarization);
    document.duration_s = static_cast<double>(num_samples_) / kModelSampleRateHz;
    document.input = item_.input;
    write_files(document);
  }

  std::string write_files(const ResultDocument& document) {
    FormatOptions options;
    options.exclusive = flags_.exclusive;
    std::string on_stdout;
    for (PlannedFile& file : item_.files) {
      if (is_report(file)) continue;
      const std::string text = to_format(document, file.format, options);
      if (file.path.empty()) {
        on_stdout = text;
        continue;
      }
      write_file_atomically(file.path, text, file.existing);
      // From now on it is ours.
      file.existing = Existing::kReplace;
    }
    return on_stdout;
  }

  void finish() {
    const auto start = Clock::now();
    DiarizationOutput output = session_.finish([this](const Progress&) {
      follow();
      return !interrupted();
    });
    follow();
    view_.close();
    ResultDocument document(output);
    document.input = item_.input;
    SpeakerNames names = names_;
    if (matcher_ != nullptr) {
      document.identities =
          matcher_->identify(document.embeddings, document.diarization, flags_.voices.identify.options);
      names.merge(names_of(document.identities, names_));
    }
    document.embeddings.clear();
    document.run = RunInfo{version(),       model_.name,           model_.path.string(),
                           model_.found_by, engine_.device_name(), output.timings.total_s,
                           output.timings,  flags_.speed};
    if (!flags_.quiet) note_unknown_labels(names_, document.diarization);
    document = renamed(std::move(document), names);
    const std::string on_stdout = write_files(document);
    const Annotation& annotation = flags_.exclusive ? *document.exclusive : document.diarization;
    const std::string report_note = recorder_.write(flags_.exclusive ? only_exclusive(document) : document);
    if (flags_.events != "json") {
      if (item_.uses_stdout()) {
        std::cout << on_stdout << std::flush;
      } else if (!flags_.quiet) {
        print_totals(annotation, document.duration_s, std::cout);
        std::cout << "result " << clock_text(std::chrono::duration<double>(Clock::now() - start).count())
                  << " after the end of the stream ->";
        for (const PlannedFile& file : item_.files) std::cout << ' ' << file.path.string();
        std::cout << std::endl;
      }
    }
    if (!report_note.empty()) note(report_note);
  }

  const Flags& flags_;
  PlannedOutput item_;
  const ModelLocation& model_;
  const Engine& engine_;
  const VoiceMatcher* matcher_;
  LiveView& view_;
  const SpeakerNames names_;
  ReportRecorder recorder_;
  LiveSession session_;
  std::unique_ptr<LiveFeed> feed_;
  LiveTurns turns_;
  std::size_t num_samples_ = 0;
};

void live(Flags& flags, CommandContext& context) {
  flags.parameters.read();
  const auto inputs = list_inputs({flags.input});
  if (inputs.size() != 1)
    throw InvalidArgument("a live run takes one stream or file, not " + std::to_string(inputs.size()));
  if (!inputs[0].problem.empty()) throw InputError(inputs[0].problem);
  flags.input = inputs[0].path;
  auto plan = plan_outputs(inputs, flags.report.take_wishes(flags.format));
  flags.report.add_to_plan(inputs, plan);
  if (flags.events == "json") {
    // Standard output belongs to the events.
    std::erase_if(plan[0].files, [](const PlannedFile& file) { return file.path.empty(); });
  }
  OutputGuard guard;
  for (const std::string& file :
       {flags.names.file, flags.parameters.file, flags.report.reference, flags.report.transcript})
    guard.reads(file);
  if (flags.voices.wanted()) guard.reads(flags.voices.path());
  guard.reads_model(flags.model.model);
  prepare_outputs(plan, {flags.format.overwrite}, std::move(guard));
  const auto in_file = [](const PlannedFile& file) { return !is_report(file) && !file.path.empty(); };
  if (flags.save_every_s > 0.0 && std::none_of(plan[0].files.begin(), plan[0].files.end(), in_file))
    throw InvalidArgument("--save-every needs a file to write: name one with --output");
  const std::optional<VoiceBook> book = flags.voices.read();
  const ModelLocation model = find_model(flags.model.model);
  const Engine engine = Engine::load(model.path, flags.model.engine_options(parse_speed(flags.speed)));
  std::optional<VoiceMatcher> matcher;
  if (book) {
    matcher = matcher_of(*book, engine);
    // Names that the book lacks are told before the stream begins.
    matcher->identify({}, Annotation(), flags.voices.identify.options);
  }
  const auto view = flags.events == "json" ? make_json_view()
                    : flags.quiet          ? make_quiet_view()
                                           : make_people_view();
  const FinishOnInterrupt finish_first;
  LiveRun run(flags, plan[0], model, engine, matcher ? &*matcher : nullptr, *view);
  context.exit_code = run.run();
}

}  // namespace

void add_live_command(CLI::App& app, CommandContext& context) {
  CLI::App* command = app.add_subcommand("live", "Who speaks now: a stream or microphone while it goes on");
  auto flags = std::make_shared<Flags>();
  add_flags(*command, *flags);
  command->footer(
      "Examples:\n"
      "  arecord -q -f S16_LE -r 16000 -t wav | diarize live -o talk.rttm\n"
      "  ffmpeg -v error -i rtsp://camera/1 -f wav - |\n"
      "      diarize live --events json --latency 0.5\n"
      "Ctrl-C finishes and writes the final result, which equals that of a whole run; a second one aborts.");
  command->callback([&context, flags] { live(*flags, context); });
}

}  // namespace diar::cli
