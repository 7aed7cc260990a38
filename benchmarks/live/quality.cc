#include "quality.h"

#include <diar/io/audio.h>
#include <diar/io/rttm.h>
#include <diar/io/uem.h>
#include <diar/live.h>
#include <diar/metrics.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <variant>

namespace diar::live_bench {
namespace {

constexpr std::size_t kPiece = 1600;  // 0.1 s at a time
constexpr double kPoint_s = 0.01;     // labels are looked at so finely

/// Labels at points in time, as turns.
class Recorder {
 public:
  void add(double time_s, const std::vector<std::string>& speakers) {
    for (const std::string& speaker : speakers) {
      auto& turns = turns_[speaker];
      if (!turns.empty() && time_s - turns.back().end_s < 0.5 * kPoint_s) {
        turns.back().end_s = time_s + kPoint_s;
      } else {
        turns.push_back({time_s, time_s + kPoint_s});
      }
    }
  }
  Annotation annotation() const {
    std::vector<Turn> turns;
    for (const auto& [speaker, segments] : turns_) {
      for (const Segment& segment : segments) turns.push_back({segment, speaker});
    }
    return Annotation("first", std::move(turns));
  }

 private:
  std::map<std::string, std::vector<Segment>> turns_;
};

std::vector<std::string> speakers_at(const LiveTurns& turns, double time_s) {
  std::vector<std::string> speakers;
  for (const auto& [id, turn] : turns.turns()) {
    const bool on = turn.segment.start_s <= time_s && time_s < turn.segment.end_s;
    if (on && std::find(speakers.begin(), speakers.end(), turn.speaker) == speakers.end())
      speakers.push_back(turn.speaker);
  }
  return speakers;
}

/// How often the label of somebody who talks alone is another one than when they last did.
std::size_t label_switches(const Annotation& reference, const Annotation& shown) {
  std::map<std::string, std::string> last;
  std::size_t switches = 0;
  const double end_s = reference.turns().empty() ? 0.0 : reference.turns().back().segment.end_s;
  const auto alone_at = [](const Annotation& annotation, double time_s) -> std::string {
    std::string speaker;
    for (const Turn& turn : annotation.turns()) {
      if (turn.segment.start_s > time_s) break;
      if (turn.segment.end_s <= time_s || turn.speaker == speaker) continue;
      if (!speaker.empty()) return {};
      speaker = turn.speaker;
    }
    return speaker;
  };
  for (double time_s = 0.0; time_s < end_s; time_s += kPoint_s) {
    const std::string speaker = alone_at(reference, time_s);
    const std::string label = speaker.empty() ? speaker : alone_at(shown, time_s);
    if (label.empty()) continue;
    std::string& before = last[speaker];
    switches += !before.empty() && before != label ? 1 : 0;
    before = label;
  }
  return switches;
}

struct Result {
  DiarizationErrorRate first, revised, offline;
  std::size_t switches = 0;  // of the labels as first shown
  std::size_t offline_switches = 0;
  std::size_t revisions = 0;
  std::size_t clusterings = 0;
  std::size_t labels = 0;
  std::size_t found = 0;  // speakers of the result
  std::size_t speakers = 0;
  double duration_s = 0.0;
  double clustering_s = 0.0;

