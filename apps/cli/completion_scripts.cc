#include "completion_scripts.h"

#include <cctype>
#include <sstream>

#include "completion_values.h"

namespace diar::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// 'text' for a shell of any kind but fish.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string in_capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> command_words(const CommandGuide& guide) {
  std::vector<std::string> words;
  for (const CommandGuide& command : guide.commands) words.push_back(last_word(command));
  return words;
}

std::vector<std::string> option_words(const CommandGuide& guide) {
  std::vector<std::string> words;
  for (const OptionGuide& option : guide.options) words.push_back(option.names.back());
  return words;
}

// The call that offers values, in bash.
std::string bash_offer(const CompletionValues& values) {
  std::string calls;
  const auto add = [&](const std::string& call) { calls += (calls.empty() ? "" : "; ") + call; };
  if (values.files) {
    std::string endings = joined(values.extensions, " ");
    // Without lower-casing, which bash 3 does not have.
    if (!endings.empty()) endings += ' ' + in_capitals(endings);
    add("_diarize_files " + in_quotes(endings));
  }
  if (values.directories) add("_diarize_directories");
  if (!values.words.empty())
    add(std::string(values.is_list ? "_diarize_list " : "_diarize_words ") +
        in_quotes(joined(values.words, " ")));
  return calls.empty() ? ":" : calls;
}

constexpr const char* kBashHelpers = R"(_diarize_words() {  # those of the words that begin with what is there
  COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}
_diarize_list() {  # the same after the last comma
  local before=''
  case $cur in *,*) before=${cur%,*}, ;; esac
  COMPREPLY+=($(compgen -P "$before" -W "$1" -- "${cur##*,}"))
}
_diarize_directories() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY+=($(compgen -d -- "$cur"))
}
_diarize_files() {  # directories, and files with one of the endings; all files where there are none of these
  local IFS=$'\n' path
  _diarize_directories
  local found=${#COMPREPLY[@]}
  while read -r path; do
    case " $1 " in
      "  " | *" ${path##*.} "*) [ -d "$path" ] || COMPREPLY+=("$path") ;;
    esac
  done < <(compgen -f -- "$cur")
  if [ "${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
)";

}  // namespace

std::string bash_completion(const CommandGuide& guide) {
  std::ostringstream out;
  const auto commands = all_commands(guide);
  out << "# bash completion of diarize, made by `diarize completion bash`.\n" << kBashHelpers;
  out << R"(_diarize() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=diarize
  COMPREPLY=()
  # bash takes --option=value for three words.
  if [ "$cur" = = ]; then
    cur=''
  elif [ "$prev" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$command ${COMP_WORDS[i]}" in
)";
  std::vector<std::string> names;
  for (const CommandGuide* command : commands) {
    if (command != &guide) names.push_back(in_quotes(command->name));
  }
  out << "      " << joined(names, " | ") << ") command=\"$command ${COMP_WORDS[i]}\" ;;\n"
      << "      *) break ;;\n    esac\n  done\n  case \"$command:$prev\" in\n";
  for (const CommandGuide* command : commands) {
    for (const OptionGuide& option : command->options) {
      if (!option.takes_value()) continue;
      std::vector<std::string> patterns;
      for (const std::string& name : option.names) patterns.push_back(in_quotes(command->name + ":" + name));
      out << "    " << joined(patterns, " | ") << ") " << bash_offer(completion_values(option))
          << "; return ;;\n";
    }
  }
  out << "  esac\n  case \"$command:$cur\" in\n";
  for (const CommandGuide* command : commands) {
    out << "    " << in_quotes(command->name) << ":-*) _diarize_words "
        << in_quotes(joined(option_words(*command), " ")) << " ;;\n    " << in_quotes(command->name)
        << ":*) ";
    if (!command->arguments.empty()) out << bash_offer(any_argument_of(*command)) << "; ";
    // Words of commands are none later on, when recordings stand there.
    if (!command->commands.empty()) {
      out << "[ \"$i\" -eq \"$COMP_CWORD\" ] && _diarize_words "
          << in_quotes(joined(command_words(*command), " ")) << "; ";
    }
    out << ": ;;\n";
  }
  out << "  esac\n}\ncomplete -F _diarize diarize\n";
  return out.str();
}

namespace {

// Text inside the brackets and fields of _arguments.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// ":message:action" of _arguments.
std::string zsh_action(const OptionGuide& option) {
  const CompletionValues values = completion_values(option);
  const std::string message = option.value.empty() ? option.names[0] : option.value;
  std::string actions;
  if (!values.words.empty()) {
    actions = values.is_list ? "_values -s , value " + joined(values.words, " ")
                             : "(" + joined(values.words, " ") + ")";
  }
  const std::string files = values.directories ? "_files -/"
                            : values.extensions.empty()
                                ? "_files"
                                : "_files -g \"(#i)*.(" + joined(values.extensions, "|") + ")(-.)\"";
  if (values.files || values.directories)
    actions = values.words.empty() ? files
                                   : "_alternative \"words\\:name\\:(" + joined(values.words, " ") +
                                         ")\" \"files\\:file\\:_files\"";
  return ":" + zsh_text(message) + ":" + (actions.empty() ? " " : actions);
}

std::string zsh_option(const OptionGuide& option) {
  std::string text;
  const std::string what =
      in_quotes("[" + zsh_text(option.description) + "]" + (option.takes_value() ? zsh_action(option) : ""));
  const std::string others = option.is_repeated ? "'*'" : "'(" + joined(option.names, " ") + ")'";
  for (const std::string& name : option.names) {
    const char* end = !option.takes_value() ? "" : name.starts_with("--") ? "=" : "+";
    text += " \\\n        " + others + name + end + what;
  }
  return text;
}

}  // namespace

