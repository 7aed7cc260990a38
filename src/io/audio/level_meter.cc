#include "io/audio/level_meter.h"

#include <algorithm>
#include <cmath>

namespace diar {

void LevelMeter::write(std::span<const float> samples) {
  for (const float sample : samples) {
    if (std::isfinite(sample)) sum_ += static_cast<double>(sample) * sample;
    if (++filled_ == block_samples_) close_block();
  }
  num_samples_ += samples.size();
}

void LevelMeter::close_block() {
  energies_.push_back(sum_ / static_cast<double>(filled_));
  sum_ = 0.0;
  filled_ = 0;
  if (energies_.size() < kMaxLevels) return;
  for (std::size_t i = 0; i < energies_.size() / 2; ++i) {
    energies_[i] = (energies_[2 * i] + energies_[2 * i + 1]) / 2;
  }
  energies_.resize(energies_.size() / 2);
  block_samples_ *= 2;
}

std::vector<std::uint8_t> LevelMeter::finish() {
  if (filled_ > 0) close_block();
  std::vector<std::uint8_t> levels;
  levels.reserve(energies_.size());
  const double loudest = energies_.empty() ? 0.0 : *std::max_element(energies_.begin(), energies_.end());
  for (const double energy : energies_) {
    const double relative_db = energy > 0.0 ? 10.0 * std::log10(energy / loudest) : kFloor_db;
    const double share = std::clamp(1.0 - relative_db / kFloor_db, 0.0, 1.0);
    levels.push_back(static_cast<std::uint8_t>(std::lround(255.0 * share)));
  }
  return levels;
}

}  // namespace diar
