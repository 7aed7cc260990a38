// Checkpoints that torch wrote (tools/fixtures/make_checkpoints.py), and what nobody should write.
#include "models/torch_checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <optional>

#include "diar/errors.h"
#include "models/pickle.h"
#include "models/weight_file.h"
#include "test_paths.h"

namespace diar {
namespace {

const std::string kFolder = std::string(DIAR_TEST_DATA) + "/checkpoints/";

std::vector<std::byte> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty()) << path;
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

Pickle unpickled(const std::string& text) {
  return Pickle(std::as_bytes(std::span(text.data(), text.size())), "test");
}

class TorchCheckpointTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TorchCheckpointTest, ReadsEveryKindOfTensor) {
  const Weights weights = read_weight_file(kFolder + GetParam());
  EXPECT_EQ(weights.tensors().size(), 11u);
  std::vector<float> counting(24);
  std::iota(counting.begin(), counting.end(), 0.0f);
  EXPECT_EQ(weights.floats("plain", {4, 6}), counting);
  const auto transposed = weights.floats("transposed", {6, 4});
  EXPECT_EQ(std::vector<float>(transposed.begin(), transposed.begin() + 5),
            (std::vector<float>{0, 6, 12, 18, 1}));
  EXPECT_EQ(weights.floats("sliced", {2, 3}), (std::vector<float>{6, 8, 10, 12, 14, 16}));
  for (const char* name : {"half", "bfloat16", "double"}) {
    EXPECT_EQ(weights.floats(name, {6}), (std::vector<float>{0, 1, 2, 3, 4, 5})) << name;
  }
  EXPECT_EQ(weights.floats("integers", {5}), (std::vector<float>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(weights.floats("parameter", {6}), (std::vector<float>{18, 19, 20, 21, 22, 23}));
  EXPECT_TRUE(weights.floats("empty", {0, 3}).empty());
  EXPECT_EQ(weights.floats("expanded", {4, 6})[13], 1.0f);
  EXPECT_EQ(weights.floats("scalar", {}), (std::vector<float>{3.5f}));
}
INSTANTIATE_TEST_SUITE_P(Files, TorchCheckpointTest, ::testing::Values("state_dict.pt", "lightning.ckpt"));

TEST(TorchCheckpoint, WithoutTensorsThereIsNoModel) {
  EXPECT_THROW(read_weight_file(kFolder + "no_tensors.pt"), ModelError);
}

// What a checkpoint in these bytes holds, or nothing when it is refused; any other exception fails the test.
std::optional<Weights> loaded(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner) {
  try {
    return parse_torch_checkpoint(bytes, owner, "damaged");
  } catch (const ModelError&) {
    return std::nullopt;
  }
}

// No cut and no flipped byte may do anything but load or throw ModelError, whether tensors are copied or
// borrowed.
TEST(TorchCheckpoint, DamageIsRefused) {
  const std::vector<std::byte> whole = bytes_of(kFolder + "lightning.ckpt");
  const auto owner = std::make_shared<int>(0);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(loaded(cut, nullptr)) << length;
    EXPECT_FALSE(loaded(cut, owner)) << length;
  }
  std::size_t num_refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::vector<std::byte> flipped = whole;
    flipped[at] ^= std::byte{0x41};
    const auto copied = loaded(flipped, nullptr);
    const auto borrowed = loaded(flipped, owner);
    ASSERT_EQ(copied.has_value(), borrowed.has_value()) << at;
    if (!copied) {
      ++num_refused;
      continue;
    }
    for (const auto& [name, tensor] : copied->tensors()) {
      const auto other = borrowed->at(name).bytes;
      EXPECT_TRUE(std::equal(tensor.bytes.begin(), tensor.bytes.end(), other.begin(), other.end())) << at;
    }
  }
  EXPECT_GT(num_refused, whole.size() / 4) << "checksums cover the content";
}

// Little-endian length of a text, as BINUNICODE wants it.
std::string pickled_text(const std::string& text) {
  return std::string("X") + static_cast<char>(text.size()) + std::string(3, '\0') + text;
}

TEST(Pickle, NothingIsExecuted) {
  // os.system("touch x") as a malicious checkpoint asks for it: an inert record comes out.
  const Pickle pickle = unpickled(
      "\x80\x02"
      "cposix\nsystem\n" +
      pickled_text("touch x") + "\x85R.");
  EXPECT_EQ(pickle.root().kind, PickleValue::Kind::kCall);
  EXPECT_TRUE(pickle.root().items[0]->is_global("posix.system"));
  EXPECT_EQ(pickle.root().items[1]->items[0]->text, "touch x");
}

TEST(Pickle, BuildsData) {
  const Pickle pickle = unpickled("}(" + pickled_text("a") + "K\x05" + pickled_text("b") +
                                  "(K\x01K\x02"
                                  "tu.");
  EXPECT_EQ(pickle.root().find("a")->number, 5);
  EXPECT_EQ(pickle.root().find("b")->items.size(), 2u);
  EXPECT_EQ(pickle.root().find("c"), nullptr);
}

TEST(Pickle, RefusesWhatIsMalformed) {
  for (const std::string& text :
       {std::string(""), std::string("."), std::string("N"), std::string("\xff."), std::string("K"),
        std::string("h\x01."), std::string("t."), std::string("N(0."), std::string("X\xff\xff\xff\xff."),
        std::string("\x8d") + std::string(8, '\xff') + ".", std::string("\x8b\xff\xff\xff\x7f."),
        std::string("}(Nu."), std::string("R."), std::string("cno newline"), std::string("Q.")}) {
    EXPECT_THROW(unpickled(text), ModelError) << text;
  }
}

TEST(Pickle, DepthAndSizeAreNoDanger) {
  // Processor time: a busy machine must not fail the test.
  const std::clock_t start = std::clock();
  const std::size_t million = 1000000;
  unpickled("N" + std::string(million, '\x85') + ".");  // a tuple in a tuple in a ...
  unpickled(std::string(million, '(') + std::string(million, 't') + ".");
  unpickled("]q" + std::string(1, '\0') + "h" + std::string(1, '\0') + "a.");  // a list that holds itself
  std::string keys = "}(";
  for (std::size_t i = 0; i < million / 10; ++i) keys += "K\x01N";
  EXPECT_EQ(unpickled(keys + "u.").root().entries.size(), million / 10);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 10.0);
}

}  // namespace
}  // namespace diar