std::string zsh_completion(const CommandGuide& guide) {
  std::ostringstream out;
  out << "#compdef diarize\n# zsh completion of diarize, made by `diarize completion zsh`.\n"
      << "_diarize() {\n  setopt localoptions extendedglob\n  local command=diarize word\n"
      << "  # The words of commands give way, so that what is left is options and arguments.\n"
      << "  while (( CURRENT > 2 )); do\n    case \"$command $words[2]\" in\n      ";
  std::vector<std::string> names;
  const auto commands = all_commands(guide);
  for (const CommandGuide* command : commands) {
    if (command != &guide) names.push_back(in_quotes(command->name));
  }
  out << joined(names, "|")
      << ") command=\"$command $words[2]\" ;;\n      *) break ;;\n    esac\n"
         "    shift words\n    (( CURRENT-- ))\n  done\n"
         "  case $command in\n";
  for (const CommandGuide* command : commands) {
    out << "    " << in_quotes(command->name) << ")\n";
    if (!command->commands.empty()) {
      out << "      if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n        local -a commands=(";
      for (const CommandGuide& inner : command->commands)
        out << "\n          " << in_quotes(last_word(inner) + ":" + inner.description);
      out << ")\n        _describe -t commands command commands\n      fi\n";
    }
    out << "      _arguments -S";
    for (const OptionGuide& option : command->options) out << zsh_option(option);
    for (const OptionGuide& argument : command->arguments)
      out << " \\\n        " << in_quotes((argument.is_repeated ? "*" : "") + zsh_action(argument));
    out << " ;;\n";
  }
  // Found by its name in fpath the file is the function's body; after `source` it has to register it.
  out << "  esac\n}\nif [[ $funcstack[1] == _diarize ]]; then _diarize \"$@\"; else compdef _diarize "
         "diarize; fi\n";
  return out.str();
}

namespace {

constexpr const char* kFishFiles =
    R"(# Directories, and files with one of the endings; all files where there are none of these.
function __diarize_files
  set -l all (__fish_complete_path (commandline -ct | string replace -r -- '^--[^=]*=' ''))
  set -l ends (string join '|' (string escape --style=regex -- $argv))
  set -l kept (string match -ir -- "^.*(?:/|$ends)(?:\t.*)?\$" $all)
  if set -q kept[1]
    printf '%s\n' $kept
  else
    printf '%s\n' $all
  end
end
)";

std::string fish_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

// What `complete` is told of a value.
std::string fish_values(const CompletionValues& values) {
  if (values.files && values.extensions.empty() && values.words.empty()) return " -F";
  std::string offers = joined(values.words, " ");
  if (values.is_list) offers = "(__fish_append , " + offers + ")";
  if (values.directories) offers += "(__fish_complete_directories)";
  if (values.files) {
    std::string endings;
    for (const std::string& extension : values.extensions)
      endings += (endings.empty() ? "" : " ") + std::string(".") + extension;
    offers += std::string(offers.empty() ? "" : " ") + "(__diarize_files " + endings + ")";
  }
  return " -f" + (offers.empty() ? std::string() : " -a " + fish_quoted(offers));
}

}  // namespace

std::string fish_completion(const CommandGuide& guide) {
  std::ostringstream out;
  const auto commands = all_commands(guide);
  out << "# fish completion of diarize, made by `diarize completion fish`.\n"
      << "function __diarize_command\n  set -l command diarize\n  for word in (commandline -opc)[2..-1]\n"
      << "    switch \"$command $word\"\n      case";
  for (const CommandGuide* command : commands) {
    if (command != &guide) out << ' ' << fish_quoted(command->name);
  }
  out << "\n        set command \"$command $word\"\n      case '*'\n        break\n    end\n  end\n"
      << "  echo $command\nend\n"
      << "function __diarize_is\n  test (__diarize_command) = \"$argv\"\nend\n"
      << "# The first word after a command, where another may stand.\n"
      << "function __diarize_is_first\n  __diarize_is $argv\n"
      << "  and test (count (commandline -opc)) -eq (count (string split ' ' \"$argv\"))\nend\n"
      << kFishFiles << "complete -c diarize -f\n";
  for (const CommandGuide* command : commands) {
    const std::string here = "complete -c diarize -n " + fish_quoted("__diarize_is " + command->name);
    const std::string first = "complete -c diarize -n " + fish_quoted("__diarize_is_first " + command->name);
    for (const CommandGuide& inner : command->commands)
      out << first << " -f -a " << last_word(inner) << " -d " << fish_quoted(inner.description) << '\n';
    for (const OptionGuide& argument : command->arguments) {
      out << here << fish_values(completion_values(argument)) << '\n';
    }
    for (const OptionGuide& option : command->options) {
      out << here;
      for (const std::string& name : option.names)
        out << (name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1));
      if (option.takes_value()) out << " -r" << fish_values(completion_values(option));
      out << " -d " << fish_quoted(option.description) << '\n';
    }
  }
  return out.str();
}

}  // namespace diar::cli
