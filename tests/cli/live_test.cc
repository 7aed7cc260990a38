// `diarize live` as a user runs it: streams of any kind, events, Ctrl-C, crashes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "child.h"
#include "diar/io/audio.h"
#include "diar/io/rttm.h"
#include "diar/live.h"
#include "terminal.h"

namespace diar::cli_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The beginning of the sample conversation, at any rate (crudely).
std::vector<std::int16_t> talk(double duration_s, int rate_hz = 16000) {
  static const Waveform kSample = load_audio(DIAR_SOURCE_DIR "/samples/conversation.flac");
  std::vector<std::int16_t> samples(static_cast<std::size_t>(duration_s * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(
        std::lround(kSample.samples[i * 16000 / static_cast<std::size_t>(rate_hz)] * 32767.0f));
  return samples;
}

std::string bytes_of(const std::vector<std::int16_t>& samples) {
  return {reinterpret_cast<const char*>(samples.data()), samples.size() * 2};
}

std::string as_stdin(std::string rttm, const std::string& uri) {
  return std::regex_replace(rttm, std::regex(" " + uri + " "), " stdin ");
}

/// A FIFO that stays open, so that the stream does not end.
class OpenFifo {
 public:
  explicit OpenFifo(const std::string& path) : path_(path) {
    if (mkfifo(path.c_str(), 0600) == 0) descriptor_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~OpenFifo() { close(descriptor_); }
  OpenFifo(const OpenFifo&) = delete;
  OpenFifo& operator=(const OpenFifo&) = delete;
  const std::string& path() const { return path_; }
  void write(const std::string& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t count =
          ::write(descriptor_, bytes.data() + at, std::min<std::size_t>(bytes.size() - at, 4096));
      ASSERT_GT(count, 0);
      at += static_cast<std::size_t>(count);
    }
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// The annotation that lines of events leave.
Annotation replay(const std::string& lines, bool& equals_offline) {
  std::map<std::uint64_t, Turn> turns;
  std::map<std::string, std::string> labels;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const auto event = nlohmann::json::parse(line);
    const std::string type = event.at("type");
    if (type == "turn" || type == "turn_revised") {
      turns[event.at("id")] = {{event.at("start_s"), event.at("end_s")}, event.at("speaker")};
    } else if (type == "turn_removed") {
      turns.erase(event.at("id").get<std::uint64_t>());
    } else if (type == "final") {
      equals_offline = event.at("equals_offline");
      labels = event.at("offline_labels").get<std::map<std::string, std::string>>();
    }
  }
  std::vector<Turn> list;
  for (auto& [id, turn] : turns) {
    if (labels.contains(turn.speaker)) turn.speaker = labels[turn.speaker];
    list.push_back(turn);
  }
  return Annotation("stdin", std::move(list));
}

class LiveCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& name) const { return directory_.file(name); }
  TemporaryDirectory directory_;
};

TEST_F(LiveCommand, AWavStreamEndsAsTheFileAndItsEventsTellIt) {
  write_text(file("talk.wav"), wav_bytes(talk(13.0), 16000, 1));
  const auto offline = run_diarize({file("talk.wav"), "-o", "-", "-q"});
  ASSERT_EQ(offline.exit_code, 0) << offline.err;
  const auto live = run_diarize({"live", "--events", "json", "-o", file("out.rttm"), "-q"}, file("talk.wav"));
  ASSERT_EQ(live.exit_code, 0) << live.err;
  EXPECT_EQ(read_text(file("out.rttm")), as_stdin(offline.out, "talk"));
  EXPECT_EQ(live.err, "");
  bool equals_offline = false;
  EXPECT_EQ(to_rttm(replay(live.out, equals_offline)), as_stdin(offline.out, "talk"));
  EXPECT_TRUE(equals_offline);
  EXPECT_THAT(live.out, HasSubstr("\"type\":\"speaker_start\""));
}

TEST_F(LiveCommand, TheResultNamesWhoIsInTheBook) {
  write_text(file("talk.wav"), wav_bytes(talk(13.0), 16000, 1));
  const auto add = run_diarize({"voices", "add", "Ann", file("talk.wav"), "--speaker", "SPEAKER_00",
                                "--min-seconds", "2", "--book", file("book.json"), "-q"});
  ASSERT_EQ(add.exit_code, 0) << add.err;
  const auto live =
      run_diarize({"live", "--voices", file("book.json"), "-f", "rttm,json", "-o", file("live/"), "-q"},
                  file("talk.wav"));
  ASSERT_EQ(live.exit_code, 0) << live.err;
  const auto offline = run_diarize(
      {file("talk.wav"), "--voices", file("book.json"), "-f", "rttm,json", "-o", file("offline/"), "-q"});
  ASSERT_EQ(offline.exit_code, 0) << offline.err;
  const std::string rttm = read_text(file("live/stdin.rttm"));
  EXPECT_THAT(rttm, HasSubstr(" Ann "));
  EXPECT_EQ(rttm, as_stdin(read_text(file("offline/talk.rttm")), "talk"));
  const auto identities = [&](const std::string& name) {
    return nlohmann::json::parse(read_text(file(name))).at("identities");
  };
  EXPECT_EQ(identities("live/stdin.json"), identities("offline/talk.json"));
  EXPECT_EQ(
      run_diarize({"live", "--voices", file("book.json"), "--identify-only", "Bo", "-q"}, file("talk.wav"))
          .exit_code,
      2);
}

TEST_F(LiveCommand, RawSamplesAtAnyRate) {
  for (const int rate_hz : {8000, 44100}) {
    const auto samples = talk(6.0, rate_hz);
    write_text(file("talk.wav"), wav_bytes(samples, rate_hz, 1));
    write_text(file("talk.raw"), bytes_of(samples));
    const auto offline = run_diarize({file("talk.wav"), "-o", "-", "-q"});
    const auto live = run_diarize(
        {"live", "--input-format", "s16le", "--rate", std::to_string(rate_hz), "-q"}, file("talk.raw"));
    ASSERT_EQ(live.exit_code, 0) << live.err;
    EXPECT_EQ(live.out, as_stdin(offline.out, "talk"));
  }
}

TEST_F(LiveCommand, TwoChannelsOfFloat) {
  const auto samples = talk(5.0);
  std::vector<float> pairs;
  for (const std::int16_t sample : samples) {
    pairs.push_back(static_cast<float>(sample) / 32768.0f);
    pairs.push_back(0.0f);
  }
  pairs[100] = std::numeric_limits<float>::quiet_NaN();
  write_text(file("talk.wav"), wav_bytes(samples, 16000, 1));
  write_text(file("talk.raw"), {reinterpret_cast<const char*>(pairs.data()), pairs.size() * 4});
  const auto offline = run_diarize({file("talk.wav"), "-o", "-", "-q"});
  const std::vector<std::string> words = {"live", "--input-format", "f32le", "--channels",
                                          "2",    "--channel",      "0"};
  const auto live = run_diarize(words, file("talk.raw"));
  ASSERT_EQ(live.exit_code, 0) << live.err;
  EXPECT_EQ(live.out, as_stdin(offline.out, "talk"));
  EXPECT_THAT(live.err, HasSubstr("damaged samples"));
}

TEST_F(LiveCommand, CtrlCFinishesAndASecondOneAborts) {
  const OpenFifo fifo(file("stream"));
  for (const bool twice : {false, true}) {
    const std::string out = file(twice ? "twice.rttm" : "once.rttm");
    Child child(
        {"live", fifo.path(), "--input-format", "s16le", "-o", out, "--latency", "0.5", "--events", "json"});
    fifo.write(bytes_of(talk(5.0)));
    // Something is shown: the stream is heard.
    ASSERT_TRUE(child.wait_for_output("\"type\":\"turn\""));
    child.send(SIGINT);
    if (twice) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      child.send(SIGINT);
    }
    const auto result = child.finish();
    EXPECT_EQ(result.exit_code, twice ? 9 : 0) << result.err;
    EXPECT_EQ(std::filesystem::exists(out), !twice);
    EXPECT_EQ(result.out.find("\"type\":\"final\"") != std::string::npos, !twice);
    if (!twice) {
      EXPECT_FALSE(read_rttm_file(out).empty());
    }
  }
}

