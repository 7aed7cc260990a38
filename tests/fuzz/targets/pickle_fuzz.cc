// A bare pickle. Its values may be shared and cyclic, so the walk over them is bounded.
#include "models/pickle.h"

#include <deque>

#include "fuzz_target.h"

namespace {

void walk(const diar::PickleValue& root) {
  constexpr int kMostSteps = 10000;
  std::deque<const diar::PickleValue*> waiting = {&root};
  std::size_t characters = 0;
  for (int step = 0; step < kMostSteps && !waiting.empty(); ++step) {
    const diar::PickleValue* value = waiting.front();
    waiting.pop_front();
    diar::fuzz::require(value != nullptr, "that a pickle's values are there");
    characters += value->text.size();
    if (value->kind == diar::PickleValue::Kind::kCall)
      diar::fuzz::require(value->items.size() == 2, "that a call has a callee and arguments");
    if (waiting.size() > kMostSteps) continue;
    waiting.insert(waiting.end(), value->items.begin(), value->items.end());
    for (const auto& [key, entry] : value->entries) {
      waiting.push_back(key);
      waiting.push_back(entry);
    }
    if (value->id != nullptr) waiting.push_back(value->id);
  }
  volatile std::size_t used = characters;
  (void)used;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const fuzz::Input input = fuzz::input_of(data, size);
  const std::string source = "fuzz.pkl";
  fuzz::expect_only<ModelError>([&] {
    const Pickle pickle(input.bytes, source);
    walk(pickle.root());
    pickle.root().find("state_dict");
  });
  return 0;
}
