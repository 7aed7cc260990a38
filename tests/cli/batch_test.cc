// Many inputs: directories, workers, skipping, events, failures and interruptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class BatchRun : public ::testing::Test {
 protected:
  BatchRun() { fs::current_path(directory_.path()); }
  ~BatchRun() override { fs::current_path("/"); }

  static void wav(const fs::path& path, std::size_t num_samples = 8000) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    write_text(path, wav_bytes(noise(num_samples), 16000, 1));
  }
  static std::vector<json> events(const std::string& text) {
    std::vector<json> result;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) result.push_back(json::parse(line));
    return result;
  }
  // The inputs of all events of one kind.
  static std::vector<std::string> inputs_of(const std::vector<json>& all, const std::string& event) {
    std::vector<std::string> result;
    for (const json& one : all) {
      if (one["event"] == event) result.push_back(one["input"]);
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  // No temporary file of a result is left anywhere.
  std::size_t num_leftovers() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      count += entry.path().extension() == ".part" ? 1 : 0;
    }
    return count;
  }

  TemporaryDirectory directory_;
};

TEST_F(BatchRun, ADirectoryWithJobsEventsAndAFailure) {
  wav("in/a.wav");
  wav("in/sub/it's \"b\" 会议.wav", 16000);
  wav("in/-dash.wav");
  write_text("in/bad.wav", "bad");
  const CommandResult first =
      run_diarize({"in", "-o", "out/", "-f", "rttm,json", "--jobs", "2", "--progress", "json"});
  EXPECT_EQ(first.exit_code, 4);
  const auto all = events(first.err);
  EXPECT_EQ(all.front(), json::parse(R"({"event": "begin", "num_inputs": 4})"));
  EXPECT_THAT(inputs_of(all, "done"), ElementsAre("in/-dash.wav", "in/a.wav", "in/sub/it's \"b\" 会议.wav"));
  EXPECT_THAT(inputs_of(all, "failed"), ElementsAre("in/bad.wav"));
  EXPECT_EQ(inputs_of(all, "start").size(), 4u);
  EXPECT_GE(inputs_of(all, "progress").size(), 3u);
  EXPECT_EQ(all.back()["event"], "end");
  EXPECT_EQ(all.back()["done"], 3);
  EXPECT_EQ(all.back()["failed"], 1);
  for (const char* name : {"a", "-dash", "sub/it's \"b\" 会议"}) {
    EXPECT_TRUE(fs::exists(std::string("out/") + name + ".rttm")) << name;
    EXPECT_EQ(json::parse(read_text(std::string("out/") + name + ".json"))["schema_version"], 1) << name;
  }
  EXPECT_THAT(first.out, HasSubstr("in/bad.wav"));
  EXPECT_THAT(first.out, HasSubstr("3 of 4 done, 1 failed; 0:02.0 of audio"));

  // What is finished is not touched again; what failed is tried, and with --overwrite what is older than its
  // input.
  fs::last_write_time("in/a.wav", fs::last_write_time("out/a.rttm") + std::chrono::seconds(5));
  wav("in/bad.wav");
  const CommandResult refused = run_diarize({"in", "-o", "out/", "-f", "rttm,json", "--resume", "-q"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("'out/a.rttm' and 1 more results are there already"));
  const CommandResult second = run_diarize(
      {"in", "-o", "out/", "-f", "rttm,json", "--resume", "--overwrite", "--progress", "json", "-q"});
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_EQ(second.out, "");
  EXPECT_THAT(inputs_of(events(second.err), "skipped"),
              ElementsAre("in/-dash.wav", "in/sub/it's \"b\" 会议.wav"));
  EXPECT_THAT(inputs_of(events(second.err), "done"), ElementsAre("in/a.wav", "in/bad.wav"));
}

TEST_F(BatchRun, ErrorsAreCollectedAndTheFirstInputsCodeCounts) {
  wav("b.wav");
  write_text("c.wav", "bad");
  const CommandResult result = run_diarize({"absent.wav", "*.wav", "no*.ogg", "--jobs", "3"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("absent.wav"));
  EXPECT_THAT(result.err, HasSubstr("no file matches 'no*.ogg'"));
  EXPECT_THAT(result.err, EndsWith("diarize: 3 of 4 inputs failed\n"));
  EXPECT_TRUE(fs::exists("b.rttm"));
  EXPECT_THAT(result.out, HasSubstr("1 of 4 done, 3 failed"));
}

TEST_F(BatchRun, JobsChangeNoResult) {
  const std::string sample = DIAR_SOURCE_DIR "/samples/conversation.flac";
  for (const char* name : {"a.flac", "b.flac"}) fs::copy(sample, name);
  wav("c.wav", 50000);
  ASSERT_EQ(run_diarize({".", "-o", "one/", "-q", "--step", "5"}).exit_code, 0);
  ASSERT_EQ(run_diarize({".", "-o", "two/", "-q", "--step", "5", "--jobs", "2", "--threads", "3"}).exit_code,
            0);
  for (const char* name : {"a.rttm", "b.rttm", "c.rttm"}) {
    EXPECT_EQ(read_text(fs::path("one") / name), read_text(fs::path("two") / name)) << name;
  }
  EXPECT_NE(read_text("one/a.rttm"), "");
}

TEST_F(BatchRun, JsonOnStandardOutputIsOneObjectALine) {
  wav("a.wav");
  wav("b.wav");
  const CommandResult result =
      run_diarize({"a.wav", "b.wav", "--json", "--embeddings", "-o", "-", "--jobs", "2"});
  EXPECT_EQ(events(result.out).size(), 2u);
  EXPECT_EQ(fs::exists("a.rttm"), false);
}

TEST_F(BatchRun, InterruptKeepsWhatIsDoneAndLeavesNoPieces) {
  wav("a.wav");
  wav("b.wav", 16000 * 600);
  wav("c.wav");
  const CommandResult result =
      run_diarize_while({"a.wav", "b.wav", "c.wav", "--threads", "1"}, [](pid_t child) {
        // Two minutes at most; then what is expected below is not there.
        for (int tries = 0; tries < 6000 && !fs::exists("a.rttm"); ++tries)
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        kill(child, SIGINT);
      });
  EXPECT_EQ(result.exit_code, 9);
  EXPECT_EQ(result.err, "diarize: cancelled; what is done stays, and --resume goes on from here\n");
  EXPECT_THAT(result.out, HasSubstr("1 of 3 done, 2 not done"));
  EXPECT_TRUE(fs::exists("a.rttm"));
  EXPECT_FALSE(fs::exists("b.rttm"));
  EXPECT_FALSE(fs::exists("c.rttm"));
  EXPECT_EQ(num_leftovers(), 0u);
}

TEST_F(BatchRun, NamesInEveryFormatOfOneRun) {
  const std::string sample = DIAR_SOURCE_DIR "/samples/conversation.flac";
  fs::copy(sample, "-talk 1.flac");
  const CommandResult result =
      run_diarize({"--names", "SPEAKER_00=Ann B.,SPEAKER_77=X", "-f", "rttm,vtt", "--step", "5", "--format",
                   "json", "--embeddings", "--", "-talk 1.flac"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Ann B."));
  EXPECT_THAT(result.err, HasSubstr("no speaker 'SPEAKER_77'"));
  EXPECT_THAT(read_text("-talk 1.rttm"), HasSubstr("SPEAKER -talk_1 1 "));
  EXPECT_THAT(read_text("-talk 1.rttm"), HasSubstr(" Ann_B. <NA>"));
  EXPECT_THAT(read_text("-talk 1.vtt"), HasSubstr("<v Ann B.>"));
  const json document = json::parse(read_text("-talk 1.json"));
  EXPECT_EQ(document["speakers"][0]["speaker"], "Ann B.");
  EXPECT_EQ(document["embeddings"][0]["speaker"], "Ann B.");
  EXPECT_EQ(document["embeddings"][0]["values"].size(), 192u);
  EXPECT_THAT(read_text("-talk 1.json"), Not(HasSubstr("SPEAKER_00")));
}

TEST_F(BatchRun, WishesThatContradictEachOther) {
  wav("a.wav");
  for (const auto& [arguments, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"a.wav", "--resume", "-o", "-"}, "--resume"},
           {{"a.wav", "--embeddings"}, "--format json"},
           {{"a.wav", "-o", "a.docx"}, "names no format"},
           {{"a.wav", "--names", "A"}, "LABEL=NAME"},
           {{"a.wav", "--jobs", "0"}, "--jobs"},
           {{"a.wav", "-f", "rttm,srt", "-o", "-"}, "several formats"}}) {
    const CommandResult result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr(says));
    EXPECT_EQ(directory_.num_entries(), 1u);
  }
}

}  // namespace
}  // namespace diar::cli_test
