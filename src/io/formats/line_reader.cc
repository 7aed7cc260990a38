#include "io/formats/line_reader.h"

#include <string_view>

#include "diar/errors.h"
#include "io/formats/text.h"

namespace diar {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

bool LineReader::next() try {
  line_.clear();
  ++number_;
  std::istream::sentry ready(in_, /*noskipws=*/true);
  if (!ready) {
    if (in_.bad()) throw InputError("cannot read " + name_);
    return false;
  }
  int c = in_.rdbuf()->sbumpc();
  while (c != std::char_traits<char>::eof() && c != '\n' && c != '\r') {
    if (line_.size() == kMaxLineBytes) throw InputError(where() + ": a line of more than 64 KiB, not a text");
    line_ += static_cast<char>(c);
    c = in_.rdbuf()->sbumpc();
  }
  // Line ends are those of Unix, of Windows and of old Macs.
  if (c == '\r' && in_.rdbuf()->sgetc() == '\n') in_.rdbuf()->sbumpc();
  if (c == std::char_traits<char>::eof()) in_.setstate(std::ios::eofbit);
  if (number_ == 1 && line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
  return c != std::char_traits<char>::eof() || !line_.empty();
} catch (const std::ios_base::failure&) {
  throw InputError("cannot read " + name_);
}

std::string LineReader::where() const {
  return text::place(name_, number_);
}

}  // namespace diar
