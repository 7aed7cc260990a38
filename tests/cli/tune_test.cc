// diarize tune: what it finds holds for the pipeline; the cache; clear refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSample = std::string(DIAR_SOURCE_DIR) + "/samples/conversation.flac";
const std::string kSampleReference = std::string(DIAR_SOURCE_DIR) + "/samples/conversation.rttm";

class Tune : public ::testing::Test {
 protected:
  // Two short recordings of noise; the references claim speech.
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "audio");
    for (const std::string name : {"one", "two words"}) {
      write("audio/" + name + ".wav", wav_bytes(noise(name == "one" ? 16000 : 24000), 16000, 1));
    }
    write("ref.rttm",
          "SPEAKER one 1 0.2 0.5 <NA> <NA> a <NA> <NA>\nSPEAKER two_words 1 0 1 <NA> <NA> b <NA> <NA>\n");
  }
  void write(const std::string& name, const std::string& text) { write_text(folder_.path() / name, text); }
  std::string path(const std::string& name) const { return folder_.file(name); }
  CommandResult tune(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"tune"});
    return run_diarize(arguments);
  }

  TemporaryDirectory folder_;
};

TEST_F(Tune, ResultHoldsForThePipeline) {
  // The bundled numbers leave nothing to gain on this recording.
  const std::string model = path("model");
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter", model, std::filesystem::copy_options::recursive);
  write("model/model.json", R"({"format": "diarize.cpp model", "version": 1,
    "clustering": {"threshold": 1.3, "fa": 0.01, "fb": 10}})");
  const std::vector<std::string> call = {
      kSample, kSampleReference, "--model",  model, "--cache",  path("cache"),
      "-o",    path("p.json"),   "--trials", "40",  "--collar", "0.1"};
  const CommandResult first = tune(call);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("1/1 conversation\n"));
  EXPECT_THAT(first.err, HasSubstr("trial 1: DER"));
  EXPECT_THAT(first.out, HasSubstr("before  DER"));
  EXPECT_THAT(first.out, HasSubstr("40 trials on 1 recording"));
  const std::string written = read_text(path("p.json"));
  const auto json = nlohmann::json::parse(written);
  const double before = json["tuning"]["before"]["der"];
  const double after = json["tuning"]["after"]["der"];
  EXPECT_LT(after, before);

  // The same from the cache, in no time.
  const CommandResult second = tune(call);
  EXPECT_THAT(second.err, HasSubstr("1/1 conversation (cached)"));
  EXPECT_EQ(read_text(path("p.json")), written);

  const CommandResult run =
      run_diarize({kSample, "--model", model, "--params", path("p.json"), "-o", path("tuned.rttm"), "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const CommandResult score =
      run_diarize({"score", kSampleReference, path("tuned.rttm"), "--collar", "0.1", "--json"});
  // RTTM keeps milliseconds, which moves each of some hundred boundaries by half of one at most.
  EXPECT_NEAR(nlohmann::json::parse(score.out)["total"]["der"].get<double>(), after, 1e-3);
}

TEST_F(Tune, DirectoriesAndDamagedCaches) {
  const std::vector<std::string> call = {path("audio"), path("ref.rttm"), "--cache", path("cache"), "-o",
                                         "-",           "--trials",       "3"};
  const CommandResult first = tune(call);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("1/2 one\n"));
  EXPECT_THAT(first.err, HasSubstr("2/2 two_words\n"));
  EXPECT_EQ(nlohmann::json::parse(first.out)["tuning"]["recordings"], 2);
  EXPECT_NEAR(nlohmann::json::parse(first.out)["tuning"]["before"]["total_s"].get<double>(), 1.5, 1e-9);
  for (const auto& file : std::filesystem::directory_iterator(path("cache"))) {
    // Cut short: what does not begin as a cache of ours is not ours to replace.
    if (file.path().filename().string().starts_with("one-"))
      std::filesystem::resize_file(file.path(), file.file_size() / 2);
  }
  const CommandResult second = tune(call);
  EXPECT_THAT(second.err, HasSubstr("1/2 one\n"));
  EXPECT_THAT(second.err, HasSubstr("2/2 two_words (cached)\n"));
  EXPECT_EQ(second.out, first.out);
}

