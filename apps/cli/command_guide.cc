#include "command_guide.h"

#include <sstream>
#include <string_view>

#include "help_layout.h"

namespace diar::cli {
namespace {

// CLI11 appends what the checks say of themselves: "NAME:{auto,cpu,mlx}", "S:FLOAT in [0 - 100]".
std::string own_type(const std::string& type) {
  return type.substr(0, type.find(':'));
}

std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  std::vector<std::string> choices;
  if (begin == std::string::npos || end == std::string::npos) return choices;
  std::istringstream list(type.substr(begin + 1, end - begin - 1));
  for (std::string choice; std::getline(list, choice, ',');) choices.push_back(choice);
  return choices;
}

std::string joined_choices(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) text += (text.empty() ? "" : ", ") + choice;
  return text;
}

OptionGuide guide_of(const CLI::Option& option) {
  OptionGuide guide;
  for (const std::string& name : option.get_snames()) guide.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) guide.names.push_back("--" + name);
  const std::string type = option.get_type_name();
  if (guide.names.empty()) {
    guide.names = {option.get_name(true)};
  } else if (option.get_items_expected_max() > 0) {
    const std::string own = own_type(type);
    guide.value = own.empty() || own == "TEXT" ? "NAME" : own;
  }
  guide.choices = choices_in(type);
  guide.is_list = guide.value.ends_with(",...");
  guide.is_required = option.get_required();
  guide.is_repeated = option.get_items_expected_max() > 1;
  guide.description = option.get_description();
  // A description that tells the choices apart names them itself.
  std::string unsaid;
  for (const std::string& choice : guide.choices) {
    if (guide.description.find(choice) == std::string::npos) unsaid = joined_choices(guide.choices);
  }
  if (!unsaid.empty()) guide.description += ": " + unsaid;
  guide.group = help_group(guide.names.back());
  return guide;
}

}  // namespace

std::string OptionGuide::synopsis() const {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return value.empty() ? text : text + " " + value;
}

std::vector<std::string> CommandGuide::usages() const {
  std::vector<std::string> lines;
  std::string line = name + " [OPTIONS]";
  for (const OptionGuide& argument : arguments) {
    // The main job's recordings are no duty for the parser, which has to let subcommands through.
    const bool is_needed = argument.is_required || !commands.empty();
    const std::string word = argument.names[0] + (argument.is_repeated ? "..." : "");
    line += is_needed ? " " + word : " [" + word + "]";
  }
  if (commands.empty() || !arguments.empty()) lines.push_back(line);
  if (!commands.empty()) lines.push_back(name + " COMMAND ...");
  return lines;
}

CommandGuide guide_of(const CLI::App& app) {
  CommandGuide guide;
  guide.name = app.get_name();
  for (const CLI::App* parent = app.get_parent(); parent != nullptr; parent = parent->get_parent())
    guide.name = parent->get_name() + " " + guide.name;
  guide.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    const OptionGuide described = guide_of(*option);
    const bool has_dashes = described.names[0].starts_with('-');
    if (has_dashes) guide.options.push_back(described);
    if (!option->get_positional()) continue;
    // Some have both: `assign TRANSCRIPT SPEAKERS` is `assign -t TRANSCRIPT -s SPEAKERS`.
    OptionGuide argument = described;
    argument.names = {option->get_name(true)};
    argument.value.clear();
    if (has_dashes) argument.description = "The same as " + described.names.back();
    guide.arguments.push_back(argument);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) guide.commands.push_back(guide_of(*command));
  }
  const std::string examples = help_examples(guide.name);
  guide.footer = examples;
  if (!app.get_footer().empty()) guide.footer += (examples.empty() ? "" : "\n") + app.get_footer();
  if (!guide.footer.empty() && !guide.footer.ends_with('\n')) guide.footer += '\n';
  return guide;
}

CLI::Validator list_of(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) text += (text.empty() ? "" : ",") + choice;
  return CLI::Validator("{" + text + "}");
}

}  // namespace diar::cli
