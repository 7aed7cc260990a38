// One HTTP request in, status, headers and body out, over libcurl.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace diar {

/// How one request ended. `error` is empty when a whole response arrived.
struct HttpResponse {
  long status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case; of the last response
  std::string body;        ///< of anything but a 2xx that went to `on_body`; at most 1 MiB
  std::string url;         ///< where it came from, after redirects
  std::string error;       ///< why the transfer failed: no connection, stalled, truncated, ...
  bool refused = false;    ///< our own rule ended it (a forbidden redirect): trying again is of no use
  bool cancelled = false;  ///< `stop` was set

  /// Empty when there is no such header.
  const std::string& header(const std::string& name) const;
};

enum class Redirects { kSameOrigin, kAnywhere };

struct HttpRequest {
  bool head = false;  ///< HEAD instead of GET
  std::string url;
  std::string token;  ///< sent as a bearer token to the origin of `url`, and to no other
  std::string user;   ///< sent to the same origin, with `password`, when there is no token
  std::string password;
  Redirects redirects = Redirects::kAnywhere;
  std::uint64_t range_start = 0;  ///< ask for the bytes from here on
  double connect_timeout_s = 10.0;
  double stall_timeout_s = 20.0;
  /// Called with the head of a 2xx response before its body; return false to give up.
  std::function<bool(const HttpResponse&)> on_head;
  /// Receives the body of a 2xx response; without it, `HttpResponse::body` does.
  std::function<void(std::span<const std::byte>)> on_body;
};

/// Keeps its connections. Not thread-safe: one for each thread. Certificates are always checked; a redirect
/// from https to http is never followed, at most eight redirects are. What is not the body of a 2xx for
/// `on_body` has an end: 1 MiB, and the time to connect plus three times the stall time-out. A redirect or
/// failure that goes on beyond counts as it is, a success becomes an error.
class HttpClient {
 public:
  /// `stop` ends a running transfer within a second; it must outlive the client.
  explicit HttpClient(const std::atomic<bool>& stop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Exceptions thrown by the callbacks pass through.
  HttpResponse send(const HttpRequest& request);

 private:
  struct Transfer;
  HttpResponse send_once(const HttpRequest& request, const std::string& url, bool with_token);

  const std::atomic<bool>& stop_;
  void* curl_;
};

/// An address and who asks there.
struct Endpoint {
  std::string address;  ///< without a slash at the end, safe to show
  std::string user;
  std::string password;
};
/// "https://user:password@host/path" in parts; an empty address when it is no http(s) address, or has a query
/// or a fragment.
Endpoint endpoint_of(const std::string& url);

/// "https://host:port" with the default port filled in; empty when `url` is no http(s) address.
std::string origin_of(const std::string& url);
/// `location` seen from `base`; empty when the outcome is no http(s) address or carries a password.
std::string resolve_url(const std::string& base, const std::string& location);

}  // namespace diar
