// Models converted there and back: the same numbers, the source named, nothing half written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "hub/model_card.h"
#include "hub/sha256.h"
#include "hub_fixture.h"
#include "models/layout.h"
#include "models/weight_file.h"
#include "test_paths.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using hub_test::message_of;
using hub_test::read_text;
using hub_test::write_text;
using ::testing::HasSubstr;

const fs::path kGolden = fs::path(DIAR_TEST_DATA) / "golden/models";
const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

class ConvertTest : public hub_test::HubTest {
 protected:
  // A whole pipeline as numpy wrote it, at a place of the caller's choice.
  fs::path pipeline(const fs::path& directory) const {
    fs::create_directories(directory);
    fs::copy(kGolden / "m8a", directory, fs::copy_options::recursive);
    fs::copy(kGolden / "segmentation", directory / "segmentation", fs::copy_options::recursive);
    return directory;
  }
  std::vector<ConvertedFile> convert(const fs::path& source, const fs::path& destination,
                                     WeightFormat format = WeightFormat::kSafetensors,
                                     WeightType type = WeightType::kAsStored, bool overwrite = false) const {
    return convert_model(source.string(), destination, {format, type, overwrite});
  }
  static Weights network(const fs::path& file) { return recognise_network(read_weight_file(file)).weights; }
  static void expect_equal(const Weights& a, const Weights& b) {
    ASSERT_EQ(a.tensors().size(), b.tensors().size());
    for (const auto& [name, tensor] : a.tensors()) {
      EXPECT_EQ(tensor.to_double(), b.at(name).to_double()) << name;
      EXPECT_EQ(tensor.shape, b.at(name).shape) << name;
    }
  }
  std::size_t num_entries(const fs::path& directory) const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
  }
};

TEST_F(ConvertTest, AModeKeepsItsOwnClusteringParameters) {
  const fs::path source = pipeline(root_ / "in");
  auto json = nlohmann::json::parse(read_text(source / "model.json"));
  json["clustering"]["faster"] = {{"threshold", 0.7}, {"fa", 0.1}, {"fb", 0.5}};
  write_text(source / "model.json", json.dump());
  convert(source, root_ / "out");
  EXPECT_EQ(nlohmann::json::parse(read_text(root_ / "out/model.json"))["clustering"], json["clustering"]);
  const ModelInfo info = inspect_model((root_ / "out").string());
  EXPECT_THAT(info.settings, ::testing::Contains(std::pair<std::string, std::string>("fa (faster)", "0.1")));
}

TEST_F(ConvertTest, WhatAModelSaysOfVoicesIsKept) {
  const fs::path source = pipeline(root_ / "in");
  fs::copy(source / "plda", source / "voices");
  auto json = nlohmann::json::parse(read_text(source / "model.json"));
  json["profile"] = "best";
  json["voices"] = {{"scale", 0.25}, {"offset", -1.5}};
  json["confidence"] = {
      {"bias", -4.0}, {"share", 3.0}, {"certainty", 2.0}, {"margin", 1.0}, {"overlap", 0.5}};
  write_text(source / "model.json", json.dump());
  convert(source, root_ / "out");
  const auto kept = nlohmann::json::parse(read_text(root_ / "out/model.json"));
  for (const char* part : {"profile", "voices", "confidence"}) EXPECT_EQ(kept[part], json[part]) << part;
  for (const char* file : {"voices/plda.npz", "voices/xvec_transform.npz"})
    EXPECT_EQ(read_text(root_ / "out" / file), read_text(source / file)) << file;
  // Its own files may be replaced.
  EXPECT_NO_THROW(convert(source, root_ / "out", WeightFormat::kNpz, WeightType::kAsStored, true));
}

class ConvertFormatTest : public ConvertTest, public ::testing::WithParamInterface<WeightFormat> {};

TEST_P(ConvertFormatTest, APipelineKeepsItsNumbersAndLoads) {
  const fs::path source = pipeline(root_ / "in");
  const fs::path out = root_ / "out";
  // float32, because the sum of two float16 biases (MLX has one) need not be a float16.
  const auto files = convert(source, out, GetParam(), WeightType::kFloat32);
  const std::string ending = GetParam() == WeightFormat::kSafetensors ? ".safetensors" : ".npz";
  for (const ConvertedFile& file : files) {
    EXPECT_EQ(fs::file_size(file.path), file.size_bytes);
    EXPECT_EQ(sha256_of_file(file.path), file.sha256) << file.path;
  }
  EXPECT_EQ(files.size(), 6u);
  expect_equal(network(out / "embedding" / ("weights" + ending)), network(source / "embedding/weights.npz"));
  const Weights before = network(source / "segmentation/weights.npz");
  const Weights after = network(out / "segmentation" / ("weights" + ending));
  if (GetParam() == WeightFormat::kMlx) {
    for (const auto& [name, tensor] : before.tensors()) {
      if (name.starts_with("lstm.bias")) continue;
      EXPECT_EQ(tensor.to_double(), after.at(name).to_double()) << name;
    }
  } else {
    expect_equal(after, before);
  }
  EXPECT_EQ(read_text(out / "plda/plda.npz"), read_text(source / "plda/plda.npz"));
  EngineOptions device;
  device.device = Device::kCpu;
  EXPECT_EQ(Engine::load(out, device).model_name(), "in");
  EXPECT_EQ(num_entries(root_), 2u) << "nothing is left beside the result";
}
INSTANTIATE_TEST_SUITE_P(Formats, ConvertFormatTest,
                         ::testing::Values(WeightFormat::kSafetensors, WeightFormat::kNpz,
                                           WeightFormat::kMlx));

