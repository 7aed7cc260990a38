#include "live_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "diar/io/live_events.h"
#include "finish_on_interrupt.h"
#include "screen.h"
#include "summary.h"

namespace diar::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRedrawEvery = std::chrono::milliseconds(250);
constexpr double kLane_s = 120.0;

class QuietView final : public LiveView {
 public:
  void take(const std::vector<LiveEvent>&, const LiveTurns&) override {}
};

class JsonView final : public LiveView {
 public:
  void take(const std::vector<LiveEvent>& events, const LiveTurns&) override {
    for (const LiveEvent& event : events) std::cout << to_json_line(event);
    if (!events.empty()) std::cout << std::flush;
  }
};

/// For logs: nothing is said twice.
class PlainView final : public LiveView {
 public:
  void take(const std::vector<LiveEvent>& events, const LiveTurns&) override {
    for (const LiveEvent& event : events) {
      if (const auto* shown = std::get_if<TurnShown>(&event)) say(shown->turn);
      if (const auto* revised = std::get_if<TurnRevised>(&event)) say(revised->turn);
      if (const auto* merged = std::get_if<SpeakersMerged>(&event))
        std::cerr << "             " << merged->from << " is " << merged->into << '\n';
    }
  }

 private:
  void say(const LiveTurn& turn) {
    if (turn.state != TurnState::kStable || !said_.insert(turn.id).second) return;
    const std::string start = clock_text(turn.segment.start_s);
    const std::string end = clock_text(turn.segment.end_s);
    std::cerr << std::string(10 - std::min<std::size_t>(10, start.size()), ' ') << start << "  "
              << std::string(10 - std::min<std::size_t>(10, end.size()), ' ') << end << "  " << turn.speaker
              << '\n';
  }

  std::set<std::uint64_t> said_;
};

std::size_t terminal_rows() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ? 24 : size.ws_row;
}

struct Lane {
  double total_s = 0.0;
  std::vector<Segment> recent;
};

/// Lines that are drawn over each other, with the cursor at the start of the first in between.
class TerminalView final : public LiveView {
 public:
  ~TerminalView() override { erase(); }

  void take(const std::vector<LiveEvent>& events, const LiveTurns& turns) override {
    for (const LiveEvent& event : events) {
      if (const auto* start = std::get_if<SpeakerStart>(&event)) speaking_.insert(start->speaker);
      if (const auto* end = std::get_if<SpeakerEnd>(&event)) speaking_.erase(end->speaker);
      if (const auto* progress = std::get_if<LiveProgress>(&event)) progress_ = *progress;
    }
    const auto now = Clock::now();
    if (closed_ || now - last_draw_ < kRedrawEvery) return;
    last_draw_ = now;
    draw(turns);
  }
  void speak(const std::function<void()>& say) override {
    erase();
    say();
  }
  void close() override {
    erase();
    closed_ = true;
  }

 private:
  void erase() {
    if (drawn_) std::cerr << "\r\x1b[J" << std::flush;
    drawn_ = false;
    set_progress_block(false);
  }

  void draw(const LiveTurns& turns) {
    const std::size_t columns = std::max<std::size_t>(terminal_columns(), 2) - 1;
    std::vector<std::string> lines = {headline()};
    const auto lanes = lanes_of(turns);
    const std::size_t most = std::max<std::size_t>(terminal_rows(), 4) - 3;
    for (const auto& [speaker, lane] : lanes) {
      if (lines.size() > most) break;
      lines.push_back(line_of(speaker, lane, columns));
    }
    std::string text = "\r\x1b[J";
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + clipped(lines[i], columns);
    if (lines.size() > 1) text += "\x1b[" + std::to_string(lines.size() - 1) + "A";
    drawn_ = true;
    set_progress_block(true);
    std::cerr << text + "\r" << std::flush;
  }

  std::string headline() const {
    std::string names;
    for (const std::string& speaker : speaking_) names += (names.empty() ? "" : ", ") + screen_text(speaker);
    const double behind_s = std::max(0.0, progress_.pushed_s - progress_.shown_s);
    std::string line =
        clock_text(progress_.shown_s) + "  " + (names.empty() ? "nobody speaks" : names + " now");
    if (behind_s > 5.0) line += "  (" + clock_text(behind_s) + " behind)";
    return line;
  }

  std::map<std::string, Lane> lanes_of(const LiveTurns& turns) const {
    std::map<std::string, Lane> lanes;
    for (const auto& [id, turn] : turns.turns()) {
      Lane& lane = lanes[turn.speaker];
      lane.total_s += turn.segment.duration_s();
      if (turn.segment.end_s > progress_.shown_s - kLane_s) lane.recent.push_back(turn.segment);
    }
    return lanes;
  }

  std::string line_of(const std::string& speaker, const Lane& lane, std::size_t columns) const {
    const std::string name = screen_text(speaker);
    const std::string total = clock_text(lane.total_s);
    std::string line = (speaking_.contains(speaker) ? "● " : "  ") + name + ' ' +
                       std::string(total.size() < 9 ? 9 - total.size() : 0, ' ') + total + ' ';
    const std::size_t used = cells_of(line);
    if (used + 10 > columns) return line;
    const auto num_cells = columns - used;
    const double cell_s = kLane_s / static_cast<double>(num_cells);
    const double begin_s = std::max(0.0, progress_.shown_s - kLane_s);
    for (std::size_t cell = 0; cell < num_cells; ++cell) {
      const double from_s = begin_s + static_cast<double>(cell) * cell_s;
      const bool talks = std::any_of(lane.recent.begin(), lane.recent.end(), [&](const Segment& turn) {
        return turn.start_s < from_s + cell_s && turn.end_s > from_s;
      });
      line += talks ? "█" : from_s < progress_.shown_s ? "·" : " ";
    }
    return line;
  }

  std::set<std::string> speaking_;
  LiveProgress progress_;
  Clock::time_point last_draw_ = Clock::now() - kRedrawEvery;
  bool drawn_ = false;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<LiveView> make_json_view() {
  return std::make_unique<JsonView>();
}

std::unique_ptr<LiveView> make_people_view() {
  if (isatty(STDERR_FILENO) == 1) return std::make_unique<TerminalView>();
  return std::make_unique<PlainView>();
}

std::unique_ptr<LiveView> make_quiet_view() {
  return std::make_unique<QuietView>();
}

}  // namespace diar::cli
