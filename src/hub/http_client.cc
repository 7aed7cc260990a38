#include "hub/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <new>
#include <string_view>

#include "diar/version.h"
#include "hub/names.h"

namespace diar {
namespace {

constexpr int kMaxRedirects = 8;
constexpr std::size_t kMaxBodyBytes = 1 << 20;
constexpr std::size_t kMaxHeaderBytes = 1 << 18;
// Slower than this for the whole stall time-out counts as stalled: it also ends servers that drip single
// bytes.
constexpr long kStallBytesPerSecond = 64;

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::bad_alloc();
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  return text;
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

long milliseconds(double seconds) {
  return static_cast<long>(std::lround(seconds * 1000.0));
}

}  // namespace

const std::string& HttpResponse::header(const std::string& name) const {
  static const std::string kNone;
  const auto place = headers.find(name);
  return place == headers.end() ? kNone : place->second;
}

// What the C callbacks of one transfer see.
struct HttpClient::Transfer {
  const HttpRequest& request;
  const std::atomic<bool>& stop;
  HttpResponse response = {};
  std::size_t header_bytes = 0;
  bool head_done = false;               // its last line has come
  bool head_seen = false;               // `on_head` was asked
  bool endless = false;                 // more than an answer may have, in bytes or in time
  std::exception_ptr thrown = nullptr;  // an exception must not cross C code
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();

  bool wanted() const { return response.status >= 200 && response.status < 300; }
  // A file may take its time; what is said about one may not.
  bool is_file() const { return wanted() && head_seen && request.on_body; }
  bool is_late() const {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    return spent.count() > request.connect_timeout_s + 3.0 * request.stall_timeout_s;
  }

  std::size_t take_header(const char* data, std::size_t size) {
    header_bytes += size;
    if (header_bytes > kMaxHeaderBytes) {
      endless = true;
      return 0;
    }
    std::string_view line(data, size);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.substr(0, 5) == "HTTP/") {
      // A new response begins (after a 100 Continue, or a proxy's answer).
      response.headers.clear();
      const auto space = line.find(' ');
      response.status =
          space == std::string_view::npos ? 0 : std::atol(std::string(line.substr(space)).c_str());
      return size;
    }
    const auto colon = line.find(':');
    head_done = head_done || (line.empty() && response.status >= 200);
    if (colon == std::string_view::npos) return size;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    response.headers[lower(std::string(line.substr(0, colon)))] = value;
    return size;
  }

  std::size_t take_body(const char* data, std::size_t size) {
    try {
      if (wanted() && !head_seen) {
        head_seen = true;
        if (request.on_head && !request.on_head(response)) {
          response.refused = true;
          return 0;
        }
      }
      if (wanted() && request.on_body) {
        request.on_body(std::as_bytes(std::span(data, size)));
        return size;
      }
      endless = size > kMaxBodyBytes - response.body.size();
      if (endless) return 0;
      response.body.append(data, size);
      return size;
    } catch (...) {
      thrown = std::current_exception();
      return 0;
    }
  }

  static std::size_t on_header(char* data, std::size_t one, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_header(data, one * size);
  }
  static std::size_t on_data(char* data, std::size_t one, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take_body(data, one * size);
  }
  static int on_tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.is_file() && transfer.is_late()) transfer.endless = true;
    return transfer.endless || transfer.stop.load() ? 1 : 0;
  }
};

HttpClient::HttpClient(const std::atomic<bool>& stop) : stop_(stop), curl_(nullptr) {
  start_curl();
  curl_ = curl_easy_init();
  if (curl_ == nullptr) throw std::bad_alloc();
}

