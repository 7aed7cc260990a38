#include "hub/hub_cache.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "diar/errors.h"
#include "hub/names.h"
#include "models/regular_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRefBytes = 4096;

std::string folder_name(const std::string& repository) {
  const auto slash = repository.find('/');
  return "models--" + repository.substr(0, slash) + "--" + repository.substr(slash + 1);
}

bool holds(const fs::path& snapshot, const std::vector<ManifestFile>& files) {
  return std::all_of(files.begin(), files.end(), [&](const ManifestFile& file) {
    std::error_code error;
    const auto size = fs::file_size(snapshot / file.path, error);
    return !error && size > 0 && (file.size_bytes == 0 || size == file.size_bytes);
  });
}

}  // namespace

HubCache::HubCache(fs::path cache, const std::string& repository)
    : cache_(std::move(cache)), directory_(cache_ / folder_name(repository)) {}

std::optional<std::string> HubCache::commit_of(const std::string& revision) const {
  if (is_commit(revision)) return revision;
  try {
    std::string commit = read_regular_file(directory_ / "refs" / revision, kMaxRefBytes).substr(0, 40);
    if (is_commit(commit)) return commit;
  } catch (const ModelError&) {
    // None, or none that can be read.
  }
  return std::nullopt;
}

std::optional<fs::path> HubCache::find_snapshot(const std::string& revision,
                                                const std::vector<ManifestFile>& files) const {
  for (const std::string& wanted : {revision, std::string("main")}) {
    const auto commit = commit_of(wanted);
    if (commit && holds(snapshot(*commit), files)) return snapshot(*commit);
  }
  std::error_code error;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(directory_ / "snapshots", error)) {
    if (is_commit(entry.path().filename().string()) && holds(entry.path(), files))
      others.push_back(entry.path());
  }
  if (others.empty()) return std::nullopt;
  return *std::min_element(others.begin(), others.end());
}

std::optional<fs::path> HubCache::find_exactly(const std::string& commit,
                                               const std::vector<ManifestFile>& files) const {
  return holds(snapshot(commit), files) ? std::optional(snapshot(commit)) : std::nullopt;
}

std::optional<fs::path> HubCache::find_snapshot(const std::string& revision) const {
  const auto commit = commit_of(revision);
  std::error_code error;
  if (!commit || !fs::is_directory(snapshot(*commit), error)) return std::nullopt;
  return snapshot(*commit);
}

void HubCache::link(const std::string& commit, const std::string& path, const std::string& etag) const {
  const fs::path place = snapshot(commit) / path;
  const fs::path target = blob(etag).lexically_relative(place.parent_path());
  const fs::path inside = place.parent_path().lexically_relative(directory_);
  open_repository().make_all(inside).link(place.filename().string(), target);
}

SafeDirectory HubCache::open_repository() const {
  return SafeDirectory::root(cache_).make(directory_.filename().string());
}

SafeDirectory HubCache::open_blobs() const {
  return open_repository().make("blobs");
}

void HubCache::set_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit) return;
  open_repository().make("refs").write(revision, commit);
}

std::uint64_t HubCache::remove() const {
  std::uint64_t freed_bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_ / "blobs", error)) {
    std::error_code ignored;
    if (const auto size = entry.file_size(ignored); !ignored) freed_bytes += size;
  }
  fs::remove_all(directory_, error);
  if (error) throw OutputError("cannot remove '" + directory_.string() + "': " + error.message());
  return freed_bytes;
}

std::optional<fs::path> find_installed(const fs::path& cache, const ManifestSet& set) {
  const HubCache place(cache, set.repository);
  const auto snapshot = set.package.empty() ? place.find_snapshot(set.revision, set.files)
                                            : place.find_exactly(set.revision, set.files);
  if (!snapshot) return std::nullopt;
  return set.entry.empty() ? *snapshot : *snapshot / set.entry;
}

HubLock::HubLock(const HubCache& cache)
    : descriptor_(SafeDirectory::root(cache.cache_)
                      .make(".locks")
                      .make(cache.directory_.filename().string())
                      .open_shared_file("diarize-pull.lock")) {}

HubLock::~HubLock() {
  close(descriptor_);
}

bool HubLock::try_lock() {
  return flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

}  // namespace diar