TEST_F(LiveCommand, WhatWasSavedSurvivesACrash) {
  const OpenFifo fifo(file("stream"));
  const std::string out = file("out.rttm");
  Child child({"live", fifo.path(), "--input-format", "s16le", "-o", out, "--save-every", "0.1", "-q"});
  fifo.write(bytes_of(talk(5.0)));
  for (int tries = 0; tries < 3000 && read_text(out).empty(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  child.send(SIGKILL);
  EXPECT_EQ(child.finish().exit_code, 128 + SIGKILL);
  ASSERT_EQ(read_rttm_file(out).size(), 1u);
  EXPECT_FALSE(read_rttm_file(out)[0].turns().empty());
}

TEST_F(LiveCommand, AStreamThatStallsIsFinishedAfterItsTime) {
  const OpenFifo fifo(file("stream"));
  Child child({"live", fifo.path(), "--input-format", "s16le", "--timeout", "0.3", "-o", file("out.rttm")});
  fifo.write(bytes_of(talk(4.0)));
  const auto result = child.finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("gave nothing for"));
  EXPECT_FALSE(read_rttm_file(file("out.rttm")).empty());
}

TEST_F(LiveCommand, AStreamThatEndsEarlyIsKeptAndSaidSo) {
  const auto samples = talk(4.0);
  write_text(file("short.wav"), wav_bytes(samples, 16000, 1, 1000000));
  const auto result = run_diarize({"live", "-o", file("out.rttm")}, file("short.wav"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("ended before the length that it stated"));
  EXPECT_FALSE(read_rttm_file(file("out.rttm")).empty());
}

TEST_F(LiveCommand, WhatIsNoStreamIsRefusedWithAWayOut) {
  write_text(file("noise"), std::string(5000, 'x'));
  const auto refused = run_diarize({"live"}, file("noise"));
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("--input-format"));
  EXPECT_EQ(run_diarize({"live"}).exit_code, 4);
  EXPECT_EQ(run_diarize({"live", "--input-format", "s16le"}).exit_code, 4);
  EXPECT_EQ(run_diarize({"live", file("missing.wav")}).exit_code, 3);
  write_text(file("talk.wav"), wav_bytes(noise(16000), 16000, 1));
  EXPECT_EQ(run_diarize({"live", file("talk.wav"), "-o", file("talk.wav"), "-f", "rttm"}).exit_code, 2);
  EXPECT_EQ(run_diarize({"live", "--save-every", "1"}, file("talk.wav")).exit_code, 2);
  EXPECT_EQ(run_diarize({"live", "--latency", "0.1"}, file("talk.wav")).exit_code, 2);
}

// Lines that are drawn over each other, and none of them left.
TEST_F(LiveCommand, TheTerminalIsLeftClean) {
  write_text(file("talk.wav"), wav_bytes(talk(6.0), 16000, 1));
  const auto session = on_a_terminal({"live", file("talk.wav"), "-o", file("out.rttm"), "--realtime"});
  EXPECT_EQ(session.exit_code, 0);
  EXPECT_THAT(session.screen, HasSubstr("SPEAKER_00 now"));
  const std::size_t last_erase = session.screen.rfind("\r\x1b[J");
  ASSERT_NE(last_erase, std::string::npos);
  const std::string rest = session.screen.substr(last_erase);
  EXPECT_THAT(rest, Not(HasSubstr(" now")));
  EXPECT_THAT(rest, HasSubstr("with their shares of the speech"));
}

}  // namespace
}  // namespace diar::cli_test
