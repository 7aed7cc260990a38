#include "usage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string_view>
#include <system_error>

namespace diar::cli {
namespace {

bool is_file(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::exists(name, ignored);
}

// Letters to insert, delete, replace or exchange with their neighbour (Damerau and Levenshtein's distance
// between strings whose edits do not overlap).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// The nearest of the names; empty when none is nearer than a third of the word.
std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : names) {
    if (const std::size_t distance = edit_distance(word, name); distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

std::vector<CLI::App*> commands_of(const CLI::App& app) {
  return const_cast<CLI::App&>(app).get_subcommands([](CLI::App*) { return true; });
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The command whose options the words are.
const CLI::App& chosen_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* chosen = &app;
  for (const std::string& word : words) {
    for (const CLI::App* command : commands_of(*chosen)) {
      if (command->get_name() != word) continue;
      chosen = command;
      break;
    }
  }
  return *chosen;
}

bool is_number(const CLI::Option& option) {
  constexpr std::array<std::string_view, 3> kTypes = {"N", "S", "SAMPLES"};
  const std::string type = option.get_type_name();
  // Validators add their description: "S:FLOAT in [0 - 100]".
  const std::string_view name = std::string_view(type).substr(0, type.find(':'));
  return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end();
}

}  // namespace

std::vector<std::string> with_plain_words(std::vector<std::string> words) {
  if (words.empty() || is_file(words[0])) return words;
  if (words[0] == "version" && words.size() == 1) return {"--version"};
  if (words[0] != "help") return words;
  words.erase(words.begin());
  words.push_back("--help");
  return words;
}

std::string suggestion(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App& command = chosen_command(app, words);
  const std::vector<std::string> options = option_names(command);
  for (const std::string& word : words) {
    if (word == "--") break;
    const bool is_option = word.starts_with("--");
    const std::string name = is_option ? word.substr(0, word.find('=')) : word;
    const std::vector<std::string> known = is_option ? options : command_names(command);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (!is_option && command.get_parent() == nullptr) continue;  // may be an input
    if (const std::string meant = nearest(name, known); !meant.empty())
      return " (did you mean " + meant + "?)";
  }
  return {};
}

void explain_missing(const CLI::App& app, std::vector<InputFile>& inputs) {
  for (InputFile& input : inputs) {
    const bool looks_like_a_word = input.path.find_first_of("./*?[") == std::string::npos;
    if (!input.problem.empty() || input.path == "-" || !looks_like_a_word || is_file(input.path)) continue;
    const std::string meant = nearest(input.path, command_names(app));
    input.problem =
        "there is no file and no command '" + input.path + "'" +
        (meant.empty() ? "; diarize --help lists the commands" : "; did you mean 'diarize " + meant + "'?");
  }
}

void add_color_option(CLI::App& app) {
  app.add_option("--color", "Colours: auto (default: on a terminal, without NO_COLOR), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  for (CLI::App* command : commands_of(app)) add_color_option(*command);
}

ColorMode color_mode_in(const std::vector<std::string>& words) {
  ColorMode mode = ColorMode::kAuto;
  const auto take = [&](std::string_view value) {
    mode = value == "always" ? ColorMode::kAlways : value == "never" ? ColorMode::kNever : ColorMode::kAuto;
  };
  constexpr std::string_view kOption = "--color";
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string_view word = words[i];
    if (word == kOption && i + 1 < words.size()) take(words[i + 1]);
    if (word.starts_with("--color=")) take(word.substr(kOption.size() + 1));
  }
  return mode;
}

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    const bool number = is_number(*option);
    option->check(CLI::Validator(
        [number](std::string& value) -> std::string {
          if (value.empty()) return "an empty value";
          if (number && std::isnan(std::strtod(value.c_str(), nullptr)))
            return "'" + value + "' is no number";
          return {};
        },
        ""));
  }
  for (CLI::App* command : commands_of(app)) refuse_empty_values(*command);
}

}  // namespace diar::cli
