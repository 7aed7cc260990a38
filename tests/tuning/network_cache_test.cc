// What the networks said, through a file and back; no damage is taken for results.
#include "tuning/network_cache.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "diar/errors.h"
#include "temporary_directory.h"

namespace diar {
namespace {

constexpr std::uint64_t kKey = 0x1234567890abcdef;

NetworkOutput sample() {
  NetworkOutput output;
  output.duration_s = 11.5;
  output.activity.grid = {10.0, 1.0, 2, 4};
  output.activity.bits = {0, 1, 3, 1, 0, 0, 4, 7};
  output.embeddings.dimension = 2;
  output.embeddings.row_of = {0, 1, -1, 2, 3, 4};
  output.embeddings.values = {1.0f, -2.0f, 3.5f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f, 1e-30f};
  return output;
}

class NetworkCache : public ::testing::Test {
 protected:
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }

  const TemporaryDirectory folder_;
  const std::filesystem::path path_ = folder_.path() / "a.diarcache";
};

TEST_F(NetworkCache, RoundTrip) {
  write_network_cache(path_, kKey, sample());
  const auto found = read_network_cache(path_, kKey);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->duration_s, 11.5);
  EXPECT_EQ(found->activity.grid.duration_s, 10.0);
  EXPECT_EQ(found->activity.grid.step_s, 1.0);
  EXPECT_EQ(found->activity.grid.num_windows, 2u);
  EXPECT_EQ(found->activity.grid.frames_per_window, 4u);
  EXPECT_EQ(found->activity.bits, sample().activity.bits);
  EXPECT_EQ(found->embeddings.dimension, 2u);
  EXPECT_EQ(found->embeddings.row_of, sample().embeddings.row_of);
  EXPECT_EQ(found->embeddings.values, sample().embeddings.values);
}

TEST_F(NetworkCache, SilenceHasNoRows) {
  NetworkOutput silent;
  silent.activity.grid = {10.0, 1.0, 1, 3};
  silent.activity.bits = {0, 0, 0};
  silent.embeddings.dimension = 256;
  write_network_cache(path_, kKey, silent);
  const auto found = read_network_cache(path_, kKey);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->embeddings.num_rows(), 0u);
  EXPECT_EQ(found->embeddings.row(0, 2), -1);
}

TEST_F(NetworkCache, AnotherKeyOrNothing) {
  EXPECT_FALSE(read_network_cache(path_, kKey));
  EXPECT_FALSE(read_network_cache(folder_.path(), kKey));
  write_network_cache(path_, kKey, sample());
  EXPECT_FALSE(read_network_cache(path_, kKey + 1));
}

TEST_F(NetworkCache, EveryTruncationAndEveryDamagedByteIsSeen) {
  write_network_cache(path_, kKey, sample());
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write(whole.substr(0, size));
    EXPECT_FALSE(read_network_cache(path_, kKey)) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write(damaged);
    EXPECT_FALSE(read_network_cache(path_, kKey)) << at;
  }
  write(whole + "x");
  EXPECT_FALSE(read_network_cache(path_, kKey));
}

// Sizes whose products would wrap around to the file's size, or ask for all memory.
TEST_F(NetworkCache, HostileSizes) {
  write_network_cache(path_, kKey, sample());
  const std::string whole = bytes();
  for (std::size_t field = 5; field < 9; ++field) {
    for (const std::uint64_t value : {~0ull, 1ull << 63, 1ull << 32, 10'000'000ull, 0ull}) {
      std::string hostile = whole;
      std::memcpy(hostile.data() + 8 * field, &value, sizeof(value));
      write(hostile);
      EXPECT_FALSE(read_network_cache(path_, kKey)) << field << ' ' << value;
    }
  }
}

TEST_F(NetworkCache, NamesFitEveryFileSystem) {
  EXPECT_EQ(network_cache_name("talk", 0xab), "talk-00000000000000ab.diarcache");
  EXPECT_LE(network_cache_name(std::string(240, 'x'), kKey).size(), 255u);
  // Cut between characters: U+00E9 is two bytes.
  std::string text = "a";
  while (text.size() < 240) text += "\xC3\xA9";
  const std::string name = network_cache_name(text, kKey);
  EXPECT_EQ(name.find('-') % 2, 1u);
  write_network_cache(folder_.path() / name, kKey, sample());
  EXPECT_TRUE(read_network_cache(folder_.path() / name, kKey));
}

TEST_F(NetworkCache, OnlyCachesAreReplaced) {
  write_network_cache(path_, kKey, sample());
  const std::string whole = bytes();
  for (const std::string& own : {std::string(), whole.substr(0, 3), "DIARNET1" + whole.substr(8), whole}) {
    write(own);
    write_network_cache(path_, kKey, sample());
    EXPECT_EQ(bytes(), whole);
  }
  write("precious");
  EXPECT_THROW(write_network_cache(path_, kKey, sample()), OutputError);
  EXPECT_EQ(bytes(), "precious");
  std::filesystem::rename(path_, folder_.path() / "else");
  std::filesystem::create_symlink("else", path_);
  EXPECT_THROW(check_network_cache_place(path_), OutputError);
  EXPECT_THROW(write_network_cache(path_, kKey, sample()), OutputError);
  EXPECT_EQ(bytes(), "precious");
}

TEST_F(NetworkCache, CannotBeWritten) {
  EXPECT_THROW(write_network_cache(folder_.path() / "none" / "a.diarcache", kKey, sample()), OutputError);
}

}  // namespace
}  // namespace diar
