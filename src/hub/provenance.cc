#include "hub/provenance.h"

#include <optional>
#include <span>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "diar/errors.h"
#include "hub/manifest.h"
#include "hub/names.h"
#include "models/regular_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxReadmeBytes = 65536;
constexpr std::string_view kFolder = "models--";

// .../models--ORG--NAME/snapshots/COMMIT/... -> ORG/NAME and COMMIT
std::optional<std::pair<std::string, std::string>> snapshot_of(const fs::path& path) {
  std::error_code ignored;
  const fs::path whole = fs::absolute(path, ignored).lexically_normal();
  for (auto part = whole.begin(); part != whole.end(); ++part) {
    const std::string folder = part->string();
    const auto middle = std::next(part);
    if (!folder.starts_with(kFolder) || middle == whole.end() || *middle != "snapshots") continue;
    const auto commit = std::next(middle);
    std::string repository = folder.substr(kFolder.size());
    const auto separator = repository.find("--");
    if (commit == whole.end() || separator == std::string::npos) continue;
    repository.replace(separator, 2, "/");
    if (is_repository_name(repository) && is_commit(commit->string()))
      return {{repository, commit->string()}};
  }
  return std::nullopt;
}

// Its beginning; empty when there is none that can be read.
std::string text_of_readme(const fs::path& directory) try {
  RegularFile file(directory / "README.md");
  std::string text(kMaxReadmeBytes, '\0');
  text.resize(file.read(std::as_writable_bytes(std::span(text.data(), text.size()))));
  return text;
} catch (const ModelError&) {
  return {};
}

// "license: mit" in the header between two lines of dashes.
std::string licence_of_readme(const fs::path& directory) {
  std::istringstream lines(text_of_readme(directory));
  std::string line;
  if (!std::getline(lines, line) || !line.starts_with("---")) return {};
  constexpr std::string_view kKey = "license:";
  while (std::getline(lines, line) && !line.starts_with("---")) {
    if (!line.starts_with(kKey)) continue;
    const auto first = line.find_first_not_of(" \"'", kKey.size());
    const auto last = line.find_last_not_of(" \"'\r");
    return first == std::string::npos ? std::string() : line.substr(first, last + 1 - first);
  }
  return {};
}

}  // namespace

Provenance provenance_of(const ModelLocation& location, const ModelConfig& config) {
  std::error_code ignored;
  const bool is_directory = fs::is_directory(location.path, ignored);
  Provenance known{location.name, without_user_info(config.source), config.revision, config.licence};
  const auto snapshot = snapshot_of(location.path);
  // The place of a set that was put together here names no repository.
  if (snapshot && !snapshot->first.starts_with(std::string(kPackageOwner) + "/")) {
    known.source = snapshot->first;
    known.revision = snapshot->second;
  }
  for (const ManifestSet& set : read_manifests()) {
    if (known.licence.empty() && (set.repository == known.source || set.name == location.name))
      known.licence = set.licence;
  }
  if (known.licence.empty())
    known.licence = licence_of_readme(is_directory ? location.path : location.path.parent_path());
  return known;
}

std::vector<fs::path> licence_files(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE"}) {
    if (fs::is_regular_file(directory / name, ignored)) found.push_back(directory / name);
  }
  return found;
}

}  // namespace diar
