// Documents that formats find hard, made from integers so that milliseconds are exact.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "diar/io/formats.h"

namespace diar {

inline Turn turn_ms(std::int64_t start, std::int64_t end, const std::string& speaker) {
  return {{static_cast<double>(start) / 1e3, static_cast<double>(end) / 1e3}, speaker};
}

/// Overlap between speakers, within one speaker, touching, identical and nested turns, one without length.
inline Annotation nasty_annotation() {
  return Annotation("talk", {turn_ms(0, 1500, "SPEAKER_00"), turn_ms(1500, 1501, "SPEAKER_00"),
                             turn_ms(1000, 4000, "SPEAKER_01"), turn_ms(2000, 3000, "SPEAKER_01"),
                             turn_ms(2000, 3000, "SPEAKER_01"), turn_ms(2000, 3000, "SPEAKER_02"),
                             turn_ms(5000, 5000, "SPEAKER_02"), turn_ms(3599999, 3600001, "SPEAKER_00"),
                             turn_ms(360000000, 360000250, "SPEAKER_02")});
}

inline Annotation random_annotation(unsigned seed) {
  std::mt19937 generator(seed);
  const auto below = [&](unsigned bound) { return static_cast<std::int64_t>(generator() % bound); };
  std::vector<Turn> turns;
  const std::int64_t count = below(40);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t start = below(seed % 2 == 0 ? 20000 : 8000000);
    turns.push_back(turn_ms(start, start + 1 + below(5000), "SPEAKER_0" + std::to_string(below(4))));
  }
  return Annotation("talk", std::move(turns));
}

inline Annotation without_empty_turns(const Annotation& annotation) {
  std::vector<Turn> turns;
  for (const Turn& turn : annotation.turns()) {
    if (turn.segment.duration_s() > 0.0) turns.push_back(turn);
  }
  return Annotation(annotation.uri(), std::move(turns));
}

/// The lines of an RTTM in sorted order: equal for equal sets of turns.
inline std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace diar
