// Every command and every piece of code in README.md works: extracted from the text, tried on the sample.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <regex>

#include "cli/command.h"
#include "diar/io/audio.h"
#include "test_paths.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using cli_test::read_text;
using cli_test::write_text;

const fs::path kSource = DIAR_SOURCE_DIR;

// The texts between ```LANGUAGE and ```.
std::vector<std::string> blocks(const std::string& language) {
  const std::string text = read_text(kSource / "README.md");
  const std::string opening = "```" + language + "\n";
  std::vector<std::string> found;
  for (std::size_t at = text.find(opening); at != std::string::npos; at = text.find(opening, at)) {
    at += opening.size();
    const std::size_t end = text.find("```", at);
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

// Lines of all sh blocks without their comments; a backslash at the end joins two.
std::vector<std::string> command_lines() {
  std::vector<std::string> lines;
  for (const std::string& block : blocks("sh")) {
    std::istringstream in(std::regex_replace(block, std::regex(R"(\\\n\s*)"), ""));
    for (std::string line; std::getline(in, line);) {
      line = std::regex_replace(line, std::regex(R"((^|\s+)#.*$)"), "");
      line = std::regex_replace(line, std::regex(R"(^\$ )"), "");
      if (!line.empty()) lines.push_back(line);
    }
  }
  return lines;
}

// Twelve seconds of the sample as a WAV, under whatever name the README calls it (FFmpeg looks at contents).
std::string short_sample() {
  static const std::string bytes = [] {
    const Waveform waveform = load_audio((kSource / "samples/conversation.flac").string());
    std::vector<std::int16_t> samples;
    for (std::size_t i = 0; i < 12 * 16000; ++i)
      samples.push_back(static_cast<std::int16_t>(std::lrint(waveform.samples[i] * 32768.0f)));
    return cli_test::wav_bytes(samples, 16000, 1);
  }();
  return bytes;
}

int run_shell(const std::string& line, const fs::path& directory, std::string& output) {
  const std::string log = (directory / "output-of-the-test").string();
  const std::string command = "cd '" + directory.string() + "' && PATH='" +
                              fs::path(DIAR_COMMAND).parent_path().string() + "':\"$PATH\" && { " + line +
                              "\n} > '" + log + "' 2>&1";
  const int status = std::system(command.c_str());
  output = read_text(log);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

class ReadmeCommand : public ::testing::TestWithParam<std::string> {};

TEST_P(ReadmeCommand, Works) {
  std::string line = GetParam();
  const TemporaryDirectory directory;
  std::string output;
  if (line.starts_with("git clone ")) {
    // Needs the network; the directory is the one that the next lines run in. ADDRESS stands for an address
    // that the project does not have yet (docs/dev/releasing.md).
    EXPECT_TRUE(std::regex_match(
        line, std::regex(R"(git clone (ADDRESS|https://\S+) diarize\.cpp && cd diarize\.cpp)")))
        << line;
    return;
  }
  if (line.starts_with("make ")) {
    // Running make from its own test would not end; its targets have to exist.
    EXPECT_EQ(
        run_shell("make -C '" + kSource.string() + "' --dry-run " + line.substr(5), directory.path(), output),
        0)
        << output;
    return;
  }
  ASSERT_NE(line.find("diarize "), std::string::npos)
      << "tests/readme/readme_test.cc does not know how to try: " << line;
  if (line.starts_with("diarize models pull")) line = "diarize models pull --help";  // needs the network
  // Files that the line reads exist beforehand.
  const std::regex word(R"([\w./-]+\.(wav|mp3|m4a|mp4|flac|ogg|opus|webm|mkv|rttm))");
  for (std::sregex_iterator it(line.begin(), line.end(), word), end; it != end; ++it) {
    const fs::path path = directory.path() / it->str();
    fs::create_directories(path.parent_path());
    if (path.extension() == ".rttm")
      fs::copy_file(kSource / "samples/conversation.rttm", path, fs::copy_options::overwrite_existing);
    else
      write_text(path, short_sample());
  }
  if (line.starts_with("diarize assign"))
    fs::copy_file(kSource / "tests/data/transcripts/openai_whisper.json", directory.path() / "talk.json");
  // Directories that the line reads hold a recording and its turns.
  const std::regex folder(R"((\S+) ([a-z]+)/(?= |$))");
  for (std::sregex_iterator it(line.begin(), line.end(), folder), end; it != end; ++it) {
    if ((*it)[1].str() == "-o") continue;  // the line makes it
    const fs::path path = directory.path() / (*it)[2].str();
    fs::create_directories(path);
    write_text(path / "conversation.wav", short_sample());
    fs::copy_file(kSource / "samples/conversation.rttm", path / "conversation.rttm",
                  fs::copy_options::overwrite_existing);
  }
  fs::create_directory_symlink(kSource / "models", directory.path() / "models");
  EXPECT_EQ(run_shell(line, directory.path(), output), 0) << output;
}

INSTANTIATE_TEST_SUITE_P(Lines, ReadmeCommand, ::testing::ValuesIn(command_lines()),
                         [](const auto& tested) { return "line_" + std::to_string(tested.index); });

class ReadmeCode : public ::testing::TestWithParam<std::string> {};

TEST_P(ReadmeCode, CompilesAndRuns) {
  const TemporaryDirectory directory;
  const std::string source = directory.file("snippet.cc");
  write_text(source, GetParam());  // a whole program, ready to paste
  fs::create_directory_symlink(kSource / "models", directory.path() / "models");
  write_text(directory.file("meeting.mp4"), short_sample());
  const std::string library = DIAR_LIBRARY;
  std::string compile = std::string(DIAR_CXX) + " -std=c++20 -Wall -Wextra -I '" + kSource.string() +
                        "/include' snippet.cc '" + library + "' '" + std::string(DIAR_IO_LIBRARY) +
                        "' -Wl,-rpath,'" + fs::path(library).parent_path().string() + "' -o snippet";
  if (std::string(DIAR_SANITIZE) != "") compile += " -fsanitize=" DIAR_SANITIZE;
  std::string output;
  ASSERT_EQ(run_shell(compile, directory.path(), output), 0) << output;
  EXPECT_EQ(output, "") << "the snippet has warnings";
  EXPECT_EQ(run_shell("./snippet", directory.path(), output), 0) << output;
  EXPECT_TRUE(output.starts_with("SPEAKER ")) << output;
}

INSTANTIATE_TEST_SUITE_P(Blocks, ReadmeCode, ::testing::ValuesIn(blocks("cpp")),
                         [](const auto& tested) { return "block_" + std::to_string(tested.index); });

TEST(Readme, HasCommandsAndCode) {
  EXPECT_GE(command_lines().size(), 5u);
  EXPECT_GE(blocks("cpp").size(), 1u);
}

// Relative links lead somewhere.
TEST(Readme, LinksLeadSomewhere) {
  const std::string text = read_text(kSource / "README.md");
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  std::size_t num_links = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it, ++num_links)
    EXPECT_TRUE(fs::exists(kSource / (*it)[1].str())) << (*it)[1].str();
  EXPECT_GT(num_links, 3u);
}

}  // namespace
}  // namespace diar
