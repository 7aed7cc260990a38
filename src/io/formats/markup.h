// As much of XML as annotation files need: escaping, and a reader of tags that follows no entity.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diar {

/// & < > " ' as character references.
std::string escape_markup(std::string_view text);
/// The five references of XML and numbers (&#233; &#xE9;); anything else stays as it is.
std::string unescape_markup(std::string_view text);

struct MarkupTag {
  std::string_view name;
  bool opens = false;            ///< <a> or <a/>
  bool closes = false;           ///< </a> or <a/>
  std::string_view text_before;  ///< raw text since the tag before
  std::size_t line = 1;
  std::vector<std::pair<std::string_view, std::string>> attributes;  ///< values unescaped

  /// Empty when it is not there.
  std::string attribute(std::string_view wanted) const;
};

/// Tags in order. Comments, declarations, processing instructions and document types are passed over, and
/// nothing in them is followed. Not recursive; memory for one tag at a time.
class MarkupReader {
 public:
  /// Both must outlive the reader.
  MarkupReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}
  /// Nothing at the end. Throws `InputError` on a tag that does not close or whose attributes are damaged.
  std::optional<MarkupTag> next();

 private:
  std::string where() const;
  void skip_to(std::size_t at);
  void read_attributes(std::string_view body, MarkupTag& tag) const;

  std::string_view text_;
  const std::string& name_;
  std::size_t line_ = 1;
};

}  // namespace diar
