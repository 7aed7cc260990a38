// A RIFF/WAVE file in, the length that its header claims out.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace diar {

/// FFmpeg quietly takes the file's size where the header claims more; this reads the claim itself. Empty when
/// the file is no WAV, cannot be read here, or was written by a stream (size 0 or all ones).
std::optional<double> wav_declared_duration_s(const std::string& path);
/// The same from a stream at its start, opened as binary.
std::optional<double> wav_declared_duration_s(std::istream& file);

}  // namespace diar
