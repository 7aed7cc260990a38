#include "voices_command.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/voices.h"
#include "download.h"
#include "format_flags.h"
#include "model_flags.h"
#include "output_guard.h"
#include "screen.h"
#include "voice_flags.h"
#include "voices_listening.h"

namespace diar::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  BookFlags book;
  std::vector<std::string> names;
  std::string file;
  std::string model;
  bool all = false;
  bool overwrite = false;
  bool reset = false;
  bool json = false;
};

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

double speech_s(const Voice& voice) {
  double sum = 0.0;
  for (const VoiceSample& sample : voice.samples) sum += sample.speech_s;
  return std::round(sum * 1e3) / 1e3;
}

// A book that is not there yet is an empty one.
VoiceBook read_or_empty(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? read_voice_book(path) : VoiceBook();
}

void list(const Flags& flags) {
  const std::filesystem::path path = flags.book.path();
  const VoiceBook book = read_or_empty(path);
  if (flags.json) {
    Json voices = Json::array();
    for (const Voice& voice : book.voices())
      voices.push_back(
          {{"name", voice.name}, {"samples", voice.samples.size()}, {"speech_s", speech_s(voice)}});
    std::cout << dumped(
        {{"book", path.string()}, {"encoder", book.encoder_id()}, {"voices", std::move(voices)}});
    return;
  }
  for (const Voice& voice : book.voices()) {
    const std::string name = screen_text(voice.name);
    std::cout << name << std::string(std::max<std::size_t>(32, cells_of(name) + 1) - cells_of(name), ' ')
              << std::setw(3) << voice.samples.size() << (voice.samples.size() == 1 ? " sample " : " samples")
              << std::fixed << std::setprecision(1) << std::setw(9) << speech_s(voice) << " s\n";
  }
  std::cout << book.voices().size() << (book.voices().size() == 1 ? " person" : " people") << " in "
            << screen_text(path.string()) << std::endl;
}

const Voice& voice_of(const VoiceBook& book, const std::string& name) {
  const Voice* voice = book.find(name);
  if (voice == nullptr) throw InvalidArgument("the book has nobody called '" + name + "'");
  return *voice;
}

void show(const Flags& flags) {
  const VoiceBook book = read_voice_book(flags.book.path());
  const Voice& voice = voice_of(book, flags.names[0]);
  if (flags.json) {
    Json samples = Json::array();
    for (const VoiceSample& sample : voice.samples)
      samples.push_back({{"source", sample.source}, {"speech_s", sample.speech_s}, {"date", sample.date}});
    std::cout << dumped(
        {{"name", voice.name}, {"encoder", book.encoder_id()}, {"samples", std::move(samples)}});
    return;
  }
  std::cout << screen_text(voice.name) << ", of the encoder " << screen_text(book.encoder_id()) << '\n';
  for (const VoiceSample& sample : voice.samples) {
    std::cout << "  " << screen_text(sample.date) << std::fixed << std::setprecision(1) << std::setw(9)
              << sample.speech_s << " s  " << screen_text(sample.source) << '\n';
  }
}

void edit(const Flags& flags, const std::function<void(VoiceBook&)>& change) {
  const std::filesystem::path path = flags.book.path();
  std::error_code ignored;
  // A book that is only emptied need not be made for it.
  if (!std::filesystem::exists(path, ignored))
    throw InputError("there is no book of voices '" + path.string() + "'");
  edit_voice_book(path, change, {interrupted});
}

void remove(const Flags& flags) {
  if (flags.all != flags.names.empty()) throw InvalidArgument("name the people to forget, or give --all");
  edit(flags, [&](VoiceBook& book) {
    if (flags.all) book = VoiceBook();
    for (const std::string& name : flags.names) book.remove(name);
  });
}

void export_book(const Flags& flags) {
  const std::filesystem::path path = flags.book.path();
  const VoiceBook book = read_voice_book(path);
  VoiceBook part;
  if (flags.names.empty()) part = book;
  for (const std::string& name : flags.names) {
    for (const VoiceSample& sample : voice_of(book, name).samples) part.add(name, sample, book.encoder_id());
  }
  if (flags.file == "-") {
    std::cout << to_json(part) << std::flush;
    return;
  }
  OutputGuard guard;
  guard.reads(path);
  guard.writes({flags.file, !flags.overwrite, "another name", {}});
  guard.check();
  write_voice_book(flags.file, part);
}

