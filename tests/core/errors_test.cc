// Messages quote names from files: whatever those hold, a message stays one plain line of bounded length.
#include "diar/errors.h"

#include <gtest/gtest.h>

namespace diar {
namespace {

TEST(Errors, AMessageIsOneLine) {
  EXPECT_STREQ(ModelError("tensor 'a\nb' \x1b[2J\x7f").what(), "tensor 'a?b' ?[2J?");
  EXPECT_STREQ(InputError("d\u00e9j\u00e0.wav").what(), "d\u00e9j\u00e0.wav");
  EXPECT_EQ(std::string(ModelError(std::string("a\0b", 3)).what()), "a?b");
}

TEST(Errors, AMessageHasAnEnd) {
  const std::string longest(2000, 'x');
  EXPECT_EQ(ModelError(longest).what(), longest);
  EXPECT_EQ(ModelError(longest + "y").what(), longest + "...");
  // Cut before a character of two bytes, not within it.
  const std::string cut = std::string(1999, 'x') + "\u00e9";
  EXPECT_EQ(ModelError(cut + "y").what(), std::string(1999, 'x') + "...");
}

}  // namespace
}  // namespace diar
