// Named tensors of a weight file: raw little-endian bytes with type and shape, converted on request.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal_export.h"

namespace diar {

enum class DType { kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32, kInt16, kInt8, kUInt8, kBool };

/// Bytes of one element.
DIAR_INTERNAL_API std::size_t dtype_size(DType dtype) noexcept;
/// "float32", ...
DIAR_INTERNAL_API std::string_view dtype_name(DType dtype) noexcept;

using Shape = std::vector<std::size_t>;
/// "[80, 1, 251]".
DIAR_INTERNAL_API std::string to_string(const Shape& shape);
/// Product of the extents. Throws `ModelError`, starting with `name`, when it does not fit in 2^48.
DIAR_INTERNAL_API std::size_t num_elements(const Shape& shape, std::string_view name = "a tensor");

/// A dense row-major array. `bytes` is borrowed from `owner` (a buffer or a mapped file) and stays valid with
/// it.
struct DIAR_INTERNAL_API Tensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;

  std::size_t size() const { return num_elements(shape); }
  /// Converts to float / double. Integers convert exactly where they fit.
  std::vector<float> to_float() const;
  std::vector<double> to_double() const;

  /// A tensor that owns a copy of `values`.
  static Tensor from(std::span<const float> values, Shape shape);
  static Tensor from(std::span<const double> values, Shape shape);
};

/// What one weight file holds. Names are PyTorch state-dict names after the layout has been recognised.
class DIAR_INTERNAL_API Weights {
 public:
  /// `source`: the file's path, for error messages.
  explicit Weights(std::string source = {}) : source_(std::move(source)) {}

  const std::string& source() const noexcept { return source_; }
  const std::map<std::string, Tensor, std::less<>>& tensors() const noexcept { return tensors_; }
  void insert(std::string name, Tensor tensor) {
    tensors_.insert_or_assign(std::move(name), std::move(tensor));
  }
  bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }
  /// What the file says about itself (source, licence, ...); empty for most.
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  void set_metadata(std::map<std::string, std::string> metadata) { metadata_ = std::move(metadata); }
  /// Throws `ModelError` naming the tensor and the file when it is missing.
  const Tensor& at(std::string_view name) const;
  /// The tensor as floats; throws `ModelError` when it is missing, of another shape, or holds NaN or
  /// infinity.
  std::vector<float> floats(std::string_view name, const Shape& expected) const;
  std::vector<double> doubles(std::string_view name, const Shape& expected) const;

 private:
  std::string source_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace diar