void import_book(const Flags& flags) {
  const VoiceBook other = read_voice_book(flags.file);
  std::vector<std::string> both;
  edit_voice_book(flags.book.path(), [&](VoiceBook& book) { both = book.merge(other); }, {interrupted});
  if (flags.json) {
    std::cout << dumped({{"people", other.voices().size()}, {"in_both", both}});
    return;
  }
  for (const std::string& name : both)
    print_note("'" + name + "' was in the book before; the samples are together now");
  std::cout << other.voices().size() << (other.voices().size() == 1 ? " person" : " people") << ", "
            << other.voices().size() - both.size() << " of them new" << std::endl;
}

void calibrate(const Flags& flags) {
  if (flags.reset) return edit(flags, [](VoiceBook& book) { book.set_calibration({}); });
  CalibrationReport report;
  const ModelLocation model = choose_model(flags.model, flags.json);
  const Engine engine = Engine::load(model.path);
  edit(flags, [&](VoiceBook& book) {
    // Refuses a book of another encoder.
    matcher_of(book, engine);
    report = fit_calibration(book, engine.voice_scoring(), engine.voice_calibration());
    book.set_calibration(report.calibration);
  });
  if (flags.json) {
    std::cout << dumped({{"scale", report.calibration.scale},
                         {"offset", report.calibration.offset},
                         {"trials_same", report.num_same},
                         {"trials_different", report.num_different},
                         {"cllr_before", report.cost_before},
                         {"cllr_after", report.cost_after}});
    return;
  }
  std::cout << std::fixed << std::setprecision(3) << "cost of the scores " << report.cost_before
            << " bits -> " << report.cost_after << " (" << report.num_same << " trials of one person, "
            << report.num_different << " of two)" << std::endl;
}

}  // namespace

void add_voices_command(CLI::App& app, CommandContext& context) {
  CLI::App* voices = app.add_subcommand("voices", "A book of people's voices: enrol, identify, forget");
  voices->require_subcommand(1);
  add_listening_commands(*voices, context);
  auto flags = std::make_shared<Flags>();
  const auto command = [&](const char* name, const char* description, bool has_json = false) {
    CLI::App* made = voices->add_subcommand(name, description);
    flags->book.add_to(*made);
    if (has_json) made->add_flag("--json", flags->json, "Print JSON");
    return made;
  };
  const auto add_name = [&](CLI::App* made, const char* name, const char* description) {
    return made->add_option(name, flags->names, description)->type_name("");
  };

  command("list", "Who is in the book", true)->callback([flags] { list(*flags); });

  CLI::App* one = command("show", "The samples of a person", true);
  add_name(one, "NAME", "Of the person")->required()->expected(1);
  one->callback([flags] { show(*flags); });

  CLI::App* removal = command("remove", "Forget people");
  add_name(removal, "NAME", "Of the people");
  removal->add_flag("--all", flags->all, "Forget everybody");
  removal->callback([flags] { remove(*flags); });

  CLI::App* renaming = command("rename", "Give a person another name");
  add_name(renaming, "NAME", "The old name and the new one")->required()->expected(2);
  renaming->callback(
      [flags] { edit(*flags, [&](VoiceBook& book) { book.rename(flags->names[0], flags->names[1]); }); });

  CLI::App* exporting = command("export", "Write people into a book of their own");
  exporting->add_option("FILE", flags->file, "The new book; - is standard output")->required()->type_name("");
  add_name(exporting, "NAME", "Of the people (default: all)");
  add_overwrite_option(*exporting, flags->overwrite);
  exporting->callback([flags] { export_book(*flags); });

  CLI::App* importing = command("import", "Take over the people of another book", true);
  importing->add_option("FILE", flags->file, "The other book")->required()->type_name("");
  importing->callback([flags] { import_book(*flags); });

  CLI::App* calibration =
      command("calibrate", "Learn from the book's own samples how far scores can be trusted", true);
  calibration->add_option("--model", flags->model, "Model directory, or the name of an installed set")
      ->type_name("DIR|NAME");
  calibration->add_flag("--reset", flags->reset, "Go back to the model's own calibration");
  calibration->callback([flags] { calibrate(*flags); });

  voices->footer(
      "docs/voices.md says what a book holds and how sure a name is. Nothing leaves this machine.");
}

}  // namespace diar::cli
