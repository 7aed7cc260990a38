#include "io/formats/report_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace diar {
namespace {

TEST(ReportTextTest, JsonInAScriptElementMeansTheSame) {
  const nlohmann::json nasty = {"</script>", "<!--<script>", "a & b",
                                "line\xE2\x80\xA8para\xE2\x80\xA9"
                                "end",
                                "]]>"};
  const std::string safe = escape_json_for_script(nasty.dump());
  EXPECT_EQ(safe.find_first_of("<>&"), std::string::npos) << safe;
  EXPECT_EQ(safe.find("\xE2\x80"), std::string::npos) << safe;
  EXPECT_EQ(nlohmann::json::parse(safe), nasty);
}

TEST(ReportTextTest, JsonEscapingLeavesOtherThreeByteCharactersAlone) {
  // U+2027 and U+202A stand beside the two separators.
  const std::string text = "\"\xE2\x80\xA7\xE2\x80\xAA\xE2\x80\"";
  EXPECT_EQ(escape_json_for_script(text), text);
}

// The vectors of RFC 4648, section 10, and all byte values.
TEST(ReportTextTest, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFB\xFF\xBE\xFF"), "+/++/w==");
}

}  // namespace
}  // namespace diar
