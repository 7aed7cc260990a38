#include "man_page.h"

#include <iostream>
#include <sstream>

#include "diar/version.h"
#include "help_layout.h"

namespace diar::cli {
namespace {

// Text of a line: a backslash, quotes that macros take for their own, and hyphens that must stay hyphens when
// they are copied.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '"':
        result += "\\(dq";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '`':
        result += "\\(ga";
        break;
      default:
        result += c;
    }
  }
  return result;
}

class Roff {
 public:
  void macro(const std::string& name, const std::string& argument = {}) {
    out_ << '.' << name;
    if (!argument.empty()) out_ << " \"" << escaped(argument) << '"';
    out_ << '\n';
  }
  void line(const std::string& text) {
    const std::string safe = escaped(text);
    // A line that begins with a dot would be a macro.
    out_ << (safe.starts_with('.') ? "\\&" : "") << safe << '\n';
  }
  void bold(const std::string& text) { out_ << "\\fB" << escaped(text) << "\\fR\n"; }
  void raw(const std::string& text) { out_ << text << '\n'; }
  std::string text() const { return out_.str(); }

 private:
  std::ostringstream out_;
};

// Bold names, italic values.
std::string roff_synopsis(const OptionGuide& option) {
  std::string text;
  for (const std::string& name : option.names)
    text += std::string(text.empty() ? "" : ", ") + "\\fB" + escaped(name) + "\\fR";
  return option.value.empty() ? text : text + " \\fI" + escaped(option.value) + "\\fR";
}

void add_option(Roff& page, const OptionGuide& option) {
  page.macro("TP");
  page.raw(roff_synopsis(option));
  // Arguments that are needed stand without brackets in the usage.
  const bool is_named = option.names[0].starts_with('-');
  page.line(option.description + (option.is_required && is_named ? " (required)." : "."));
}

void add_options(Roff& page, const CommandGuide& guide, const char* heading) {
  for (const std::string& group : help_groups()) {
    bool is_first = true;
    for (const OptionGuide& option : guide.options) {
      if (option.group != group) continue;
      if (is_first && heading != nullptr) page.macro(heading, group);
      is_first = false;
      add_option(page, option);
    }
  }
}

// Examples and notes: indented lines as they are, others as text.
void add_footer(Roff& page, const std::string& footer) {
  std::istringstream in(footer);
  bool is_code = false;
  for (std::string line; std::getline(in, line);) {
    const bool is_indented = line.starts_with("  ");
    if (is_indented != is_code) page.raw(is_indented ? ".nf" : ".fi");
    if (!is_indented && !line.empty()) page.macro("PP");
    is_code = is_indented;
    if (!line.empty()) page.line(line);
  }
  if (is_code) page.raw(".fi");
}

void add_command(Roff& page, const CommandGuide& command) {
  if (!command.commands.empty()) {
    for (const CommandGuide& inner : command.commands) add_command(page, inner);
    return;
  }
  page.macro("SS", command.name);
  page.line(command.description + ".");
  page.macro("PP");
  for (const std::string& usage : command.usages()) page.bold(usage);
  for (const OptionGuide& argument : command.arguments) add_option(page, argument);
  add_options(page, command, nullptr);
  add_footer(page, command.footer);
}

void add_exit_status(Roff& page) {
  page.macro("SH", "EXIT STATUS");
  for (const auto& [code, meaning] : exit_code_meanings()) {
    page.macro("TP");
    page.bold(std::to_string(code));
    page.line(meaning + ".");
  }
}

void add_environment(Roff& page) {
  page.macro("SH", "ENVIRONMENT");
  for (const auto& [name, meaning] : environment_variables()) {
    page.macro("TP");
    page.bold(name);
    page.line(meaning);
  }
}

}  // namespace

std::string man_page(const CommandGuide& guide) {
  Roff page;
  page.raw(".\\\" Made by `diarize man-page` from the same source as --help.");
  page.raw(std::string(".TH DIARIZE 1 \"\" \"diarize ") + version() + "\" \"User Commands\"");
  page.macro("SH", "NAME");
  page.raw("diarize \\- who spoke when: speaker diarization of any recording");
  page.macro("SH", "SYNOPSIS");
  const std::vector<std::string> usages = guide.usages();
  for (std::size_t i = 0; i < usages.size(); ++i) {
    if (i > 0) page.macro("br");
    page.bold(usages[i]);
  }
  page.macro("SH", "DESCRIPTION");
  page.line(
      "Finds who speaks when in audio and video files and writes the turns of each speaker as RTTM, JSON, "
      "CSV, "
      "subtitles and other formats.");
  page.line("Results go to files or standard output, everything else to standard error.");
  page.line(
      "A file appears whole or not at all, and nothing that was there before is replaced unless it was "
      "named.");
  page.macro("PP");
  page.line("A bundled model works at once.");
  page.raw("\\fBdiarize models list\\fR shows better ones.");
  page.macro("SH", "OPTIONS");
  for (const OptionGuide& argument : guide.arguments) add_option(page, argument);
  add_options(page, guide, "SS");
  page.macro("SH", "COMMANDS");
  for (const CommandGuide& command : guide.commands) add_command(page, command);
  page.macro("SH", "EXAMPLES");
  add_footer(page, help_examples(guide.name));
  add_exit_status(page);
  add_environment(page);
  page.macro("SH", "SEE ALSO");
  page.raw("\\fBffmpeg\\fR(1)");
  return page.text();
}

void add_man_page_command(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("man-page", "Print the manual page (roff)");
  command->group("");
  command->callback([&app] { std::cout << man_page(guide_of(app)); });
}

}  // namespace diar::cli
