// Files of plain numbers, as numpy's tofile and fromfile have them.
#pragma once

#include <diar/errors.h>

#include <fstream>
#include <string>
#include <vector>

namespace diar::parity {

/// All that the file holds. Throws `InputError` when it cannot be opened.
template <class T>
std::vector<T> read_raw(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw InputError("cannot open '" + path + "'");
  std::vector<T> values(static_cast<std::size_t>(file.tellg()) / sizeof(T));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

/// Throws `OutputError` when it cannot be written.
template <class T>
void write_raw(const std::string& path, const std::vector<T>& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!file.flush()) throw OutputError("cannot write '" + path + "'");
}

}  // namespace diar::parity
