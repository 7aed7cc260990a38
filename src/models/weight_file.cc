#include "models/weight_file.h"

#include <string_view>

#include "diar/errors.h"
#include "models/mapped_file.h"
#include "models/npz.h"
#include "models/safetensors.h"
#include "models/torch_checkpoint.h"

namespace diar {

Weights read_weight_file(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  const std::string source = path.string();
  if (file.bytes.empty()) throw ModelError(source + ": the file is empty: fetch it again");
  const std::string_view start(reinterpret_cast<const char*>(file.bytes.data()),
                               std::min<std::size_t>(file.bytes.size(), 4));
  if (start == "PK\x03\x04") {
    return looks_like_torch_checkpoint(file.bytes, source) ? parse_torch_checkpoint(file.bytes, source)
                                                           : parse_npz(file.bytes, file.owner, source);
  }
  if (looks_like_safetensors(file.bytes)) return parse_safetensors(file.bytes, file.owner, source);
  throw ModelError(source +
                   ": neither npz, safetensors nor a PyTorch checkpoint (zip), or damaged at its start");
}

}  // namespace diar
