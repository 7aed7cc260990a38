#include "models/pickle.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "diar/errors.h"

namespace diar {

using Kind = PickleValue::Kind;

namespace {

// Checkpoints of these networks hold a few thousand values. One opcode of one byte makes a value of a
// hundred, and two may note or repeat one: without limits 64 MB of them would take many gigabytes.
constexpr std::size_t kMaxValues = std::size_t{1} << 20;
constexpr std::size_t kMaxPushes = std::size_t{1} << 22;
constexpr std::size_t kMaxNameBytes = 1000;

}  // namespace

const PickleValue* PickleValue::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name->kind == Kind::kText && name->text == key) return value;
  }
  return nullptr;
}

// One pass over the opcodes (names as in Python's pickletools).
class Unpickler {
 public:
  Unpickler(Pickle& pickle, std::span<const std::byte> bytes, const std::string& source)
      : pickle_(pickle), bytes_(bytes), source_(source) {}

  const PickleValue* run() {
    while (true) {
      const auto opcode = static_cast<char>(unsigned_number(1));
      if (opcode == '.') return pop();
      if (!constant(opcode) && !container(opcode) && !memory(opcode) && !object(opcode)) {
        fail("unknown opcode " + std::to_string(static_cast<unsigned char>(opcode)));
      }
    }
  }

