#include "output_guard.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <system_error>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "diar/output_file.h"

namespace diar::cli {
namespace {

namespace fs = std::filesystem;
using FileNumber = std::pair<unsigned long long, unsigned long long>;

FileNumber number_of(const struct stat& found) {
  return {static_cast<unsigned long long>(found.st_dev), static_cast<unsigned long long>(found.st_ino)};
}

// True where "A" and "a" are one name, as on most Macs: asked of the directory that is there already.
bool ignores_case(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    std::string name = folder.filename().string();
    const auto letter =
        std::find_if(name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    if (letter == name.end()) continue;
    const auto c = static_cast<unsigned char>(*letter);
    *letter = static_cast<char>(std::isupper(c) != 0 ? std::tolower(c) : std::toupper(c));
    return fs::equivalent(folder, folder.parent_path() / name, ignored);
  }
  return false;
}

std::string folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_none(const fs::path& path) {
  return path.empty() || path == "-";
}

}  // namespace

OutputGuard::Identity OutputGuard::identity_of(const fs::path& path) {
  Identity identity;
  identity.place = output_destination(path);
  struct stat found = {};
  if (stat(path.c_str(), &found) == 0) {
    identity.file = number_of(found);
    identity.is_directory = S_ISDIR(found.st_mode);
    identity.is_special = !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
  } else {
    static std::map<fs::path, bool> known;  // planning is done by one thread
    const fs::path folder = identity.place.parent_path();
    const auto [place, fresh] = known.try_emplace(folder, false);
    if (fresh) place->second = ignores_case(folder);
    if (place->second) identity.place = folded(identity.place.string());
  }
  return identity;
}

void OutputGuard::reads(const fs::path& path) {
  std::error_code ignored;
  struct stat found = {};
  if (path == "-" && fstat(STDIN_FILENO, &found) == 0 && S_ISREG(found.st_mode)) {
    // Its name is the shell's secret; the number tells it from every other file.
    Identity identity;
    identity.file = number_of(found);
    inputs_.emplace_back(std::move(identity), "on standard input");
    return;
  }
  if (is_none(path) || !fs::exists(path, ignored) || fs::is_directory(path, ignored)) return;
  inputs_.emplace_back(identity_of(path), "'" + path.string() + "'");
}

void OutputGuard::reads_below(const fs::path& path, std::string_view extension) {
  constexpr int kLevels = 4;
  std::error_code error;
  if (!fs::is_directory(path, error)) return reads(path);
  fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    if (at.depth() + 1 >= kLevels) at.disable_recursion_pending();
    if (extension.empty() || at->path().extension() == extension) reads(at->path());
  }
}

void OutputGuard::reads_model(const std::string& wanted) {
  if (const char* manifest = std::getenv("DIARIZE_MANIFEST")) reads(manifest);
  try {
    reads_below(find_model(wanted).path);
  } catch (const Error&) {
    // Whoever runs the model says what is wrong with it.
  }
}

void OutputGuard::writes(Output output) {
  if (is_none(output.path)) return;
  Identity identity = identity_of(output.path);
  if (identity.is_special) return;
  outputs_.emplace_back(std::move(identity), std::move(output));
}

// The inputs by place and by number.
struct OutputGuard::Inputs {
  std::map<fs::path, const std::string*> places;
  std::map<FileNumber, const std::string*> files;

  // The input that the output would replace, if any.
  const std::string* lost_to(const Identity& output) const {
    if (const auto at = places.find(output.place); at != places.end()) return at->second;
    if (const auto at = files.find(output.file); at != files.end()) return at->second;
    if (!output.is_directory) return nullptr;
    const auto below = places.upper_bound(output.place);
    if (below == places.end()) return nullptr;
    const auto [end, rest] =
        std::mismatch(output.place.begin(), output.place.end(), below->first.begin(), below->first.end());
    return end == output.place.end() ? below->second : nullptr;
  }
};

void OutputGuard::check(const std::string& way_out) const {
  Inputs inputs;
  for (const auto& [identity, name] : inputs_) {
    if (identity.is_special) continue;
    if (!identity.place.empty()) inputs.places.emplace(identity.place, &name);
    inputs.files.emplace(identity.file, &name);
  }
  std::map<fs::path, const Output*> places;
  std::map<FileNumber, const Output*> files;
  const Output* kept = nullptr;
  std::size_t num_kept = 0;
  for (const auto& [identity, output] : outputs_) {
    const std::string name = "'" + output.path.string() + "'";
    const std::string elsewhere = "choose another place with " + output.option;
    if (const std::string* input = inputs.lost_to(identity))
      throw InvalidArgument(name + " would replace this run's own input " + *input + "; " + elsewhere);
    const bool exists = identity.file != FileNumber{};
    const auto by_place = places.emplace(identity.place, &output);
    const auto by_file = exists ? files.emplace(identity.file, &output) : std::pair(files.end(), true);
    if (!by_place.second || !by_file.second) {
      const Output& other = by_place.second ? *by_file.first->second : *by_place.first->second;
      if (other.source == output.source)
        throw InvalidArgument("two results would both be " + name + "; " + elsewhere);
      throw InvalidArgument("'" + other.source + "' and '" + output.source + "' would both write " + name +
                            "; run them into different directories");
    }
    // A directory of that name is another matter, which the checks of places tell.
    if (!output.derived || !exists || identity.is_directory) continue;
    if (kept == nullptr) kept = &output;
    ++num_kept;
  }
  if (kept == nullptr) return;
  throw InvalidArgument("'" + kept->path.string() + "' " +
                        (num_kept == 1 ? "is" : "and " + std::to_string(num_kept - 1) + " more results are") +
                        " there already: choose another place with " + kept->option + ", or " + way_out);
}

void OutputGuard::check_places() const {
  for (const auto& [identity, output] : outputs_) require_writable(output.path, output.option);
}

void require_writable(const fs::path& path, const std::string& option) {
  const auto refuse = [&](const std::string& reason) {
    throw OutputError("cannot write '" + path.string() + "': " + reason);
  };
  const auto refuse_with = [&](int error, const char* part) {
    refuse(std::string(std::strerror(error)) + "; choose another " + part + " with " + option);
  };
  const fs::path place = output_destination(path);
  struct stat found = {};
  const bool exists = lstat(place.c_str(), &found) == 0;
  if (exists && S_ISDIR(found.st_mode)) refuse("it is a directory");
  if (exists && access(place.c_str(), W_OK) != 0) refuse_with(errno, "place");
  // A device or a pipe is written as it is: nothing is made beside it.
  if (exists && !S_ISREG(found.st_mode)) return;
  const fs::path folder = place.parent_path();
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    refuse("there is no directory '" + (path.has_parent_path() ? path.parent_path() : folder).string() + "'");
  }
  // A name that is too long for the file system is known now, not after hours of work.
  if (lstat(path.c_str(), &found) != 0 && errno != ENOENT) refuse_with(errno, "name");
  if (access(folder.c_str(), W_OK) != 0) refuse_with(errno, "place");
}

}  // namespace diar::cli
