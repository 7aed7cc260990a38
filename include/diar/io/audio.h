// Any audio or video file in, 16 kHz mono float samples out, streamed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "diar/export.h"
#include "diar/waveform.h"

namespace diar {

struct AudioOptions {
  /// Take this channel (0 is the first) instead of the mean of all channels.
  std::optional<int> channel;
  /// Accept a file that ends before its header says, with what could be decoded.
  bool allow_truncated = false;
  /// Asked while opening and reading, from the thread that does: for each block of bytes, and at least every
  /// 100 ms while a pipe or a FIFO gives nothing. True ends the call with `Cancelled`; what it throws comes
  /// out of the call. Reading may be stopped from another thread or a signal handler through a flag that this
  /// reads.
  std::function<bool()> interrupted;
  /// Told in one plain line what is odd about an input that is taken nevertheless: an end mark that is
  /// missing, a length that was not reached (`allow_truncated`). From the thread that reads, at the end of
  /// the input.
  std::function<void(const std::string&)> on_warning;
};

/// Opens any audio or video file that FFmpeg can decode; "-" is standard input. 16 kHz mono 16-bit PCM passes
/// bit-exactly (divided by 32768); other rates are resampled with soxr at high quality. Memory stays bounded
/// whatever the length. A sample's position is the time at which players show it: position 0 is the start of
/// the file's earliest track, and gaps between time stamps are silence. No input opens another file or
/// address: playlists, manifests and session descriptions are refused. Throws `InputError` (missing,
/// unreadable, a directory, a device) or `AudioError` (no audio in it; on read also no such channel, a length
/// that is not reached, damage).
DIAR_API std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options = {});
/// Text that differs whenever the file's bytes or the options that change samples do: for caches, not against
/// an attacker. Throws `InputError` when the file cannot be read, `Cancelled`.
DIAR_API std::string audio_content_id(const std::string& path, const AudioOptions& options = {});
/// Reads a whole file into memory.
DIAR_API Waveform load_audio(const std::string& path, const AudioOptions& options = {});

}  // namespace diar
