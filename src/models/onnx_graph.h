// The bytes of an ONNX file in, its constants, its operators and what it says about itself out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/internal_export.h"
#include "core/tensor.h"

namespace diar {

/// Texts are views into the file's bytes.
struct OnnxAttribute {
  std::string_view name;
  std::int64_t number = 0;         ///< of an attribute that is a whole number
  float real = 0.0f;               ///< of one that is a real number
  std::string_view text;           ///< of one that is a text
  std::vector<std::int64_t> list;  ///< of one that is a list of whole numbers
};

struct OnnxNode {
  std::string_view op;                   ///< of ONNX's own: "Conv", "Relu", ...
  std::vector<std::string_view> inputs;  ///< "" for one that is left out
  std::vector<std::string_view> outputs;
  std::vector<OnnxAttribute> attributes;

  /// Nullptr when there is none of this name.
  const OnnxAttribute* attribute(std::string_view name) const;
};

struct OnnxGraph {
  std::map<std::string_view, Tensor> tensors;  ///< float32: initialisers and `Constant` nodes
  std::set<std::string_view> numbers;          ///< constants of whole numbers and truth values, without them
  std::vector<OnnxNode> nodes;                 ///< in the file's order; of an `If`, the branch for true
  std::vector<std::string_view> inputs;        ///< of the whole graph
  std::map<std::string, std::string> metadata;
};

/// True when the bytes begin as ONNX files do: a version, then who wrote it, for which operators, or the graph.
bool looks_like_onnx(std::span<const std::byte> bytes);

/// Reads data only: nothing is run, and no other file is ever opened. Tensors keep `owner`, which keeps
/// `bytes`; the texts are only views of them. Every length is checked against the file before memory is taken.
/// Throws `ModelError` for what is damaged, too large, not float32, kept in another file, or made of operators
/// that are not ONNX's own.
DIAR_INTERNAL_API OnnxGraph read_onnx_graph(std::span<const std::byte> bytes,
                                            const std::shared_ptr<const void>& owner,
                                            const std::string& source);

}  // namespace diar
