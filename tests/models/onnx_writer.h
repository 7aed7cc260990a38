// Writes ONNX files for tests: tensors and operators in, the bytes of a model out.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace diar::models_test {

class OnnxWriter {
 public:
  using Names = std::vector<std::string>;
  using Numbers = std::vector<std::int64_t>;

  /// `type`: ONNX's number of the type, 1 for float32.
  static std::string tensor(std::string_view name, const Shape& shape, std::string_view raw, int type = 1) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    for (const std::size_t extent : shape) writer.add_int64(1, static_cast<std::int64_t>(extent));
    writer.add_int32(2, type);
    writer.add_string(8, name.data(), name.size());
    writer.add_bytes(9, raw.data(), raw.size());
    return bytes;
  }

  void add_tensor(const std::string& name, const Tensor& tensor) {
    const std::vector<float> values = tensor.to_float();
    add_raw_tensor(OnnxWriter::tensor(
        name, tensor.shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}));
  }
  void add_raw_tensor(const std::string& tensor) { protozero::pbf_writer(graph_).add_message(5, tensor); }

  /// An attribute of whole numbers, a real number or a text.
  static std::string numbers(std::string_view name, const Numbers& values) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_string(1, name.data(), name.size());
    for (const std::int64_t value : values) writer.add_int64(8, value);
    return bytes;
  }
  static std::string number(std::string_view name, std::int64_t value) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_string(1, name.data(), name.size());
    writer.add_int64(3, value);
    return bytes;
  }
  static std::string real(std::string_view name, float value) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_string(1, name.data(), name.size());
    writer.add_float(2, value);
    return bytes;
  }
  static std::string text(std::string_view name, std::string_view value) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_string(1, name.data(), name.size());
    writer.add_bytes(4, value.data(), value.size());
    return bytes;
  }

  static std::string node(std::string_view op, const Names& inputs, const Names& outputs,
                          const std::vector<std::string>& attributes = {}, std::string_view domain = {}) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    for (const std::string& input : inputs) writer.add_string(1, input);
    for (const std::string& output : outputs) writer.add_string(2, output);
    writer.add_string(4, op.data(), op.size());
    for (const std::string& attribute : attributes) writer.add_message(5, attribute);
    if (!domain.empty()) writer.add_string(7, domain.data(), domain.size());
    return bytes;
  }
  void add_node(const std::string& node) { protozero::pbf_writer(graph_).add_message(1, node); }

  /// An operator on what the last one gave, then on `inputs`; the first takes "x".
  void then(std::string_view op, const Names& inputs = {}, const std::vector<std::string>& attributes = {}) {
    Names all = {last_};
    all.insert(all.end(), inputs.begin(), inputs.end());
    last_ = "value_" + std::to_string(++count_);
    add_node(node(op, all, {last_}, attributes));
  }
  const std::string& last() const { return last_; }
  void set_last(std::string name) { last_ = std::move(name); }

  static std::string model(const std::string& graph) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    writer.add_int64(1, 8);
    writer.add_string(2, "test");
    writer.add_message(7, graph);
    return bytes;
  }
  std::string finish() const { return model(graph_); }
  const std::string& graph() const { return graph_; }

 private:
  std::string graph_;
  std::string last_ = "x";
  std::size_t count_ = 0;
};

}  // namespace diar::models_test
