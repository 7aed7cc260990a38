// A demuxer's name in, whether it may open a recording out.
#pragma once

#include <string>
#include <string_view>

namespace diar {

/// FFmpeg's demuxers that find the sound in the file itself, by name and separated by commas. Whatever reads
/// playlists, manifests or session descriptions, whatever runs scripts, and whatever holds pictures only is
/// not among them; nor is what a later FFmpeg adds.
const std::string& audio_containers();
/// True where `demuxer` (FFmpeg's name: one or several, separated by commas) is one of them.
bool is_audio_container(std::string_view demuxer);
/// True for those of FFmpeg 5 to 8 that name other files or addresses, to say so in the message.
bool refers_elsewhere(std::string_view demuxer);

/// True for containers that store a time for each packet. Others count bytes or packets, at a rate that a
/// header may state wrongly (MP3 of a variable rate in AVI).
bool stores_times(std::string_view demuxer);

}  // namespace diar
