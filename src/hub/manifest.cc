#include "hub/manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "diar/errors.h"
#include "hub/environment.h"
#include "hub/names.h"
#include "hub/sha256.h"
#include "models/regular_file.h"

namespace diar {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr int kMaxJsonDepth = 6;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::uint64_t kMaxPackageFileBytes = std::uint64_t{1} << 30;
constexpr std::size_t kCommitDigits = 40;
constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{4} << 20;

[[noreturn]] void fail(const std::string& source, const std::string& what) {
  throw ModelError(source + ": " + what + " (docs/models.md shows the form)");
}

std::string text_of(const Json& object, const char* key, const std::string& source, bool required) {
  if (!object.contains(key)) {
    if (required) fail(source, std::string("'") + key + "' is missing");
    return {};
  }
  if (!object[key].is_string()) fail(source, std::string("'") + key + "' is not a text");
  return object[key].get<std::string>();
}

bool flag_of(const Json& object, const char* key, const std::string& source) {
  if (!object.contains(key)) return false;
  if (!object[key].is_boolean()) fail(source, std::string("'") + key + "' is neither true nor false");
  return object[key].get<bool>();
}

ManifestFile parse_file(const Json& json, const std::string& source) {
  if (!json.is_object()) fail(source, "an entry of 'files' is not an object");
  ManifestFile file;
  file.path = text_of(json, "path", source, true);
  if (!is_safe_relative_path(file.path))
    fail(source, "'" + file.path + "' is not a path inside a repository");
  file.sha256 = text_of(json, "sha256", source, false);
  if (!file.sha256.empty() && !is_sha256(file.sha256)) {
    fail(source, "the sha256 of '" + file.path + "' is not 64 lower-case hexadecimal digits");
  }
  if (json.contains("size")) {
    if (!json["size"].is_number_unsigned()) fail(source, "the size of '" + file.path + "' is not a number");
    file.size_bytes = json["size"].get<std::uint64_t>();
  }
  return file;
}

// What a package holds is known by its content alone, so another content is another snapshot.
void pin(ManifestSet& set, const std::string& source) {
  Sha256 hash;
  for (const ManifestFile& file : set.files) {
    if (file.sha256.empty() || file.size_bytes == 0 || file.size_bytes > kMaxPackageFileBytes)
      fail(source,
           "'" + file.path + "' of '" + set.name + "', which is of a package, needs its sha256 and size");
    const std::string line = file.path + " " + file.sha256 + "\n";
    hash.update(std::as_bytes(std::span(line.data(), line.size())));
  }
  set.revision = hash.finish().substr(0, kCommitDigits);
}

ManifestSet parse_set(const Json& json, const std::string& source) {
  if (!json.is_object()) fail(source, "an entry of 'models' is not an object");
  ManifestSet set;
  set.name = text_of(json, "name", source, true);
  if (!is_revision(set.name)) fail(source, "'" + set.name + "' is not a name");
  set.description = text_of(json, "description", source, true);
  set.licence = text_of(json, "licence", source, true);
  set.package = text_of(json, "package", source, false);
  set.repository = text_of(json, "repository", source, set.package.empty());
  if (!set.package.empty()) {
    if (!set.repository.empty())
      fail(source, "'" + set.name + "' is of a package and of a repository: one of them");
    set.repository = std::string(kPackageOwner) + "/" + set.name;
  }
  if (!is_repository_name(set.repository)) fail(source, "'" + set.repository + "' is not ORG/NAME");
  if (json.contains("revision")) set.revision = text_of(json, "revision", source, true);
  if (!is_revision(set.revision)) fail(source, "'" + set.revision + "' is not a revision");
  set.entry = text_of(json, "entry", source, false);
  set.gated = flag_of(json, "gated", source);
  set.tried = flag_of(json, "tried", source);
  if (!json.contains("files") || !json["files"].is_array() || json["files"].empty() ||
      json["files"].size() > kMaxFiles) {
    fail(source, "'" + set.name + "' lists no files, or too many");
  }
  for (const Json& file : json["files"]) set.files.push_back(parse_file(file, source));
  if (!set.package.empty()) pin(set, source);
  const auto named = [&](const ManifestFile& file) { return file.path == set.entry; };
  if (!set.entry.empty() && std::none_of(set.files.begin(), set.files.end(), named)) {
    fail(source, "the entry '" + set.entry + "' of '" + set.name + "' is not among its files");
  }
  return set;
}

std::string read_named_manifest(const std::string& path) try {
  return read_regular_file(path, kMaxManifestBytes);
} catch (const ModelError& error) {
  throw ModelError(std::string(error.what()) + " (the manifest that DIARIZE_MANIFEST names)");
}

}  // namespace

std::vector<ManifestSet> parse_manifest(const std::string& text, const std::string& source) {
  const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxJsonDepth) fail(source, "nested too deeply");
    return true;
  };
  const Json json = Json::parse(text, bounded, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("version") || json["version"] != kVersion ||
      !json.contains("models") || !json["models"].is_array()) {
    fail(source, "not a manifest of version 1");
  }
  std::vector<ManifestSet> sets;
  for (const Json& entry : json["models"]) {
    ManifestSet set = parse_set(entry, source);
    if (find_set(sets, set.name) != nullptr) fail(source, "'" + set.name + "' appears twice");
    sets.push_back(std::move(set));
  }
  return sets;
}

std::vector<ManifestSet> read_manifests() {
  std::vector<ManifestSet> sets = parse_manifest(builtin_manifest(), "models/manifest.json");
  const std::string path = environment("DIARIZE_MANIFEST");
  if (path.empty()) return sets;
  for (ManifestSet& set : parse_manifest(read_named_manifest(path), path)) {
    const auto same = [&](const ManifestSet& known) { return known.name == set.name; };
    const auto place = std::find_if(sets.begin(), sets.end(), same);
    if (place == sets.end()) {
      sets.push_back(std::move(set));
    } else {
      *place = std::move(set);
    }
  }
  return sets;
}

const ManifestSet* find_set(const std::vector<ManifestSet>& sets, const std::string& name) {
  const auto same = [&](const ManifestSet& set) { return set.name == name; };
  const auto place = std::find_if(sets.begin(), sets.end(), same);
  return place == sets.end() ? nullptr : &*place;
}

}  // namespace diar
