#include "models/onnx_graph.h"

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "diar/errors.h"
#include "models/layout.h"

namespace diar {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

// A CAM++ has 1,892 operators; what is read takes a few times its bytes in the file.
constexpr std::size_t kMaxNodes = 20000;
constexpr std::size_t kMaxTensors = 10000;
constexpr std::size_t kMaxTexts = 200000;  // inputs, outputs and attributes of all operators
constexpr std::size_t kMaxListed = 64;     // numbers of one attribute
constexpr std::size_t kMaxEntries = 1000;
constexpr std::size_t kMaxDimensions = 8;
constexpr int kMaxBranches = 4;  // one in another

// onnx.proto's numbers of the fields and types that are read.
namespace model_field {
constexpr std::uint32_t kVersion = 1, kProducer = 2, kGraph = 7, kOperators = 8, kMetadata = 14;
}
namespace graph_field {
constexpr std::uint32_t kNode = 1, kTensor = 5, kInput = 11, kOutput = 12, kSparse = 15;
}
namespace node_field {
constexpr std::uint32_t kInput = 1, kOutput = 2, kOp = 4, kAttribute = 5, kDomain = 7;
}
namespace attribute_field {
constexpr std::uint32_t kName = 1, kReal = 2, kNumber = 3, kText = 4, kTensor = 5, kGraph = 6, kList = 8;
}
namespace tensor_field {
constexpr std::uint32_t kDims = 1, kType = 2, kSegment = 3, kFloats = 4, kName = 8, kRaw = 9, kExternal = 13,
                        kLocation = 14;
}
constexpr std::int32_t kFloat32 = 1, kInt32 = 6, kInt64 = 7, kBool = 9;

std::string_view type_name(std::int64_t type) {
  constexpr std::string_view kNames[] = {"nothing", "float32", "uint8",   "int8",    "uint16",  "int16",
                                         "int32",   "int64",   "text",    "bool",    "float16", "float64",
                                         "uint32",  "uint64",  "complex", "complex", "bfloat16"};
  return type >= 0 && type < static_cast<std::int64_t>(std::size(kNames)) ? kNames[type] : "an unknown type";
}

std::string_view text_of(pbf_reader& reader) {
  const auto view = reader.get_view();
  return {view.data(), view.size()};
}

constexpr std::uint32_t tag(std::uint32_t field, pbf_wire_type type) {
  return protozero::tag_and_type(field, type);
}
constexpr std::uint32_t message(std::uint32_t field) {
  return tag(field, pbf_wire_type::length_delimited);
}
constexpr std::uint32_t number(std::uint32_t field) {
  return tag(field, pbf_wire_type::varint);
}

struct NamedTensor {
  std::string_view name;
  std::int64_t type = 0;
  Tensor tensor;
};

class GraphReader {
 public:
  GraphReader(const std::shared_ptr<const void>& owner, const std::string& source)
      : owner_(owner), source_(source) {}

  OnnxGraph read(std::span<const std::byte> bytes) {
    pbf_reader model(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    bool has_graph = false;
    while (model.next()) {
      switch (model.tag_and_type()) {
        case message(model_field::kGraph):
          if (std::exchange(has_graph, true)) fail("it holds two graphs");
          read_graph(model.get_message(), 0);
          break;
        case message(model_field::kMetadata):
          read_entry(model.get_message());
          break;
        default:
          model.skip();
      }
    }
    if (!has_graph) fail("it holds no graph");
    return std::move(graph_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(source_ + ": not an ONNX file that can be read: " + what);
  }

  void count(std::size_t& counter, std::size_t most, const char* what) const {
    if (++counter > most) fail(std::string("it holds too many ") + what);
  }

  void read_entry(pbf_reader reader) {
    if (graph_.metadata.size() >= kMaxEntries) fail("it says too much about itself");
    std::string key, value;
    while (reader.next()) {
      if (reader.tag_and_type() == message(1)) {
        key = text_of(reader);
      } else if (reader.tag_and_type() == message(2)) {
        value = text_of(reader);
      } else {
        reader.skip();
      }
    }
    graph_.metadata[key] = value;
  }

  // The names of its outputs.
  std::vector<std::string_view> read_graph(pbf_reader reader, int depth) {
    if (depth > kMaxBranches) fail("its branches are nested too deeply");
    std::vector<std::string_view> outputs;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case message(graph_field::kNode):
          read_node(reader.get_message(), depth);
          break;
        case message(graph_field::kTensor):
          add_tensor(read_tensor(reader.get_message()), {});
          break;
        case message(graph_field::kSparse):
          fail("it holds sparse tensors");
        case message(graph_field::kInput):
          if (depth == 0)
            graph_.inputs.push_back(read_value_name(reader.get_message()));
          else
            reader.skip();
          break;
        case message(graph_field::kOutput):
          outputs.push_back(read_value_name(reader.get_message()));
          break;
        default:
          reader.skip();
      }
    }
    return outputs;
  }