  Result& operator+=(const Result& other) {
    first += other.first;
    revised += other.revised;
    offline += other.offline;
    switches += other.switches;
    offline_switches += other.offline_switches;
    revisions += other.revisions;
    clusterings += other.clusterings;
    labels += other.labels;
    found += other.found;
    speakers += other.speakers;
    duration_s += other.duration_s;
    clustering_s += other.clustering_s;
    return *this;
  }
};

/// Every piece is shown before the next one comes, as on a machine that keeps up.
Result measure(const Engine& engine, const std::vector<float>& samples, const Annotation& reference,
               const ScoringOptions& scoring, const LiveOptions& options, const std::string& first_rttm) {
  Result result;
  auto session = LiveSession::open(engine, options);
  LiveTurns turns;
  Recorder first;
  double seen_s = 0.0;
  const auto look_until = [&](double until_s) {
    for (; seen_s < until_s; seen_s += kPoint_s) first.add(seen_s, speakers_at(turns, seen_s));
  };
  for (std::size_t pushed = 0; pushed < samples.size();) {
    const std::size_t count = std::min(kPiece, samples.size() - pushed);
    session.push(std::span(samples).subspan(pushed, count));
    session.settle();
    pushed += count;
    for (const LiveEvent& event : session.poll()) {
      turns.apply(event);
      result.revisions += std::holds_alternative<TurnRevised>(event) ? 1 : 0;
      if (const auto* progress = std::get_if<LiveProgress>(&event)) {
        result.clusterings = progress->num_clusterings;
        result.clustering_s = progress->clustering_s;
      }
    }
    look_until(static_cast<double>(pushed) / 16000.0 - options.latency_s);
  }
  result.duration_s = static_cast<double>(samples.size()) / 16000.0;
  look_until(result.duration_s);
  const Annotation revised = turns.annotation("revised");
  const DiarizationOutput offline = session.finish();
  if (!first_rttm.empty()) std::ofstream(first_rttm) << to_rttm(first.annotation());
  result.first = diarization_error_rate(reference, first.annotation(), scoring);
  result.revised = diarization_error_rate(reference, revised, scoring);
  result.offline = diarization_error_rate(reference, offline.diarization, scoring);
  result.switches = label_switches(reference, first.annotation());
  result.offline_switches = label_switches(reference, offline.diarization);
  result.labels = revised.speakers().size();
  result.found = offline.diarization.speakers().size();
  result.speakers = reference.speakers().size();
  return result;
}

void print(const std::string& name, const Result& r) {
  const double minutes = r.duration_s / 60.0;
  std::printf(
      "%-24s %6.2f %6.2f %6.2f   %5.2f %5.2f %5.2f  %6.1f %6.1f %6.1f  %4zu %4zu %4zu %6zu %6.2f %%\n",
      name.c_str(), 100 * r.first.rate(), 100 * r.revised.rate(), 100 * r.offline.rate(),
      100 * r.first.missed_detection_s / r.first.total_s, 100 * r.first.false_alarm_s / r.first.total_s,
      100 * r.first.confusion_s / r.first.total_s, static_cast<double>(r.switches) / minutes,
      static_cast<double>(r.offline_switches) / minutes, static_cast<double>(r.revisions) / minutes, r.labels,
      r.found, r.speakers, r.clusterings, 100 * r.clustering_s / r.duration_s);
  std::fflush(stdout);
}

}  // namespace

void measure_quality(const Engine& engine, const std::vector<std::string>& audio, const QualityPlan& plan) {
  std::printf("%-24s %6s %6s %6s   %5s %5s %5s  %6s %6s %6s  %4s %4s %4s %6s %8s\n", "DER, %", "first",
              "revis.", "offl.", "miss", "false", "conf.", "sw/min", "offl.", "rev/mi", "lab.", "offl",
              "spk.", "clust.", "of core");
  LiveOptions options;
  options.session = plan.session;
  for (const double latency_s : plan.latencies) {
    Result total;
    options.latency_s = latency_s;
    for (const std::string& path : audio) {
      const auto base = plan.references / std::filesystem::path(path).stem();
      const auto reference = read_rttm_file(base.string() + ".rttm").at(0);
      ScoringOptions scoring;
      if (std::filesystem::exists(base.string() + ".uem"))
        scoring.uem = read_uem_file(base.string() + ".uem").begin()->second;
      if (plan.from_s > 0.0) scoring.uem = {{plan.from_s, 1e6}};
      const std::string first_rttm =
          plan.write.empty() ? "" : plan.write + "/" + base.filename().string() + ".rttm";
      const Result result =
          measure(engine, load_audio(path).samples, reference, scoring, options, first_rttm);
      total += result;
      if (!plan.quiet) print(base.filename().string(), result);
    }
    char name[32];
    std::snprintf(name, sizeof(name), "all at %.2f s", latency_s);
    print(name, total);
  }
}

}  // namespace diar::live_bench
