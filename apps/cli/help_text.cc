#include "help_text.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "help_layout.h"
#include "screen.h"

namespace diar::cli {
namespace {

constexpr std::size_t kMaxColumns = 80;
constexpr std::size_t kMinColumns = 40;
// Narrower, and descriptions stand below the options.
constexpr std::size_t kTwoColumns = 60;
constexpr std::size_t kTextColumn = 28;

class Page {
 public:
  Page(std::size_t columns, bool with_color) : columns_(columns), with_color_(with_color) {}

  void heading(const std::string& text) {
    out_ << '\n' << (with_color_ ? "\x1b[1m" + text + "\x1b[0m" : text) << '\n';
  }
  void paragraph(const std::string& text, std::size_t indent = 0) {
    for (const std::string& line : wrapped(text, columns_ - indent))
      out_ << std::string(indent, ' ') << line << '\n';
  }
  void entry(const std::string& name, const std::string& description) {
    const std::size_t column = columns_ < kTwoColumns ? 6 : kTextColumn;
    std::string start = "  " + name;
    if (start.size() + 2 > column) {
      out_ << start << '\n';
      start.clear();
    }
    for (const std::string& line : wrapped(description, columns_ - column)) {
      out_ << start << std::string(column - start.size(), ' ') << line << '\n';
      start.clear();
    }
  }
  /// Notes are wrapped, indented lines are examples to copy and stay; "Examples:" at the margin is a heading.
  void footer(const std::string& text) {
    std::istringstream in(text);
    bool is_first = true;
    for (std::string line; std::getline(in, line); is_first = false) {
      if (line.empty() || line.starts_with(' ')) {
        out_ << line << '\n';
      } else if (line.ends_with(':')) {
        heading(line);
      } else {
        if (is_first) out_ << '\n';
        paragraph(line);
      }
    }
  }
  std::string text() const { return out_.str(); }

 private:
  std::size_t columns_;
  bool with_color_;
  std::ostringstream out_;
};

void add_options(Page& page, const CommandGuide& guide) {
  for (const std::string& group : help_groups()) {
    bool is_first = true;
    for (const OptionGuide& option : guide.options) {
      if (option.group != group) continue;
      if (is_first) page.heading(group + ":");
      is_first = false;
      // Long names stand below each other, whether there is a short one or not.
      const bool has_short_name = option.names[0].size() == 2;
      page.entry((has_short_name ? "" : "    ") + option.synopsis(),
                 option.description + (option.is_required ? " (required)" : ""));
    }
  }
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t cells) {
  std::istringstream words(text);
  std::vector<std::string> lines;
  for (std::string word; words >> word;) {
    if (!lines.empty() && lines.back().size() + 1 + word.size() <= cells) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::string help_text(const CommandGuide& guide, std::size_t columns, bool with_color) {
  Page page(std::clamp(columns, kMinColumns, kMaxColumns), with_color);
  page.paragraph(guide.description);
  page.heading("Usage:");
  for (const std::string& usage : guide.usages()) page.paragraph(usage, 2);
  if (!guide.arguments.empty()) page.heading("Arguments:");
  for (const OptionGuide& argument : guide.arguments) page.entry(argument.names[0], argument.description);
  if (!guide.commands.empty()) page.heading("Commands:");
  for (const CommandGuide& command : guide.commands)
    page.entry(command.name.substr(guide.name.size() + 1), command.description);
  add_options(page, guide);
  page.footer(guide.footer);
  return page.text();
}

void set_help(CLI::App& app) {
  app.formatter_fn([](const CLI::App* asked, const std::string&, CLI::AppFormatMode) {
    return help_text(guide_of(*asked), output_cells(), has_color(STDOUT_FILENO));
  });
}

}  // namespace diar::cli
