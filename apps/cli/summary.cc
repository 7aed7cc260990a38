#include "summary.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <ostream>

#include "screen.h"

namespace diar::cli {
namespace {

template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[160];
  std::snprintf(buffer, sizeof(buffer), format, values...);
  return buffer;
}

// Numbers for colours, the same in the turns and the totals.
std::map<std::string, std::size_t> numbers_of(const std::vector<SpeakerTotal>& totals) {
  std::map<std::string, std::size_t> numbers;
  for (const SpeakerTotal& total : totals) numbers.emplace(total.speaker, numbers.size());
  return numbers;
}

// Cells for the bar of somebody who speaks alone, after a text of that width: a line must not wrap.
std::size_t bar_cells_after(std::size_t used) {
  constexpr std::size_t kMost = 30;
  constexpr std::size_t kLeast = 5;
  const std::size_t columns = output_cells();
  const std::size_t left = columns > used ? columns - used - 1 : 0;
  return left < kLeast ? 0 : std::min(left, kMost);
}

// Cells for a name on a line with `used` others, so that it does not wrap; never fewer than three.
std::size_t room_beside(std::size_t used) {
  constexpr std::size_t kLeast = 3;
  const std::size_t columns = output_cells();
  return columns > used + kLeast ? columns - used - 1 : kLeast;
}

// Padded where there is room. Where a name would hardly be seen, when the turn ends gives way to it.
std::string times_text(const std::string& start, const std::string& end) {
  constexpr std::size_t kRoomy = 40;
  constexpr std::size_t kName = 10;  // SPEAKER_00
  if (output_cells() >= kRoomy) return text("%10s  %10s  ", start.c_str(), end.c_str());
  const std::string both = start + ' ' + end + ' ';
  return room_beside(both.size()) >= kName ? both : start + ' ';
}

// How the line of a speaker's total looks in that many columns.
enum class TotalLine { kFull, kWithoutTurns, kTwoLines };
constexpr std::size_t kFullFigures = 35;   // cells of a line without name and bar
constexpr std::size_t kShortFigures = 21;  // without the number of turns too
TotalLine total_line_for(std::size_t name_cells) {
  const std::size_t columns = output_cells();
  const std::size_t name = std::min<std::size_t>(name_cells, 10);
  if (columns > kFullFigures + name) return TotalLine::kFull;
  return columns > kShortFigures + name ? TotalLine::kWithoutTurns : TotalLine::kTwoLines;
}

}  // namespace

std::string clock_text(double time_s) {
  const auto tenths = static_cast<long long>(std::llround(time_s * 10.0));
  const long long hours = tenths / 36000;
  const long long minutes = tenths / 600 % 60;
  const double seconds = static_cast<double>(tenths % 600) / 10.0;
  return hours > 0 ? text("%lld:%02lld:%04.1f", hours, minutes, seconds)
                   : text("%lld:%04.1f", minutes, seconds);
}

void print_turns(const Annotation& annotation, std::ostream& out) {
  const auto numbers = numbers_of(annotation.totals());
  std::size_t num_left_out = 0;
  for (const Turn& turn : annotation.turns()) {
    const std::string start = clock_text(turn.segment.start_s);
    const std::string end = clock_text(turn.segment.end_s);
    if (start == end) {
      ++num_left_out;
      continue;
    }
    const std::string times = times_text(start, end);
    out << times
        << in_color_of(numbers.at(turn.speaker),
                       clipped(screen_text(turn.speaker), room_beside(times.size())), STDOUT_FILENO)
        << '\n';
  }
  if (num_left_out > 0) {
    out << text("%10s  %zu %s too short to show here\n", "and", num_left_out,
                num_left_out == 1 ? "turn" : "turns");
  }
}

