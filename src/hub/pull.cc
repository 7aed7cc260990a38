// Downloading a set or a repository into the hub's cache.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "diar/errors.h"
#include "diar/hub/model_store.h"
#include "hub/hub_cache.h"
#include "hub/hub_client.h"
#include "hub/hub_settings.h"
#include "hub/manifest.h"
#include "hub/names.h"
#include "hub/partial_file.h"
#include "hub/sha256.h"
#include "models/regular_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

// What a name means, before anything is known from the network.
struct PullTarget {
  ManifestSet set;
  bool whole_repository = false;  // the files are to be asked for
  std::string alternatives;       // open sets with the same content
};

// Files of a repository that this program can read; READMEs tell the licence.
bool is_of_interest(const std::string& path) {
  for (const char* suffix : {".bin", ".ckpt", ".pt", ".pth", ".safetensors", ".npz", ".yaml", ".json",
                             "README.md", "LICENSE", "LICENSE.txt"}) {
    const std::string_view ending = suffix;
    if (path.size() >= ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0)
      return true;
  }
  return false;
}

std::string alternatives_to(const ManifestSet& wanted, const std::vector<ManifestSet>& sets) {
  std::string names;
  for (const ManifestSet& set : sets) {
    if (set.gated || !set.package.empty() || set.name == wanted.name ||
        set.entry.empty() != wanted.entry.empty()) {
      continue;
    }
    names += (names.empty() ? "" : ", ") + set.name;
  }
  return names;
}

PullTarget understand(const std::string& name) {
  const std::vector<ManifestSet> sets = read_manifests();
  if (const ManifestSet* set = find_set(sets, name)) return {*set, false, alternatives_to(*set, sets)};
  PullTarget target;
  const auto at = name.find('@');
  target.set.name = target.set.repository = name.substr(0, at);
  if (at != std::string::npos) target.set.revision = name.substr(at + 1);
  target.whole_repository = true;
  if (!is_repository_name(target.set.repository) || !is_revision(target.set.revision)) {
    std::string known;
    for (const ManifestSet& set : sets) known += (known.empty() ? "" : ", ") + set.name;
    throw ModelError("there is no set '" + without_user_info(name) + "' (" + known +
                     ") and it is no ORG/NAME[@REVISION] of the hub");
  }
  target.alternatives = alternatives_to(target.set, sets);
  return target;
}

ModelLocation located(const PullTarget& target, const fs::path& snapshot, const char* found_by) {
  return {target.set.entry.empty() ? snapshot : snapshot / target.set.entry, target.set.name, found_by};
}

bool hashes_agree(const fs::path& snapshot, const std::vector<ManifestFile>& files) {
  return std::all_of(files.begin(), files.end(), [&](const ManifestFile& file) {
    return file.sha256.empty() || sha256_of_file(snapshot / file.path) == file.sha256;
  });
}

// Without a pin, only asking the hub tells whether it has something newer.
std::optional<fs::path> complete_snapshot(const PullTarget& target, const HubCache& cache, bool offline) {
  if (target.whole_repository) {
    return offline || is_commit(target.set.revision) ? cache.find_snapshot(target.set.revision)
                                                     : std::nullopt;
  }
  auto snapshot = cache.find_snapshot(target.set.revision, target.set.files);
  if (!snapshot || !hashes_agree(*snapshot, target.set.files)) return std::nullopt;
  return snapshot;
}

// One pull: several threads take files from a list until it is empty or one of them fails.
class Puller {
 public:
  Puller(const HubSettings& settings, const PullOptions& options, PullTarget target, const HubCache& cache)
      : settings_(settings), options_(options), target_(std::move(target)), cache_(cache) {}

