// Blocks of decoded samples in, reads of any size out; the shared half of every AudioSource.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "diar/errors.h"
#include "diar/waveform.h"

namespace diar {

/// Subclasses append blocks of 16 kHz samples; reading checks them for NaN and infinity.
class BufferedSource : public AudioSource {
 public:
  std::size_t read(std::span<float> out) final {
    std::size_t filled = 0;
    while (filled < out.size()) {
      if (position_ == block_.size()) {
        block_.clear();
        position_ = 0;
        if (!next_block(block_)) break;
        check_finite();
        continue;
      }
      const std::size_t count = std::min(out.size() - filled, block_.size() - position_);
      std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(position_), count,
                  out.begin() + static_cast<std::ptrdiff_t>(filled));
      position_ += count;
      filled += count;
      num_read_ += count;
    }
    return filled;
  }

 protected:
  /// `name` is for messages.
  explicit BufferedSource(std::string name) : name_(std::move(name)) {}
  /// Appends some samples to the empty `block` (none is fine); false at the end.
  virtual bool next_block(std::vector<float>& block) = 0;

  const std::string& name() const { return name_; }

 private:
  void check_finite() const {
    const auto bad =
        std::find_if(block_.begin(), block_.end(), [](float sample) { return !std::isfinite(sample); });
    if (bad == block_.end()) return;
    const double time_s =
        static_cast<double>(num_read_ + static_cast<std::size_t>(bad - block_.begin())) / kModelSampleRateHz;
    throw AudioError(name_ + ": NaN or infinite samples near " + std::to_string(time_s) +
                     " s; export the file again as 16-bit PCM");
  }

  std::string name_;
  std::vector<float> block_;
  std::size_t position_ = 0;
  std::size_t num_read_ = 0;
};

}  // namespace diar
