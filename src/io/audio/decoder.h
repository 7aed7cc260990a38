// The bytes of an audio or video file in, blocks of mono float samples at the file's own rate out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/io/audio.h"
#include "io/audio/byte_input.h"
#include "io/audio/stated_length.h"

namespace diar {

/// FFmpeg behind a narrow face: it sees the bytes of one file and can open nothing. Not thread-safe.
class Decoder {
 public:
  /// `name` is for messages; the end of `file_name` helps to tell formats without a mark of their own apart.
  /// Throws `InputError`, `AudioError`, `Cancelled`.
  Decoder(std::unique_ptr<ByteInput> bytes, const std::string& name, const std::string& file_name,
          const AudioOptions& options);
  ~Decoder();

  /// Appends the next samples and sets the rate they have (it may change within a file). They stand where a
  /// player has them: gaps and a late start are silence. False at the end.
  bool next(std::vector<float>& samples, int& sample_rate_hz);
  /// What the file's header states of its length itself.
  const StatedLength& stated() const;
  /// What the container declares; empty when it does not know or only guesses from the bit rate or the file's
  /// size.
  std::optional<double> declared_duration_s() const;
  /// The same at the end, when the time stamps have been seen: shorter where it counted from zero and they do
  /// not, empty where they jumped.
  std::optional<double> declared_duration_at_end_s() const;
  /// How much of `declared_duration_s` was there: decoded, or silent by its time stamps. Silence where data
  /// were lost does not count, nor does a start later than other tracks'.
  double covered_s() const;
  /// How long the packets were that the decoder refused, if they were like the others; seconds that no length
  /// shows in formats without one.
  double undecodable_s() const;
  /// Past the last byte of the file; empty while it is not known.
  std::optional<std::uint64_t> num_bytes() const;
  /// True when the container itself could not be read to its end.
  bool broke_off() const;
  /// True for a container that marks its end and has no mark. Call it at the end.
  bool lacks_end_mark();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
