#include <system_error>

#include "diar/io/report.h"

namespace diar {
namespace {

// Everything but RFC 3986's unreserved characters and the slash; a colon too, because a relative path that
// starts with "a:" would read as a scheme.
std::string percent_encoded(const std::string& path) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string url;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      url += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      url += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return url;
}

// Absolute first: what is not there yet and has no directory would stay relative.
std::filesystem::path resolved(const std::filesystem::path& path) {
  std::error_code error;
  const auto place = std::filesystem::absolute(path);
  auto found = std::filesystem::weakly_canonical(place, error);
  return error ? place : found;
}

}  // namespace

std::string report_link(const std::filesystem::path& target, const std::filesystem::path& page) {
  // Links in both paths are followed: the browser climbs ".." in the real tree.
  const auto audio = resolved(target);
  const auto relative = audio.lexically_relative(resolved(page).parent_path());
  if (relative.empty()) return "file://" + percent_encoded(audio.string());
  return percent_encoded(relative.string());
}

}  // namespace diar