  std::string_view read_value_name(pbf_reader reader) {
    count(num_texts_, kMaxTexts, "texts");
    std::string_view name;
    while (reader.next()) {
      if (reader.tag_and_type() == message(1)) {
        name = text_of(reader);
      } else {
        reader.skip();
      }
    }
    return name;
  }

  void read_node(pbf_reader reader, int depth) {
    count(num_nodes_, kMaxNodes, "operators");
    OnnxNode node;
    std::string_view domain;
    pbf_reader then_branch;
    NamedTensor constant;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case message(node_field::kInput):
          count(num_texts_, kMaxTexts, "texts");
          node.inputs.push_back(text_of(reader));
          break;
        case message(node_field::kOutput):
          count(num_texts_, kMaxTexts, "texts");
          node.outputs.push_back(text_of(reader));
          break;
        case message(node_field::kOp):
          node.op = text_of(reader);
          break;
        case message(node_field::kDomain):
          domain = text_of(reader);
          break;
        case message(node_field::kAttribute):
          count(num_texts_, kMaxTexts, "texts");
          read_attribute(reader.get_message(), node, then_branch, constant);
          break;
        default:
          reader.skip();
      }
    }
    if (!domain.empty() && domain != "ai.onnx") {
      throw ModelError(source_ + ": its operator " + quoted_name(node.op) + " is one of " +
                       quoted_name(domain) +
                       ", not of ONNX: export the network without optimising it for one runtime");
    }
    if (node.op == "If") {
      take_branch(node, then_branch, depth);
    } else if (node.op == "Constant") {
      if (node.outputs.size() == 1) add_tensor(std::move(constant), node.outputs[0]);
    } else {
      graph_.nodes.push_back(std::move(node));
    }
  }

  // Exporters write both ways in which a layer may get its input; the networks are the same in both.
  void take_branch(const OnnxNode& node, const pbf_reader& branch, int depth) {
    const std::vector<std::string_view> outputs = read_graph(branch, depth + 1);
    for (std::size_t i = 0; i < std::min(outputs.size(), node.outputs.size()); ++i)
      graph_.nodes.push_back({"Identity", {outputs[i]}, {node.outputs[i]}, {}});
  }

  void read_attribute(pbf_reader reader, OnnxNode& node, pbf_reader& then_branch, NamedTensor& constant) {
    OnnxAttribute attribute;
    pbf_reader graph;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case message(attribute_field::kName):
          attribute.name = text_of(reader);
          break;
        case tag(attribute_field::kReal, pbf_wire_type::fixed32):
          attribute.real = reader.get_float();
          break;
        case number(attribute_field::kNumber):
          attribute.number = reader.get_int64();
          break;
        case message(attribute_field::kText):
          attribute.text = text_of(reader);
          break;
        case message(attribute_field::kTensor):
          constant = read_tensor(reader.get_message());
          break;
        case message(attribute_field::kGraph):
          graph = reader.get_message();
          break;
        case number(attribute_field::kList):
          add_listed(attribute, reader.get_int64());
          break;
        case message(attribute_field::kList):
          for (const std::int64_t value : reader.get_packed_int64()) add_listed(attribute, value);
          break;
        default:
          reader.skip();
      }
    }
    if (attribute.name == "then_branch") then_branch = graph;
    node.attributes.push_back(std::move(attribute));
  }

  void add_listed(OnnxAttribute& attribute, std::int64_t value) const {
    if (attribute.list.size() >= kMaxListed) fail("a list of numbers is too long");
    attribute.list.push_back(value);
  }

  NamedTensor read_tensor(pbf_reader reader) const {
    NamedTensor read;
    std::string_view raw, floats;
    std::size_t num_contents = 0;
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case number(tensor_field::kDims):
          add_dimension(read.tensor.shape, reader.get_int64());
          break;
        case message(tensor_field::kDims):
          for (const std::int64_t extent : reader.get_packed_int64())
            add_dimension(read.tensor.shape, extent);
          break;
        case number(tensor_field::kType):
          read.type = reader.get_int64();
          break;
        case message(tensor_field::kName):
          read.name = text_of(reader);
          break;
        case message(tensor_field::kRaw):
          raw = text_of(reader);
          ++num_contents;
          break;
        case message(tensor_field::kFloats):  // packed: the same bytes
          floats = text_of(reader);
          ++num_contents;
          break;
        case tag(tensor_field::kFloats, pbf_wire_type::fixed32):
          fail("the numbers of a tensor are not packed");
        case message(tensor_field::kSegment):
          fail("a tensor comes in pieces");
        case message(tensor_field::kExternal):
          fail_external(read.name);
        case number(tensor_field::kLocation):
          if (reader.get_int64() != 0) fail_external(read.name);
          break;
        default:
          reader.skip();
      }
    }
    if (read.type != kFloat32) return read;
    if (num_contents > 1) fail("tensor " + quoted_name(read.name) + " holds its numbers twice");
    read.tensor.bytes = std::as_bytes(std::span(raw.empty() ? floats : raw));
    read.tensor.owner = owner_;
    return read;
  }

  [[noreturn]] void fail_external(std::string_view name) const {
    throw ModelError(source_ + ": the numbers of " +
                     (name.empty() ? std::string("a tensor") : "tensor " + quoted_name(name)) +
                     " are kept in another file, which is not read: export the network into one file");
  }

  void add_dimension(Shape& shape, std::int64_t extent) const {
    if (extent < 0 || shape.size() >= kMaxDimensions) fail("a tensor has an impossible shape");
    shape.push_back(static_cast<std::size_t>(extent));
  }

  // `name`: of a constant, whose tensor has none.
  void add_tensor(NamedTensor read, std::string_view name) {
    count(num_tensors_, kMaxTensors, "tensors");
    if (name.empty()) name = read.name;
    if (graph_.tensors.contains(name) || graph_.numbers.contains(name))
      fail("two tensors are called " + quoted_name(name));
    const std::string label = "tensor " + quoted_name(name) + " in " + source_;
    if (read.type == kFloat32) {
      if (num_elements(read.tensor.shape, label) * sizeof(float) != read.tensor.bytes.size()) {
        throw ModelError(label + ": shape " + to_string(read.tensor.shape) + " does not fit its " +
                         std::to_string(read.tensor.bytes.size()) + " bytes");
      }
      graph_.tensors.emplace(name, std::move(read.tensor));
    } else if (read.type == 0 || read.type == kInt32 || read.type == kInt64 || read.type == kBool) {
      graph_.numbers.insert(name);
    } else {
      throw ModelError(label + " is of type " + std::string(type_name(read.type)) +
                       ": of ONNX files only float32 is read, no quantised or half networks");
    }
  }

  const std::shared_ptr<const void>& owner_;
  const std::string& source_;
  OnnxGraph graph_;
  std::size_t num_nodes_ = 0;
  std::size_t num_tensors_ = 0;
  std::size_t num_texts_ = 0;
};

}  // namespace

const OnnxAttribute* OnnxNode::attribute(std::string_view name) const {
  const auto place = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const OnnxAttribute& attribute) { return attribute.name == name; });
  return place == attributes.end() ? nullptr : &*place;
}

bool looks_like_onnx(std::span<const std::byte> bytes) {
  if (bytes.size() < 3 || std::to_integer<std::uint32_t>(bytes[0]) != number(model_field::kVersion))
    return false;
  const auto second = std::to_integer<std::uint32_t>(bytes[2]);
  return std::to_integer<std::uint32_t>(bytes[1]) < 0x80 &&
         (second == message(model_field::kProducer) || second == message(model_field::kGraph) ||
          second == message(model_field::kOperators));
}

OnnxGraph read_onnx_graph(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                          const std::string& source) {
  try {
    return GraphReader(owner, source).read(bytes);
  } catch (const protozero::exception&) {
    throw ModelError(source + ": the ONNX file is truncated or damaged: fetch it again");
  }
}

}  // namespace diar
