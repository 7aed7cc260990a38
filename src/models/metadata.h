// A JSON object of texts in, what a weight file says about itself out.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace diar {

/// The entries that are texts; of anything but an object, none.
inline std::map<std::string, std::string> text_entries(const nlohmann::json& object) {
  std::map<std::string, std::string> entries;
  if (!object.is_object()) return entries;
  for (const auto& [key, value] : object.items()) {
    if (value.is_string()) entries.emplace(key, value.get<std::string>());
  }
  return entries;
}

}  // namespace diar
