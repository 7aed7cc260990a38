// What the command prints and writes when all goes well.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string wav(const TemporaryDirectory& directory, const std::string& name,
                const std::vector<std::int16_t>& samples, int sample_rate_hz = 16000, int num_channels = 1) {
  write_text(directory.file(name), wav_bytes(samples, sample_rate_hz, num_channels));
  return directory.file(name);
}

TEST(Command, VersionAndHelp) {
  EXPECT_THAT(run_diarize({"--version"}).out, StartsWith("diarize "));
  const CommandResult help = run_diarize({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* flag :
       {"--output", "--model", "--num-speakers", "--min-duration", "--chunk-size", "--exclusive", "--json"}) {
    EXPECT_THAT(help.out, HasSubstr(flag));
  }
}

TEST(Command, SilenceGivesAnEmptyRttm) {
  const TemporaryDirectory directory;
  const std::string input = wav(directory, "silence.wav", std::vector<std::int16_t>(16000 * 12, 0));
  const CommandResult result = run_diarize({input});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("no speech found in 0:12.0"));
  EXPECT_TRUE(std::filesystem::exists(directory.file("silence.rttm")));
  EXPECT_EQ(read_text(directory.file("silence.rttm")), "");
}

TEST(Command, TheModelsWindowIsUsed) {
  const TemporaryDirectory directory;
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter", directory.file("model"),
                        std::filesystem::copy_options::recursive);
  auto config = nlohmann::json::parse(read_text(directory.file("model/model.json")));
  config["segmentation"]["duration_s"] = 5.0;
  config["segmentation"]["step_s"] = 0.5;
  write_text(directory.file("model/model.json"), config.dump());
  const std::string input = wav(directory, "a.wav", noise(16000 * 8));
  const CommandResult result = run_diarize({input, "-v", "--model", directory.file("model")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("(7 windows)"));  // (8 - 5) / 0.5 + 1
}

class ShortAndOddInputs : public ::testing::TestWithParam<std::tuple<std::size_t, int, int>> {};

TEST_P(ShortAndOddInputs, Work) {
  const auto [num_frames, sample_rate_hz, num_channels] = GetParam();
  const TemporaryDirectory directory;
  const std::string input =
      wav(directory, "a.wav", noise(num_frames * static_cast<std::size_t>(num_channels)), sample_rate_hz,
          num_channels);
  const CommandResult result = run_diarize({input, "--json", "-o", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_NEAR(json["duration_s"].get<double>(), static_cast<double>(num_frames) / sample_rate_hz, 0.001);
}

// 1 sample, 100 ms, 8 kHz, 96 kHz with six channels.
INSTANTIATE_TEST_SUITE_P(Inputs, ShortAndOddInputs,
                         ::testing::Values(std::tuple{1u, 16000, 1}, std::tuple{1600u, 16000, 1},
                                           std::tuple{8000u, 8000, 1}, std::tuple{96000u, 96000, 6}));

TEST(Command, StandardInputGivesRttmOnStandardOutput) {
  const TemporaryDirectory directory;
  const std::string sample = DIAR_SOURCE_DIR "/samples/conversation.flac";
  const CommandResult result = run_diarize({"-"}, sample);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("SPEAKER stdin 1 "));
}

TEST(Command, EveryWayToAskGivesTheSameTurns) {
  const TemporaryDirectory directory;
  const std::string sample = DIAR_SOURCE_DIR "/samples/conversation.flac";
  std::filesystem::copy(sample, directory.file("talk.flac"));
  const std::string input = directory.file("talk.flac");

  ASSERT_EQ(run_diarize({input, "--quiet"}).out, "");
  const std::string rttm = read_text(directory.file("talk.rttm"));
  EXPECT_THAT(rttm, StartsWith("SPEAKER talk 1 "));
  EXPECT_EQ(run_diarize({input, "-o", "-"}).out, rttm);
  EXPECT_EQ(run_diarize({input, "-o", directory.file("results/"), "-q", "--threads", "1"}).exit_code, 0);
  EXPECT_EQ(read_text(directory.file("results/talk.rttm")), rttm);

  const CommandResult json_result = run_diarize({input, "--json", "-q", "--overwrite"});
  const auto json = nlohmann::json::parse(json_result.out);
  EXPECT_EQ(json["turns"].size(), static_cast<std::size_t>(std::count(rttm.begin(), rttm.end(), '\n')));
  EXPECT_EQ(json["model"]["name"], "starter");

  const CommandResult one = run_diarize({input, "--num-speakers", "1", "-o", "-"});
  EXPECT_THAT(one.out, HasSubstr("SPEAKER_00"));
  EXPECT_THAT(one.out, Not(HasSubstr("SPEAKER_01")));
}

TEST(Command, NamesWithSpacesQuotesUnicodeAndDashes) {
  const TemporaryDirectory directory;
  for (const std::string name : {"two words.wav", "it's \"quoted\".wav", "Gespräch 会议.wav", "-dash.wav"}) {
    const std::string input = wav(directory, name, noise(8000));
    EXPECT_EQ(run_diarize({"--quiet", "--", input}).exit_code, 0) << name;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(input).replace_extension(".rttm"))) << name;
  }
}

