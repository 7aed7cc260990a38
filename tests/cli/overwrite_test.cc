// No command costs the user a file: each of its inputs given as each of its outputs, and files that are
// there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>

#include "child.h"
#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kTurns = "SPEAKER rec 1 0.100 0.300 <NA> <NA> A <NA> <NA>\n";

class Overwrite : public ::testing::Test {
 protected:
  Overwrite() {
    fs::current_path(directory_.path());
    write_text("rec.wav", wav_bytes(noise(16000), 16000, 1));
    fs::copy_file("rec.wav", "more.wav");
    write_text("turns.rttm", kTurns);
    write_text("ref.rttm", kTurns);
    fs::create_directory("refs");
    fs::copy_file("ref.rttm", "refs/ref.rttm");
    write_text("regions.uem", "rec 1 0 1\n");
    write_text("names.txt", "A=Ann\n");
    write_text("params.json", R"({"format": "diarize.cpp parameters", "version": 1, "threshold": 0.6})");
    write_text("talk.json", read_text(DIAR_SOURCE_DIR "/tests/data/transcripts/openai_whisper.json"));
    fs::copy(DIAR_SOURCE_DIR "/models/starter", "model", fs::copy_options::recursive);
  }
  ~Overwrite() override { fs::current_path("/"); }

  // Every file with its bytes.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      if (entry.is_regular_file()) result[entry.path().string()] = read_text(entry.path());
    }
    return result;
  }

  TemporaryDirectory directory_;
};

/// A command with everything that it can read, and the options by which it can be told to write.
struct Walk {
  const char* name;
  std::vector<std::string> command;
  std::vector<std::string> inputs;
  std::vector<std::vector<std::string>> outputs;  // options; the file's name follows
};

const std::vector<Walk> kWalks = {
    {"diarize",
     {"rec.wav", "--names-file", "names.txt", "--model", "model", "-q"},
     {"rec.wav", "names.txt", "model/model.json", "model/embedding/weights.npz"},
     {{"-f", "rttm", "-o"}, {"-o", "new.rttm", "--html"}, {"-o", "new.rttm", "--plot"}}},
    {"diarize against a reference",
     {"rec.wav", "--reference", "ref.rttm", "--params", "params.json", "-q", "--plot", "new.svg"},
     {"ref.rttm", "params.json"},
     {{"-f", "rttm", "-o"}, {"-o", "new.rttm", "--html"}}},
    {"segment", {"segment", "rec.wav", "--model", "model", "-q"}, {"rec.wav", "model/model.json"}, {{"-o"}}},
    {"convert",
     {"convert", "turns.rttm", "--names-file", "names.txt"},
     {"turns.rttm", "names.txt"},
     {{"-f", "csv", "-o"}, {"-o", "new.srt", "-o"}}},
    {"assign",
     {"assign", "-t", "talk.json", "-s", "turns.rttm", "--names-file", "names.txt"},
     {"talk.json", "turns.rttm", "names.txt"},
     {{"-f", "srt", "-o"}, {"-f", "srt", "-o", "new.srt", "-o"}}},
    {"assign for a page",
     {"assign", "-t", "talk.json", "-s", "turns.rttm", "--audio", "rec.wav"},
     {"talk.json", "turns.rttm", "rec.wav"},
     {{"-f", "html", "-o"}}},
    {"report",
     {"report", "turns.rttm", "--audio", "rec.wav", "--names-file", "names.txt"},
     {"turns.rttm", "rec.wav", "names.txt"},
     {{"--html"}, {"--plot"}}},
    {"report against a reference",
     {"report", "turns.rttm", "--reference", "ref.rttm", "--plot", "new.svg"},
     {"turns.rttm", "ref.rttm"},
     {{"--html"}}},
    {"tune",
     {"tune", "rec.wav", "ref.rttm", "--uem", "regions.uem", "--trials", "2", "-q", "--model", "model"},
     {"rec.wav", "ref.rttm", "regions.uem", "model/model.json"},
     {{"-o"}}},
    {"tune on directories",
     {"tune", ".", "refs", "--trials", "2", "-q", "--model", "model"},
     {"rec.wav", "more.wav", "refs/ref.rttm"},
     {{"-o"}}},
    {"models convert",
     {"models", "convert", "model/embedding/weights.npz", "--overwrite", "--to", "npz"},
     {"model/embedding/weights.npz"},
     {{"-o"}}},
    {"models convert of a directory",
     {"models", "convert", "model", "--overwrite", "--to", "npz"},
     {"model"},
     {{"-o"}}},
};

