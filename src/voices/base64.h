// Floats in, text of the alphabet of RFC 4648 out, and back.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diar {

/// Little-endian float32, one after another, padded with "=".
std::string to_base64(std::span<const float> values);
/// Nothing when the text is of another kind: a foreign character, a length or padding that cannot be, bytes
/// that make no whole floats.
std::optional<std::vector<float>> from_base64(std::string_view text);

}  // namespace diar