void print_totals(const Annotation& annotation, double duration_s, std::ostream& out) {
  const auto totals = annotation.totals();
  if (totals.empty()) {
    out << "no speech found in " << clock_text(duration_s) << '\n';
    return;
  }
  double speech_s = 0.0;
  std::size_t width = 0;
  for (const SpeakerTotal& total : totals) {
    speech_s += total.speech_s;
    width = std::max(width, cells_of(screen_text(total.speaker)));
  }
  out << (totals.size() == 1 ? "1 speaker" : std::to_string(totals.size()) + " speakers") << " in "
      << clock_text(duration_s) << ", with their shares of the speech\n";
  const TotalLine form = total_line_for(width);
  const std::size_t figures = form == TotalLine::kFull           ? kFullFigures
                              : form == TotalLine::kWithoutTurns ? kShortFigures
                                                                 : 2;
  width = std::min(width, room_beside(figures));
  const auto bar_cells = static_cast<double>(bar_cells_after(width + kFullFigures));
  const auto numbers = numbers_of(totals);
  for (const SpeakerTotal& total : totals) {
    const double share = speech_s > 0.0 ? total.speech_s / speech_s : 0.0;
    const std::string name = clipped(screen_text(total.speaker), width);
    std::string bar;
    for (int cell = 0; cell < static_cast<int>(std::lround(share * bar_cells)); ++cell) bar += "▇";
    const auto colored = [&](const std::string& part) {
      return in_color_of(numbers.at(total.speaker), part, STDOUT_FILENO);
    };
    out << "  " << colored(name);
    const std::string speech = clock_text(total.speech_s);
    if (form == TotalLine::kTwoLines) {
      out << text("\n    %s %.1f %%\n", speech.c_str(), 100.0 * share);
      continue;
    }
    out << std::string(width - cells_of(name), ' ') << text("  %8s  %5.1f %%", speech.c_str(), 100.0 * share);
    if (form == TotalLine::kFull)
      out << text("  %4zu %s", total.num_turns, total.num_turns == 1 ? "turn" : "turns");
    if (!bar.empty()) out << (total.num_turns == 1 ? "   " : "  ") << colored(bar);
    out << '\n';
  }
}

void print_batch(const std::vector<PlannedOutput>& plan, const std::vector<ItemReport>& reports,
                 double elapsed_s, std::ostream& out) {
  std::size_t width = 5;
  for (const PlannedOutput& item : plan) width = std::max(width, cells_of(screen_text(item.input)));
  constexpr std::size_t kFigures = 50;
  width = std::min(width, std::max<std::size_t>(room_beside(kFigures), 8));
  const auto name = [&](const std::string& input) {
    const std::string shown = clipped(screen_text(input), width);
    out << shown << std::string(width - std::min(width, cells_of(shown)), ' ');
  };
  name("input");
  out << "       audio  speakers  turns        time    speed\n";
  double audio_s = 0.0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const ItemReport& report = reports[i];
    name(plan[i].input);
    if (report.state == ItemState::kDone) {
      audio_s += report.duration_s;
      out << text("  %10s  %8zu  %5zu  %10s  %6.1fx\n", clock_text(report.duration_s).c_str(),
                  report.num_speakers, report.num_turns, clock_text(report.elapsed_s).c_str(),
                  report.elapsed_s > 0.0 ? report.duration_s / report.elapsed_s : 0.0);
    } else {
      out << (report.state == ItemState::kFailed    ? "  " + alarming("FAILED", STDOUT_FILENO)
              : report.state == ItemState::kSkipped ? "  skipped, finished before"
                                                    : "  not done")
          << '\n';
    }
  }
  out << count_state(reports, ItemState::kDone) << " of " << plan.size() << " done";
  const auto others = [&](ItemState state, const char* word) {
    if (const std::size_t count = count_state(reports, state); count > 0) out << ", " << count << word;
  };
  others(ItemState::kSkipped, " skipped");
  others(ItemState::kFailed, " failed");
  others(ItemState::kWaiting, " not done");
  out << text("; %s of audio in %s, %.1fx real time\n", clock_text(audio_s).c_str(),
              clock_text(elapsed_s).c_str(), elapsed_s > 0.0 ? audio_s / elapsed_s : 0.0);
}

void print_timings(const DiarizationOutput& output, std::ostream& out) {
  const StageTimings& timings = output.timings;
  const auto line = [&](const char* name, double seconds) {
    out << text("  %-15s %8.3f s  %5.1f %%\n", name, seconds,
                timings.total_s > 0.0 ? 100.0 * seconds / timings.total_s : 0.0);
  };
  out << "stages (" << output.num_windows << " windows)\n";
  line("audio", timings.audio_s);
  line("segmentation", timings.segmentation_s);
  line("embedding", timings.embedding_s);
  line("clustering", timings.clustering_s);
  line("reconstruction", timings.reconstruction_s);
  line("total", timings.total_s);
}

}  // namespace diar::cli
