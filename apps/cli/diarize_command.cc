#include "diarize_command.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch.h"
#include "batch_display.h"
#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "diar/io/formats.h"
#include "diar/output_file.h"
#include "diar/version.h"
#include "download.h"
#include "format_flags.h"
#include "linkage.h"
#include "model_flags.h"
#include "name_flags.h"
#include "output_plan.h"
#include "parameter_flags.h"
#include "report_flags.h"
#include "screen.h"
#include "summary.h"
#include "usage.h"
#include "voice_flags.h"

namespace diar::cli {
namespace {

struct Flags {
  std::vector<std::string> inputs;
  FormatFlags format;
  NameFlags names;
  VoiceFlags voices;
  ReportFlags report;
  ModelFlags model;
  ParameterFlags parameters;
  AudioFlags audio;
  std::optional<int> num_speakers;
  std::optional<int> min_speakers;
  std::optional<int> max_speakers;
  std::string profile;
  bool exclusive = false;
  double min_duration_s = 0.0;
  double min_confidence = 0.0;
  std::optional<std::size_t> window_samples;
  std::optional<double> step_s;
  std::string speed = "exact";
  std::size_t jobs = 1;
  bool link = false;
  std::string link_report;
  std::string add_strangers;
  bool resume = false;
  std::string progress = "bar";
  bool embeddings = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

void add_flags(CLI::App& app, Flags& flags) {
  app.add_option("AUDIO", flags.inputs, "Audio or video files, directories, patterns; - is standard input")
      ->type_name("");
  flags.format.add_to(app,
                      "File, directory for several, or - for standard output (default: beside each input)");
  flags.names.add_to(app);
  flags.voices.add_to(app);
  flags.report.add_to(app);
  flags.model.add_to(app);
  app.add_option("--num-speakers", flags.num_speakers, "Exactly this many speakers")->type_name("N");
  app.add_option("--min-speakers", flags.min_speakers, "At least this many speakers")->type_name("N");
  app.add_option("--max-speakers", flags.max_speakers, "At most this many speakers")->type_name("N");
  std::vector<std::string> profiles;
  for (const Profile known : all_profiles()) profiles.emplace_back(to_string(known));
  app.add_option("--profile", flags.profile,
                 "How these numbers are met: best, or pyannote for its own way (default: the model's)")
      ->check(CLI::IsMember(profiles))
      ->type_name("NAME");
  app.add_flag("--exclusive", flags.exclusive, "Write at most one speaker at a time (for transcripts)");
  app.add_option("--min-duration", flags.min_duration_s, "Drop turns shorter than this (default 0)")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("S");
  app.add_option("--min-confidence", flags.min_confidence,
                 "Drop turns that are less sure than this (default 0; docs/output.md)")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("N");
  app.add_option("--chunk-size", flags.window_samples,
                 "Window in samples at 16 kHz (default: the model's, 160000 or 10 s)")
      ->check(CLI::Range(16000, 1600000))
      ->type_name("SAMPLES");
  app.add_option("--step", flags.step_s,
                 "Hop between windows in seconds (default 1, or the model's; overrides --speed)")
      ->check(CLI::Range(0.1, 100.0))
      ->type_name("S");
  add_speed_option(app, flags.speed,
                   "exact (default), or with other numbers: fast, faster (docs/performance.md)");
  flags.parameters.add_to(app);
  flags.audio.add_to(app);
  app.add_option("-j,--jobs", flags.jobs,
                 "Inputs worked on at the same time, sharing the model and the threads (default 1)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  auto* link = app.add_flag("--link", flags.link,
                            "The same label for the same voice in all results, which are written at the end");
  app.add_option("--link-report", flags.link_report, "With --link: who appears where, as JSON")
      ->needs(link)
      ->type_name("FILE");
  app.add_option("--add-strangers", flags.add_strangers,
                 "With --link and --voices: put who is not in the book into it, as 'NAME 1', 'NAME 2', ...")
      ->needs(link)
      ->type_name("NAME");
  app.add_flag("--resume", flags.resume, "Skip inputs whose results are there and not older");
  app.add_option("--progress", flags.progress, "bar (default), json (lines on standard error) or none")
      ->check(CLI::IsMember({"bar", "json", "none"}))
      ->type_name("KIND");
  app.add_flag("--embeddings", flags.embeddings, "Put each speaker's embedding into the JSON");
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

SessionOptions options_for(const Flags& flags, const PlannedOutput& item) {
  SessionOptions options;
  options.num_speakers = flags.num_speakers;
  options.min_speakers = flags.min_speakers;
  options.max_speakers = flags.max_speakers;
  if (!flags.profile.empty()) options.profile = parse_profile(flags.profile);
  options.min_duration_s = flags.min_duration_s;
  options.min_confidence = flags.min_confidence;
  options.window_samples = flags.window_samples;
  options.step_s = flags.step_s;
  options.speed = parse_speed(flags.speed);
  options.parameters = flags.parameters.parameters;
  options.uri = item.uri;
  return options;
}

/// Everything that is the same for all inputs.
struct Run {
  const Flags& flags;
  const SpeakerNames& names;
  const ModelLocation& model;
  const Engine& engine;
  const VoiceMatcher* matcher = nullptr;  // of known voices, when they are wanted
  Linkage* linkage = nullptr;             // keeps results until all are there, when they are to be linked
  bool single = true;                     // one input: its turns are shown, not a table
};

ResultDocument document_of(const Run& run, const PlannedOutput& item, const DiarizationOutput& output,
                           const std::string& device, double elapsed_s) {
  ResultDocument document(output);
  document.input = item.input;
  document.run = RunInfo{version(), run.model.name, run.model.path.string(), run.model.found_by,
                         device,    elapsed_s,      output.timings,          run.flags.speed};
  return document;
}

// Speakers under their names.
ResultDocument named(const Run& run, ResultDocument document) {
  if (run.single && !run.flags.quiet) note_unknown_labels(run.names, document.diarization);
  SpeakerNames names = run.names;
  if (run.matcher != nullptr) {
    document.identities =
        run.matcher->identify(document.embeddings, document.diarization, run.flags.voices.identify.options);
    names.merge(names_of(document.identities, run.names));
  }
  if (!run.flags.embeddings) document.embeddings.clear();
  return renamed(std::move(document), names);
}

// What one input leaves on standard output, if anything: its result or a view of it.
void show(const Run& run, const PlannedOutput& item, const ResultDocument& document,
          const std::string& result_text) {
  const Flags& flags = run.flags;
  const double elapsed_s = document.run->elapsed_s;
  if (flags.json) {
    FormatOptions options;
    options.one_line = true;
    std::cout << to_format(document, "json", options) << std::flush;
  } else if (item.uses_stdout()) {
    std::cout << result_text << std::flush;
  } else if (run.single && !flags.quiet) {
    const Annotation& annotation = flags.exclusive ? *document.exclusive : document.diarization;
    print_turns(annotation, std::cout);
    print_totals(annotation, document.duration_s, std::cout);
    std::cout << std::fixed << std::setprecision(1) << document.duration_s << " s of audio in " << elapsed_s
              << " s, " << (elapsed_s > 0.0 ? document.duration_s / elapsed_s : 0.0) << "x real time ->";
    for (const PlannedFile& file : item.files) std::cout << ' ' << screen_text(file.path.string());
    std::cout << std::endl;
  }
}

// Standard error is for errors alone, or for events.
bool is_silent(const Flags& flags) {
  return flags.quiet || flags.progress == "json";
}

// One line when there are fewer speakers than were asked for.
std::string missing_speakers(const Flags& flags, const PlannedOutput& item, std::size_t num_found) {
  const std::optional<int> wanted = flags.num_speakers ? flags.num_speakers : flags.min_speakers;
  if (!wanted || num_found >= static_cast<std::size_t>(*wanted)) return {};
  return "'" + item.input + "': " + std::to_string(num_found) + (num_found == 1 ? " speaker" : " speakers") +
         " found, not " + (flags.num_speakers ? "" : "at least ") + std::to_string(*wanted) +
         ": the speech does not hold more that can be told apart";
}

// The result into its files; gives what belongs on standard output.
std::string write_files(const Flags& flags, const PlannedOutput& item, const ResultDocument& document) {
  FormatOptions options;
  options.exclusive = flags.exclusive;
  std::string on_stdout;
  for (const PlannedFile& file : item.files) {
    // With --json standard output belongs to the JSON objects.
    if (is_report(file) || file.is_finished || (file.path.empty() && flags.json)) continue;
    const std::string text = to_format(document, file.format, options);
    if (file.path.empty()) {
      on_stdout = text;
    } else {
      write_file_atomically(file.path, text, file.existing);
    }
  }
  return on_stdout;
}

ItemReport diarize_one(const Run& run, const BatchItem& item) {
  const Flags& flags = run.flags;
  const auto start = std::chrono::steady_clock::now();
  ReportRecorder recorder(flags.report, report_target(item.plan));
  const auto audio = recorder.tap(open_audio(item.plan.input, flags.audio.audio_options(is_silent(flags))));
  const auto output = run.engine.diarize(*audio, options_for(flags, item.plan), item.on_progress);
  ItemReport report;
  report.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ResultDocument document = document_of(run, item.plan, output, run.engine.device_name(), report.elapsed_s);
  report.duration_s = document.duration_s;
  report.num_speakers = document.diarization.speakers().size();
  report.num_turns = document.diarization.turns().size();
  if (run.linkage != nullptr) {
    run.linkage->keep(item.index, std::move(document));
    return report;
  }
  document = named(run, std::move(document));
  const std::string on_stdout = write_files(flags, item.plan, document);
  const std::string note = recorder.write(flags.exclusive ? only_exclusive(document) : document);
  item.guard([&] {
    show(run, item.plan, document, on_stdout);
    for (const std::string& line :
         {note, missing_speakers(flags, item.plan, output.diarization.speakers().size())}) {
      if (!line.empty() && !is_silent(flags)) print_note(line);
    }
    if (flags.verbose) print_timings(output, std::cerr);
  });
  return report;
}

// Everybody under common labels, then the files.
void link_all(const Run& run, const std::vector<PlannedOutput>& plan, CommandContext& context) {
  const Flags& flags = run.flags;
  if (interrupted()) throw Cancelled();
  Linkage::Options options{flags.voices.identify.options, flags.embeddings, {}};
  if (!flags.add_strangers.empty()) {
    options.name_strangers = [&](const std::vector<Stranger>& strangers) {
      return enrol_strangers(flags.voices.path(), flags.add_strangers, run.engine.encoder_id(), strangers);
    };
  }
  run.linkage->link(run.engine, run.matcher, run.names, options);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const ResultDocument* document = run.linkage->document(i);
    if (document == nullptr) continue;
    try_input(context, [&] { show(run, plan[i], *document, write_files(flags, plan[i], *document)); });
  }
  if (!flags.link_report.empty()) write_file_atomically(flags.link_report, run.linkage->report());
  if (!is_silent(flags))
    print_note(std::to_string(run.linkage->num_speakers()) + " different speakers in all recordings");
}

void check_outputs(const Flags& flags, const std::vector<PlannedOutput>& plan) {
  if (flags.link && (flags.resume || flags.report.asked())) {
    throw InvalidArgument(std::string("--link writes all results at the end, and goes with no ") +
                          (flags.resume ? "--resume" : "--html or --plot"));
  }
  const auto uses_stdout = [](const PlannedOutput& item) { return item.uses_stdout(); };
  if (flags.resume && std::any_of(plan.begin(), plan.end(), uses_stdout)) {
    throw InvalidArgument("--resume needs results in files, not on standard output");
  }
  const auto is_json = [](const PlannedFile& file) { return file.format == "json"; };
  if (flags.embeddings && !flags.json && std::none_of(plan[0].files.begin(), plan[0].files.end(), is_json)) {
    throw InvalidArgument("--embeddings go into JSON: add --format json or --json");
  }
}

// Beside the recordings.
OutputGuard files_read(const Flags& flags) {
  OutputGuard guard;
  if (flags.voices.wanted()) guard.reads(flags.voices.path());
  for (const std::string& file :
       {flags.names.file, flags.parameters.file, flags.report.reference, flags.report.transcript})
    guard.reads(file);
  guard.reads_model(flags.model.model);
  return guard;
}

// What is left to say when all inputs are through; the exit code is that of the first failure.
void conclude(const Flags& flags, const std::vector<PlannedOutput>& plan,
              const std::vector<ItemReport>& reports, double elapsed_s, CommandContext& context) {
  for (const ItemReport& report : reports) {
    if (report.state == ItemState::kFailed) context.note_failure(report.exit_code);
  }
  const bool stopped = interrupted() && count_state(reports, ItemState::kWaiting) > 0;
  if (plan.size() == 1) {
    if (stopped) throw Cancelled();
    if (reports[0].state == ItemState::kSkipped && !flags.quiet && flags.progress != "json") {
      std::cerr << "diarize: note: '" << plan[0].input << "' was finished before; nothing to do\n";
    }
    return;
  }
  const bool stdout_is_free = !flags.json && !plan[0].uses_stdout();
  if (!flags.quiet && stdout_is_free) {
    print_batch(plan, reports, elapsed_s, std::cout);
    std::cout << std::flush;
  }
  if (flags.progress == "json") {
    // Standard error belongs to the events, which have said it.
  } else if (stopped) {
    note_said();
    print_error("cancelled; what is done stays, and --resume goes on from here");
  } else if (const std::size_t failed = count_state(reports, ItemState::kFailed); failed > 0) {
    print_error(std::to_string(failed) + " of " + std::to_string(plan.size()) + " inputs failed");
  }
  if (stopped) context.exit_code = static_cast<int>(ErrorCode::kCancelled);
}

void diarize_all(const CLI::App& app, Flags& flags, CommandContext& context) {
  if (flags.inputs.empty()) throw InvalidArgument("no input: name an audio file, or see diarize --help");
  check_speaker_bounds(flags);
  flags.parameters.read();
  const SpeakerNames names = flags.names.speaker_names();
  auto inputs = list_inputs(flags.inputs);
  explain_missing(app, inputs);
  auto plan = plan_outputs(inputs, flags.report.take_wishes(flags.format));
  flags.report.add_to_plan(inputs, plan);
  check_outputs(flags, plan);
  OutputGuard guard = files_read(flags);
  guard.writes({flags.link_report, false, "--link-report", {}});
  prepare_outputs(plan, {flags.format.overwrite, flags.resume, true}, std::move(guard));
  const std::optional<VoiceBook> book =
      flags.add_strangers.empty() ? flags.voices.read() : book_to_extend(flags.voices, flags.add_strangers);
  const ModelLocation model = choose_model(flags.model.model, flags.quiet);
  // One for all inputs that are worked on at the same time.
  const Engine engine = Engine::load(model.path, flags.model.engine_options(parse_speed(flags.speed)));
  if (flags.verbose) {
    std::cerr << "model   " << screen_text(engine.model_name() + " (" + model.path.string()) << ", "
              << model.found_by << ")\n"
              << "device  " << engine.device_name() << '\n'
              << "speed   " << flags.speed << '\n';
  }
  std::optional<VoiceMatcher> matcher;
  if (book) {
    matcher.emplace(matcher_of(*book, engine));
    // Refuses impossible wishes now.
    matcher->identify({}, Annotation(), flags.voices.identify.options);
  }
  Linkage linkage(plan.size());
  const Run run{
      flags,           names, model, engine, matcher ? &*matcher : nullptr, flags.link ? &linkage : nullptr,
      plan.size() == 1};
  const auto display = make_batch_display(flags.progress, flags.quiet);
  BatchOptions options;
  options.num_workers = std::min(flags.jobs, plan.size());
  options.resume = flags.resume;
  options.when_abandoned = [&](const std::vector<ItemReport>& reports, double elapsed_s) {
    try {
      conclude(flags, plan, reports, elapsed_s, context);
    } catch (const Error& error) {
      print_error(error.what());
    }
  };
  const auto start = std::chrono::steady_clock::now();
  const auto reports = run_batch(
      plan, options, [&](const BatchItem& item) { return diarize_one(run, item); }, *display);
  const double elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (flags.link) link_all(run, plan, context);
  conclude(flags, plan, reports, elapsed_s, context);
  const bool all_is_well = context.exit_code == 0 && count_state(reports, ItemState::kDone) > 0;
  if (all_is_well && !flags.quiet && flags.progress != "json") hint_better_model(model);
}

}  // namespace

void add_diarize_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<Flags>();
  add_flags(app, *flags);
  app.callback([&app, &context, flags] {
    if (app.get_subcommands().empty()) diarize_all(app, *flags, context);
  });
}

}  // namespace diar::cli