  fs::path run() {
    read_revision();
    received_ = std::vector<std::atomic<std::uint64_t>>(target_.set.files.size());
    announced_.resize(target_.set.files.size());
    totals_ = std::vector<std::atomic<std::uint64_t>>(target_.set.files.size());
    for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] = target_.set.files[i].size_bytes;
    const SafeDirectory blobs = cache_.open_blobs();
    work(blobs);
    check_shared(blobs);
    // Links only now: a snapshot that is seen is whole.
    for (std::size_t i = 0; i < announced_.size(); ++i)
      cache_.link(commit_, target_.set.files[i].path, announced_[i].etag);
    cache_.set_ref(target_.set.revision, commit_);
    return cache_.snapshot(commit_);
  }

 private:
  // What a file must be.
  struct Announced {
    std::string etag;
    std::uint64_t size_bytes = 0;  // 0: unknown
    std::string sha256;            // empty: unknown
    bool shared = false;           // another file of this pull has the same ETag and fetches it
  };

  HubClient client() const {
    return HubClient(settings_, {options_.num_attempts, options_.first_retry_wait_s, options_.longest_wait_s},
                     target_.alternatives, stop_);
  }

  void read_revision() {
    commit_ = target_.set.revision;
    if (is_commit(commit_) && !target_.whole_repository) return;
    RemoteRevision remote;
    // In another thread, so that this one can report progress and hear that it should stop.
    run_threads(1, [&] { remote = client().revision(target_.set.repository, target_.set.revision); });
    commit_ = remote.commit;
    if (!target_.whole_repository) return;
    for (const std::string& path : remote.files) {
      if (is_of_interest(path)) target_.set.files.push_back({path, 0, {}});
    }
    if (target_.set.files.empty()) {
      throw NetworkError(settings_.endpoint + "/" + target_.set.repository +
                         " holds no file that this program reads");
    }
  }

  void work(const SafeDirectory& blobs) {
    const auto num_threads = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::max(1, options_.num_parallel)), 1, target_.set.files.size());
    run_threads(num_threads, [&] {
      HubClient hub = client();
      for (std::size_t i = next_.fetch_add(1); i < target_.set.files.size() && !stop_;
           i = next_.fetch_add(1)) {
        fetch(hub, blobs, i);
        ++completed_;
      }
    });
  }

  template <class Job>
  void run_threads(std::size_t num_threads, const Job& job) {
    std::size_t running = 0;
    const auto guarded = [&] {
      std::exception_ptr failure;
      try {
        job();
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (failure && !failure_) {
        failure_ = failure;
        stop_ = true;
      }
      --running;
      changed_.notify_all();
    };
    std::vector<std::thread> threads;
    threads.reserve(num_threads);
    while (threads.size() < num_threads) {
      const auto count = [&](std::size_t by) {
        const std::lock_guard lock(mutex_);
        running += by;
      };
      count(1);
      try {
        threads.emplace_back(guarded);
      } catch (const std::exception& error) {
        count(static_cast<std::size_t>(-1));
        // Limits of a container: those that run take the files of the others.
        if (!threads.empty()) break;
        throw Error(
            ErrorCode::kInternal,
            std::string("out of threads: the system starts none for the download (") + error.what() + ")");
      }
    }
    std::exception_ptr from_callback;
    {
      std::unique_lock lock(mutex_);
      while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) {
        lock.unlock();
        from_callback = report();
        lock.lock();
        if (from_callback) break;
      }
    }
    if (from_callback) stop_ = true;
    for (std::thread& thread : threads) thread.join();
    if (from_callback) std::rethrow_exception(from_callback);
    if (failure_) std::rethrow_exception(failure_);
  }

  std::exception_ptr report() const {
    if (!options_.on_progress) return nullptr;
    DownloadProgress progress;
    progress.num_files = target_.set.files.size();
    progress.completed_files = completed_;
    for (const auto& bytes : received_) progress.received_bytes += bytes;
    for (const auto& bytes : totals_) progress.total_bytes += bytes;
    try {
      if (!options_.on_progress(progress)) throw Cancelled();
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  }

  void fetch(HubClient& hub, const SafeDirectory& blobs, std::size_t index) {
    const ManifestFile& file = target_.set.files[index];
    const RemoteFile remote = hub.file(target_.set.repository, commit_, file.path);
    check_announced(file, remote);
    Announced& announced = announced_[index];
    announced.etag = remote.etag;
    announced.size_bytes = file.size_bytes > 0 ? file.size_bytes : remote.size_bytes;
    announced.sha256 = file.sha256.empty() ? remote.sha256 : file.sha256;
    totals_[index] = announced.size_bytes;
    announced.shared = !claim(remote.etag);
    const bool checkable = announced.size_bytes > 0 || !announced.sha256.empty();
    if (announced.shared || (checkable && fits(blobs, announced))) {
      received_[index] = announced.size_bytes;
      return;
    }
    // Not the name that huggingface_hub uses: it may be fetching the same file.
    PartialFile partial(blobs, remote.etag + ".diarize-incomplete");
    download_checked(hub, file.path, partial, index);
    partial.publish(remote.etag);
  }

  // What the hub calls the same content must still be what each of its names stands for.
  void check_shared(const SafeDirectory& blobs) const {
    for (std::size_t i = 0; i < announced_.size(); ++i) {
      if (!announced_[i].shared || fits(blobs, announced_[i])) continue;
      throw NetworkError("'" + target_.set.files[i].path + "' of " + target_.set.repository + " on " +
                         settings_.endpoint +
                         " has the ETag of another file, but another SHA-256 or size: the snapshot was not "
                         "completed");
    }
  }

  void check_announced(const ManifestFile& file, const RemoteFile& remote) const {
    const bool other_hash = !file.sha256.empty() && !remote.sha256.empty() && file.sha256 != remote.sha256;
    const bool other_size =
        file.size_bytes > 0 && remote.size_bytes > 0 && file.size_bytes != remote.size_bytes;
    if (!other_hash && !other_size) return;
    throw NetworkError("'" + file.path + "' of " + target_.set.repository + " on " + settings_.endpoint +
                       " is not the file of the manifest (another " + (other_hash ? "SHA-256" : "size") +
                       "): nothing was fetched");
  }

  // Two files of equal content share a blob; only the first comer fetches it.
  bool claim(const std::string& etag) {
    const std::lock_guard lock(mutex_);
    return claimed_.insert(etag).second;
  }

  // Whether the blob is there, no link, and as announced.
  static bool fits(const SafeDirectory& blobs, const Announced& announced) {
    const int descriptor = blobs.open_existing(announced.etag);
    if (descriptor < 0) return false;
    RegularFile file(descriptor, blobs.path() / announced.etag);
    return file.size_bytes() > 0 &&
           (announced.size_bytes == 0 || file.size_bytes() == announced.size_bytes) &&
           (announced.sha256.empty() || sha256_of_file(file) == announced.sha256);
  }

  void download_checked(HubClient& hub, const std::string& path, PartialFile& partial, std::size_t index) {
    const std::string& sha256 = announced_[index].sha256;
    for (bool resumed = partial.size_bytes() > 0;; resumed = false) {
      hub.download(target_.set.repository, commit_, path, partial, announced_[index].size_bytes,
                   [&](std::uint64_t bytes) { received_[index] = bytes; });
      if (sha256.empty()) return;
      const std::string found = partial.sha256();
      if (found == sha256) return;
      partial.clear();
      // What an earlier run left may have been bad; a transfer in one go may not.
      if (resumed) continue;
      partial.discard();
      throw NetworkError("'" + path + "' of " + target_.set.repository + " arrived with SHA-256 " + found +
                         ", expected was " + sha256 + ": nothing of it was kept");
    }
  }

  const HubSettings& settings_;
  const PullOptions& options_;
  PullTarget target_;
  const HubCache& cache_;
  std::string commit_;
  std::vector<Announced> announced_;  // by file; a thread writes those of its files only
  std::vector<std::atomic<std::uint64_t>> received_;
  std::vector<std::atomic<std::uint64_t>> totals_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> completed_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> claimed_;
  std::exception_ptr failure_;
};

