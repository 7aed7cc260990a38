// The book itself: what it takes, what it refuses, and its file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include <fstream>

#include "diar/errors.h"
#include "diar/voices.h"
#include "io/formats/schema_validator.h"
#include "test_paths.h"
#include "voice_samples.h"
#include "voices/base64.h"

namespace diar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using voices_test::sample_of;

constexpr const char* kEncoder = "resnet34-0123456789abcdef";

template <class Failure>
std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Failure& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

VoiceBook two_people() {
  VoiceBook book;
  book.add("Bo \"B\" Ågren", sample_of({1.0f, -0.0f, 3e-41f}), kEncoder);
  book.add("Ann", sample_of({0.1f, 0.2f, 0.3f}, "é\t\x01.wav"), kEncoder);
  book.add("Ann", sample_of({0.3f, 0.2f, -1.5f}), kEncoder);
  return book;
}

TEST(VoiceBook, KeepsPeopleSortedWithTheirSamples) {
  const VoiceBook book = two_people();
  ASSERT_EQ(book.voices().size(), 2u);
  EXPECT_EQ(book.voices()[0].name, "Ann");
  EXPECT_EQ(book.voices()[0].samples.size(), 2u);
  EXPECT_EQ(book.encoder_id(), kEncoder);
  EXPECT_EQ(book.dimension(), 3u);
  EXPECT_EQ(book.find("Bo"), nullptr);
}

TEST(VoiceBook, ASampleThatIsThereChangesNothing) {
  VoiceBook book = two_people();
  const VoiceBook before = book;
  EXPECT_EQ(book.add("Ann", sample_of({0.1f, 0.2f, 0.3f}), kEncoder), 2u);
  EXPECT_EQ(book, before);
}

TEST(VoiceBook, RefusesWhatWouldPoisonIt) {
  VoiceBook book = two_people();
  const VoiceBook before = book;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const auto refusal = [&](const std::string& name, std::vector<float> values, const std::string& encoder) {
    return message_of<InvalidArgument>([&] { book.add(name, sample_of(std::move(values)), encoder); });
  };
  EXPECT_THAT(refusal("Cy", {nan, 0, 0}, kEncoder), HasSubstr("not finite"));
  EXPECT_THAT(refusal("Cy", {0, infinity, 0}, kEncoder), HasSubstr("not finite"));
  EXPECT_THAT(refusal("Cy", {0, 0, 0}, kEncoder), HasSubstr("zeros"));
  EXPECT_THAT(refusal("Cy", {}, kEncoder), HasSubstr("no embedding"));
  EXPECT_THAT(refusal("Cy", {1, 2}, kEncoder), HasSubstr("2 values"));
  EXPECT_THAT(refusal("Cy", {1, 2, 3}, "campplus-1"), HasSubstr("encoder"));
  EXPECT_THAT(refusal("", {1, 2, 3}, kEncoder), HasSubstr("empty"));
  EXPECT_THAT(refusal(" Cy", {1, 2, 3}, kEncoder), HasSubstr("white space"));
  EXPECT_THAT(refusal("C\ny", {1, 2, 3}, kEncoder), HasSubstr("control character"));
  EXPECT_THAT(refusal("C\xc0\xafy", {1, 2, 3}, kEncoder), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal("SPEAKER_07", {1, 2, 3}, kEncoder), HasSubstr("label"));
  EXPECT_THAT(refusal(std::string(201, 'x'), {1, 2, 3}, kEncoder), HasSubstr("200 bytes"));
  // RTTM writes both names alike.
  EXPECT_THAT(refusal("Bo_\"B\" Ågren", {1, 2, 3}, kEncoder), HasSubstr("RTTM"));
  EXPECT_EQ(book, before);
}

TEST(VoiceBook, RemovesAndRenames) {
  VoiceBook book = two_people();
  EXPECT_THAT(message_of<InvalidArgument>([&] { book.rename("Ann", "Bo_\"B\"_Ågren"); }), HasSubstr("taken"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { book.rename("Cy", "Dee"); }),
              HasSubstr("nobody called 'Cy'"));
  book.rename("Ann", "Zoe");
  EXPECT_EQ(book.voices()[1].name, "Zoe");
  EXPECT_EQ(book.voices()[1].samples.size(), 2u);
  // To another spelling of the same key.
  book.rename("Bo \"B\" Ågren", "Bo_\"B\"_Ågren");
  book.remove("Bo_\"B\"_Ågren");
  EXPECT_THROW(book.remove("Ann"), InvalidArgument);
  book.remove("Zoe");
  EXPECT_EQ(book, VoiceBook());  // of no encoder any more
}

