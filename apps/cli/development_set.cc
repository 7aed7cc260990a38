#include "development_set.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

#include "diar/errors.h"
#include "score_inputs.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

// What may lie beside the audio and is none.
constexpr std::array<std::string_view, 14> kOtherExtensions = {
    ".rttm", ".uem", ".json", ".txt", ".csv", ".srt",      ".vtt",
    ".ctm",  ".eaf", ".md",   ".lab", ".xml", ".textgrid", ".diarcache"};

std::string recording_name(const fs::path& path) {
  std::string name = path.stem().string();
  for (char& c : name) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) c = '_';
  }
  return name;
}

bool may_be_audio(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !extension.empty() &&
         std::find(kOtherExtensions.begin(), kOtherExtensions.end(), extension) == kOtherExtensions.end();
}

std::map<std::string, std::vector<std::string>> audio_files(const std::string& path) {
  std::map<std::string, std::vector<std::string>> files;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (!fs::exists(path, error)) throw InputError("cannot open '" + path + "': no such file or directory");
    files[recording_name(path)] = {path};
    return files;
  }
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_directory(error) && may_be_audio(entry->path()))
      files[recording_name(entry->path())].push_back(entry->path().string());
  }
  if (error) throw InputError("cannot read the directory '" + path + "': " + error.message());
  return files;
}

}  // namespace

DevelopmentSet read_development_set(const std::string& audio_path, const std::string& reference_path,
                                    const std::string& uem_path, const AudioOptions& options) {
  const auto files = audio_files(audio_path);
  const auto references = read_annotations(reference_path);
  const Uem uem = uem_path.empty() ? Uem() : read_uems(uem_path);
  const bool single = files.size() == 1 && references.size() == 1;
  DevelopmentSet set;
  for (const auto& [uri, reference] : references) {
    const auto regions = uem.find(uri);
    if (!uem_path.empty() && regions == uem.end()) {
      set.warnings.push_back("'" + uri + "' is not in the UEM and is left out");
      continue;
    }
    const auto found = single ? files.begin() : files.find(uri);
    if (found == files.end()) {
      set.warnings.push_back("'" + uri + "' has no audio in '" + audio_path + "' and is left out");
      continue;
    }
    if (found->second.size() > 1) {
      throw InputError("'" + found->second[0] + "' and '" + found->second[1] + "' could both be '" + uri +
                       "'");
    }
    const std::string& file = found->second.front();
    DevelopmentRecording recording{fs::path(file).stem().string(),
                                   [file, options] { return open_audio(file, options); },
                                   {},
                                   reference,
                                   {}};
    set.audio_files.push_back(file);
    if (regions != uem.end()) recording.uem = regions->second;
    set.recordings.push_back(std::move(recording));
  }
  if (set.recordings.empty()) {
    throw InputError("none of the recordings in '" + reference_path + "' has audio in '" + audio_path +
                     "' to tune on");
  }
  return set;
}

}  // namespace diar::cli
