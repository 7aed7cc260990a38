// What it helps to say how many speak: simulated conversations diarized without a number, with the true one
// and with bounds, in each profile.
//   speaker_counts MODEL CACHE_DIR CONVERSATIONS [COUNT [EVIDENCE_OUT]]
// CONVERSATIONS is what training/make_conversations.py writes; what is loud in the clean sources counts as
// speech where it says so (reference_energy). Every recording's errors go to standard error. The networks run
// once for each recording and their results stay in CACHE_DIR. EVIDENCE_OUT gets what
// training/fit_confidence.py reads.
#include <diar/engine.h>
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/metrics.h>
#include <diar/voices.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "core/fingerprint.h"
#include "engine/engine_impl.h"
#include "session/diarization.h"
#include "tuning/network_cache.h"

namespace {

namespace fs = std::filesystem;
using namespace diar;

struct Mode {
  std::string name;
  SessionOptions (*options)(int true_count);
};

SessionOptions with(Profile profile) {
  SessionOptions options;
  options.profile = profile;
  return options;
}

const std::vector<Mode> kModes = {
    {"automatic", [](int) { return with(Profile::kPyannote); }},
    {"best, no number", [](int) { return with(Profile::kBest); }},
    {"pyannote, number",
     [](int n) {
       auto o = with(Profile::kPyannote);
       o.num_speakers = n;
       return o;
     }},
    {"best, number",
     [](int n) {
       auto o = with(Profile::kBest);
       o.num_speakers = n;
       return o;
     }},
    {"pyannote, at least",
     [](int n) {
       auto o = with(Profile::kPyannote);
       o.min_speakers = n;
       return o;
     }},
    {"best, at least",
     [](int n) {
       auto o = with(Profile::kBest);
       o.min_speakers = n;
       return o;
     }},
    {"pyannote, at most",
     [](int n) {
       auto o = with(Profile::kPyannote);
       o.max_speakers = n;
       return o;
     }},
    {"best, at most",
     [](int n) {
       auto o = with(Profile::kBest);
       o.max_speakers = n;
       return o;
     }},
};

/// Sums of one mode in one condition: all recordings, and those whose automatic number was right or wrong.
struct Sums {
  DiarizationErrorRate all, right, wrong;
  int num_right = 0;
  int out_of_bounds = 0;
  int worse = 0;  // recordings more than a point above automatic
};

NetworkOutput networks_of(const Engine& engine, const fs::path& audio, const fs::path& cache) {
  Fingerprint sum;
  sum.add(engine.encoder_id());
  sum.add(audio.string());
  const fs::path file = cache / (audio.parent_path().filename().string() + "_" + audio.stem().string() + "-" +
                                 hexadecimal(sum.value()) + ".diarcache");
  const fs::path beside = file.string() + ".certainty";
  if (auto cached = read_network_cache(file, sum.value())) {
    std::ifstream in(beside, std::ios::binary);
    double levels = 0.0;
    in.read(reinterpret_cast<char*>(&levels), sizeof(levels));
    std::vector<std::uint16_t> sums(fs::file_size(beside) / sizeof(std::uint16_t) - 4);
    in.read(reinterpret_cast<char*>(sums.data()),
            static_cast<std::streamsize>(sums.size() * sizeof(sums[0])));
    cached->certainty = FrameCertainty(levels, std::move(sums));
    return std::move(*cached);
  }
  NetworkOutput output = engine.impl().run_networks(*open_audio(audio.string()), engine.impl().plan({}), {});
  fs::create_directories(cache);
  std::ofstream certainty(beside, std::ios::binary);
  const double levels = output.certainty.levels();
  const auto sums = output.certainty.sums();
  certainty.write(reinterpret_cast<const char*>(&levels), sizeof(levels));
  certainty.write(reinterpret_cast<const char*>(sums.data()),
                  static_cast<std::streamsize>(sums.size_bytes()));
  certainty.close();
  write_network_cache(file, sum.value(), output);
  return output;
}

void write_evidence(const Engine& engine, const NetworkOutput& networks, const std::string& name,
                    std::FILE* out) {
  SessionOptions options = with(Profile::kPyannote);
  options.on_artefact = [&](const Artefact& artefact) {
    if (artefact.stage != "turn_evidence") return;
    const auto rows = std::get<std::span<const float>>(artefact.values);
    std::fprintf(out, "%s %zu\n", name.c_str(), rows.size() / 6);
    std::fwrite(rows.data(), sizeof(float), rows.size(), out);
  };
  assign_and_reconstruct(networks, engine.scoring(), engine.impl().plan(options));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::cerr << "usage: speaker_counts MODEL CACHE_DIR CONVERSATIONS [COUNT [EVIDENCE_OUT]]\n";
    return 2;
  }
  const Engine engine = Engine::load(argv[1]);
  const fs::path set = argv[3];
  const fs::path references = set / (fs::exists(set / "reference_energy") ? "reference_energy" : "reference");
  const std::size_t most = argc > 4 ? std::stoul(argv[4]) : 1000000;
  std::FILE* evidence = argc > 5 ? std::fopen(argv[5], "wb") : nullptr;
  for (const char* condition : {"clean", "room", "noisy"}) {
    if (!fs::is_directory(set / condition)) continue;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(set / condition)) {
      if (entry.path().extension() == ".wav") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    files.resize(std::min(files.size(), most));
    std::map<std::string, Sums> sums;
    for (const fs::path& file : files) {
      const Annotation reference =
          read_rttm_file((references / (file.stem().string() + ".rttm")).string()).at(0);
      const int true_count = static_cast<int>(reference.speakers().size());
      const NetworkOutput networks = networks_of(engine, file, argv[2]);
      if (evidence != nullptr)
        write_evidence(engine, networks, std::string(condition) + "/" + file.stem().string(), evidence);
      std::fprintf(stderr, "%s/%s: %d speakers; found, DER:", condition, file.stem().c_str(), true_count);
      int automatic = 0;
      double automatic_der = 0.0;
      for (const Mode& mode : kModes) {
        const SessionOptions options = mode.options(true_count);
        const DiarizationOutput output =
            assign_and_reconstruct(networks, engine.scoring(), engine.impl().plan(options));
        const auto error = diarization_error_rate(reference, output.diarization, {});
        const int found = static_cast<int>(output.diarization.speakers().size());
        if (mode.name == "automatic") {
          automatic = found;
          automatic_der = error.rate();
        }
        std::fprintf(stderr, "%s %d %.2f", &mode == &kModes.front() ? "" : ";", found, 100.0 * error.rate());
        Sums& sum = sums[mode.name];
        sum.all += error;
        (automatic == true_count ? sum.right : sum.wrong) += error;
        sum.num_right += found == true_count ? 1 : 0;
        const bool low = found < options.num_speakers.value_or(options.min_speakers.value_or(0));
        const bool high = found > options.num_speakers.value_or(options.max_speakers.value_or(1000));
        sum.out_of_bounds += low || high ? 1 : 0;
        sum.worse += error.rate() > automatic_der + 0.01 ? 1 : 0;
      }
      std::fputc('\n', stderr);
    }
    std::printf(
        "%s, %zu recordings        DER   where automatic is: right   wrong   number right  outside  worse\n",
        condition, files.size());
    for (const Mode& mode : kModes) {
      const Sums& sum = sums[mode.name];
      std::printf("  %-20s %12.2f %22.2f %7.2f %10d %10d %6d\n", mode.name.c_str(), 100.0 * sum.all.rate(),
                  100.0 * sum.right.rate(), 100.0 * sum.wrong.rate(), sum.num_right, sum.out_of_bounds,
                  sum.worse);
    }
    std::fflush(stdout);
  }
  if (evidence != nullptr) std::fclose(evidence);
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
