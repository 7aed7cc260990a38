#include "hub/hub_client.h"

#include <curl/curl.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <utility>

#include "diar/errors.h"
#include "hub/names.h"

namespace diar {
namespace {

constexpr int kMaxJsonDepth = 32;
constexpr std::size_t kMaxFiles = 10000;
constexpr std::uint64_t kMaxUnknownBytes = std::uint64_t{8} << 30;

bool may_pass(const HttpResponse& response) {
  if (response.refused) return false;
  return !response.error.empty() || response.status == 408 || response.status == 425 ||
         response.status == 429 || response.status >= 500;
}

// Seconds or a date (RFC 9110, section 10.2.3); negative when there is none.
double retry_after_s(const HttpResponse& response) {
  const std::string& text = response.header("retry-after");
  if (text.empty()) return -1.0;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end == '\0') return std::max(0.0, value);
  const time_t date = curl_getdate(text.c_str(), nullptr);
  return date < 0 ? -1.0 : std::max(0.0, std::difftime(date, std::time(nullptr)));
}

std::uint64_t number(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::strtoull(text.c_str(), nullptr, 10) : 0;
}

// "bytes 5-99/100": the first byte and the whole size must be what we count on.
bool fits_range(const std::string& text, std::uint64_t start, std::uint64_t size_bytes) {
  const std::string begin = "bytes " + std::to_string(start) + "-";
  const auto slash = text.find('/');
  if (text.rfind(begin, 0) != 0 || slash == std::string::npos) return false;
  const std::string whole = text.substr(slash + 1);
  return size_bytes == 0 || whole == "*" || number(whole) == size_bytes;
}

std::string text(double seconds) {
  std::ostringstream out;
  out << seconds;
  return out.str();
}

}  // namespace

HubClient::HubClient(const HubSettings& settings, RetryPolicy policy, std::string alternatives,
                     const std::atomic<bool>& stop)
    : settings_(settings),
      policy_(policy),
      alternatives_(std::move(alternatives)),
      stop_(stop),
      http_(stop) {}

HttpRequest HubClient::request_for(const std::string& address) const {
  HttpRequest request;
  request.url = settings_.endpoint + address;
  request.token = settings_.token;
  request.user = settings_.user;
  request.password = settings_.password;
  request.connect_timeout_s = settings_.connect_timeout_s;
  request.stall_timeout_s = settings_.stall_timeout_s;
  return request;
}

void HubClient::wait(double seconds) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (stop_.load()) throw Cancelled();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

HttpResponse HubClient::send_with_retries(const std::function<HttpResponse()>& attempt,
                                          const std::string& repository, const std::string& what) {
  double wait_s = policy_.first_wait_s;
  for (int number_of_try = 1;; ++number_of_try) {
    if (stop_.load()) throw Cancelled();
    HttpResponse response = attempt();
    if (response.cancelled) throw Cancelled();
    if (response.error.empty() && response.status >= 200 && response.status < 400) return response;
    if (!may_pass(response) || number_of_try >= policy_.num_attempts) explain(response, repository, what);
    const double asked_s = retry_after_s(response);
    if (asked_s > policy_.longest_wait_s) {
      throw NetworkError(settings_.endpoint + " asks to wait " + text(asked_s) + " s before '" + what +
                         "' is asked for again (status " + std::to_string(response.status) +
                         "): pull again later");
    }
    wait(asked_s >= 0.0 ? asked_s : std::min(wait_s, policy_.longest_wait_s));
    wait_s *= 2.0;
  }
}

RemoteRevision HubClient::revision(const std::string& repository, const std::string& revision) {
  const std::string address = "/api/models/" + repository + "/revision/" + revision;
  const HttpResponse response = send_with_retries([&] { return http_.send(request_for(address)); },
                                                  repository, repository + "@" + revision);
  const auto bounded = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth <= kMaxJsonDepth;
  };
  const auto json = nlohmann::json::parse(response.body, bounded, /*allow_exceptions=*/false);
  RemoteRevision remote;
  if (json.is_object() && json.contains("sha") && json["sha"].is_string())
    remote.commit = json["sha"].get<std::string>();
  if (!is_commit(remote.commit) || (is_commit(revision) && remote.commit != revision)) {
    throw NetworkError(settings_.endpoint + address +
                       " names no commit, or another one: is HF_ENDPOINT a hub?");
  }
  if (!json.contains("siblings") || !json["siblings"].is_array()) return remote;
  for (const auto& sibling : json["siblings"]) {
    if (!sibling.is_object() || !sibling.contains("rfilename") || !sibling["rfilename"].is_string()) continue;
    std::string name = sibling["rfilename"].get<std::string>();
    if (remote.files.size() < kMaxFiles && is_safe_relative_path(name))
      remote.files.push_back(std::move(name));
  }
  return remote;
}

