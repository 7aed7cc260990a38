// The bytes of an audio or video file in, an AudioSource out.
#pragma once

#include <memory>
#include <string>

#include "diar/io/audio.h"
#include "io/audio/byte_input.h"

namespace diar {

/// What `open_audio` does once the file is open. `name` is for messages; the end of `file_name` helps to tell
/// formats without a mark of their own apart.
std::unique_ptr<AudioSource> open_audio_bytes(std::unique_ptr<ByteInput> bytes, const std::string& name,
                                              const std::string& file_name, const AudioOptions& options);

}  // namespace diar
