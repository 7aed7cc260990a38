#include "progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <utility>

#include "interrupt.h"
#include "screen.h"

namespace diar::cli {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

std::string bar(double fraction, std::size_t num_cells) {
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(num_cells));
  std::string cells;
  for (std::size_t cell = 0; cell < num_cells; ++cell) cells += cell < filled ? "█" : "░";
  return cells;
}

std::string remaining(double elapsed_s, double fraction) {
  if (fraction <= 0.02) return "";
  const auto left_s = static_cast<int>(std::lround(elapsed_s * (1.0 - fraction) / fraction));
  char text[32];
  std::snprintf(text, sizeof(text), "  %d:%02d left", left_s / 60, left_s % 60);
  return text;
}

// The title, and then what must stay readable on every terminal: the title gives way first, then the time
// that is left, then the bar. The last column stays free: writing there would begin a new line.
std::string line_of(const std::string& title, const Progress& progress, double elapsed_s,
                    std::size_t columns) {
  const std::size_t cells = columns > 1 ? columns - 1 : 1;
  std::string rest;
  if (progress.total > 0) {
    const double fraction =
        std::min(1.0, static_cast<double>(progress.completed) / static_cast<double>(progress.total));
    const std::size_t bar_cells = cells >= 60 ? 24 : cells >= 36 ? 12 : 5;
    const std::string percent = std::to_string(static_cast<int>(fraction * 100.0)) + " %";
    rest = bar(fraction, bar_cells) + ' ' + percent;
    if (cells >= 36) rest += remaining(elapsed_s, fraction);
    if (cells_of(rest) > cells) rest = percent;
  } else {
    rest = std::string(progress.stage) + ' ' + std::to_string(progress.completed);
  }
  rest = clipped(rest, cells);
  const std::size_t used = cells_of(rest) + 2;
  if (used + 3 > cells) return rest;
  const std::string shown = clipped(screen_text(title), cells - used);
  return shown.empty() ? rest : shown + "  " + rest;
}

}  // namespace

ProgressBar::ProgressBar(std::string title, bool enabled)
    : title_(std::move(title)),
      enabled_(enabled && isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_draw_(start_ - kRedrawEvery) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::update(const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now - last_draw_ < kRedrawEvery) return;
  last_draw_ = now;
  drawn_ = true;
  set_progress_line(true);
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  std::cerr << "\r\x1b[K" << line_of(title_, progress, elapsed_s, terminal_columns(STDERR_FILENO))
            << std::flush;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
  set_progress_line(false);
}

}  // namespace diar::cli
