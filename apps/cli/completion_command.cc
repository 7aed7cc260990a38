#include "completion_command.h"

#include <iostream>
#include <memory>
#include <string>

#include "completion_scripts.h"

namespace diar::cli {

void add_completion_command(CLI::App& app, CommandContext&) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  command->callback([&app, shell] {
    const CommandGuide guide = guide_of(app);
    std::cout << (*shell == "bash"  ? bash_completion(guide)
                  : *shell == "zsh" ? zsh_completion(guide)
                                    : fish_completion(guide));
  });
}

}  // namespace diar::cli
