// Hours of audio through a pipe: memory stays where it was after the first minutes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include "cli/command.h"
#include "core/sanitizers.h"
#include "diar/io/audio.h"

#if DIAR_SANITIZES_ADDRESS
// AddressSanitizer keeps freed memory aside, 256 MB of it unless told, which would look like growth here. Hidden as other
// symbols are, it would not be heard.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "quarantine_size_mb=2";
}
#endif

namespace diar {
namespace {

constexpr std::size_t kRateHz = 8000;
constexpr std::size_t kHours = 2;
constexpr std::size_t kSamples = kHours * 3600 * kRateHz;

// The most memory that this process ever held, in bytes (Linux); 0 elsewhere.
std::size_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return 1024 * std::stoul(line.substr(6));
  }
  return 0;
}

// What memory may grow by after the first minutes; all samples of the stream would take 460 MB.
constexpr std::size_t kAllowedBytes = 16u << 20;

// A WAV header that does not know its length, as recorders write it into a pipe, then noise.
void write_stream(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const auto block = cli_test::noise(8000);
  std::string header = cli_test::wav_bytes({}, kRateHz, 2, 0xFFFFFFFF - 36);
  std::fwrite(header.data(), 1, header.size(), file);
  for (std::size_t done = 0; done < 2 * kSamples; done += block.size())
    std::fwrite(block.data(), sizeof(block[0]), block.size(), file);
  std::fclose(file);
}

TEST(LongStream, MemoryDoesNotGrow) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writer(write_stream, path);
  const auto audio = open_audio(path);
  std::vector<float> block(160000);
  std::size_t total = 0;
  std::size_t before = 0;
  while (const std::size_t count = audio->read(block)) {
    total += count;
    if (before == 0 && total > 16000u * 600) before = peak_bytes();
  }
  writer.join();
  EXPECT_EQ(total, 2 * kSamples);  // 8 kHz becomes 16 kHz; not a sample of the stream is lost
  if (before > 0) {
    EXPECT_LT(peak_bytes() - before, kAllowedBytes);
  }
}

}  // namespace
}  // namespace diar
