#include "diar/errors.h"

namespace diar {
namespace {

constexpr std::size_t kMaxMessageBytes = 2000;

}  // namespace

std::string Error::one_line(std::string message) {
  if (message.size() > kMaxMessageBytes) {
    // Not within a UTF-8 character.
    std::size_t end = kMaxMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0u) == 0x80u) --end;
    message.resize(end);
    message += "...";
  }
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return message;
}

}  // namespace diar
