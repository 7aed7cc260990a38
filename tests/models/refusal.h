// For tests of model files: texts as bytes, and what a refusal says.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "diar/errors.h"

namespace diar::models_test {

/// A view of the text.
inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The message of the `ModelError` that the call throws.
template <class Call>
std::string refusal(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const ModelError& error) {
    return error.what();
  }
  return "nothing was refused";
}

}  // namespace diar::models_test
