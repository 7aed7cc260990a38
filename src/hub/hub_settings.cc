#include "hub/hub_settings.h"

#include <algorithm>
#include <cstdlib>
#include <span>

#include "diar/errors.h"
#include "hub/environment.h"
#include "hub/http_client.h"
#include "models/regular_file.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_true(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

fs::path expanded(const std::string& path) {
  if (path == "~" || path.rfind("~/", 0) == 0) return environment("HOME") + path.substr(1);
  return path;
}

fs::path hub_home() {
  if (const std::string home = environment("HF_HOME"); !home.empty()) return expanded(home);
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return expanded(cache) / "huggingface";
  }
  const std::string home = environment("HOME");
  return fs::path(home.empty() ? "." : home) / ".cache" / "huggingface";
}

fs::path hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string cache = environment(name); !cache.empty()) return expanded(cache);
  }
  return hub_home() / "hub";
}

// Empty when there is no such file.
std::string start_of(const fs::path& path) try {
  RegularFile file(path);
  std::string text(4096, '\0');
  text.resize(file.read(std::as_writable_bytes(std::span(text.data(), text.size()))));
  return text;
} catch (const ModelError&) {
  return {};
}

void read_token(HubSettings& settings) {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    settings.token = trimmed(environment(name));
    settings.token_source = name;
    if (!settings.token.empty()) return;
  }
  const std::string path = environment("HF_TOKEN_PATH");
  const fs::path file = path.empty() ? hub_home() / "token" : expanded(path);
  settings.token = trimmed(start_of(file));
  settings.token_source = settings.token.empty() ? std::string() : file.string();
}

double seconds(const char* name, double otherwise) {
  const std::string text = environment(name);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return text.empty() || *end != '\0' || !(value > 0.0) || value > 3600.0 ? otherwise : value;
}

}  // namespace

HubSettings read_hub_settings() {
  HubSettings settings;
  const std::string wanted = trimmed(environment("HF_ENDPOINT"));
  const Endpoint endpoint = endpoint_of(wanted.empty() ? "https://huggingface.co" : wanted);
  // The value is not shown: it may hold a password where none can be told apart.
  if (endpoint.address.empty())
    throw NetworkError("HF_ENDPOINT must be an address such as https://huggingface.co, without a query");
  settings.endpoint = endpoint.address;
  settings.user = endpoint.user;
  settings.password = endpoint.password;
  settings.cache = hub_cache();
  read_token(settings);
  const auto control = [](unsigned char c) { return c <= ' ' || c >= 127; };
  if (std::any_of(settings.token.begin(), settings.token.end(), control)) {
    // It would otherwise be able to smuggle further header lines into a request.
    throw NetworkError("the token from " + settings.token_source + " holds characters that no token has");
  }
  settings.offline = is_true(environment("HF_HUB_OFFLINE"));
  settings.connect_timeout_s = seconds("HF_HUB_ETAG_TIMEOUT", settings.connect_timeout_s);
  settings.stall_timeout_s = seconds("HF_HUB_DOWNLOAD_TIMEOUT", settings.stall_timeout_s);
  return settings;
}

}  // namespace diar
