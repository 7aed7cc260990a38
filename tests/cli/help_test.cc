// --help, the man page and the completions say the same of every command, and all of it can be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <regex>
#include <set>
#include <sstream>

#include "command.h"
#include "screen.h"
#include "terminal.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Help {
  Words command;
  std::string text;
};

// The help of a command, then that of all that it lists below "Commands:".
void walk(const Words& command, std::vector<Help>& found) {
  Words arguments = command;
  arguments.emplace_back("--help");
  const CommandResult result = run_diarize(arguments);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  found.push_back({command, result.out});
  bool inside = false;
  for (const std::string& line : lines_of(result.out)) {
    if (inside && (line.empty() || line[0] != ' ')) inside = false;
    if (inside && line[2] != ' ') {
      Words inner = command;
      inner.push_back(line.substr(2, line.find(' ', 2) - 2));
      walk(inner, found);
    }
    if (line == "Commands:") inside = true;
  }
}

const std::vector<Help>& all_help() {
  static const std::vector<Help> all = [] {
    std::vector<Help> found;
    walk({}, found);
    return found;
  }();
  return all;
}

std::set<std::string> options_in(const std::string& text) {
  static const std::regex kOption("(?:^|\n)  (?:-[a-z], |    )(--[a-z-]+)");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kOption), end; at != end; ++at)
    names.insert((*at)[1].str());
  return names;
}

// What a shell command prints, both streams.
std::string shell(const std::string& line) {
  std::string text;
  std::FILE* pipe = popen((line + " 2>&1").c_str(), "r");
  char block[4096];
  while (std::fgets(block, sizeof(block), pipe) != nullptr) text += block;
  pclose(pipe);
  return text;
}

bool has_program(const std::string& name) {
  return !shell("command -v " + name).empty();
}

TEST(Help, EveryCommandFitsInto80ColumnsAndHasAnExample) {
  ASSERT_GE(all_help().size(), 16u);
  for (const Help& help : all_help()) {
    const std::string name = ::testing::PrintToString(help.command);
    for (const std::string& line : lines_of(help.text))
      EXPECT_LE(cli::cells_of(line), 80u) << name << ": " << line;
    EXPECT_THAT(help.text, AllOf(HasSubstr("Usage:\n  diarize"), HasSubstr("Example")))
        << name << ": apps/cli/help_layout.cc holds the examples";
    EXPECT_THAT(options_in(help.text), Contains("--help")) << name;
  }
}

TEST(Help, TheMainJobsOptionsStandInGroups) {
  const std::string& text = all_help()[0].text;
  std::size_t at = 0;
  for (const char* heading :
       {"Usage:", "Arguments:", "Commands:", "Results:", "Speakers:", "Page and plot:", "Model and speed:",
        "Reading audio:", "Many recordings:", "Screen:", "Examples:"}) {
    const std::size_t next = text.find(std::string("\n") + heading + "\n", at);
    ASSERT_NE(next, std::string::npos) << heading << '\n' << text;
    at = next;
  }
  EXPECT_THAT(text, Not(HasSubstr("\nOptions:\n"))) << "apps/cli/help_layout.cc: an option without a group";
}

class HelpWidth : public ::testing::TestWithParam<unsigned short> {};

TEST_P(HelpWidth, FollowsTheTerminal) {
  setenv("TERM", "xterm", 1);
  const std::size_t limit = std::clamp<std::size_t>(GetParam(), 40, 80);
  const auto [screen, exit_code] = on_a_terminal({"--help", "--color", "never"}, "", {GetParam(), {}});
  EXPECT_EQ(exit_code, 0);
  const std::string options = screen.substr(0, screen.find("Examples:"));
  for (std::string line : lines_of(options)) {
    if (line.ends_with('\r')) line.pop_back();
    EXPECT_LE(cli::cells_of(line), limit) << line;
  }
  EXPECT_THAT(options, HasSubstr("--num-speakers"));
}

INSTANTIATE_TEST_SUITE_P(Columns, HelpWidth, ::testing::Values(20, 40, 80, 200));

TEST(ManPage, SaysWhatTheHelpSays) {
  std::string page = run_diarize({"man-page"}).out;
  EXPECT_THAT(page, HasSubstr(".TH DIARIZE 1"));
  std::string plain;
  for (const char c : page) {
    if (c != '\\') plain += c;
  }
  for (const Help& help : all_help()) {
    std::string name = "diarize";
    for (const std::string& word : help.command) name += " " + word;
    EXPECT_THAT(plain, HasSubstr(name));
    for (const std::string& option : options_in(help.text))
      EXPECT_THAT(plain, HasSubstr("fB" + option + "fR")) << name;
  }
  EXPECT_THAT(
      page, AllOf(HasSubstr(".SH \"EXIT STATUS\""), HasSubstr(".SH \"ENVIRONMENT\""), HasSubstr("NO_COLOR")));
}

TEST(ManPage, IsFreeOfWarnings) {
  if (!has_program("man")) GTEST_SKIP() << "NOT RUN: there is no man here";
  const TemporaryDirectory directory;
  write_text(directory.file("diarize.1"), run_diarize({"man-page"}).out);
  EXPECT_EQ(shell("LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings=w -E UTF-8 -l -Tutf8 -Z '" +
                  directory.file("diarize.1") + "' >/dev/null"),
            "");
}

