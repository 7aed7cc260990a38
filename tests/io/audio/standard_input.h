// Another standard input for as long as an object lives.
#pragma once

#include <unistd.h>

namespace diar {

class StandardInput {
 public:
  /// Takes `descriptor`; -1 closes standard input.
  explicit StandardInput(int descriptor) : saved_(dup(STDIN_FILENO)) {
    close(STDIN_FILENO);
    if (descriptor >= 0) {
      dup2(descriptor, STDIN_FILENO);
      close(descriptor);
    }
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

}  // namespace diar