void wait_for(HubLock& lock, const PullOptions& options) {
  while (!lock.try_lock()) {
    if (options.on_progress && !options.on_progress({})) throw Cancelled();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

bool hub_is_reachable() noexcept try {
  const HubSettings settings = read_hub_settings();
  if (settings.offline) return false;
  const std::atomic<bool> stop = false;
  HttpRequest request;
  request.head = true;
  request.url = settings.endpoint + "/";
  request.connect_timeout_s = request.stall_timeout_s = 2.0;
  return HttpClient(stop).send(request).error.empty();
} catch (...) {
  return false;
}

ModelLocation pull_model(const std::string& name, const PullOptions& options) {
  PullTarget target = understand(name);
  if (!target.set.package.empty()) return find_model(name);
  const HubSettings settings = read_hub_settings();
  const HubCache cache(settings.cache, target.set.repository);
  if (const auto snapshot = complete_snapshot(target, cache, settings.offline)) {
    return located(target, *snapshot, "it was in the hub's cache already");
  }
  if (settings.offline) {
    throw NetworkError("HF_HUB_OFFLINE is set and " + target.set.repository + " is not (whole) in '" +
                       settings.cache.string() + "': unset it, or copy the model there (docs/models.md)");
  }
  HubLock lock(cache);
  wait_for(lock, options);
  // Another process may have fetched it while this one waited.
  if (const auto snapshot = complete_snapshot(target, cache, false)) {
    return located(target, *snapshot, "it was in the hub's cache already");
  }
  const fs::path snapshot = Puller(settings, options, target, cache).run();
  return located(target, snapshot, "downloaded");
}

}  // namespace diar
