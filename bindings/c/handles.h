// Objects in, handles out that are never dereferenced: a stale or foreign one is found out, not followed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "status.h"

namespace diar::c_api {

/// The next number that no handle has had. One row for all kinds, so that a handle of one is none of another.
std::uintptr_t next_handle() noexcept;

/// Living objects of one kind. Thread-safe; whoever holds what `get` gave keeps the object alive.
template <typename Handle, typename Object>
class HandleTable {
 public:
  Handle* add(std::shared_ptr<Object> object) {
    const std::uintptr_t number = next_handle();
    const std::lock_guard lock(mutex_);
    objects_.emplace(number, std::move(object));
    return reinterpret_cast<Handle*>(number);
  }

  /// Null for a handle that is not of this table.
  std::shared_ptr<Object> find(const Handle* handle) const noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(reinterpret_cast<std::uintptr_t>(handle));
    return found == objects_.end() ? nullptr : found->second;
  }

  /// As `find`, out of the table.
  std::shared_ptr<Object> take(Handle* handle) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(reinterpret_cast<std::uintptr_t>(handle));
    if (found == objects_.end()) return nullptr;
    std::shared_ptr<Object> object = std::move(found->second);
    objects_.erase(found);
    return object;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uintptr_t, std::shared_ptr<Object>> objects_;
};

/// Throws unless there is an object.
template <typename Object>
Object& existing(const std::shared_ptr<Object>& object) {
  if (!object) throw CallError(DIAR_ERROR_HANDLE, "this handle is null, was freed, or is of another kind");
  return *object;
}

/// Looks an object up, runs `body` with it and keeps the message of what fails.
template <typename Handle, typename Object, typename Body>
diar_status with_object(const HandleTable<Handle, Object>& table, const Handle* handle,
                        Body&& body) noexcept {
  const std::shared_ptr<Object> object = table.find(handle);
  return guarded(object ? &object->message : nullptr, [&] { body(existing(object)); });
}

/// The message of the last call that failed; empty for a handle that is not of this table.
template <typename Handle, typename Object>
const char* message_of(const HandleTable<Handle, Object>& table, const Handle* handle) noexcept {
  const std::shared_ptr<Object> object = table.find(handle);
  return object ? object->message.get() : "";
}

}  // namespace diar::c_api
