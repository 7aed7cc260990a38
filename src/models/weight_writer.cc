#include "models/weight_writer.h"

#include <zip.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "diar/errors.h"

namespace diar {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMaxComment = 65535;  // of a zip

void append(std::string& text, std::span<const std::byte> bytes) {
  text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void append_little_endian(std::string& text, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
}

const char* safetensors_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "F32";
    case DType::kFloat64:
      return "F64";
    case DType::kFloat16:
      return "F16";
    case DType::kBFloat16:
      return "BF16";
    case DType::kInt64:
      return "I64";
    case DType::kInt32:
      return "I32";
    case DType::kInt16:
      return "I16";
    case DType::kInt8:
      return "I8";
    case DType::kUInt8:
      return "U8";
    case DType::kBool:
      return "BOOL";
  }
  return "";
}

std::string npy_type(DType dtype, const std::string& name) {
  switch (dtype) {
    case DType::kBFloat16:
      throw ModelError("tensor '" + name +
                       "' is bfloat16, which npz has not: choose safetensors or another type");
    case DType::kBool:
      return "|b1";
    case DType::kInt8:
      return "|i1";
    case DType::kUInt8:
      return "|u1";
    case DType::kInt64:
    case DType::kInt32:
    case DType::kInt16:
      return "<i" + std::to_string(dtype_size(dtype));
    default:
      return "<f" + std::to_string(dtype_size(dtype));
  }
}

// Version 1.0: magic, version, length of the header, a Python dict padded so that the numbers start at a
// multiple of 64.
std::string to_npy(const Tensor& tensor, const std::string& name) {
  std::string shape;
  for (const std::size_t extent : tensor.shape) shape += std::to_string(extent) + ", ";
  if (tensor.shape.size() > 1) shape.resize(shape.size() - 2);
  if (tensor.shape.size() == 1) shape.pop_back();
  std::string header =
      "{'descr': '" + npy_type(tensor.dtype, name) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t kBefore = 10;
  while ((kBefore + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string text("\x93NUMPY\x01\x00", 8);
  append_little_endian(text, header.size(), 2);
  text += header;
  append(text, tensor.bytes);
  return text;
}

// A zip in memory; libzip frees the source when the archive is closed or discarded, unless it is kept.
class ZipWriter {
 public:
  ZipWriter() {
    zip_error_t error;
    zip_error_init(&error);
    buffer_ = zip_source_buffer_create(nullptr, 0, 0, &error);
    if (buffer_ != nullptr) zip_source_keep(buffer_);
    archive_ = buffer_ == nullptr ? nullptr : zip_open_from_source(buffer_, ZIP_TRUNCATE, &error);
    const std::string reason = archive_ == nullptr ? zip_error_strerror(&error) : "";
    zip_error_fini(&error);
    if (archive_ == nullptr) {
      if (buffer_ != nullptr) zip_source_free(buffer_);
      throw OutputError("cannot make a zip: " + reason);
    }
  }
  ~ZipWriter() {
    if (archive_ != nullptr) zip_discard(archive_);
    zip_source_free(buffer_);
  }
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// Borrows `content` until `finish`.
  void add(const std::string& name, const std::string& content) {
    zip_source_t* source = zip_source_buffer(archive_, content.data(), content.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(archive_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      fail();
    }
    const auto member = static_cast<zip_uint64_t>(index);
    // The first day that a zip can name: the bytes must not depend on the clock.
    if (zip_set_file_compression(archive_, member, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive_, member, 0, 0x21, 0) != 0) {
      fail();
    }
  }
  void comment(const std::string& text) {
    if (zip_set_archive_comment(archive_, text.data(), static_cast<zip_uint16_t>(text.size())) != 0) fail();
  }
  std::string finish() {
    if (zip_close(archive_) != 0) fail();
    archive_ = nullptr;
    zip_stat_t stat;
    if (zip_source_stat(buffer_, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0 ||
        zip_source_open(buffer_) != 0) {
      throw OutputError("cannot make a zip");
    }
    std::string bytes(stat.size, '\0');
    const zip_int64_t got = zip_source_read(buffer_, bytes.data(), bytes.size());
    zip_source_close(buffer_);
    if (got < 0 || static_cast<std::size_t>(got) != bytes.size()) throw OutputError("cannot make a zip");
    return bytes;
  }

 private:
  [[noreturn]] void fail() const {
    throw OutputError(std::string("cannot make a zip: ") + zip_strerror(archive_));
  }

  zip_source_t* buffer_ = nullptr;
  zip_t* archive_ = nullptr;
};

}  // namespace

std::string to_safetensors(const Weights& weights, const Metadata& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : weights.tensors()) {
    header[name] = {{"dtype", safetensors_type(tensor.dtype)},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  while ((8 + text.size()) % kAlignment != 0) text += ' ';
  std::string file;
  file.reserve(8 + text.size() + offset);
  append_little_endian(file, text.size(), 8);
  file += text;
  for (const auto& [name, tensor] : weights.tensors()) append(file, tensor.bytes);
  return file;
}

std::string to_npz(const Weights& weights, const Metadata& metadata) {
  // The members must outlive the writer.
  std::vector<std::string> members;
  members.reserve(weights.tensors().size());
  ZipWriter zip;
  for (const auto& [name, tensor] : weights.tensors()) {
    members.push_back(to_npy(tensor, name));
    zip.add(name + ".npy", members.back());
  }
  if (!metadata.empty()) {
    if (const std::string text = Json(metadata).dump(); text.size() <= kMaxComment) zip.comment(text);
  }
  return zip.finish();
}

}  // namespace diar
