#include "voices/names.h"

#include <algorithm>
#include <cctype>

#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kLongestName = 200;

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// Bytes of the UTF-8 sequence that begins the text; 0 when none does (overlong ones and surrogates too).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return bad ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// SPEAKER_ and digits: what the results of this program call speakers whom nobody has named.
bool is_label(const std::string& name) {
  constexpr std::string_view kPrefix = "SPEAKER_";
  return name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
         std::all_of(name.begin() + kPrefix.size(), name.end(),
                     [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

std::string name_key(std::string_view name) {
  std::string key(name);
  std::replace_if(key.begin(), key.end(), is_space, '_');
  return key;
}

void require_name(const std::string& name) {
  const auto refuse = [&](const std::string& why) {
    throw InvalidArgument("the name '" + name + "' " + why);
  };
  if (name.empty()) throw InvalidArgument("a person's name must not be empty");
  if (name.size() > kLongestName) refuse("is longer than " + std::to_string(kLongestName) + " bytes");
  if (!is_utf8(name)) refuse("is not UTF-8");
  if (is_space(name.front()) || is_space(name.back())) refuse("begins or ends with white space");
  if (std::any_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
      })) {
    refuse("holds a control character");
  }
  if (is_label(name)) refuse("is a label of speakers whom nobody has named");
}

}  // namespace diar
