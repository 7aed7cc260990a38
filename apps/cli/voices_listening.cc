#include "voices_listening.h"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "diar/hub/model_store.h"
#include "diar/io/formats.h"
#include "download.h"
#include "enrol.h"
#include "model_flags.h"
#include "output_plan.h"
#include "screen.h"
#include "voice_flags.h"

namespace diar::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Flags {
  std::string name;
  EnrolWishes wishes;
  BookFlags book;
  IdentifyFlags identify;
  ModelFlags model;
  AudioFlags audio;
  bool json = false;

  void add_to(CLI::App& app) {
    book.add_to(app);
    model.add_to(app);
    audio.add_to(app);
    app.add_flag("--json", json, "Print JSON");
    app.add_flag("-q,--quiet", wishes.quiet, "Print nothing but results and errors");
  }
};

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

Engine load_engine(const Flags& flags) {
  return Engine::load(choose_model(flags.model.model, flags.wishes.quiet).path, flags.model.engine_options());
}

void add_voice(const Flags& flags) {
  const std::filesystem::path path = flags.book.path();
  // What cannot end well is known before the recordings are listened to.
  VoiceBook().add(flags.name, {{1.0f}, {}, 0.0, {}}, "any");
  edit_voice_book(path, [](VoiceBook&) {}, {interrupted});
  const Engine engine = load_engine(flags);
  const std::vector<VoiceSample> samples = enrol(engine, flags.wishes, flags.audio);
  std::size_t total = 0;
  bool is_new = false;
  edit_voice_book(path,
                  [&](VoiceBook& book) {
                    is_new = book.find(flags.name) == nullptr;
                    for (const VoiceSample& sample : samples)
                      total = book.add(flags.name, sample, engine.encoder_id());
                  },
                  {interrupted});
  if (flags.json) {
    Json json = {{"name", flags.name}, {"new", is_new}, {"samples", total}, {"added", Json::array()}};
    for (const VoiceSample& sample : samples)
      json["added"].push_back({{"source", sample.source}, {"speech_s", rounded(sample.speech_s)}});
    std::cout << dumped(json);
    return;
  }
  for (const VoiceSample& sample : samples) {
    std::cout << std::fixed << std::setprecision(1) << screen_text(flags.name) << ": " << sample.speech_s
              << " s of clean speech from " << screen_text(sample.source) << '\n';
  }
  std::cout << screen_text(flags.name) << (is_new ? " is new in " : " was in ") << screen_text(path.string())
            << (is_new ? ", " : " before and has ") << total << (total == 1 ? " sample" : " samples")
            << std::endl;
}

Json candidates_of(const SpeakerIdentity& identity) {
  Json candidates = Json::array();
  for (const VoiceScore& score : identity.candidates) {
    candidates.push_back(
        {{"name", score.name}, {"llr", rounded(score.llr)}, {"probability", rounded(score.probability)}});
  }
  return candidates;
}

std::string in_words(const SpeakerIdentity& identity) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3);
  const auto best = [&]() -> std::ostringstream& {
    text << "likeliest " << screen_text(identity.candidates[0].name) << ", probability "
         << identity.candidates[0].probability;
    return text;
  };
  switch (identity.reason) {
    case IdentityReason::kNamed:
      text << screen_text(identity.name) << "  probability " << identity.candidates[0].probability;
      break;
    case IdentityReason::kBelowThreshold:
      text << "unknown  (";
      best() << ')';
      break;
    case IdentityReason::kNoLead:
      text << "unknown  (";
      best() << ", too close to the next)";
      break;
    case IdentityReason::kTaken:
      text << "unknown  (" << screen_text(identity.candidates[0].name) << " is another speaker)";
      break;
    case IdentityReason::kLittleSpeech:
      text << "unknown  (too little speech)";
      break;
    case IdentityReason::kEmptyBook:
      text << "unknown  (the book is empty)";
      break;
  }
  return text.str();
}

/// One recording, listened to.
struct Heard {
  std::string input;
  DiarizationOutput output;
  std::vector<SpeakerIdentity> identities;
};

// What `use` makes of each input; a failure is reported and the others go on.
template <class Use>
void listen(const Flags& flags, CommandContext& context, const Use& use) {
  const VoiceBook book = read_voice_book(flags.book.path());
  const Engine engine = load_engine(flags);
  const VoiceMatcher matcher = matcher_of(book, engine);
  for (const std::string& input : flags.wishes.inputs) {
    try_input(context, [&] {
      const auto audio = open_audio(input, flags.audio.audio_options(flags.wishes.quiet));
      Heard heard{input, diarize_quietly(engine, *audio, uri_of(input), flags.wishes.quiet), {}};
      heard.identities =
          matcher.identify(heard.output.speaker_embeddings, heard.output.diarization, flags.identify.options);
      use(heard);
    });
  }
}

