// Models that cannot run: info, verify and convert say so as a run does.
#include <gmock/gmock.h>

#include <algorithm>

#include "diar/engine.h"
#include "diar/errors.h"
#include "diar/hub/model_files.h"
#include "diar/hub/model_store.h"
#include "hub_fixture.h"
#include "models/layout.h"
#include "models/weight_file.h"
#include "models/weight_writer.h"
#include "networks/campplus_fixture.h"
#include "test_paths.h"

namespace diar {
namespace {

namespace fs = std::filesystem;
using hub_test::message_of;
using hub_test::write_text;
using ::testing::HasSubstr;

const fs::path kGolden = fs::path(DIAR_TEST_DATA) / "golden/models";

struct Unfit {
  const char* name;
  const char* file;  // of the set, whose weights are changed
  void (*change)(Weights&);
  const char* message;
};

Tensor cut(const Tensor& tensor, std::size_t rows) {
  Tensor out = tensor;
  out.bytes = tensor.bytes.first(tensor.bytes.size() / tensor.shape[0] * rows);
  out.shape[0] = rows;
  return out;
}

const Unfit kUnfit[] = {
    {"MultiLabelHead", "segmentation/weights.npz",
     [](Weights& weights) {
       weights.insert("classifier.weight", cut(weights.at("classifier.weight"), 3));
       weights.insert("classifier.bias", cut(weights.at("classifier.bias"), 3));
     },
     "3 classes: not a powerset network"},
    {"FewerLstmUnits", "segmentation/weights.npz",
     [](Weights& weights) { weights.insert("lstm.weight_hh_l2", cut(weights.at("lstm.weight_hh_l2"), 256)); },
     "'lstm.weight_hh_l2'"},
    {"NegativeVariance", "embedding/weights.npz",
     [](Weights& weights) {
       const Shape shape = weights.at("resnet.bn1.running_var").shape;
       weights.insert("resnet.bn1.running_var", Tensor::from(std::vector<float>(shape[0], -1.0f), shape));
     },
     "negative"},
    {"EmbeddingOfAnotherDimension", "embedding/weights.npz",
     [](Weights& weights) {
       weights.insert("resnet.seg_1.weight", cut(weights.at("resnet.seg_1.weight"), 192));
       weights.insert("resnet.seg_1.bias", cut(weights.at("resnet.seg_1.bias"), 192));
     },
     "gives 192"},
    {"CampplusWithThePldaOfAResNet34", "embedding/weights.npz",
     [](Weights& weights) { weights = campplus_test::random_weights(192, 3); },
     "a PLDA of embeddings of 256 values does not fit a network that gives 192"},
    {"OneLstmLayerLess", "segmentation/weights.npz",
     [](Weights& weights) {
       Weights fewer(weights.source());
       for (const auto& [name, tensor] : weights.tensors()) {
         if (name.find("_l3") == std::string::npos) fewer.insert(name, tensor);
       }
       weights = fewer;
     },
     "without its tensor 'lstm.weight_ih_l3'"},
    {"OtherNetworkInTheSlot", "embedding/weights.npz",
     [](Weights& weights) { weights = read_weight_file(kGolden / "segmentation/weights.npz"); },
     "not a WeSpeaker ResNet34"},
    {"PldaOfIntegers", "plda/plda.npz",
     [](Weights& weights) {
       Tensor psi = weights.at("psi");
       psi.dtype = DType::kInt64;
       weights.insert("psi", psi);
     },
     "not floating"},
};

class UnfitTest : public hub_test::HubTest, public ::testing::WithParamInterface<Unfit> {
 protected:
  fs::path set() const {
    const fs::path directory = root_ / "set";
    fs::create_directories(directory);
    fs::copy(kGolden / "m8a", directory, fs::copy_options::recursive);
    fs::copy(kGolden / "segmentation", directory / "segmentation", fs::copy_options::recursive);
    return directory;
  }
};

TEST_P(UnfitTest, IsRefusedEverywhere) {
  const Unfit& unfit = GetParam();
  const fs::path directory = set();
  Weights weights = read_weight_file(directory / unfit.file);
  unfit.change(weights);
  write_text(directory / unfit.file, to_npz(weights, {}));

  EngineOptions cpu;
  cpu.device = Device::kCpu;
  EXPECT_THAT(message_of<ModelError>([&] { Engine::load(directory, cpu); }), HasSubstr(unfit.message))
      << "a run";
  EXPECT_THAT(message_of<ModelError>([&] { convert_model(directory.string(), root_ / "out"); }),
              HasSubstr(unfit.message));
  EXPECT_FALSE(fs::exists(root_ / "out"));
  std::string faults;
  for (const WeightFileInfo& file : inspect_model(directory.string()).files) faults += file.fault;
  EXPECT_THAT(faults, HasSubstr(unfit.message));
  std::string bad;
  for (const FileCheck& check : verify_model(directory.string())) bad += check.good ? "" : check.detail;
  EXPECT_THAT(bad, HasSubstr(unfit.message));
}
INSTANTIATE_TEST_SUITE_P(Every, UnfitTest, ::testing::ValuesIn(kUnfit),
                         [](const auto& test) { return std::string(test.param.name); });

class WholeSetTest : public UnfitTest {};

TEST_F(WholeSetTest, VerifyLoadsItOnce) {
  const fs::path directory = set();
  EXPECT_EQ(verify_model(directory.string()).back().detail, "loads");
  // Every file is in order, and yet nothing comes of it: no two rows of tr may be equal.
  Weights plda = read_weight_file(directory / "plda/plda.npz");
  Tensor tr = plda.at("tr");
  std::vector<double> values = tr.to_double();
  const std::size_t columns = tr.shape[1];
  std::copy_n(values.begin(), columns, values.begin() + static_cast<std::ptrdiff_t>(columns));
  plda.insert("tr", Tensor::from(values, tr.shape));
  write_text(directory / "plda/plda.npz", to_npz(plda, {}));
  const auto checks = verify_model(directory.string());
  EXPECT_FALSE(checks.back().good);
  EXPECT_THAT(checks.back().detail, HasSubstr("singular"));
}

// A run makes it only when it compares recordings; verify always.
TEST_F(WholeSetTest, VerifyMakesTheScoringOfVoices) {
  const fs::path directory = set();
  fs::copy(directory / "plda", directory / "voices");
  EXPECT_EQ(verify_model(directory.string()).back().detail, "loads");
  Weights plda = read_weight_file(directory / "voices/plda.npz");
  plda.insert("tr", Tensor::from(std::vector<double>(plda.at("tr").to_double().size()), plda.at("tr").shape));
  write_text(directory / "voices/plda.npz", to_npz(plda, {}));
  const auto checks = verify_model(directory.string());
  EXPECT_FALSE(checks.back().good);
  EXPECT_THAT(checks.back().detail, HasSubstr("singular"));
}

TEST_F(WholeSetTest, HalvesOfAPldaAloneAreWeightFiles) {
  const fs::path directory = set();
  for (const char* file : {"plda/plda.npz", "plda/xvec_transform.npz"})
    EXPECT_TRUE(verify_model((directory / file).string()).front().good) << file;
}

}  // namespace
}  // namespace diar
