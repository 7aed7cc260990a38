#include "status.h"

#include <algorithm>

namespace diar::c_api {
namespace {

diar_status status_of(ErrorCode code) noexcept {
  return static_cast<diar_status>(static_cast<int>(code));
}

diar_status note(diar_status status, const char* message) noexcept {
  thread_message().set(message);
  return status;
}

}  // namespace

void Message::set(std::string_view text) noexcept {
  const std::size_t length = std::min(text.size(), text_.size() - 1);
  std::copy_n(text.data(), length, text_.data());
  text_[length] = '\0';
}

void MessageSlot::set(const Message& message) noexcept {
  const std::lock_guard lock(mutex_);
  message_ = message;
}

const char* MessageSlot::get() const noexcept {
  thread_local Message copy;
  const std::lock_guard lock(mutex_);
  copy = message_;
  return copy.c_str();
}

Message& thread_message() noexcept {
  thread_local Message message;
  return message;
}

diar_status note_exception() noexcept {
  try {
    throw;
  } catch (const CallError& error) {
    return note(error.status(), error.what());
  } catch (const TruncatedAudio& error) {
    return note(DIAR_ERROR_TRUNCATED_AUDIO, error.what());
  } catch (const Error& error) {
    return note(status_of(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return note(DIAR_ERROR_MEMORY, "out of memory: use fewer threads, or shorter pieces");
  } catch (const std::length_error&) {
    return note(DIAR_ERROR_MEMORY, "more data than memory can hold");
  } catch (const std::exception& error) {
    return note(DIAR_ERROR_INTERNAL, error.what());
  } catch (...) {
    return note(DIAR_ERROR_INTERNAL, "an exception of an unknown type");
  }
}

}  // namespace diar::c_api

extern "C" {

const char* diar_status_name(int32_t status) {
  switch (status) {
    case DIAR_OK:
      return "ok";
    case DIAR_ERROR_INTERNAL:
      return "internal";
    case DIAR_ERROR_ARGUMENT:
      return "argument";
    case DIAR_ERROR_INPUT:
      return "input";
    case DIAR_ERROR_AUDIO:
      return "audio";
    case DIAR_ERROR_MODEL:
      return "model";
    case DIAR_ERROR_OUTPUT:
      return "output";
    case DIAR_ERROR_DEVICE:
      return "device";
    case DIAR_ERROR_NETWORK:
      return "network";
    case DIAR_ERROR_CANCELLED:
      return "cancelled";
    case DIAR_ERROR_TRUNCATED_AUDIO:
      return "truncated audio";
    case DIAR_ERROR_MEMORY:
      return "memory";
    case DIAR_ERROR_HANDLE:
      return "handle";
    case DIAR_ERROR_ORDER:
      return "order";
    case DIAR_ERROR_BUSY:
      return "busy";
    default:
      return "unknown";
  }
}

const char* diar_last_error(void) {
  return diar::c_api::thread_message().c_str();
}

}  // extern "C"
