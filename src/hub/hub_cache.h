// One repository's place in the hub's cache: where its files lie, which snapshot counts, how a new file gets
// in.
//
// The layout is that of huggingface_hub:
//   models--ORG--NAME/refs/REF            the commit a branch or tag pointed to when it was fetched
//                     blobs/ETAG          contents; ETAG.incomplete while it is being fetched
//                     snapshots/COMMIT/.. relative links to blobs, named as in the repository
//   .locks/models--ORG--NAME/             lock files
//
// Other users may write to it: nothing below the cache's root is made or written through a symbolic link.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hub/manifest.h"
#include "hub/safe_directory.h"

namespace diar {

class HubCache {
 public:
  /// `repository` must satisfy `is_repository_name`.
  HubCache(std::filesystem::path cache, const std::string& repository);

  const std::filesystem::path& directory() const noexcept { return directory_; }
  std::filesystem::path blob(const std::string& etag) const { return directory_ / "blobs" / etag; }
  std::filesystem::path snapshot(const std::string& commit) const {
    return directory_ / "snapshots" / commit;
  }

  /// The commit that `revision` means: itself when it is one, else what refs/ says.
  std::optional<std::string> commit_of(const std::string& revision) const;
  /// The snapshot that holds all of `files` (non-empty, and of the size the manifest states): the one of
  /// `revision`, else that of refs/main, else any.
  std::optional<std::filesystem::path> find_snapshot(const std::string& revision,
                                                     const std::vector<ManifestFile>& files) const;
  /// The snapshot of `commit` if it holds all of `files`, and no other.
  std::optional<std::filesystem::path> find_exactly(const std::string& commit,
                                                    const std::vector<ManifestFile>& files) const;
  /// The snapshot of `revision`, whatever it holds.
  std::optional<std::filesystem::path> find_snapshot(const std::string& revision) const;

  /// blobs/, made when it is not there. Throws `OutputError`.
  SafeDirectory open_blobs() const;
  /// Makes snapshots/COMMIT/PATH a relative link to blobs/ETAG; replaces what is there. Throws `OutputError`.
  void link(const std::string& commit, const std::string& path, const std::string& etag) const;
  /// Notes what a branch or tag points to; nothing to do for a commit. Throws `OutputError`.
  void set_ref(const std::string& revision, const std::string& commit) const;
  /// Removes everything of the repository; returns the bytes of its blobs. Throws `OutputError`.
  std::uint64_t remove() const;

 private:
  friend class HubLock;
  SafeDirectory open_repository() const;

  std::filesystem::path cache_;
  std::filesystem::path directory_;
};

/// Where a set of the manifest lies in a cache, if it is whole: a directory, or the file of a single network.
std::optional<std::filesystem::path> find_installed(const std::filesystem::path& cache,
                                                    const ManifestSet& set);

/// Keeps two pulls of one repository apart, across processes (flock); the kernel frees it when a process
/// dies.
class HubLock {
 public:
  /// Does not wait: `held` says whether it was free. Throws `OutputError` when the lock file cannot be made.
  explicit HubLock(const HubCache& cache);
  ~HubLock();
  HubLock(const HubLock&) = delete;
  HubLock& operator=(const HubLock&) = delete;

  bool try_lock();

 private:
  int descriptor_ = -1;
};

}  // namespace diar
