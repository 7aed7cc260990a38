// A repository, revision and file name in, the file's announced hash and its checked content out.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hub/http_client.h"
#include "hub/hub_settings.h"
#include "hub/partial_file.h"

namespace diar {

struct RetryPolicy {
  int num_attempts = 6;
  double first_wait_s = 1.0;
  double longest_wait_s = 300.0;
};

/// What the hub says about a revision.
struct RemoteRevision {
  std::string commit;
  std::vector<std::string> files;  ///< names that may be used as relative paths; others are dropped
};

/// What the hub says about one file.
struct RemoteFile {
  std::string etag;              ///< usable as a file name
  std::string sha256;            ///< of files in large-file storage; empty for small ones
  std::uint64_t size_bytes = 0;  ///< 0 when it does not say
};

/// Not thread-safe: one for each thread. Retries what may pass (no connection, stalls, truncation, 408, 429,
/// 5xx) and throws `NetworkError` for the rest, `Cancelled` once `stop` is set.
class HubClient {
 public:
  /// `alternatives` completes the message about a gated repository: names of open sets; may be empty.
  HubClient(const HubSettings& settings, RetryPolicy policy, std::string alternatives,
            const std::atomic<bool>& stop);

  RemoteRevision revision(const std::string& repository, const std::string& revision);
  /// Checks that the hub speaks of `commit`.
  RemoteFile file(const std::string& repository, const std::string& commit, const std::string& path);
  /// Completes `file` (what is there already is kept and the rest asked for), up to `size_bytes` (0:
  /// unknown). `on_size` hears the bytes that are there. Throws `OutputError` when the disk is full.
  void download(const std::string& repository, const std::string& commit, const std::string& path,
                PartialFile& file, std::uint64_t size_bytes,
                const std::function<void(std::uint64_t)>& on_size);

 private:
  HttpRequest request_for(const std::string& address) const;
  /// Sends until it succeeds or fails for good; `fresh` prepares each attempt.
  HttpResponse send_with_retries(const std::function<HttpResponse()>& attempt, const std::string& repository,
                                 const std::string& what);
  void wait(double seconds) const;
  [[noreturn]] void explain(const HttpResponse& response, const std::string& repository,
                            const std::string& what) const;

  const HubSettings& settings_;
  RetryPolicy policy_;
  std::string alternatives_;
  const std::atomic<bool>& stop_;
  HttpClient http_;
};

}  // namespace diar
