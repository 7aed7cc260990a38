// Where a model lies in, where it comes from out: repository, commit, licence.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "diar/hub/model_store.h"
#include "models/model_directory.h"

namespace diar {

/// A file that something was made from.
struct SourceFile {
  std::string file;  ///< relative to the model, never a path of this machine
  std::string sha256;
};

struct Provenance {
  std::string name;
  std::string source;    ///< ORG/NAME of the hub, words, or empty
  std::string revision;  ///< a commit, or empty
  std::string licence;   ///< as the source states it, or empty
};

/// Looks, in this order, at model.json, at the path (a snapshot of the hub's cache names repository and
/// commit), at the manifest, at the README's header. Reads at most 64 KiB of the README.
Provenance provenance_of(const ModelLocation& location, const ModelConfig& config);

/// The first regular files named LICENSE, LICENSE.txt, LICENSE.md or NOTICE in a directory.
std::vector<std::filesystem::path> licence_files(const std::filesystem::path& directory);

}  // namespace diar