void identify(const Flags& flags, CommandContext& context) {
  listen(flags, context, [&](const Heard& heard) {
    if (flags.json) {
      Json speakers = Json::array();
      for (const SpeakerIdentity& identity : heard.identities) {
        speakers.push_back({{"speaker", identity.speaker},
                            {"name", identity.name.empty() ? Json() : Json(identity.name)},
                            {"reason", to_string(identity.reason)},
                            {"speech_s", rounded(identity.speech_s)},
                            {"candidates", candidates_of(identity)}});
      }
      std::cout << dumped({{"input", heard.input}, {"speakers", std::move(speakers)}}) << std::flush;
      return;
    }
    if (flags.wishes.inputs.size() > 1) std::cout << screen_text(heard.input) << '\n';
    for (const SpeakerIdentity& identity : heard.identities) {
      std::cout << identity.speaker << std::fixed << std::setprecision(1) << std::setw(9) << identity.speech_s
                << " s  " << in_words(identity) << '\n';
    }
    std::cout << std::flush;
  });
}

// A word for a shell.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./+,:@%") == std::string::npos;
  if (plain && !text.starts_with('-')) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

void suggest(const Flags& flags, CommandContext& context) {
  listen(flags, context, [&](const Heard& heard) {
    std::size_t stranger = 0;
    for (const SpeakerIdentity& identity : heard.identities) {
      const double clean_s = clean_speech_s(heard.output.diarization, identity.speaker);
      if (clean_s < flags.wishes.min_clean_s) continue;
      const bool is_new = identity.name.empty() && (identity.reason == IdentityReason::kBelowThreshold ||
                                                    identity.reason == IdentityReason::kEmptyBook);
      if (identity.name.empty() && !is_new) continue;  // somebody of the book, but who?
      const std::string name =
          is_new ? uri_of(heard.input) + "-speaker-" + std::to_string(++stranger) : identity.name;
      if (flags.json) {
        std::cout << dumped({{"input", heard.input},
                             {"speaker", identity.speaker},
                             {"name", is_new ? Json() : Json(name)},
                             {"clean_s", rounded(clean_s)},
                             {"candidates", candidates_of(identity)}});
        continue;
      }
      std::cout << "diarize voices add " << shell_word(name) << ' ' << shell_word(heard.input)
                << " --speaker " << shell_word(identity.speaker) << std::fixed << std::setprecision(1)
                << "    # " << clean_s << " s clean, "
                << (is_new ? "a stranger: choose the name" : in_words(identity)) << '\n';
    }
    std::cout << std::flush;
  });
}

}  // namespace

void add_listening_commands(CLI::App& voices, CommandContext& context) {
  const auto command = [&](const char* name, const char* description) {
    return std::pair(voices.add_subcommand(name, description), std::make_shared<Flags>());
  };
  const auto add_inputs = [](CLI::App& app, Flags& flags) {
    app.add_option("AUDIO", flags.wishes.inputs, "Audio or video files; - is standard input")
        ->required()
        ->type_name("");
  };
  const auto add_min_seconds = [](CLI::App& app, Flags& flags) {
    app.add_option("--min-seconds", flags.wishes.min_clean_s,
                   "The least speech in which nobody else talks (default 5)")
        ->check(CLI::Range(1.0, 1e6))
        ->type_name("S");
  };
  {
    auto [app, flags] = command("add", "Enrol a person from recordings of their voice");
    app->add_option("NAME", flags->name, "Of the person")->required()->type_name("");
    add_inputs(*app, *flags);
    auto* from =
        app->add_option("--from", flags->wishes.from, "Listen only where this RTTM has the speaker alone")
            ->type_name("RTTM:SPEAKER");
    app->add_option("--speaker", flags->wishes.speaker,
                    "Of a recording with several people, the one whom diarize calls so")
        ->type_name("LABEL")
        ->excludes(from);
    add_min_seconds(*app, *flags);
    flags->add_to(*app);
    app->footer(
        "Examples:\n"
        "  diarize voices add Ann ann1.wav ann2.wav\n"
        "  diarize voices add Bo meeting.wav --from meeting.rttm:SPEAKER_01\n");
    app->callback([flags = flags] { add_voice(*flags); });
  }
  {
    auto [app, flags] = command("identify", "Say who of the book speaks in recordings");
    add_inputs(*app, *flags);
    flags->identify.add_to(*app);
    flags->add_to(*app);
    app->callback([flags = flags, &context] { identify(*flags, context); });
  }
  {
    auto [app, flags] = command("suggest", "Propose speakers of recordings for the book; changes nothing");
    add_inputs(*app, *flags);
    flags->identify.add_to(*app);
    add_min_seconds(*app, *flags);
    flags->add_to(*app);
    app->callback([flags = flags, &context] { suggest(*flags, context); });
  }
}

}  // namespace diar::cli
