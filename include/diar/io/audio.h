// Any audio or video file in, 16 kHz mono float samples out, streamed.
#pragma once

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
};

/// Opens any file FFmpeg can decode; "-" is standard input. 16 kHz mono 16-bit PCM passes bit-exactly
/// (divided by 32768); other rates are resampled with soxr at high quality. Memory stays bounded whatever the
/// length. Throws `InputError` (missing, unreadable, a directory) or `AudioError` (no audio in it, no such
/// channel).
DIAR_API std::unique_ptr<AudioSource> open_audio(const std::string& path, const AudioOptions& options = {});
/// Text that differs whenever the file's bytes or the options do: for caches, not against an attacker. Throws
/// `InputError` when the file cannot be read.
DIAR_API std::string audio_content_id(const std::string& path, const AudioOptions& options = {});
/// Reads a whole file into memory.
DIAR_API Waveform load_audio(const std::string& path, const AudioOptions& options = {});

}  // namespace diar
