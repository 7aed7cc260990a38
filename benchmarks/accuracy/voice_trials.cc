// Speakers of recordings on standard input, who they are or which of them are one out: what
// training/evaluate_voices.py judges, so that no network has to run again for another book or threshold.
//   voice_trials identify MODEL_DIR BOOK [SCALE OFFSET]
//   voice_trials link MODEL_DIR [THRESHOLD [SCALE OFFSET]]
// A line of the input: RECORDING SPEAKER SPEECH_S VALUES..., as `diarize -f json --embeddings` gives them.
// SCALE and OFFSET take the place of the model's calibration. Output of identify, tab-separated: RECORDING
// SPEAKER REASON NAME BEST LLR PROBABILITY, and on standard error the CPU seconds that it took; of link:
// RECORDING SPEAKER VOICE.
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/linking.h>
#include <diar/voices.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using namespace diar;

struct Recording {
  std::string name;
  RecordingSpeakers speakers;
};

std::vector<Recording> read_recordings(std::istream& in) {
  std::vector<Recording> recordings;
  std::map<std::string, std::size_t> place;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name;
    SpeakerEmbedding speaker;
    double speech_s = 0.0;
    if (!(fields >> name >> speaker.speaker >> speech_s)) throw InputError("a line without its three names");
    for (float value = 0.0f; fields >> value;) speaker.values.push_back(value);
    const auto [found, is_new] = place.try_emplace(name, recordings.size());
    if (is_new) recordings.push_back({name, {}});
    RecordingSpeakers& speakers = recordings[found->second].speakers;
    speakers.speakers.push_back(std::move(speaker));
    speakers.speech_s.push_back(speech_s);
  }
  return recordings;
}

// As long as the speech of each: only totals matter to the matcher.
Annotation turns_of(const Recording& recording) {
  std::vector<Turn> turns;
  double at_s = 0.0;
  for (std::size_t i = 0; i < recording.speakers.speakers.size(); ++i) {
    const double end_s = at_s + recording.speakers.speech_s[i];
    turns.push_back({{at_s, end_s}, recording.speakers.speakers[i].speaker});
    at_s = end_s;
  }
  return {recording.name, std::move(turns)};
}

void identify(const std::vector<Recording>& recordings, const Engine& engine, const std::string& book,
              const VoiceCalibration& calibration) {
  const std::clock_t begin = std::clock();
  const VoiceBook voices = read_voice_book(book);
  const std::clock_t read = std::clock();
  const VoiceMatcher matcher(voices, engine.voice_scoring(), engine.encoder_id(), calibration);
  const std::clock_t ready = std::clock();
  std::vector<std::vector<SpeakerIdentity>> identities;
  for (const Recording& recording : recordings)
    identities.push_back(matcher.identify(recording.speakers.speakers, turns_of(recording)));
  const auto seconds = [](std::clock_t from, std::clock_t to) {
    return static_cast<double>(to - from) / CLOCKS_PER_SEC;
  };
  std::fprintf(stderr, "CPU seconds: book read %.3f, made ready %.3f, %zu recordings scored %.3f\n",
               seconds(begin, read), seconds(read, ready), recordings.size(), seconds(ready, std::clock()));
  for (std::size_t r = 0; r < recordings.size(); ++r) {
    const Recording& recording = recordings[r];
    for (const SpeakerIdentity& identity : identities[r]) {
      const VoiceScore best = identity.candidates.empty() ? VoiceScore{"-"} : identity.candidates[0];
      std::printf("%s\t%s\t%s\t%s\t%s\t%.6f\t%.9f\n", recording.name.c_str(), identity.speaker.c_str(),
                  std::string(to_string(identity.reason)).c_str(),
                  identity.name.empty() ? "-" : identity.name.c_str(), best.name.c_str(), best.llr,
                  best.probability);
    }
  }
}

void link(const std::vector<Recording>& recordings, const Engine& engine, const VoiceCalibration& calibration,
          const LinkOptions& options) {
  std::vector<RecordingSpeakers> speakers;
  for (const Recording& recording : recordings) speakers.push_back(recording.speakers);
  const LinkedSpeakers linked = link_speakers(speakers, engine.voice_scoring(), calibration, options);
  for (std::size_t r = 0; r < recordings.size(); ++r) {
    for (std::size_t s = 0; s < speakers[r].speakers.size(); ++s) {
      std::printf("%s\t%s\tvoice%zu\n", recordings[r].name.c_str(), speakers[r].speakers[s].speaker.c_str(),
                  linked.voice_of[r][s]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc > 1 ? argv[1] : "";
  const bool identifying = what == "identify" && argc > 3;
  if (!identifying && (what != "link" || argc < 3)) {
    std::cerr << "usage: voice_trials identify MODEL_DIR BOOK [SCALE OFFSET]\n"
                 "       voice_trials link MODEL_DIR [THRESHOLD [SCALE OFFSET]]\n";
    return 2;
  }
  const Engine engine = Engine::load(argv[2]);
  VoiceCalibration calibration = engine.voice_calibration();
  if (argc > 5) calibration = {std::stod(argv[4]), std::stod(argv[5])};
  const std::vector<Recording> recordings = read_recordings(std::cin);
  if (identifying) {
    identify(recordings, engine, argv[3], calibration);
  } else {
    LinkOptions options;
    if (argc > 3) options.threshold = std::stod(argv[3]);
    link(recordings, engine, calibration, options);
  }
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
