// The bytes of a Python pickle in, a tree of plain data out; nothing is ever imported, constructed or
// executed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diar {

/// A value of a pickle. Children are borrowed from the `Pickle` and may be shared or even cyclic: follow
/// known paths, never walk all of it.
struct PickleValue {
  enum class Kind { kNone, kBool, kInt, kFloat, kText, kSequence, kDict, kGlobal, kCall, kPersistent };
  Kind kind = Kind::kNone;
  std::int64_t number = 0;  ///< kBool, kInt
  double real = 0.0;        ///< kFloat
  std::string text;         ///< kText; kGlobal: "module.name"
  std::vector<const PickleValue*>
      items;  ///< kSequence (tuple, list, set); kCall: callee, then the tuple of its arguments
  std::vector<std::pair<const PickleValue*, const PickleValue*>>
      entries;                      ///< kDict (OrderedDict too), in order
  const PickleValue* id = nullptr;  ///< kPersistent

  /// The value of a text key; nullptr without one or when this is no dict.
  const PickleValue* find(std::string_view key) const;
  bool is_global(std::string_view name) const { return kind == Kind::kGlobal && text == name; }
};

/// Owns the values: 2^20 at most, so that no pickle takes more than its own length and about 300 MB.
class Pickle {
 public:
  /// Protocols 0 (in part) to 5. `source` names the file. Throws `ModelError` on truncation, an unknown
  /// opcode or a stack that does not hold what an opcode takes.
  Pickle(std::span<const std::byte> bytes, const std::string& source);
  Pickle(Pickle&&) = default;
  Pickle& operator=(Pickle&&) = default;
  const PickleValue& root() const noexcept { return *root_; }
  /// Every value, in the order in which they were made.
  const std::deque<PickleValue>& values() const noexcept { return values_; }
  /// Length of the pickle itself; more may follow in the bytes.
  std::size_t size_bytes() const noexcept { return size_bytes_; }

 private:
  friend class Unpickler;
  std::deque<PickleValue> values_;  // an arena: no recursion when it goes
  const PickleValue* root_ = nullptr;
  std::size_t size_bytes_ = 0;
};

}  // namespace diar
