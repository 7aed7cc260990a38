#include "hub/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "diar/errors.h"
#include "hub_fixture.h"

namespace diar {
namespace {

std::string hash_in_pieces(const std::string& message, std::size_t piece) {
  Sha256 hash;
  for (std::size_t at = 0; at < message.size(); at += piece) {
    const std::string part = message.substr(at, piece);
    hash.update(std::as_bytes(std::span(part.data(), part.size())));
  }
  return hash.finish();
}

// Examples of FIPS 180-4 (NIST) and the million a's of its CAVS set.
TEST(Sha256, AgreesWithNist) {
  EXPECT_EQ(hash_in_pieces("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_in_pieces("abc", 64), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_in_pieces("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 64),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_in_pieces(std::string(1000000, 'a'), 4096),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesDoNotMatter) {
  // Lengths around the block (64) and around the last byte that leaves room for the length (55).
  for (const std::size_t length : {1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000}) {
    std::string message;
    for (std::size_t i = 0; i < length; ++i) message += static_cast<char>(i * 37);
    const std::string whole = hash_in_pieces(message, length);
    for (const std::size_t piece : {1, 3, 63, 64, 65})
      EXPECT_EQ(hash_in_pieces(message, piece), whole) << length;
  }
}

class Sha256FileTest : public hub_test::HubTest {};

TEST_F(Sha256FileTest, HashesAFile) {
  hub_test::write_text(root_ / "abc", "abc");
  EXPECT_EQ(sha256_of_file(root_ / "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_THROW(sha256_of_file(root_ / "missing"), ModelError);
}

}  // namespace
}  // namespace diar
