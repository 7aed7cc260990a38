#include "progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <utility>

namespace diar::cli {
namespace {

constexpr int kBarCells = 24;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

std::string bar(double fraction) {
  const int filled = static_cast<int>(fraction * kBarCells);
  std::string cells;
  for (int cell = 0; cell < kBarCells; ++cell) cells += cell < filled ? "█" : "░";
  return cells;
}

std::string remaining(double elapsed_s, double fraction) {
  if (fraction <= 0.02) return "";
  const auto left_s = static_cast<int>(std::lround(elapsed_s * (1.0 - fraction) / fraction));
  char text[32];
  std::snprintf(text, sizeof(text), "  %d:%02d left", left_s / 60, left_s % 60);
  return text;
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
  std::cerr << "\r\x1b[K" << title_ << "  ";
  if (progress.total > 0) {
    const double fraction =
        std::min(1.0, static_cast<double>(progress.completed) / static_cast<double>(progress.total));
    const double elapsed_s = std::chrono::duration<double>(now - start_).count();
    std::cerr << bar(fraction) << ' ' << static_cast<int>(fraction * 100.0) << " %"
              << remaining(elapsed_s, fraction);
  } else {
    std::cerr << progress.stage << ' ' << progress.completed;
  }
  std::cerr << std::flush;
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace diar::cli
