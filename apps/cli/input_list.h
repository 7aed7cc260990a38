// What the user names (files, directories, patterns) in, the audio files to work on out.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diar::cli {

/// One input.
struct InputFile {
  std::string path;             ///< "-" is standard input
  std::filesystem::path below;  ///< directory relative to the one that was named; empty: named itself
  bool found = false;           ///< by a directory or a pattern, not named itself
  std::string problem;          ///< why it cannot be worked on; empty: nothing known
};

/// Names in order. A directory gives the audio and video files in it and below (by extension, sorted by
/// path; hidden ones and links to directories are left out). A name with * ? or [ that is no file is a
/// pattern, in which ** stands for any directories. What is found twice counts once. A directory or pattern
/// without any file comes back with a problem instead.
std::vector<InputFile> list_inputs(const std::vector<std::string>& names);

/// Extensions of audio and video files, without dots.
std::span<const std::string_view> audio_extensions();
/// By its extension; nothing is opened.
bool is_audio_name(const std::filesystem::path& path);

}  // namespace diar::cli