RemoteFile HubClient::file(const std::string& repository, const std::string& commit,
                           const std::string& path) {
  HttpRequest request = request_for("/" + repository + "/resolve/" + commit + "/" + url_path(path));
  request.head = true;
  request.redirects = Redirects::kSameOrigin;
  const HttpResponse response = send_with_retries([&] { return http_.send(request); }, repository, path);
  if (response.header("x-repo-commit") != commit) {
    throw NetworkError(request.url + " does not name the commit that was asked for: is HF_ENDPOINT a hub?");
  }
  const bool linked = !response.header("x-linked-etag").empty();
  RemoteFile remote;
  remote.etag = file_name_of_etag(response.header(linked ? "x-linked-etag" : "etag"));
  if (remote.etag.empty()) throw NetworkError(request.url + " has no usable ETag: is HF_ENDPOINT a hub?");
  if (is_sha256(remote.etag)) remote.sha256 = remote.etag;
  remote.size_bytes = number(response.header("x-linked-size"));
  // The length of a redirect's own page says nothing about the file.
  if (remote.size_bytes == 0 && response.status == 200)
    remote.size_bytes = number(response.header("content-length"));
  return remote;
}

void HubClient::download(const std::string& repository, const std::string& commit, const std::string& path,
                         PartialFile& file, std::uint64_t size_bytes,
                         const std::function<void(std::uint64_t)>& on_size) {
  const std::uint64_t most = size_bytes == 0 ? kMaxUnknownBytes : size_bytes;
  if (file.size_bytes() > most) file.clear();
  on_size(file.size_bytes());
  if (size_bytes > 0 && file.size_bytes() == size_bytes) return;
  HttpRequest request = request_for("/" + repository + "/resolve/" + commit + "/" + url_path(path));
  request.on_head = [&](const HttpResponse& response) {
    if (response.status == 206 &&
        fits_range(response.header("content-range"), request.range_start, size_bytes)) {
      return true;
    }
    // A whole answer, or a part that does not fit: begin anew with what is whole.
    file.clear();
    return response.status == 200;
  };
  request.on_body = [&](std::span<const std::byte> bytes) {
    if (bytes.size() > most - file.size_bytes()) {
      file.clear();
      throw NetworkError("'" + path + "' of " + repository +
                         " is longer than announced: nothing of it was kept");
    }
    file.append(bytes);
    on_size(file.size_bytes());
  };
  const auto attempt = [&] {
    request.range_start = file.size_bytes();
    HttpResponse response = http_.send(request);
    if (response.status == 416 || (response.refused && response.status == 206)) {
      file.clear();
      response.error = "the server refused to go on where the last transfer broke off";
      response.refused = false;
    } else if (response.error.empty() && response.status / 100 == 2 && file.size_bytes() < size_bytes) {
      response.error = "the transfer ended early";
    }
    return response;
  };
  send_with_retries(attempt, repository, path);
  if (size_bytes > 0 && file.size_bytes() != size_bytes) {
    throw NetworkError("'" + path + "' of " + repository + " has " + std::to_string(file.size_bytes()) +
                       " bytes, announced were " + std::to_string(size_bytes));
  }
  file.sync();
}

void HubClient::explain(const HttpResponse& response, const std::string& repository,
                        const std::string& what) const {
  const std::string page = settings_.endpoint + "/" + repository;
  const std::string place = "'" + what + "' from " + page;
  if (!response.error.empty()) throw NetworkError("cannot fetch " + place + ": " + response.error);
  const std::string open =
      alternatives_.empty() ? std::string() : "; sets that need no account: " + alternatives_;
  const std::string conditions = "accept the conditions on " + page;
  if (response.status == 401 && settings_.token.empty()) {
    throw NetworkError(repository +
                       " needs an account that has accepted its conditions (or does not exist): log in, " +
                       conditions + ", make a read token on " + settings_.endpoint +
                       "/settings/tokens, set HF_TOKEN to it (or run 'hf auth login') and pull again" + open);
  }
  if (response.status == 401 || response.status == 403) {
    throw NetworkError(
        repository + " does not accept the token from " +
        (settings_.token.empty() ? std::string("nobody") : settings_.token_source) +
        ": with the token's account, " + conditions + ", see on " + settings_.endpoint +
        "/settings/tokens that the token is valid and may read gated repositories (else set HF_TOKEN to "
        "a new one), and pull again" +
        open);
  }
  if (response.status == 404) {
    const std::string& code = response.header("x-error-code");
    throw NetworkError("there is no " + place + (code.empty() ? std::string() : " (" + code + ")") +
                       ": is the name spelled right?" + open);
  }
  if (response.status == 429)
    throw NetworkError("the hub is busy with too many requests (429) for " + place + ": pull again later");
  throw NetworkError("cannot fetch " + place + ": the server answered " + std::to_string(response.status));
}

}  // namespace diar