// What bash offers for a line whose last word is being typed; every word is one of `words`.
Words bash_offers(const TemporaryDirectory& directory, const Words& words) {
  write_text(directory.file(".completion"), run_diarize({"completion", "bash"}).out);
  std::string line = "cd '" + directory.path().string() + "'; . ./.completion; COMP_WORDS=(";
  for (const std::string& word : words) line += "'" + word + "' ";
  line +=
      "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _diarize; printf '%s\\n' \"${COMPREPLY[@]}\"";
  write_text(directory.file(".ask"), line);
  Words offers = lines_of(shell("bash '" + directory.file(".ask") + "'"));
  std::erase(offers, "");
  return offers;
}

TEST(Completion, BashKnowsCommandsOptionsValuesAndFiles) {
  const TemporaryDirectory directory;
  for (const char* name : {"talk one.wav", "B.FLAC", "notes.txt", "talk.rttm", "pict.svg"})
    write_text(directory.file(name), "");
  std::filesystem::create_directory(directory.path() / "calls");
  const auto offers = [&](const Words& words) { return bash_offers(directory, words); };
  EXPECT_THAT(offers({"diarize", "sc"}), ElementsAre("score"));
  EXPECT_THAT(offers({"diarize", "models", "p"}), ElementsAre("pull", "path"));
  EXPECT_THAT(offers({"diarize", "models", "pull", "community-1"}), Contains("community-1-open"));
  EXPECT_THAT(offers({"diarize", "--speed", ""}), ElementsAre("exact", "fast", "faster"));
  EXPECT_THAT(offers({"diarize", "x.wav", "--speed", "=", "fast"}), ElementsAre("fast", "faster"));
  EXPECT_THAT(offers({"diarize", "x.wav", "-f", "rttm,v"}), ElementsAre("rttm,vtt"));
  EXPECT_THAT(offers({"diarize", "x.wav", "--num-s"}), ElementsAre("--num-speakers"));
  EXPECT_THAT(offers({"diarize", "score", "--num-s"}), IsEmpty());
  EXPECT_THAT(offers({"diarize", "score", "--co"}), UnorderedElementsAre("--collar", "--color"));
  EXPECT_THAT(offers({"diarize", "--num-speakers", ""}), IsEmpty());
  EXPECT_THAT(offers({"diarize", "x.wav", ""}), UnorderedElementsAre("calls", "talk one.wav", "B.FLAC"));
  EXPECT_THAT(offers({"diarize", ""}),
              AllOf(Contains("score"), Contains("talk one.wav"), Not(Contains("notes.txt"))));
  EXPECT_THAT(offers({"diarize", "score", ""}), UnorderedElementsAre("calls", "talk.rttm"));
  EXPECT_THAT(offers({"diarize", "x.wav", "--plot", ""}), UnorderedElementsAre("calls", "pict.svg"));
  EXPECT_THAT(offers({"diarize", "x.wav", "--plot", "not"}), ElementsAre("notes.txt")) << "else all files";
  EXPECT_THAT(offers({"diarize", "completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST(Completion, FishKnowsCommandsOptionsValuesAndFiles) {
  if (!has_program("fish")) GTEST_SKIP() << "NOT RUN: there is no fish here";
  const TemporaryDirectory directory;
  for (const char* name : {"talk.wav", "notes.txt", "talk.rttm"}) write_text(directory.file(name), "");
  write_text(directory.file(".completion"), run_diarize({"completion", "fish"}).out);
  const auto offers = [&](const std::string& line) {
    // Without the descriptions, which follow a tab.
    Words words = lines_of(shell("cd '" + directory.path().string() +
                                 "' && HOME=$PWD fish --no-config -c \"source .completion; "
                                 "complete -C '" +
                                 line + "'\""));
    for (std::string& word : words) word = word.substr(0, word.find('\t'));
    return words;
  };
  EXPECT_THAT(offers("diarize sc"), ElementsAre("score"));
  EXPECT_THAT(offers("diarize models p"), UnorderedElementsAre("pull", "path"));
  EXPECT_THAT(offers("diarize --speed "), UnorderedElementsAre("exact", "fast", "faster"));
  EXPECT_THAT(offers("diarize talk.wav -f rttm,v"), Contains("rttm,vtt"));
  EXPECT_THAT(offers("diarize score "), ElementsAre("talk.rttm"));
  EXPECT_THAT(offers("diarize talk.wav t"), ElementsAre("talk.wav"));
  EXPECT_THAT(offers("diarize score --col"), UnorderedElementsAre("--collar", "--color"));
}

TEST(Completion, ZshReadsItsScript) {
  if (!has_program("zsh")) GTEST_SKIP() << "NOT RUN: there is no zsh here";
  const TemporaryDirectory directory;
  const std::string script = run_diarize({"completion", "zsh"}).out;
  EXPECT_THAT(script, AllOf(HasSubstr("#compdef diarize\n"), HasSubstr("(exact fast faster)"),
                            HasSubstr("'diarize models pull')")))
      << script;
  write_text(directory.file("_diarize"), script);
  EXPECT_EQ(shell("zsh -n '" + directory.file("_diarize") + "'"), "");
}

}  // namespace
}  // namespace diar::cli_test
