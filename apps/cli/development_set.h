// A directory of audio and the references of its recordings in, pairs of them out.
#pragma once

#include <string>
#include <vector>

#include "diar/io/audio.h"
#include "diar/tuning.h"

namespace diar::cli {

struct DevelopmentSet {
  std::vector<DevelopmentRecording> recordings;  ///< sorted by name; without `content_id`
  std::vector<std::string> audio_files;          ///< of each
  std::vector<std::string> warnings;             ///< what has no partner, for the user
};

/// The audio file of a recording is the one whose name without its extension is the recording's (white space
/// as "_"); a single audio file and a single recording need no equal names. With a UEM the recordings that it
/// lists count. Throws `InputError` when nothing is left or two files could be one recording's.
DevelopmentSet read_development_set(const std::string& audio_path, const std::string& reference_path,
                                    const std::string& uem_path, const AudioOptions& options);

}  // namespace diar::cli