TEST_F(ConvertTest, MlxHasChannelsLastAndItsOwnNames) {
  const fs::path source = pipeline(root_ / "in");
  convert(source, root_ / "out", WeightFormat::kMlx);
  const Weights segmentation = read_weight_file(root_ / "out/segmentation/weights.npz");
  EXPECT_EQ(segmentation.at("sincnet.conv2.weight").shape, (Shape{60, 5, 80}));
  EXPECT_EQ(segmentation.at("lstm_backward.3.bias").shape, (Shape{512}));
  const Weights embedding = read_weight_file(root_ / "out/embedding/weights.npz");
  EXPECT_EQ(embedding.at("resnet.layer2.0.conv1.weight").shape, (Shape{16, 3, 3, 8}));
}

TEST_F(ConvertTest, ASnapshotOfTheHubNamesRepositoryCommitAndLicence) {
  const fs::path snapshot = root_ / "home/hub/models--org--some-name/snapshots" / kCommit;
  pipeline(snapshot);
  fs::remove(snapshot / "model.json");
  write_text(snapshot / "README.md", "---\ntags: [a]\nlicense: \"mit\"\n---\ntext\n");
  write_text(snapshot / "LICENSE", "do what you like\n");
  convert(snapshot, root_ / "out");
  const auto json = nlohmann::json::parse(read_text(root_ / "out/model.json"));
  EXPECT_EQ(json["source"], "org/some-name");
  EXPECT_EQ(json["revision"], kCommit);
  EXPECT_EQ(json["licence"], "mit");
  EXPECT_EQ(json["converted"]["from"][0]["file"], "segmentation/weights.npz");
  EXPECT_EQ(json["converted"]["from"][0]["sha256"], sha256_of_file(snapshot / "segmentation/weights.npz"));
  EXPECT_EQ(read_text(root_ / "out/LICENSE"), "do what you like\n");
  const auto metadata = read_weight_file(root_ / "out/embedding/weights.safetensors").metadata();
  EXPECT_EQ(metadata.at("source"), "org/some-name");
  EXPECT_EQ(metadata.at("revision"), kCommit);
  EXPECT_EQ(metadata.at("licence"), "mit");
  EXPECT_EQ(metadata.at("format"), "pt");
  EXPECT_EQ(metadata.at("source_sha256"), sha256_of_file(snapshot / "embedding/weights.npz"));
  const std::string card = read_text(root_ / "out/README.md");
  for (const std::string& text :
       {std::string("license: \"mit\"\n"), std::string("base_model: \"org/some-name\"\n"), kCommit,
        sha256_of_file(root_ / "out/segmentation/weights.safetensors")}) {
    EXPECT_THAT(card, HasSubstr(text));
  }
  EXPECT_EQ(card.find(root_.string()), std::string::npos) << "no path of this machine";
}

TEST_F(ConvertTest, WhatWasConvertedStillKnowsItsSource) {
  const fs::path snapshot = pipeline(root_ / "home/hub/models--org--name/snapshots" / kCommit);
  convert(snapshot, root_ / "first");
  convert(root_ / "first", root_ / "second", WeightFormat::kNpz);
  convert(root_ / "second/embedding/weights.npz", root_ / "third.safetensors");
  EXPECT_EQ(nlohmann::json::parse(read_text(root_ / "second/model.json"))["revision"], kCommit);
  EXPECT_EQ(read_weight_file(root_ / "third.safetensors").metadata().at("source"), "org/name");
  expect_equal(network(root_ / "third.safetensors"), network(snapshot / "embedding/weights.npz"));
}

TEST_F(ConvertTest, OneNetworkAsOneFileOrAsADirectory) {
  const fs::path source = kGolden / "segmentation/weights.npz";
  EXPECT_EQ(convert(source, root_ / "one.safetensors").size(), 1u);
  expect_equal(network(root_ / "one.safetensors"), network(source));
  convert(kGolden / "segmentation", root_ / "directory");
  EXPECT_TRUE(fs::exists(root_ / "directory/segmentation/weights.safetensors"));
  EXPECT_FALSE(nlohmann::json::parse(read_text(root_ / "directory/model.json")).contains("clustering"));
  EXPECT_NO_THROW(load_segmentation_network(root_ / "directory"));
}

