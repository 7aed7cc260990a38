// Whatever a body throws in, a status and its message out: the border that no exception crosses.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

#include "diar/diar.h"
#include "diar/errors.h"

namespace diar::c_api {

/// A message of at most 2000 bytes, kept without allocating.
class Message {
 public:
  void set(std::string_view text) noexcept;
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, 2001> text_ = {};
};

/// Faults that the C++ library does not know: handles, order of calls.
class CallError : public std::exception {
 public:
  /// `message` is static text.
  CallError(diar_status status, const char* message) : status_(status), message_(message) {}
  diar_status status() const noexcept { return status_; }
  const char* what() const noexcept override { return message_; }

 private:
  diar_status status_;
  const char* message_;
};

/// The message of one handle. Thread-safe.
class MessageSlot {
 public:
  void set(const Message& message) noexcept;
  /// A copy in this thread's own memory.
  const char* get() const noexcept;

 private:
  mutable std::mutex mutex_;
  Message message_;
};

/// This thread's last message.
Message& thread_message() noexcept;
/// Turns the exception that is being handled into a status, and notes its message.
diar_status note_exception() noexcept;

/// Runs `body`; `slot` (may be null) gets the message of what fails.
template <typename Body>
diar_status guarded(MessageSlot* slot, Body&& body) noexcept {
  try {
    body();
    return DIAR_OK;
  } catch (...) {
    const diar_status status = note_exception();
    if (slot != nullptr) slot->set(thread_message());
    return status;
  }
}

/// Marks something as taken while it stands: for what one thread may do at a time, and no callback from
/// inside.
class Turnstile {
 public:
  explicit Turnstile(std::atomic<bool>& busy) : busy_(busy) {
    if (busy.exchange(true, std::memory_order_acquire))
      throw CallError(DIAR_ERROR_BUSY, "another call is inside this session");
  }
  ~Turnstile() { busy_.store(false, std::memory_order_release); }
  Turnstile(const Turnstile&) = delete;
  Turnstile& operator=(const Turnstile&) = delete;

 private:
  std::atomic<bool>& busy_;
};

/// Throws for a null pointer that must not be one; `message` is static text.
inline void require(bool condition, const char* message) {
  if (!condition) throw CallError(DIAR_ERROR_ARGUMENT, message);
}

}  // namespace diar::c_api
