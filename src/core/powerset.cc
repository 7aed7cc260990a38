#include "diar/powerset.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "diar/errors.h"
#include "diar/networks.h"

namespace diar {
namespace {

std::size_t frames_of(std::span<const float> log_probs, std::span<const std::uint8_t> classes) {
  if (classes.empty() || log_probs.size() % classes.size() != 0)
    throw InvalidArgument("the log-probabilities are no whole number of frames");
  return log_probs.size() / classes.size();
}

// As itertools.combinations orders them: by the lowest member, then the next.
void add_combinations(std::size_t num_speakers, std::size_t first, std::size_t missing, std::uint8_t members,
                      std::vector<std::uint8_t>& classes) {
  if (missing == 0) {
    classes.push_back(members);
    return;
  }
  for (std::size_t speaker = first; speaker < num_speakers; ++speaker) {
    add_combinations(num_speakers, speaker + 1, missing - 1,
                     static_cast<std::uint8_t>(members | 1u << speaker), classes);
  }
}

}  // namespace

std::vector<std::uint8_t> powerset_classes(std::size_t num_speakers, std::size_t max_at_once) {
  if (num_speakers > kMaxLocalSpeakers) throw InvalidArgument("too many local speakers");
  std::vector<std::uint8_t> classes;
  for (std::size_t size = 0; size <= std::min(num_speakers, max_at_once); ++size)
    add_combinations(num_speakers, 0, size, 0, classes);
  return classes;
}

std::vector<float> class_probabilities(std::span<const float> log_probs,
                                       std::span<const std::uint8_t> classes) {
  std::vector<float> probabilities(frames_of(log_probs, classes) * classes.size());
  std::transform(log_probs.begin(), log_probs.end(), probabilities.begin(),
                 [](float log_prob) { return std::exp(log_prob); });
  return probabilities;
}

std::vector<std::uint8_t> frame_decisions(std::span<const float> log_probs,
                                          std::span<const std::uint8_t> classes) {
  std::vector<std::uint8_t> decisions(frames_of(log_probs, classes));
  for (std::size_t frame = 0; frame < decisions.size(); ++frame) {
    const auto row = log_probs.subspan(frame * classes.size(), classes.size());
    decisions[frame] =
        classes[static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin())];
  }
  return decisions;
}

}  // namespace diar
