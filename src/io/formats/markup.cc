#include "io/formats/markup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "diar/errors.h"
#include "io/formats/text.h"

namespace diar {
namespace {

struct Reference {
  std::string_view name;  // between & and ;
  char character;
};
constexpr std::array<Reference, 5> kReferences = {
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
constexpr std::string_view kBlank = " \t\r\n";

// The text of one reference without & and ;, empty when it is none that we know.
std::string resolved(std::string_view body) {
  for (const Reference& reference : kReferences) {
    if (body == reference.name) return std::string(1, reference.character);
  }
  if (!body.starts_with('#')) return {};
  const bool hexadecimal = body.size() > 1 && (body[1] == 'x' || body[1] == 'X');
  const std::string_view digits = body.substr(hexadecimal ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
  const bool complete = error == std::errc() && end == digits.data() + digits.size();
  return complete && code != 0 ? text::utf8_of(code) : std::string();
}

// The > that ends the tag at the start of `text`; one between quotes does not.
std::size_t end_of_tag(std::string_view text) {
  char quote = '\0';
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quote != '\0') {
      if (text[at] == quote) quote = '\0';
    } else if (text[at] == '"' || text[at] == '\'') {
      quote = text[at];
    } else if (text[at] == '>') {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto place = std::find_if(kReferences.begin(), kReferences.end(),
                                    [c](const Reference& reference) { return reference.character == c; });
    if (place == kReferences.end()) {
      result += c;
    } else {
      result.append("&").append(place->name).append(";");
    }
  }
  return result;
}

std::string unescape_markup(std::string_view text) {
  constexpr std::size_t kLongestReference = 10;
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t ampersand = std::min(text.find('&'), text.size());
    result += text.substr(0, ampersand);
    text.remove_prefix(ampersand);
    if (text.empty()) break;
    const std::size_t semicolon = text.substr(0, kLongestReference + 1).find(';');
    const std::string character =
        semicolon == std::string_view::npos ? std::string() : resolved(text.substr(1, semicolon - 1));
    result += character.empty() ? "&" : character;
    text.remove_prefix(character.empty() ? 1 : semicolon + 1);
  }
  return result;
}

std::string MarkupTag::attribute(std::string_view wanted) const {
  for (const auto& [attribute_name, value] : attributes) {
    if (attribute_name == wanted) return value;
  }
  return {};
}

std::string MarkupReader::where() const {
  return text::place(name_, line_);
}

void MarkupReader::skip_to(std::size_t at) {
  line_ += static_cast<std::size_t>(
      std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  text_.remove_prefix(at);
}

std::optional<MarkupTag> MarkupReader::next() {
  MarkupTag tag;
  while (true) {
    const std::size_t open = text_.find('<');
    if (open == std::string_view::npos) return std::nullopt;
    tag.text_before = text_.substr(0, open);
    skip_to(open);
    const bool comment = text_.starts_with("<!--");
    const std::string_view end_mark = comment ? "-->" : ">";
    const std::size_t end = comment ? text_.find(end_mark) : end_of_tag(text_);
    if (end == std::string_view::npos) throw InputError(where() + ": a tag that does not close");
    tag.line = line_;
    std::string_view body = text_.substr(1, end - 1);
    const bool passed_over = body.starts_with('!') || body.starts_with('?');
    if (!passed_over) {
      tag.closes = body.starts_with('/') || body.ends_with('/');
      tag.opens = !body.starts_with('/');
      if (body.starts_with('/')) body.remove_prefix(1);
      if (body.ends_with('/')) body.remove_suffix(1);
      tag.name = body.substr(0, body.find_first_of(kBlank));
      read_attributes(body.substr(tag.name.size()), tag);
    }
    skip_to(end + end_mark.size());
    if (!passed_over) return tag;
  }
}

void MarkupReader::read_attributes(std::string_view body, MarkupTag& tag) const {
  while (!(body = text::trimmed(body)).empty()) {
    const std::size_t equals = body.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : text::trimmed(body.substr(equals + 1));
    const std::size_t close = value.empty() || (value[0] != '"' && value[0] != '\'')
                                  ? std::string_view::npos
                                  : value.find(value[0], 1);
    if (close == std::string_view::npos) throw InputError(where() + ": a damaged attribute");
    tag.attributes.emplace_back(text::trimmed(body.substr(0, equals)),
                                unescape_markup(value.substr(1, close - 1)));
    body = value.substr(close + 1);
  }
}

}  // namespace diar
