#include "models/weight_file.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "diar/errors.h"
#include "models/mapped_file.h"
#include "models/npz.h"
#include "models/onnx.h"
#include "models/onnx_graph.h"
#include "models/safetensors.h"
#include "models/torch_checkpoint.h"
#include "models/torch_legacy.h"

namespace diar {

namespace {

enum class FileFormat { kSafetensors, kNpz, kTorchZip, kTorchLegacy, kOnnx };

FileFormat format_of(std::span<const std::byte> bytes, const std::string& source) {
  if (bytes.empty()) throw ModelError(source + ": the file is empty: fetch it again");
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min<std::size_t>(bytes.size(), 4));
  if (start == "PK\x03\x04") {
    return looks_like_torch_checkpoint(bytes, source) ? FileFormat::kTorchZip : FileFormat::kNpz;
  }
  if (looks_like_legacy_checkpoint(bytes)) return FileFormat::kTorchLegacy;
  if (looks_like_safetensors(bytes)) return FileFormat::kSafetensors;
  if (looks_like_onnx(bytes)) return FileFormat::kOnnx;
  throw ModelError(source +
                   ": neither npz, safetensors, ONNX nor a PyTorch checkpoint, or damaged at its start");
}

}  // namespace

bool is_weight_file_name(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".npz" || ending == ".safetensors" || ending == ".bin" || ending == ".ckpt" ||
         ending == ".pt" || ending == ".pth" || ending == ".onnx";
}

Weights read_weight_file(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  const std::string source = path.string();
  switch (format_of(file.bytes, source)) {
    case FileFormat::kSafetensors:
      return parse_safetensors(file.bytes, file.owner, source);
    case FileFormat::kNpz:
      return parse_npz(file.bytes, file.owner, source);
    case FileFormat::kTorchZip:
      return parse_torch_checkpoint(file.bytes, file.owner, source);
    case FileFormat::kOnnx:
      return parse_onnx(file.bytes, file.owner, source);
    case FileFormat::kTorchLegacy:
      break;
  }
  return parse_legacy_checkpoint(file.bytes, file.owner, source);
}

std::string_view weight_file_format(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  switch (format_of(file.bytes, path.string())) {
    case FileFormat::kSafetensors:
      return "safetensors";
    case FileFormat::kNpz:
      return "npz";
    case FileFormat::kTorchZip:
      return "PyTorch checkpoint";
    case FileFormat::kOnnx:
      return "ONNX";
    case FileFormat::kTorchLegacy:
      break;
  }
  return "PyTorch checkpoint (before 1.6)";
}

std::vector<std::string> weight_files(const std::filesystem::path& directory) {
  constexpr std::size_t kMaxFiles = 10000;
  std::vector<std::string> files;
  std::error_code error;
  std::size_t seen = 0;
  for (auto entry = std::filesystem::recursive_directory_iterator(directory, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    if (++seen > kMaxFiles) throw ModelError("'" + directory.string() + "' holds too many files for a model");
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && is_weight_file_name(entry->path()))
      files.push_back(entry->path().lexically_relative(directory).string());
  }
  if (error) throw ModelError("cannot read '" + directory.string() + "': " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace diar