TEST_F(Overwrite, NoInputIsEverAnOutput) {
  for (const Walk& walk : kWalks) {
    for (const std::vector<std::string>& options : walk.outputs) {
      for (const std::string& input : walk.inputs) {
        // A link may have an extension that the option asks for.
        const std::string link = options.back() == "--plot"                                  ? "link.svg"
                                 : walk.command[0] == "models" && fs::is_regular_file(input) ? "link.npz"
                                                                                             : "link.rttm";
        fs::create_symlink(input, link);
        std::vector<std::string> spellings = {link};
        if (options.back() != "--plot") spellings.push_back("./" + input);
        const auto before = contents();
        for (const std::string& spelling : spellings) {
          std::vector<std::string> arguments = walk.command;
          arguments.insert(arguments.end(), options.begin(), options.end());
          arguments.push_back(spelling);
          const CommandResult result = run_diarize(arguments);
          SCOPED_TRACE(std::string(walk.name) + ": " + options.back() + ' ' + spelling + " for " + input);
          EXPECT_EQ(result.exit_code, 2) << result.err;
          EXPECT_THAT(result.err, HasSubstr("this run's own input"));
          EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        }
        EXPECT_TRUE(contents() == before) << walk.name;
        fs::remove(link);
      }
    }
  }
}

// Standard input has no name, but it may be a file all the same.
TEST_F(Overwrite, StandardInputIsNeverAnOutput) {
  const auto before = contents();
  for (const auto& [input, arguments] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"rec.wav", {"-", "-q", "-f", "rttm", "-o", "rec.wav"}},
           {"rec.wav", {"-", "-q", "-o", "-", "--html", "./rec.wav"}},
           {"rec.wav", {"segment", "-", "-q", "-f", "json", "-o", "rec.wav"}},
           {"turns.rttm", {"convert", "-", "--from", "rttm", "-f", "json", "-o", "turns.rttm"}}}) {
    const CommandResult result = run_diarize(arguments, input);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_THAT(result.err, HasSubstr("this run's own input on standard input"));
  }
  EXPECT_TRUE(contents() == before);
}

TEST_F(Overwrite, TheListOfModelsIsAnInput) {
  write_text("models.json", R"({"version": 1, "sets": []})");
  setenv("DIARIZE_MANIFEST", "models.json", 1);
  const CommandResult result = run_diarize({"rec.wav", "-q", "--model", "model", "-o", "models.json"});
  unsetenv("DIARIZE_MANIFEST");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(read_text("models.json"), R"({"version": 1, "sets": []})");
}

// The cache replaces what it has written itself, and nothing else, whatever leads there.
TEST_F(Overwrite, TheCacheOfTuneReplacesItsOwnFilesOnly) {
  const std::vector<std::string> tune = {"tune",    "rec.wav", "ref.rttm", "--trials", "1", "-q",
                                         "--model", "model",   "--cache",  "cache",    "-o"};
  const auto tuned_into = [&](const std::string& output) {
    std::vector<std::string> arguments = tune;
    arguments.push_back(output);
    return run_diarize(arguments);
  };
  ASSERT_EQ(tuned_into("new.json").exit_code, 0);
  const fs::path own = fs::directory_iterator("cache")->path();
  fs::remove("new.json");
  const CommandResult both = tuned_into(own.string());
  EXPECT_EQ(both.exit_code, 2) << both.err;
  EXPECT_THAT(both.err, HasSubstr("could be a file of the cache"));

  const std::function<void()> plants[] = {
      [&] { fs::create_symlink("../rec.wav", own); }, [&] { fs::create_hard_link("ref.rttm", own); },
      [&] { write_text(own, "precious"); }, [&] { fs::create_directory(own); }};
  for (const auto& plant : plants) {
    fs::remove_all(own);
    plant();
    const auto before = contents();
    const CommandResult result = tuned_into("new.json");
    EXPECT_EQ(result.exit_code, 6) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_TRUE(contents() == before);
  }
  // Its own, cut short by whatever: made again.
  fs::remove_all(own);
  write_text(own, "DIARNET");
  EXPECT_EQ(tuned_into("new.json").exit_code, 0);
  EXPECT_GT(fs::file_size(own), 7u);
}

TEST_F(Overwrite, AModelThatIsReplacedHoldsNothingElse) {
  fs::copy("model", "old", fs::copy_options::recursive);
  write_text("old/plda/thesis.txt", "precious");
  const std::vector<std::string> arguments = {"models", "convert", "model", "old", "--overwrite", "-q"};
  const CommandResult result = run_diarize(arguments);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("'plda/thesis.txt'"));
  EXPECT_EQ(read_text("old/plda/thesis.txt"), "precious");
  fs::remove("old/plda/thesis.txt");
  EXPECT_EQ(run_diarize(arguments).exit_code, 0);
}

// An audio file may well be called .rttm; in a batch the other inputs count too.
TEST_F(Overwrite, NoInputOfABatchIsAnOutputOfAnother) {
  fs::copy_file("rec.wav", "more.rttm");
  const auto before = contents();
  const CommandResult result = run_diarize({"rec.wav", "more.wav", "more.rttm", "--overwrite"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("'more.rttm' would replace this run's own input 'more.rttm'"));
  EXPECT_TRUE(contents() == before);
}

TEST_F(Overwrite, TwoOutputsAreNeverOneFile) {
  const auto before = contents();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"rec.wav", "-o", "x.json", "-o", "./x.json"},
           {"rec.wav", "-f", "rttm", "-o", "x.html", "--html", "x.html"},
           {"report", "turns.rttm", "--html", "x.svg", "--plot", "x.svg"},
           {"assign", "-t", "talk.json", "-s", "turns.rttm", "-o", "x.srt", "-o", "./x.srt"},
           {"convert", "turns.rttm", "-o", "x.srt", "-o", "x.srt"}}) {
    const CommandResult result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("two results would both be"));
  }
  EXPECT_TRUE(contents() == before);
}