TEST(Command, VerboseNamesModelDeviceAndStages) {
  const TemporaryDirectory directory;
  const CommandResult result = run_diarize({wav(directory, "a.wav", noise(16000)), "--verbose", "-o", "-"});
  for (const char* word : {"starter", "cpu (", "segmentation", "embedding", "clustering"}) {
    EXPECT_THAT(result.err, HasSubstr(word));
  }
}

TEST(Command, SegmentWritesEveryFormat) {
  const std::string sample = DIAR_SOURCE_DIR "/samples/conversation.flac";
  const CommandResult rttm = run_diarize({"segment", sample});
  EXPECT_THAT(rttm.out, HasSubstr("<NA> <NA> SPEECH <NA> <NA>"));
  const CommandResult csv = run_diarize({"segment", sample, "--format", "csv"});
  EXPECT_THAT(csv.out, StartsWith("time_s,speakers\n0.030969,"));
  const auto json = nlohmann::json::parse(run_diarize({"segment", sample, "--format", "json"}).out);
  EXPECT_GT(json["speech"].size(), 1u);
  EXPECT_EQ(json["speakers_per_frame"].size(),
            static_cast<std::size_t>(std::count(csv.out.begin(), csv.out.end(), '\n')) - 1);
}

TEST(Command, SegmentNeedsASegmentationOnly) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.file("model"));
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter/segmentation", directory.file("model/segmentation"));
  const std::string input = wav(directory, "a.wav", noise(16000));
  const CommandResult result = run_diarize({"segment", input, "--model", directory.file("model")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(run_diarize({input, "--model", directory.file("model"), "-o", "-"}).exit_code, 5);
}

TEST(Command, ReadsFromAPipe) {
  // A pipe cannot be searched: containers with their index at the end need a file.
  const std::string command = std::string("cat '") + DIAR_SOURCE_DIR + "/samples/conversation.flac' | '" +
                              DIAR_COMMAND + "' - --num-speakers 1 -o -";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char line[256] = {};
  EXPECT_NE(std::fgets(line, sizeof(line), pipe), nullptr);
  EXPECT_THAT(line, StartsWith("SPEAKER stdin 1 "));
  while (std::fgets(line, sizeof(line), pipe) != nullptr) {
  }
  EXPECT_EQ(pclose(pipe), 0);
}

class Completion : public ::testing::TestWithParam<const char*> {};

TEST_P(Completion, NamesOptionsAndCommands) {
  const CommandResult result = run_diarize({"completion", GetParam()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("num-speakers"));
  EXPECT_THAT(result.out, HasSubstr("segment"));
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, ::testing::Values("bash", "zsh", "fish"));

}  // namespace
}  // namespace diar::cli_test
