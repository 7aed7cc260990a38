// The networks as torch, pyannote.audio, safetensors, numpy and MLX wrote them
// (tools/fixtures/make_networks.py): every file gives the same bits.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "diar/errors.h"
#include "models/torch_legacy.h"
#include "network_fixture.h"
#include "test_paths.h"

namespace diar {
namespace {

using models_test::output_of;

std::string path_of(const std::string& name) {
  return std::string(DIAR_TEST_DATA) + "/networks/" + name;
}

NetworkWeights read(const std::string& name) {
  return recognise_network(read_weight_file(path_of(name)));
}

struct File {
  const char* name;
  const char* format;
  const char* layout;
};

class EmbeddingFileTest : public ::testing::TestWithParam<File> {};

TEST_P(EmbeddingFileTest, GivesTheSameBitsAsNumpys) {
  const File& file = GetParam();
  EXPECT_EQ(weight_file_format(path_of(file.name)), file.format);
  const NetworkWeights found = read(file.name);
  EXPECT_EQ(found.layout.network, Network::kEmbedding);
  EXPECT_EQ(to_string(found.layout), file.layout);
  const std::vector<float> expected = output_of(read("embedding_numpy.npz").weights, Network::kEmbedding);
  ASSERT_EQ(expected.size(), 8u);
  EXPECT_NE(expected[0], expected[1]);
  EXPECT_EQ(output_of(found.weights, Network::kEmbedding), expected);
}
INSTANTIATE_TEST_SUITE_P(
    Every, EmbeddingFileTest,
    ::testing::Values(File{"embedding_lightning.ckpt", "PyTorch checkpoint", "PyTorch names"},
                      File{"embedding_wespeaker.pt", "PyTorch checkpoint", "WeSpeaker names"},
                      File{"embedding_legacy.pt", "PyTorch checkpoint (before 1.6)", "WeSpeaker names"},
                      File{"embedding.safetensors", "safetensors", "PyTorch names"},
                      File{"embedding_mlx_port.npz", "npz", "PyTorch names, channels last"},
                      File{"embedding_mlx_modules.npz", "npz",
                           "names of an MLX module tree, channels last"}));

TEST(SegmentationFile, LightningGivesTheSameBitsAsNumpys) {
  const NetworkWeights lightning = read("segmentation_lightning.ckpt");
  EXPECT_EQ(lightning.layout.network, Network::kSegmentation);
  EXPECT_EQ(lightning.weights.at("lstm.weight_hh_l3_reverse").dtype, DType::kFloat16);
  EXPECT_EQ(output_of(lightning.weights, Network::kSegmentation),
            output_of(read("segmentation_numpy.npz").weights, Network::kSegmentation));
}

std::vector<std::byte> legacy_bytes() {
  std::ifstream file(path_of("embedding_legacy.pt"), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

TEST(LegacyCheckpoint, EveryCutIsRefused) {
  const std::vector<std::byte> whole = legacy_bytes();
  EXPECT_NO_THROW(parse_legacy_checkpoint(whole, nullptr, "whole"));
  for (std::size_t length = 0; length < whole.size(); length += length < 4096 ? 61 : 4096) {
    EXPECT_THROW(parse_legacy_checkpoint(std::span(whole).first(length), nullptr, "cut"), ModelError)
        << length;
  }
}

// The text has no checksum: a changed byte may give other numbers, but nothing else than those or a refusal.
TEST(LegacyCheckpoint, ChangedBytesDoNoHarm) {
  const std::vector<std::byte> whole = legacy_bytes();
  std::size_t num_refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += at < 16384 ? 37 : 2039) {
    std::vector<std::byte> changed = whole;
    changed[at] ^= std::byte{0x41};
    try {
      parse_legacy_checkpoint(changed, nullptr, "changed");
    } catch (const ModelError&) {
      ++num_refused;
    }
  }
  EXPECT_GT(num_refused, 20u);
}

}  // namespace
}  // namespace diar