// What Whisper and corpora keep beside a recording.
TEST_F(Overwrite, NamesThatTheProgramMakesReplaceNothing) {
  for (const char* name : {"rec.srt", "rec.rttm", "params.json", "out/rec.csv", "out/rec.svg"}) {
    if (fs::path(name).has_parent_path()) fs::create_directories(fs::path(name).parent_path());
    write_text(name, "precious");
  }
  const auto before = contents();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"rec.wav", "-f", "srt"},
           {"rec.wav"},
           {"rec.wav", "--json"},
           {"more.wav", "rec.wav"},
           {"rec.wav", "-o", "new.rttm", "--plot", "out/"},
           {"segment", "rec.wav", "-f", "csv", "-o", "out/"},
           {"convert", "turns.rttm", "ref.rttm", "-f", "srt,csv", "-o", "."},
           {"tune", "rec.wav", "ref.rttm", "--trials", "2"}}) {
    // turns.rttm and ref.rttm become files that are not there: one of them has to be.
    if (arguments[0] == "convert") write_text("ref.csv", "precious");
    const CommandResult result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments[0] << result.err;
    EXPECT_THAT(result.err, HasSubstr("there already"));
    EXPECT_THAT(result.err, HasSubstr("--overwrite"));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    if (arguments[0] == "convert") {
      EXPECT_EQ(read_text("ref.csv"), "precious");
      fs::remove("ref.csv");
    }
    EXPECT_TRUE(contents() == before) << arguments[0];
  }
  EXPECT_EQ(run_diarize({"rec.wav", "-f", "srt", "--overwrite", "-q"}).exit_code, 0);
  EXPECT_NE(read_text("rec.srt"), "precious");
  // A name that the user gives is theirs.
  EXPECT_EQ(run_diarize({"rec.wav", "-o", "rec.rttm", "-q"}).exit_code, 0);
  EXPECT_NE(read_text("rec.rttm"), "precious");
}

// The names of files for several recordings are known only once the input is read.
TEST_F(Overwrite, RecordingsOfOneFileReplaceNothing) {
  write_text("two.rttm", std::string(kTurns) + "SPEAKER talk 1 0 1 <NA> <NA> X <NA> <NA>\n");
  fs::create_directory("out");
  write_text("out/talk.srt", "precious");
  const CommandResult result = run_diarize({"convert", "two.rttm", "-f", "srt", "-o", "out/"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("'out/talk.srt' is there already"));
  EXPECT_EQ(read_text("out/talk.srt"), "precious");
  EXPECT_FALSE(fs::exists("out/rec.srt"));
}

TEST_F(Overwrite, AResultThatAppearsMeanwhileStays) {
  write_text("long.wav", wav_bytes(noise(16000 * 60), 16000, 1));
  Child child({"long.wav", "--threads", "1", "--verbose"});
  // Said after the files are planned, before the work.
  ASSERT_TRUE(child.wait_for_error_output("device"));
  write_text("long.rttm", "precious");
  const CommandResult result = child.finish();
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("'long.rttm': File exists"));
  EXPECT_EQ(read_text("long.rttm"), "precious");
}

// Hours of tuning are not thrown away for a typing error.
TEST_F(Overwrite, PlacesAreKnownToBeBadBeforeTheWork) {
  for (const std::string& place : {std::string("absent/x"), std::string("refs"), std::string(300, 'x')}) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"tune", "rec.wav", "ref.rttm", "--model", "model", "-o", place},
             {"report", "turns.rttm", "--audio", "rec.wav", "--html", place},
             {"assign", "-t", "talk.json", "-s", "turns.rttm", "-f", "txt", "-o", place}}) {
      const CommandResult result = run_diarize(arguments);
      EXPECT_EQ(result.exit_code, 6) << ::testing::PrintToString(arguments) << result.err;
      // Of the work nothing was said: no recording, no trial.
      EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    }
  }
}

// Devices and pipes are written as they are, also by those who may make no file in /dev.
TEST_F(Overwrite, DevicesAndPipes) {
  for (const char* device : {"/dev/stdout", "/dev/null"}) {
    const CommandResult result = run_diarize({"convert", "turns.rttm", "-f", "rttm", "-o", device});
    EXPECT_EQ(result.exit_code, 0) << result.err;
  }
  const std::string line =
      std::string("\"") + DIAR_COMMAND + "\" convert turns.rttm -f rttm -o /dev/stdout | cat > got";
  EXPECT_EQ(std::system(line.c_str()), 0);
  EXPECT_EQ(read_text("got"), kTurns);
}

}  // namespace
}  // namespace diar::cli_test
