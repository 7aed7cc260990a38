// JSON values against a published schema, with as much of JSON Schema as the schemas of docs/schema use.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace diar {

using nlohmann::json;

/// Problems of a value under a schema; an unknown keyword is one, so that none is passed over.
class Validator {
 public:
  explicit Validator(json root) : root_(std::move(root)) {}
  const json& root() const { return root_; }

  std::vector<std::string> problems(const json& value) { return problems(value, root_); }
  /// Under a part of the schema.
  std::vector<std::string> problems(const json& value, const json& schema) {
    problems_.clear();
    check(schema, value, "$");
    return problems_;
  }

 private:
  void check(const json& schema, const json& value, const std::string& at) {
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") {
        check(root_.at(json::json_pointer(rule.get<std::string>().substr(1))), value, at);
      } else if (keyword == "type") {
        require(is_of(value, rule), at + " is no " + rule.get<std::string>());
      } else if (keyword == "const") {
        require(value == rule, at + " is not " + rule.dump());
      } else if (keyword == "minimum") {
        require(value.is_number() && value.get<double>() >= rule.get<double>(), at + " is too small");
      } else if (keyword == "minLength") {
        require(value.is_string() && value.get<std::string>().size() >= rule.get<std::size_t>(),
                at + " is too short");
      } else if (keyword == "required") {
        for (const auto& name : rule)
          require(value.contains(name.get<std::string>()), at + " lacks " + name.dump());
      } else if (keyword == "properties") {
        for (const auto& [name, member] : value.items()) {
          require(rule.contains(name), at + "." + name + " is not in the schema");
          if (rule.contains(name)) check(rule[name], member, at + "." + name);
        }
      } else if (keyword == "items") {
        for (std::size_t i = 0; i < value.size(); ++i)
          check(rule, value[i], at + "[" + std::to_string(i) + "]");
      } else {
        require(keyword == "description" || keyword == "title" || keyword == "$schema" || keyword == "$defs",
                "the keyword " + keyword + " is unknown to this test");
      }
    }
  }
  static bool is_of(const json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "boolean") return value.is_boolean();
    return type == "number" && value.is_number();
  }
  void require(bool condition, const std::string& problem) {
    if (!condition) problems_.push_back(problem);
  }

  json root_;
  std::vector<std::string> problems_;
};

}  // namespace diar
