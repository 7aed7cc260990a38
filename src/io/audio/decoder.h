// An audio or video file in, blocks of mono float samples at the file's own rate out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/io/audio.h"

namespace diar {

/// FFmpeg behind a narrow face. Not thread-safe.
class Decoder {
 public:
  /// "-" is standard input. Throws `InputError`, `AudioError`.
  Decoder(const std::string& path, const AudioOptions& options);
  ~Decoder();

  /// Appends the next frame's samples and sets the rate they have (it may change within a file). False at the
  /// end.
  bool next(std::vector<float>& samples, int& sample_rate_hz);
  /// What the container declares; empty when it does not know or only guesses from the bit rate.
  std::optional<double> declared_duration_s() const;
  /// True when the container itself could not be read to its end.
  bool broke_off() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