TEST(VoiceBook, MergesAllOrNothing) {
  VoiceBook book = two_people();
  VoiceBook other;
  other.add("Ann", sample_of({5, 5, 5}), kEncoder);
  other.add("Cy", sample_of({6, 5, 5}), kEncoder);
  EXPECT_THAT(book.merge(other), ElementsAre("Ann"));
  EXPECT_EQ(book.find("Ann")->samples.size(), 3u);
  VoiceBook foreign;
  foreign.add("Dee", sample_of({6, 5, 5}), "another");
  const VoiceBook before = book;
  EXPECT_THROW(book.merge(foreign), InvalidArgument);
  EXPECT_EQ(book, before);
}

TEST(VoiceBookJson, KeepsEveryBit) {
  VoiceBook book = two_people();
  book.set_calibration(VoiceCalibration{0.125, -3.5});
  // Neither UTF-8 nor plain: a file's name may hold anything, JSON may not.
  const std::string text = to_json(book);
  EXPECT_EQ(parse_voice_book(text, "b"), book);
  EXPECT_EQ(to_json(parse_voice_book(text, "b")), text);
  EXPECT_EQ(parse_voice_book(to_json(VoiceBook()), "b"), VoiceBook());
}

TEST(VoiceBookJson, IsOfThePublishedSchema) {
  Validator schema(nlohmann::json::parse(std::ifstream(DIAR_SOURCE_DIR "/docs/schema/voices.schema.json")));
  VoiceBook book = two_people();
  EXPECT_THAT(schema.problems(nlohmann::json::parse(to_json(book))), ::testing::IsEmpty());
  book.set_calibration(VoiceCalibration{0.125, -3.5});
  EXPECT_THAT(schema.problems(nlohmann::json::parse(to_json(book))), ::testing::IsEmpty());
  EXPECT_THAT(schema.problems(nlohmann::json::parse(to_json(VoiceBook()))), ::testing::IsEmpty());
}

TEST(VoiceBookJson, Base64IsTheStandardOne) {
  // 1.0f is 00 00 80 3f.
  EXPECT_EQ(to_base64(std::vector<float>{1.0f}), "AACAPw==");
  EXPECT_EQ(from_base64("AACAPw==").value(), std::vector<float>{1.0f});
  for (const char* bad : {"AACAPw=", "AACAPw", "AACAPw===", "AACA", "AACAP*==", "=ACAPw==", "AA=APw=="})
    EXPECT_FALSE(from_base64(bad)) << bad;
  std::mt19937 generator(3);
  for (std::size_t size = 0; size < 9; ++size) {
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(generator());
    EXPECT_EQ(from_base64(to_base64(values)), values);
  }
}

TEST(VoiceBookJson, RefusesWhatItDoesNotKnow) {
  const std::string good = to_json(two_people());
  const auto refusal = [](const std::string& text) {
    return message_of<InputError>([&] { parse_voice_book(text, "book.json"); });
  };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_THAT(refusal(""), HasSubstr("'book.json': no JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("no book of voices"));
  EXPECT_THAT(refusal("{}"), HasSubstr("no book of voices"));
  EXPECT_THAT(refusal("3"), HasSubstr("no book of voices"));
  EXPECT_THAT(refusal(good + "x"), HasSubstr("no JSON"));
  EXPECT_THAT(refusal(changed("diarize.cpp voices", "diarize.cpp model")), HasSubstr("no book of voices"));
  EXPECT_THAT(refusal(changed("\"version\": 1", "\"version\": 2")), HasSubstr("unknown version"));
  EXPECT_THAT(refusal(changed("\"dimension\": 3", "\"dimension\": 4")), HasSubstr("dimension"));
  EXPECT_THAT(refusal(changed("\"dimension\": 3", "\"dimension\": -1")), HasSubstr("dimension"));
  EXPECT_THAT(refusal(changed("\"date\"", "\"mood\"")), HasSubstr("'mood' is unknown"));
  EXPECT_THAT(refusal(changed("\"date\"", "\"source\"")), HasSubstr("'source' is there twice"));
  EXPECT_THAT(refusal(changed("\"Ann\"", "\"Bo \\\"B\\\" Ågren\"")), HasSubstr("twice"));
  EXPECT_THAT(refusal(changed("\"Ann\"", "[[[[[[[[\"Ann\"]]]]]]]]")), HasSubstr("another kind"));
  EXPECT_THAT(refusal(changed("12.5", "1e999")), HasSubstr("no JSON"));
  EXPECT_THAT(refusal(changed("12.5", "-1")), HasSubstr("length"));
  EXPECT_THAT(refusal(changed("\"embedding\": \"", "\"embedding\": \"!")), HasSubstr("base64"));
  // Not a number, in float32.
  EXPECT_THAT(refusal(changed(to_base64(std::vector<float>{1.0f, -0.0f, 3e-41f}),
                              to_base64(std::vector<float>{1.0f, std::nanf(""), 0.0f}))),
              HasSubstr("not finite"));
}

TEST(VoiceBookJson, AHugeNestingIsNoStackOverflow) {
  const std::string deep = "{\"voices\": " + std::string(1 << 20, '[');
  EXPECT_THROW(parse_voice_book(deep, "b"), InputError);
}

}  // namespace
}  // namespace diar
