#include "hub/hub_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "diar/errors.h"
#include "diar/output_file.h"
#include "hub/names.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

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
  std::ifstream file(directory_ / "refs" / revision, std::ios::binary);
  std::string commit(40, '\0');
  file.read(commit.data(), 40);
  if (file.gcount() != 40 || !is_commit(commit)) return std::nullopt;
  return commit;
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

std::optional<fs::path> HubCache::find_snapshot(const std::string& revision) const {
  const auto commit = commit_of(revision);
  std::error_code error;
  if (!commit || !fs::is_directory(snapshot(*commit), error)) return std::nullopt;
  return snapshot(*commit);
}

void HubCache::link(const std::string& commit, const std::string& path, const std::string& etag) const {
  const fs::path place = snapshot(commit) / path;
  make_directories(place.parent_path());
  const fs::path target = blob(etag).lexically_relative(place.parent_path());
  // A link under a passing name and a rename: the place never holds half a state.
  const fs::path passing = place.string() + "." + std::to_string(getpid()) + ".link";
  std::error_code error;
  fs::remove(passing, error);
  fs::create_symlink(target, passing, error);
  if (!error) fs::rename(passing, place, error);
  if (error) throw OutputError("cannot write '" + place.string() + "': " + error.message());
}

void HubCache::set_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit) return;
  make_directories(directory_ / "refs");
  write_file_atomically(directory_ / "refs" / revision, commit);
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

HubLock::HubLock(const HubCache& cache) {
  const fs::path folder = cache.cache_ / ".locks" / cache.directory_.filename();
  make_directories(folder);
  const fs::path path = folder / "diarize-pull.lock";
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw OutputError("cannot write '" + path.string() + "': " + std::strerror(errno));
}

HubLock::~HubLock() {
  close(descriptor_);
}

bool HubLock::try_lock() {
  return flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw OutputError("cannot make the directory '" + path.string() + "': " + error.message());
}

}  // namespace diar
