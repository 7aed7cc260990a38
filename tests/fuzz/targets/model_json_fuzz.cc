// The text of a model.json.
#include "fuzz_target.h"
#include "models/model_directory.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  const std::string text = fuzz::text_of(data, size);
  fuzz::expect_only<ModelError>([&] {
    const ModelConfig config = parse_model_json(text, "model.json");
    fuzz::require(config.duration_s > 0 && config.step_s > 0, "that lengths are positive");
    fuzz::require(config.step_s <= config.duration_s, "that windows leave nothing out");
  });
  return 0;
}