HttpClient::~HttpClient() {
  curl_easy_cleanup(curl_);
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  const std::string origin = origin_of(request.url);
  std::string url = request.url;
  std::map<std::string, std::string> noted;
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    const bool same_origin = origin_of(url) == origin;
    HttpResponse response = send_once(request, url, same_origin);
    const std::string& location = response.header("location");
    // What the hub said about a file counts even when the answer comes from elsewhere.
    if (same_origin) {
      for (const char* name : {"x-repo-commit", "x-linked-etag", "x-linked-size"}) {
        if (!response.header(name).empty()) noted[name] = response.header(name);
      }
    }
    for (const auto& [name, value] : noted) response.headers[name] = value;
    if (!response.error.empty() || response.cancelled || !is_redirect(response.status) || location.empty()) {
      return response;
    }
    const std::string next = resolve_url(url, location);
    const bool downgrade = url.rfind("https:", 0) == 0 && next.rfind("https:", 0) != 0;
    if (next.empty() || downgrade) {
      // Not the whole address: it may hold a password or a signature.
      const std::string place = without_user_info(location.substr(0, location.find_first_of("?#")));
      response.error = "a redirect to '" + place.substr(0, 200) + "' is not followed";
      response.refused = true;
      return response;
    }
    if (request.redirects == Redirects::kSameOrigin && origin_of(next) != origin) return response;
    url = next;
  }
  HttpResponse response;
  response.url = url;
  response.error = "too many redirects";
  response.refused = true;
  return response;
}

HttpResponse HttpClient::send_once(const HttpRequest& request, const std::string& url, bool with_token) {
  Transfer transfer{.request = request, .stop = stop_};
  transfer.response.url = url;
  CURL* curl = curl_;
  curl_easy_reset(curl);
  curl_slist* lines = curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (with_token && !request.token.empty()) {
    lines = curl_slist_append(lines, ("Authorization: Bearer " + request.token).c_str());
  }
  if (with_token && request.token.empty() && !request.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request.password.c_str());
  }
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> lines_owner(lines, curl_slist_free_all);
  const std::string range = std::to_string(request.range_start) + "-";
  char message[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOBODY, request.head ? 1L : 0L);
  if (request.range_start > 0) curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("diarize/") + version()).c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.connect_timeout_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, std::lround(request.stall_timeout_s)));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_data);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Transfer::on_tick);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(curl);
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  HttpResponse response = std::move(transfer.response);
  response.cancelled = stop_.load();
  if (transfer.endless && !transfer.head_done) {
    response.error = "the server's answer has no end";
  } else if (transfer.endless) {
    // Of a redirect or a failure the head says enough.
    if (transfer.wanted()) response.error = "the server's answer is longer than any that was expected";
    response.refused = transfer.wanted();
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    response.error = "the server did not answer in time, or stalled";
  } else if (code != CURLE_OK) {
    // A proxy whose address is wrong is quoted with its password.
    const bool tells_all =
        message[0] == '\0' || std::string_view(message).find('@') != std::string_view::npos;
    response.error = tells_all ? curl_easy_strerror(code) : message;
  }
  return response;
}

Endpoint endpoint_of(const std::string& url) {
  const UrlHandle handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      !part_of(handle.get(), CURLUPART_QUERY, 0).empty() ||
      !part_of(handle.get(), CURLUPART_FRAGMENT, 0).empty() || origin_of(url).empty()) {
    return {};
  }
  Endpoint endpoint;
  endpoint.user = part_of(handle.get(), CURLUPART_USER, CURLU_URLDECODE);
  endpoint.password = part_of(handle.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS})
    curl_url_set(handle.get(), part, nullptr, 0);
  endpoint.address = part_of(handle.get(), CURLUPART_URL, 0);
  while (endpoint.address.ends_with('/')) endpoint.address.pop_back();
  return endpoint;
}

std::string origin_of(const std::string& url) {
  const UrlHandle handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  const std::string scheme = part_of(handle.get(), CURLUPART_SCHEME, 0);
  if (scheme != "http" && scheme != "https") return {};
  return scheme + "://" + lower(part_of(handle.get(), CURLUPART_HOST, 0)) + ":" +
         part_of(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string resolve_url(const std::string& base, const std::string& location) {
  const UrlHandle handle(curl_url());
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return {};
  }
  const std::string url = part_of(handle.get(), CURLUPART_URL, 0);
  return origin_of(url).empty() ? std::string() : url;
}

}  // namespace diar
