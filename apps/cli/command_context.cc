#include "command_context.h"

#include <iostream>

#include "diar/hub/model_store.h"

namespace diar::cli {

std::string screen_text(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) text[i] = '?';
    // U+0080 to U+009F are control characters too: some terminals take U+009B for ESC [.
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      text.replace(i, 2, "?");
    }
  }
  return text;
}

std::string with_hint(const Error& error) {
  const auto* missing = dynamic_cast<const ModelNotInstalled*>(&error);
  if (missing == nullptr) return error.what();
  const std::string pull =
      missing->name().empty() ? "" : "run 'diarize models pull " + missing->name() + "', or ";
  return std::string(error.what()) + ": " + pull +
         "give a directory with --model ('diarize models list' shows what there is)";
}

void print_error(const std::string& message) {
  std::cerr << "diarize: " + screen_text(message) + '\n';
}

void print_note(const std::string& message) {
  print_error("note: " + message);
}

}  // namespace diar::cli