TEST_F(ConvertTest, TypesAreRoundedOrRefused) {
  const fs::path source = kGolden / "m8a/embedding/weights.npz";
  convert(source, root_ / "half.npz", WeightFormat::kNpz, WeightType::kFloat16);
  const Weights half = read_weight_file(root_ / "half.npz");
  for (const auto& [name, tensor] : half.tensors()) EXPECT_EQ(tensor.dtype, DType::kFloat16) << name;
  convert(source, root_ / "brain.safetensors", WeightFormat::kSafetensors, WeightType::kBFloat16);
  EXPECT_EQ(read_weight_file(root_ / "brain.safetensors").at("resnet.conv1.weight").dtype, DType::kBFloat16);
  EXPECT_THAT(message_of<ModelError>(
                  [&] { convert(source, root_ / "brain.npz", WeightFormat::kNpz, WeightType::kBFloat16); }),
              HasSubstr("safetensors"));
  EXPECT_FALSE(fs::exists(root_ / "brain.npz"));
}

TEST_F(ConvertTest, DestinationsThatDoNotFit) {
  const fs::path source = pipeline(root_ / "in");
  const fs::path file = source / "embedding/weights.npz";
  EXPECT_THAT(message_of<InvalidArgument>([&] { convert(source, root_ / "x.safetensors"); }),
              HasSubstr("directory"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { convert(file, root_ / "x.npz"); }),
              HasSubstr(".safetensors"));
  write_text(root_ / "full/notes.txt", "mine");
  EXPECT_THAT(message_of<InvalidArgument>([&] { convert(source, root_ / "full"); }), HasSubstr("exists"));
  EXPECT_THAT(message_of<InvalidArgument>([&] {
                convert(source, root_ / "full", WeightFormat::kSafetensors, WeightType::kAsStored, true);
              }),
              HasSubstr("not overwritten"));
  EXPECT_EQ(read_text(root_ / "full/notes.txt"), "mine");
  write_text(root_ / "file", "mine");
  EXPECT_THAT(message_of<InvalidArgument>([&] { convert(source, root_ / "file"); }), HasSubstr("is a file"));
}

TEST_F(ConvertTest, OverwritesOnlyWhenAllowed) {
  const fs::path source = pipeline(root_ / "in");
  convert(source, root_ / "out");
  EXPECT_THROW(convert(source, root_ / "out"), InvalidArgument);
  convert(source, root_ / "out", WeightFormat::kNpz, WeightType::kAsStored, true);
  EXPECT_FALSE(fs::exists(root_ / "out/embedding/weights.safetensors"));
  EXPECT_TRUE(fs::exists(root_ / "out/embedding/weights.npz"));
  EXPECT_EQ(num_entries(root_), 2u);
}

TEST_F(ConvertTest, AFailureLeavesNothing) {
  const fs::path source = pipeline(root_ / "in");
  write_text(source / "embedding/weights.npz", "not weights");
  EXPECT_THROW(convert(source, root_ / "out"), ModelError);
  write_text(source / "embedding/weights.npz", read_text(kGolden / "m8a/embedding/weights.npz"));
  write_text(source / "plda/plda.npz", "not weights");
  EXPECT_THROW(convert(source, root_ / "out"), ModelError);
  EXPECT_EQ(num_entries(root_), 1u);
}

TEST_F(ConvertTest, SeveralLooseFilesAreAmbiguous) {
  const fs::path source = root_ / "loose";
  fs::create_directories(source);
  fs::copy(kGolden / "m8a/embedding/weights.npz", source / "a.npz");
  EXPECT_EQ(convert(source, root_ / "one.safetensors").size(), 1u);
  fs::copy(kGolden / "m8a/embedding/weights.npz", source / "b.npz");
  EXPECT_THAT(message_of<ModelError>([&] { convert(source, root_ / "two.safetensors"); }),
              HasSubstr("several"));
}

TEST_F(ConvertTest, InspectTellsWhatIsThere) {
  const fs::path source = pipeline(root_ / "in");
  write_text(source / "embedding/broken.pt", "nonsense");
  const ModelInfo info = inspect_model(source.string());
  ASSERT_EQ(info.files.size(), 5u);
  EXPECT_EQ(info.files[0].file, "embedding/broken.pt");
  EXPECT_FALSE(info.files[0].fault.empty());
  EXPECT_EQ(info.files[1].network, "embedding");
  EXPECT_EQ(info.files[2].network, "PLDA");
  EXPECT_EQ(info.files[4].network, "segmentation");
  EXPECT_EQ(info.files[4].num_parameters, 1473265u);
  EXPECT_EQ(info.files[4].types, "float16");
  EXPECT_EQ(info.files[4].sha256, sha256_of_file(source / "segmentation/weights.npz"));
}

TEST(ModelCard, LicencesAsTheHubNamesThem) {
  EXPECT_EQ(hub_licence("CC-BY-4.0"), "cc-by-4.0");
  EXPECT_EQ(hub_licence("CC BY-SA 4.0"), "cc-by-sa-4.0");
  EXPECT_EQ(hub_licence("MIT"), "mit");
  EXPECT_EQ(hub_licence("my own"), "other");
  EXPECT_EQ(hub_licence(""), "");
}

}  // namespace
}  // namespace diar
