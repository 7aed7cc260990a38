#include "completion_command.h"

#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace diar::cli {
namespace {

struct Flag {
  std::string name;  // with its dashes
  std::string description;
};

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      flags.push_back({"--" + name, option->get_description()});
  }
  return flags;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const Flag& flag : flags_of(app)) words += flag.name + ' ';
  return words;
}

// Single quotes, colons and brackets mean something to zsh and fish.
std::string plain(const std::string& description) {
  std::string text;
  for (const char c : description) text += c == '\'' || c == '[' || c == ']' || c == ':' ? ' ' : c;
  return text;
}

std::string bash_script(const CLI::App& app) {
  std::ostringstream out;
  std::string names;
  for (const CLI::App* command : commands_of(app)) names += command->get_name() + ' ';
  out << "_diarize() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n  case ${COMP_WORDS[1]} in\n";
  for (const CLI::App* command : commands_of(app)) {
    out << "    " << command->get_name() << ") words='" << words_of(*command) << "' ;;\n";
  }
  out << "    *) words='" << words_of(app) << "'; [ \"$COMP_CWORD\" -eq 1 ] && words=\"$words " << names
      << "\" ;;\n"
      << "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(compgen -f -- \"$cur\"))\n}\n"
      << "complete -o filenames -F _diarize diarize\n";
  return out.str();
}

std::string zsh_script(const CLI::App& app) {
  std::ostringstream out;
  const auto arguments = [&](const CLI::App& command) {
    out << "_arguments";
    for (const Flag& flag : flags_of(command))
      out << " '" << flag.name << '[' << plain(flag.description) << "]'";
    out << " '*:file:_files'";
  };
  out << "#compdef diarize\n_diarize() {\n  case $words[2] in\n";
  for (const CLI::App* command : commands_of(app)) {
    out << "    " << command->get_name() << ") ";
    arguments(*command);
    out << " ;;\n";
  }
  out << "    *) ";
  arguments(app);
  out << "\n       (( CURRENT == 2 )) && compadd";
  for (const CLI::App* command : commands_of(app)) out << ' ' << command->get_name();
  out << " ;;\n  esac\n}\ncompdef _diarize diarize\n";
  return out.str();
}

std::string fish_script(const CLI::App& app) {
  std::ostringstream out;
  for (const Flag& flag : flags_of(app)) {
    out << "complete -c diarize -n __fish_use_subcommand -l " << flag.name.substr(2) << " -d '"
        << plain(flag.description) << "'\n";
  }
  for (const CLI::App* command : commands_of(app)) {
    out << "complete -c diarize -n __fish_use_subcommand -a " << command->get_name() << " -d '"
        << plain(command->get_description()) << "'\n";
    for (const Flag& flag : flags_of(*command)) {
      out << "complete -c diarize -n '__fish_seen_subcommand_from " << command->get_name() << "' -l "
          << flag.name.substr(2) << " -d '" << plain(flag.description) << "'\n";
    }
  }
  return out.str();
}

}  // namespace

void add_completion_command(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script: bash, zsh or fish");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example: diarize completion bash > ~/.local/share/bash-completion/completions/diarize");
  command->callback([&app, shell] {
    std::cout << (*shell == "bash" ? bash_script(app) : *shell == "zsh" ? zsh_script(app) : fish_script(app));
  });
}

}  // namespace diar::cli
