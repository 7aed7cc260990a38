// The seeds and past findings of every fuzz target, run through the target's own function: no clang needed.
// A finding ends the program, as it does under libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Target {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};
std::ostream& operator<<(std::ostream& out, const Target& target) {
  return out << target.name;
}

}  // namespace

#include "fuzz_targets.inc"

namespace {

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// A block of exactly the input's size, so that AddressSanitizer sees a read beyond it.
void run(const Target& target, const std::string& content) {
  const auto block = std::make_unique<std::uint8_t[]>(content.size());
  std::copy(content.begin(), content.end(), block.get());
  EXPECT_EQ(target.run(block.get(), content.size()), 0);
}

class FuzzReplay : public ::testing::TestWithParam<Target> {};

TEST_P(FuzzReplay, SeedsAndRegressions) {
  const Target& target = GetParam();
  const std::vector<fs::path> seeds = files_of(fs::path(DIAR_FUZZ_DATA) / "corpus" / target.name);
  ASSERT_FALSE(seeds.empty()) << "tests/fuzz/make_seeds.py makes seeds for every target";
  run(target, "");
  for (const auto& folder : {"corpus", "regressions"}) {
    for (const fs::path& path : files_of(fs::path(DIAR_FUZZ_DATA) / folder / target.name)) {
      SCOPED_TRACE(path.string());
      std::ifstream file(path, std::ios::binary);
      run(target, {std::istreambuf_iterator<char>(file), {}});
    }
  }
}

// How many places of a seed are changed; a whole decoder, engine or session takes a thousand times as long as
// a parser.
std::size_t num_changes(const Target& target) {
  const std::string_view name = target.name;
  return name == "decode" || name == "c_api" || name == "live" ? 12 : 200;
}

// Each seed with bytes changed and cut: a small, repeatable share of what libFuzzer does.
TEST_P(FuzzReplay, SeedsWithOneByteChanged) {
  const Target& target = GetParam();
  for (const fs::path& path : files_of(fs::path(DIAR_FUZZ_DATA) / "corpus" / target.name)) {
    SCOPED_TRACE(path.string());
    std::ifstream file(path, std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(file), {}};
    const std::size_t step = std::max<std::size_t>(1, seed.size() / num_changes(target));
    for (std::size_t at = 0; at < seed.size(); at += step) {
      std::string changed = seed;
      changed[at] = static_cast<char>(changed[at] ^ 0x41);
      run(target, changed);
      run(target, seed.substr(0, at));
    }
  }
}

std::string name_of(const ::testing::TestParamInfo<Target>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay, ::testing::ValuesIn(kTargets), name_of);

}  // namespace
