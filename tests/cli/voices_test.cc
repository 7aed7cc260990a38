// diarize voices, --voices and --link: people enrolled from the sample and found in it again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "command.h"
#include "models/weight_file.h"
#include "models/weight_writer.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

const std::string kSample = std::string(DIAR_SOURCE_DIR) + "/samples/conversation.flac";
const std::string kSampleReference = std::string(DIAR_SOURCE_DIR) + "/samples/conversation.rttm";

class Voices : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_.file(name); }
  CommandResult voices(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "voices");
    arguments.insert(arguments.end(), {"--book", path("book.json")});
    return run_diarize(arguments);
  }

  TemporaryDirectory folder_;
};

TEST_F(Voices, EnrolledPeopleGetTheirNamesInEveryFormat) {
  const CommandResult add = voices({"add", "Ann Lee", kSample, "--speaker", "SPEAKER_00", "--json"});
  ASSERT_EQ(add.exit_code, 0) << add.err;
  EXPECT_EQ(Json::parse(add.out)["samples"], 1);
  struct stat found = {};
  ASSERT_EQ(stat(path("book.json").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  const std::string book = read_text(path("book.json"));

  const CommandResult run =
      run_diarize({kSample, "--voices", path("book.json"), "--names", "SPEAKER_01=Cy", "-f", "rttm,json,csv",
                   "-o", path("out") + "/", "-q", "--min-confidence", "0.5"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string rttm = read_text(path("out/conversation.rttm"));
  EXPECT_THAT(rttm, HasSubstr(" Ann_Lee "));
  EXPECT_THAT(rttm, HasSubstr(" Cy "));
  EXPECT_THAT(rttm, Not(HasSubstr("SPEAKER_00")));
  EXPECT_THAT(read_text(path("out/conversation.csv")), HasSubstr(",Ann Lee,0."));
  const Json json = Json::parse(read_text(path("out/conversation.json")));
  ASSERT_EQ(json["identities"].size(), json["speakers"].size());
  const Json& ann = json["identities"][0];
  EXPECT_EQ(ann["name"], "Ann Lee");
  EXPECT_EQ(ann["speaker"], "Ann Lee");
  EXPECT_EQ(ann["reason"], "named");
  EXPECT_GT(ann["candidates"][0]["probability"], 0.95);
  EXPECT_FALSE(json["identities"][1].contains("name"));
  EXPECT_FALSE(json.contains("embeddings"));
  // A run never changes the book.
  EXPECT_EQ(read_text(path("book.json")), book);

  // Sure turns only; RTTM, which is pyannote's, says nothing of it.
  for (const Json& turn : json["turns"]) {
    EXPECT_GE(turn["confidence"].get<double>(), 0.4995);
    EXPECT_LE(turn["confidence"].get<double>(), 1.0);
  }
  EXPECT_THAT(rttm, HasSubstr(" <NA> <NA> Ann_Lee <NA> <NA>\n"));

  const CommandResult suggest = voices({"suggest", kSample, "-q"});
  EXPECT_THAT(suggest.out, HasSubstr("voices add 'Ann Lee' " + kSample + " --speaker SPEAKER_00"));
  EXPECT_THAT(suggest.out, HasSubstr("voices add conversation-speaker-1 "));
}

// A model whose voices/ finds everybody alike says so, whatever its plda/ says.
TEST_F(Voices, TheModelsOwnScoringOfVoicesIsUsed) {
  const std::filesystem::path model = path("model");
  std::filesystem::copy(DIAR_SOURCE_DIR "/models/starter", model, std::filesystem::copy_options::recursive);
  ASSERT_EQ(voices({"add", "Ann", kSample, "--speaker", "SPEAKER_00", "--model", model}).exit_code, 0);
  const auto best = [&] {
    const CommandResult found = voices({"identify", kSample, "--json", "-q", "--model", model});
    EXPECT_EQ(found.exit_code, 0) << found.err;
    return Json::parse(found.out)["speakers"][0];
  };
  const Json own = best();
  EXPECT_EQ(own["name"], "Ann");
  std::filesystem::remove_all(model / "voices");
  std::filesystem::copy(model / "plda", model / "voices");
  Weights plda = read_weight_file(model / "voices/plda.npz");
  plda.insert("psi", Tensor::from(std::vector<double>(plda.at("psi").shape[0], 1e-6), plda.at("psi").shape));
  write_text(model / "voices/plda.npz", to_npz(plda, {}));
  // What is left is the offset of the calibration.
  EXPECT_LT(best()["candidates"][0]["llr"].get<double>(), own["candidates"][0]["llr"].get<double>() - 3.0);
}

// Two people of two numbers each.
constexpr const char* kSmallBook =
    R"({"format": "diarize.cpp voices", "version": 1, "encoder": "other-0", "dimension": 1,
  "voices": [{"name": "Ann", "samples": [{"source": "a.wav", "speech_s": 9, "date": "", "embedding": "AACAPw=="}]},
             {"name": "Bo", "samples": [{"source": "b.wav", "speech_s": 8, "date": "", "embedding": "AAAAQA=="}]}]})";

TEST_F(Voices, TheBookIsKept) {
  write_text(path("book.json"), kSmallBook);
  EXPECT_THAT(voices({"list"}).out, HasSubstr("2 people in "));
  const CommandResult show = voices({"show", "Bo", "--json"});
  EXPECT_EQ(Json::parse(show.out)["samples"][0]["source"], "b.wav");
  EXPECT_THAT(show.out, Not(HasSubstr("embedding")));
  EXPECT_EQ(voices({"rename", "Bo", "Bea"}).exit_code, 0);
  EXPECT_EQ(voices({"show", "Bo"}).exit_code, 2);
  EXPECT_EQ(voices({"export", path("part.json"), "Bea"}).exit_code, 0);
  EXPECT_EQ(voices({"export", path("part.json")}).exit_code, 2);  // it is there
  EXPECT_EQ(voices({"remove", "Bea"}).exit_code, 0);
  const CommandResult import = voices({"import", path("part.json"), "--json"});
  EXPECT_EQ(Json::parse(import.out)["in_both"].size(), 0u) << import.err;
  EXPECT_THAT(voices({"import", path("part.json")}).err, HasSubstr("'Bea' was in the book before"));
  EXPECT_EQ(Json::parse(voices({"list", "--json"}).out)["voices"][1]["name"], "Bea");
  EXPECT_EQ(voices({"remove"}).exit_code, 2);
  EXPECT_EQ(voices({"remove", "--all"}).exit_code, 0);
  EXPECT_EQ(Json::parse(voices({"list", "--json"}).out)["voices"].size(), 0u);
}

TEST_F(Voices, EnrolmentRefusesWhatIsNoVoiceOfOnePerson) {
  EXPECT_EQ(voices({"add", "SPEAKER_01", kSample}).exit_code, 2);
  write_text(path("silence.wav"), wav_bytes(std::vector<std::int16_t>(160000, 0), 16000, 1));
  EXPECT_THAT(voices({"add", "Ann", path("silence.wav")}).err, HasSubstr("nobody speaks"));
  EXPECT_EQ(Json::parse(voices({"list", "--json"}).out)["voices"].size(), 0u);
}

TEST_F(Voices, AReferenceChoosesWhomToHear) {
  const std::string text = read_text(kSampleReference);
  const std::string speaker =
      text.substr(text.find("<NA> <NA> ") + 10, text.find(" <NA> <NA>\n") - text.find("<NA> <NA> ") - 10);
  const CommandResult result =
      voices({"add", "Ann", kSample, "--from", kSampleReference + ":" + speaker, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(Json::parse(result.out)["added"][0]["speech_s"], 5.0);
  EXPECT_THAT(voices({"add", "Ann", kSample, "--from", kSampleReference + ":nobody"}).err,
              HasSubstr("its speakers are"));
  EXPECT_EQ(voices({"add", "Ann", kSample, "--from", kSampleReference}).exit_code, 2);
}

TEST_F(Voices, BadBooksAreRefusedBeforeTheWork) {
  write_text(path("book.json"), "{}");
  const CommandResult result = run_diarize({kSample, "--voices", path("book.json"), "-o", path("x.rttm")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no book of voices"));
  EXPECT_EQ(run_diarize({kSample, "--voices", path("none.json"), "-o", path("x.rttm")}).exit_code, 3);
  EXPECT_EQ(run_diarize({kSample, "--min-confidence", "1.5"}).exit_code, 2);
  EXPECT_EQ(run_diarize({kSample, "--identify-only", "Bo", "-o", path("x.rttm")}).exit_code, 2);
  write_text(path("book.json"), kSmallBook);
  const CommandResult other = run_diarize({kSample, "--voices", path("book.json"), "-o", path("x.rttm")});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("of the encoder other-0"));
  EXPECT_FALSE(std::filesystem::exists(path("x.rttm")));
  // The book is an input: no result replaces it.
  EXPECT_EQ(
      run_diarize({kSample, "--voices", path("book.json"), "-o", path("book.json"), "-f", "json"}).exit_code,
      2);
}

TEST_F(Voices, LinkedRecordingsShareTheirLabels) {
  std::filesystem::create_directories(folder_.path() / "in");
  std::filesystem::copy(kSample, path("in/a.flac"));
  std::filesystem::copy(kSample, path("in/b.flac"));
  write_text(path("in/broken.wav"), "RIFF");
  const CommandResult result = run_diarize({path("in"),
                                            "--link",
                                            "--link-report",
                                            path("who.json"),
                                            "-j",
                                            "2",
                                            "-o",
                                            path("out") + "/",
                                            "-f",
                                            "rttm,json",
                                            "--progress",
                                            "none",
                                            "--speed",
                                            "faster",
                                            "--voices",
                                            path("book.json"),
                                            "--add-strangers",
                                            "Guest",
                                            "--names",
                                            "SPEAKER_01=Bo"});
  EXPECT_EQ(result.exit_code, 4) << result.err;  // that of the broken one
  EXPECT_THAT(result.err, HasSubstr("3 different speakers in all recordings"));
  const Json report = Json::parse(read_text(path("who.json")));
  EXPECT_EQ(report["num_recordings"], 2);
  ASSERT_EQ(report["speakers"].size(), 3u);
  for (const Json& speaker : report["speakers"]) EXPECT_EQ(speaker["recordings"].size(), 2u);
  const Json a = Json::parse(read_text(path("out/a.json"))), b = Json::parse(read_text(path("out/b.json")));
  EXPECT_EQ(a["turns"], b["turns"]);
  // Whom nobody named went into the book, and bear the names that they have there.
  const Json book = Json::parse(voices({"list", "--json"}).out)["voices"];
  ASSERT_EQ(book.size(), 2u);
  EXPECT_EQ(book[0]["name"], "Guest 1");
  EXPECT_EQ(book[1]["name"], "Guest 2");
  // The recordings are copies, so that both give the same sample.
  EXPECT_EQ(Json::parse(voices({"show", "Guest 2", "--json"}).out)["samples"].size(), 1u);
  EXPECT_EQ(report["speakers"][0]["speaker"], "Guest 1");
  EXPECT_EQ(report["speakers"][1]["speaker"], "Bo");
  EXPECT_EQ(report["speakers"][2]["speaker"], "Guest 2");
  const auto refused = [&](const std::string& name, const std::string& with) {
    return run_diarize({path("in"), "--link", "--add-strangers", name, with, "-o", path("no") + "/"}).err;
  };
  EXPECT_THAT(refused("Guest", "-q"), HasSubstr("add --voices"));
  EXPECT_THAT(refused(std::string(300, 'x'), "--voices=" + path("book.json")), HasSubstr("200 bytes"));
  EXPECT_FALSE(a.contains("embeddings"));
  EXPECT_FALSE(std::filesystem::exists(path("out/broken.rttm")));
  EXPECT_EQ(run_diarize({path("in"), "--link", "--resume", "-o", path("out") + "/"}).exit_code, 2);
  EXPECT_EQ(run_diarize({path("in"), "--link-report", path("y.json"), "-o", path("out") + "/"}).exit_code, 2);
}

}  // namespace
}  // namespace diar::cli_test