  std::uint64_t position() const noexcept { return at_; }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(source_ + ": damaged pickle: " + what);
  }

  std::string_view take(std::uint64_t length) {
    if (length > bytes_.size() - at_) fail("it ends early");
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, length);
    at_ += length;
    return text;
  }
  std::uint64_t unsigned_number(int width) {
    std::uint64_t value = 0;
    const std::string_view text = take(static_cast<std::uint64_t>(width));
    for (int i = 0; i < width; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(text[static_cast<std::size_t>(i)])} << (8 * i);
    }
    return value;
  }
  std::string line() {
    std::string text;
    for (char c; (c = take(1)[0]) != '\n';) text += c;
    return text;
  }

  PickleValue* make(Kind kind) {
    if (pickle_.values_.size() == kMaxValues) fail("it holds too many values");
    pickle_.values_.push_back({});
    pickle_.values_.back().kind = kind;
    return &pickle_.values_.back();
  }
  void push(PickleValue* value) {
    if (++num_pushes_ > kMaxPushes) fail("it repeats too many values");
    stack_.push_back(value);
  }
  void push_text(std::string_view text) {
    PickleValue* value = make(Kind::kText);
    value->text = text;
    push(value);
  }
  void push_int(std::int64_t number) {
    PickleValue* value = make(Kind::kInt);
    value->number = number;
    push(value);
  }
  void push_bool(bool truth) {
    PickleValue* value = make(Kind::kBool);
    value->number = truth ? 1 : 0;
    push(value);
  }
  void push_global(const std::string& module, const std::string& name) {
    // Both may be long texts that were stored once and are used many times.
    if (module.size() + name.size() > kMaxNameBytes) fail("a name is too long");
    PickleValue* value = make(Kind::kGlobal);
    value->text = module + "." + name;
    push(value);
  }
  PickleValue* pop() {
    // What lies below the last mark belongs to an unfinished container.
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) fail("its stack is empty");
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue* top() {
    PickleValue* value = pop();
    stack_.push_back(value);
    return value;
  }
  std::vector<PickleValue*> pop_to_mark() {
    if (marks_.empty()) fail("a mark is missing");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_sequence(const std::vector<PickleValue*>& items) {
    PickleValue* value = make(Kind::kSequence);
    value->items.assign(items.begin(), items.end());
    push(value);
  }
  void push_tuple(std::size_t size) {
    std::vector<PickleValue*> items(size);
    for (std::size_t i = size; i-- > 0;) items[i] = pop();
    push_sequence(items);
  }
  void append(PickleValue* list, const std::vector<PickleValue*>& items) {
    if (list->kind == Kind::kSequence) list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void set_items(PickleValue* dict, const std::vector<PickleValue*>& items) {
    if (items.size() % 2 != 0) fail("a key without a value");
    if (dict->kind != Kind::kDict) return;  // an inert object that would have kept them
    for (std::size_t i = 0; i < items.size(); i += 2) dict->entries.emplace_back(items[i], items[i + 1]);
  }

  // Little-endian two's complement of any length; what does not fit 64 bits becomes None.
  void push_long(std::uint64_t length) {
    const std::string_view text = take(length);
    if (length > 8) return push(make(Kind::kNone));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    const bool negative = length > 0 && (static_cast<unsigned char>(text[length - 1]) & 0x80) != 0;
    if (negative && length < 8) value |= ~std::uint64_t{0} << (8 * length);
    push_int(static_cast<std::int64_t>(value));
  }

  bool constant(char opcode) {
    switch (opcode) {
      case '\x80':
        take(1);
        return true;  // PROTO
      case '\x95':
        take(8);
        return true;  // FRAME
      case 'N':
        push(make(Kind::kNone));
        return true;  // NONE
      case '\x88':
        push_bool(true);
        return true;  // NEWTRUE
      case '\x89':
        push_bool(false);
        return true;  // NEWFALSE
      case 'K':
        push_int(static_cast<std::int64_t>(unsigned_number(1)));
        return true;  // BININT1
      case 'M':
        push_int(static_cast<std::int64_t>(unsigned_number(2)));
        return true;  // BININT2
      case 'J':
        push_int(static_cast<std::int32_t>(unsigned_number(4)));
        return true;  // BININT
      case '\x8a':
        push_long(unsigned_number(1));
        return true;  // LONG1
      case '\x8b':
        push_long(unsigned_number(4));
        return true;  // LONG4
      case 'G': {     // BINFLOAT, big-endian
        std::uint64_t bits = 0;
        for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
        PickleValue* value = make(Kind::kFloat);
        value->real = std::bit_cast<double>(bits);
        push(value);
        return true;
      }
      case 'X':
      case 'T':
      case 'B':
        push_text(take(unsigned_number(4)));
        return true;  // BINUNICODE, BINSTRING, BINBYTES
      case '\x8c':
      case 'U':
      case 'C':
        push_text(take(unsigned_number(1)));
        return true;  // the same, short
      case '\x8d':
      case '\x8e':
      case '\x96':
        push_text(take(unsigned_number(8)));
        return true;  // the same, long
      default:
        return false;
    }
  }

  bool container(char opcode) {
    switch (opcode) {
      case '(':
        if (marks_.size() == kMaxValues) fail("it marks too many places");
        marks_.push_back(stack_.size());
        return true;  // MARK
      case ')':
      case ']':
      case '\x8f':
        push_sequence({});
        return true;  // EMPTY_TUPLE, EMPTY_LIST, EMPTY_SET
      case '}':
        push(make(Kind::kDict));
        return true;  // EMPTY_DICT
      case 't':
      case 'l':
      case '\x91':
        push_sequence(pop_to_mark());
        return true;  // TUPLE, LIST, FROZENSET
      case '\x85':
        push_tuple(1);
        return true;
      case '\x86':
        push_tuple(2);
        return true;
      case '\x87':
        push_tuple(3);
        return true;
      case 'a': {  // APPEND
        PickleValue* item = pop();
        append(top(), {item});
        return true;
      }
      case 'e':
      case '\x90': {  // APPENDS, ADDITEMS
        const auto items = pop_to_mark();
        append(top(), items);
        return true;
      }
      case 's': {  // SETITEM
        PickleValue* value = pop();
        PickleValue* key = pop();
        set_items(top(), {key, value});
        return true;
      }
      case 'u': {  // SETITEMS
        const auto items = pop_to_mark();
        set_items(top(), items);
        return true;
      }
      case 'd': {  // DICT
        const auto items = pop_to_mark();
        push(make(Kind::kDict));
        set_items(top(), items);
        return true;
      }
      default:
        return false;
    }
  }

  bool memory(char opcode) {
    switch (opcode) {
      case 'q':
        note(unsigned_number(1));
        return true;  // BINPUT
      case 'r':
        note(unsigned_number(4));
        return true;  // LONG_BINPUT
      case '\x94':
        note(memo_.size());
        return true;  // MEMOIZE
      case 'h':
        recall(unsigned_number(1));
        return true;  // BINGET
      case 'j':
        recall(unsigned_number(4));
        return true;  // LONG_BINGET
      case '0':
        pop();
        return true;  // POP
      case '1':
        pop_to_mark();
        return true;  // POP_MARK
      case '2':
        push(top());
        return true;  // DUP
      default:
        return false;
    }
  }
  void note(std::uint64_t index) {
    if (memo_.size() == kMaxValues) fail("it notes too many values");
    memo_[index] = top();
  }
  void recall(std::uint64_t index) {
    const auto place = memo_.find(index);
    if (place == memo_.end()) fail("it recalls what it never noted");
    push(place->second);
  }

  bool object(char opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL
        const std::string module = line();
        push_global(module, line());
        return true;
      }
      case '\x93': {  // STACK_GLOBAL
        const PickleValue* name = pop();
        push_global(pop()->text, name->text);
        return true;
      }
      case 'R':
      case '\x81': {  // REDUCE, NEWOBJ
        PickleValue* arguments = pop();
        call(pop(), arguments);
        return true;
      }
      case '\x92': {  // NEWOBJ_EX
        pop();
        PickleValue* arguments = pop();
        call(pop(), arguments);
        return true;
      }
      case 'b':
        pop();
        top();
        return true;  // BUILD: the state of an inert object
      case 'Q': {     // BINPERSID
        PickleValue* id = pop();
        PickleValue* value = make(Kind::kPersistent);
        value->id = id;
        push(value);
        return true;
      }
      default:
        return false;
    }
  }
  void call(const PickleValue* callee, const PickleValue* arguments) {
    if (callee->is_global("collections.OrderedDict")) return push(make(Kind::kDict));
    PickleValue* value = make(Kind::kCall);
    value->items.push_back(callee);
    // The tuple itself, not a copy: many calls may share one long tuple.
    value->items.push_back(arguments);
    push(value);
  }

  Pickle& pickle_;
  std::span<const std::byte> bytes_;
  const std::string& source_;
  std::uint64_t at_ = 0;
  std::size_t num_pushes_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& source) {
  Unpickler unpickler(*this, bytes, source);
  root_ = unpickler.run();
  size_bytes_ = static_cast<std::size_t>(unpickler.position());
}

}  // namespace diar
