// A stream of text (RTTM, UEM) in, its lines with their numbers out, bounded whatever the stream holds.
#pragma once

#include <istream>
#include <string>

namespace diar {

/// Lines of one file with their numbers. Borrows the stream.
class LineReader {
 public:
  /// `name` stands in messages.
  LineReader(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

  /// Reads the next line, false at the end. A byte order mark at the start is passed over. Throws
  /// `InputError` when the line is longer than 64 KiB (such a file is not text) or the stream fails.
  bool next();
  const std::string& line() const noexcept { return line_; }
  /// "name:number" of the current line.
  std::string where() const;

 private:
  std::istream& in_;
  std::string name_;
  std::string line_;
  std::size_t number_ = 0;
};

}  // namespace diar