TEST_F(Tune, AModeStartsFromItsOwnParametersAndHasItsOwnCache) {
  std::filesystem::copy(std::string(DIAR_SOURCE_DIR) + "/models/starter", path("model"),
                        std::filesystem::copy_options::recursive);
  write("model/model.json", R"({"format": "diarize.cpp model", "version": 1,
    "clustering": {"threshold": 0.5, "fa": 0.1, "fb": 0.5, "faster": {"threshold": 0.9}}})");
  const auto tuned = [&](const std::string& speed) {
    const CommandResult result =
        tune({path("audio"), path("ref.rttm"), "--model", path("model"), "--device", "cpu", "--speed", speed,
              "--cache", path("cache"), "--trials", "1", "-o", "-"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  };
  for (const auto& [speed, threshold] : {std::pair("exact", 0.5), std::pair("faster", 0.9)}) {
    const CommandResult first = tuned(speed);
    EXPECT_THAT(first.err, Not(HasSubstr("(cached)")));
    EXPECT_EQ(nlohmann::json::parse(first.out)["tuning"]["speed"], speed);
    EXPECT_EQ(nlohmann::json::parse(first.out)["threshold"], threshold);
  }
  // What clusters differently hears the same.
  write("model/model.json", R"({"format": "diarize.cpp model", "version": 1, "clustering": {"fb": 2}})");
  EXPECT_THAT(tuned("exact").err, HasSubstr("2/2 two_words (cached)"));
  EXPECT_THAT(tuned("faster").err, HasSubstr("2/2 two_words (cached)"));
  // Another step does not.
  write("model/model.json",
        R"({"format": "diarize.cpp model", "version": 1, "segmentation": {"step_s": 2}})");
  EXPECT_THAT(tuned("exact").err, Not(HasSubstr("(cached)")));
}

TEST_F(Tune, UemAndMissingAudio) {
  write("all.uem", "one 1 0 0.4\nthree 1 0 1\n");
  const CommandResult result = tune(
      {path("audio"), path("ref.rttm"), "--uem", path("all.uem"), "-o", path("p.json"), "--trials", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("'two_words' is not in the UEM"));
  EXPECT_NEAR(nlohmann::json::parse(read_text(path("p.json")))["tuning"]["before"]["total_s"].get<double>(),
              0.2, 1e-9);
  std::filesystem::remove(folder_.path() / "audio/one.wav");
  write("audio/more.wav", "x");
  EXPECT_THAT(tune({path("audio"), path("ref.rttm"), "--trials", "1", "-o", path("p.json")}).err,
              HasSubstr("'one' has no audio"));
}

TEST_F(Tune, Refusals) {
  const auto refused = [&](const std::vector<std::string>& arguments, int code, const std::string& message) {
    const CommandResult result = tune(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  refused({path("nothing"), path("ref.rttm")}, 3, "no such file or directory");
  refused({path("audio"), path("none.rttm")}, 3, "none.rttm");
  write("other.rttm", "SPEAKER x 1 0 1 <NA> <NA> a <NA> <NA>\n");
  refused({path("audio"), path("other.rttm")}, 3, "none of the recordings");
  write("silent.uem", "one 1 0.8 0.9\n");
  refused({path("audio"), path("ref.rttm"), "--uem", path("silent.uem"), "-o", path("p.json")}, 2,
          "no speech to tune on");
  write("audio/one.mp3", "x");
  refused({path("audio"), path("ref.rttm")}, 3, "could both be 'one'");
  refused({path("audio"), path("ref.rttm"), "--trials", "0"}, 2, "--trials");
  EXPECT_FALSE(std::filesystem::exists(path("p.json")));
}

TEST_F(Tune, ParameterFilesAreChecked) {
  write("bad.json", R"({"format": "diarize.cpp parameters", "version": 1, "threshold": 5})");
  const CommandResult result =
      run_diarize({path("audio/one.wav"), "--params", path("bad.json"), "-o", path("x.rttm")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("'threshold' must lie between"));
  EXPECT_FALSE(std::filesystem::exists(path("x.rttm")));
  EXPECT_EQ(run_diarize({path("audio/one.wav"), "--params", path("none.json")}).exit_code, 3);
}

}  // namespace
}  // namespace diar::cli_test
