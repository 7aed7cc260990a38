#include "hub/names.h"

#include <algorithm>

namespace diar {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_part(std::string_view part) {
  return !part.empty() && part.size() <= 96 && part.front() != '.' && part.front() != '-' &&
         part.find("..") == std::string_view::npos && std::all_of(part.begin(), part.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_lower_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

bool is_repository_name(std::string_view name) {
  const auto slash = name.find('/');
  return slash != std::string_view::npos && is_name_part(name.substr(0, slash)) &&
         is_name_part(name.substr(slash + 1)) && name.find("--") == std::string_view::npos;
}

bool is_revision(std::string_view revision) {
  return is_name_part(revision);
}

bool is_commit(std::string_view revision) {
  return is_lower_hex(revision, 40);
}

bool is_sha256(std::string_view text) {
  return is_lower_hex(text, 64);
}

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.size() > 1024) return false;
  const auto forbidden = [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '\\' || c == ':'; };
  if (std::any_of(path.begin(), path.end(), forbidden)) return false;
  while (true) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string file_name_of_etag(std::string_view etag) {
  if (etag.substr(0, 2) == "W/") etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  const bool good = !etag.empty() && etag.size() <= 128 && etag.front() != '.' &&
                    std::all_of(etag.begin(), etag.end(),
                                [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
  return good ? std::string(etag) : std::string();
}

std::string url_path(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '/') {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += "0123456789ABCDEF"[byte >> 4];
      text += "0123456789ABCDEF"[byte & 15];
    }
  }
  return text;
}

std::string without_user_info(std::string text) {
  for (auto place = text.find("//"); place != std::string::npos; place = text.find("//", place + 2)) {
    const auto end = std::min(text.find_first_of("/?# \t\r\n'\"<>", place + 2), text.size());
    const auto at = text.rfind('@', end);
    if (at != std::string::npos && at > place && at < end) text.erase(place + 2, at + 1 - place - 2);
  }
  return text;
}

}  // namespace diar
