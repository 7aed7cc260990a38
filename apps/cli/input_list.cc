#include "input_list.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <system_error>

namespace diar::cli {
namespace {

namespace fs = std::filesystem;

// What people keep recordings in and FFmpeg reads.
constexpr std::array<std::string_view, 37> kExtensions = {
    "3gp", "aac", "ac3",  "aif", "aiff", "amr", "ape", "au",  "avi",  "caf",  "flac", "flv", "gsm",
    "m4a", "m4b", "m4v",  "mka", "mkv",  "mov", "mp2", "mp3", "mp4",  "mpeg", "mpg",  "mts", "oga",
    "ogg", "ogv", "opus", "ra",  "sph",  "ts",  "voc", "wav", "webm", "wma",  "wv"};

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

// Directories that cannot be read are passed over; the others still count.
void add_audio_below(const fs::path& directory, std::vector<fs::path>& found) {
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (is_hidden(at->path())) {
      if (at->is_directory(ignored)) at.disable_recursion_pending();
      continue;
    }
    if (at->is_regular_file(ignored) && is_audio_name(at->path())) found.push_back(at->path());
  }
}

bool has_wildcard(const std::string& text) {
  return text.find_first_of("*?[") != std::string::npos;
}

/// Matches a path's components against those of a pattern.
class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    const fs::path path(text);
    root_ = path.root_path();
    for (const fs::path& part : path.relative_path()) {
      if (!part.empty()) parts_.push_back(part.string());
    }
  }

  std::vector<fs::path> matches() {
    expand(root_, 0);
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  void expand(const fs::path& directory, std::size_t part) {
    std::error_code ignored;
    if (part == parts_.size()) {
      if (fs::exists(directory, ignored)) found_.push_back(directory);
      return;
    }
    const std::string& pattern = parts_[part];
    if (!has_wildcard(pattern)) return expand(directory / pattern, part + 1);
    const bool any_depth = pattern == "**";
    if (any_depth) expand(directory, part + 1);
    for (fs::directory_iterator at(directory.empty() ? "." : directory, ignored), end; !ignored && at != end;
         at.increment(ignored)) {
      const std::string name = at->path().filename().string();
      std::error_code unknown;
      const bool is_directory = at->is_directory(unknown);
      if (any_depth) {
        if (is_directory && !at->is_symlink(unknown) && !name.starts_with('.'))
          expand(directory / name, part);
      } else if ((is_directory || part + 1 == parts_.size()) &&
                 fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0) {
        expand(directory / name, part + 1);
      }
    }
  }

  fs::path root_;
  std::vector<std::string> parts_;
  std::vector<fs::path> found_;
};

/// Gathers inputs; what is found twice counts once.
class InputGatherer {
 public:
  void add_name(const std::string& name) {
    std::error_code ignored;
    if (name == "-") {
      inputs_.push_back({name, {}, false, {}});
    } else if (fs::is_directory(name, ignored)) {
      add_directory(name);
    } else if (!fs::exists(name, ignored) && has_wildcard(name)) {
      add_pattern(name);
    } else {
      inputs_.push_back({name, {}, false, {}});
      seen_.insert(fs::path(name).lexically_normal());
    }
  }
  std::vector<InputFile> finish() { return std::move(inputs_); }

 private:
  void add_directory(const fs::path& directory) {
    std::vector<fs::path> found;
    add_audio_below(directory, found);
    std::sort(found.begin(), found.end());
    for (const fs::path& path : found) add_found(path, path.lexically_relative(directory).parent_path());
    if (found.empty()) {
      inputs_.push_back(
          {directory.string(),
           {},
           true,
           "the directory '" + directory.string() + "' holds no file that looks like audio or video"});
    }
  }

  void add_pattern(const std::string& name) {
    const std::vector<fs::path> found = Pattern(name).matches();
    for (const fs::path& path : found) {
      std::error_code ignored;
      if (fs::is_directory(path, ignored)) {
        add_directory(path);
      } else {
        add_found(path, {});
      }
    }
    if (found.empty()) inputs_.push_back({name, {}, true, "no file matches '" + name + "'"});
  }

  void add_found(const fs::path& path, const fs::path& below) {
    if (seen_.insert(path.lexically_normal()).second) inputs_.push_back({path.string(), below, true, {}});
  }

  std::vector<InputFile> inputs_;
  std::set<fs::path> seen_;
};

}  // namespace

std::span<const std::string_view> audio_extensions() {
  return kExtensions;
}

bool is_audio_name(const fs::path& path) {
  std::string extension = path.extension().string();
  if (extension.empty()) return false;
  extension.erase(0, 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::vector<InputFile> list_inputs(const std::vector<std::string>& names) {
  InputGatherer gatherer;
  for (const std::string& name : names) gatherer.add_name(name);
  return gatherer.finish();
}

}  // namespace diar::cli
