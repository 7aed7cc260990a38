// A checkpoint whose zip is sound and whose pickle is hostile: no mutation of a zip's bytes gets past its
// checksums to the code behind them, so the zip is made here.
#include "models/torch_checkpoint.h"

#include "fuzz/stored_zip.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace diar;
  fuzz::StoredZip zip;
  zip.add("archive/data.pkl", fuzz::text_of(data, size));
  zip.add("archive/byteorder", "little");
  zip.add("archive/data/0", std::string(96, '\x3f'));
  zip.add("archive/data/1", std::string(7, '\x01'));
  const std::string file = zip.finish();
  const fuzz::Input input = fuzz::input_of(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  fuzz::expect_only<ModelError>(
      [&] { fuzz::use_weights(parse_torch_checkpoint(input.bytes, input.owner, "fuzz.ckpt")); });
  return 0;
}
