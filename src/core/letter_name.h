// Numbers in, the names that pyannote.core gives to its tracks and labels out.
#pragma once

#include <cstddef>
#include <string>

namespace diar {

/// The k-th of A, B, ..., Z, AA, AB, ...
inline std::string letter_name(std::size_t index) {
  std::string name;
  for (std::size_t rest = index + 1; rest > 0; rest = (rest - 1) / 26) {
    name.insert(name.begin(), static_cast<char>('A' + (rest - 1) % 26));
  }
  return name;
}

}  // namespace diar
