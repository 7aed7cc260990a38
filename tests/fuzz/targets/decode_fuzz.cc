// A whole media file through FFmpeg, the time line and the resampler, from bytes in memory.
#include <algorithm>
#include <cerrno>
#include <cmath>

#include "diar/waveform.h"
#include "fuzz_target.h"
#include "io/audio/file_source.h"

extern "C" void av_max_alloc(std::size_t max);

namespace {

// For a tag FFmpeg reserves what its header states, up to 2 GB, and touches only what it then reads.
// libFuzzer's limit looks at the reservation. (Not for libraries: this holds for the whole process.)
const bool kLimited = (av_max_alloc(std::size_t{400} << 20), true);

// The file is these bytes: all of it at once, or a pipe that gives a little at a time.
class MemoryInput final : public diar::ByteInput {
 public:
  MemoryInput(std::span<const std::uint8_t> bytes, bool pipe) : bytes_(bytes), pipe_(pipe) {}

  std::int64_t read(std::span<std::uint8_t> out, diar::Interruption& interruption) noexcept override {
    if (interruption.requested()) return -EINTR;
    const std::size_t start = std::min<std::uint64_t>(static_cast<std::uint64_t>(position_), bytes_.size());
    std::size_t count = std::min(out.size(), bytes_.size() - start);
    if (pipe_) count = std::min<std::size_t>(count, 4096);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(start), count, out.begin());
    position_ += static_cast<std::int64_t>(count);
    return static_cast<std::int64_t>(count);
  }
  std::int64_t size() const noexcept override {
    return pipe_ ? -1 : static_cast<std::int64_t>(bytes_.size());
  }
  void seek(std::int64_t position) noexcept override { position_ = position; }

 private:
  std::span<const std::uint8_t> bytes_;
  bool pipe_;
  std::int64_t position_ = 0;
};

// A file of some bytes can stand for hours (a silence of Opus, a gap): enough of it is this.
constexpr std::size_t kMostSamples = 20 * 16000;

void decode(std::span<const std::uint8_t> bytes, bool pipe) {
  using namespace diar;
  int num_asked = 0;
  AudioOptions options;
  options.allow_truncated = true;
  options.on_warning = [](const std::string& text) {
    fuzz::require(!text.empty(), "that a warning says something");
  };
  // Work without output ends, too.
  options.interrupted = [&num_asked] { return ++num_asked > 20000; };
  fuzz::expect_only<Error>([&] {
    const auto audio = open_audio_bytes(std::make_unique<MemoryInput>(bytes, pipe), "input", "", options);
    const auto hint_s = audio->duration_hint_s();
    if (hint_s) fuzz::require(std::isfinite(*hint_s) && *hint_s > 0.0, "that a length is positive");
    std::vector<float> block(16000);
    for (std::size_t total = 0; total < kMostSamples;) {
      const std::size_t count = audio->read(block);
      for (const float sample : std::span(block).first(count))
        fuzz::require(std::isfinite(sample), "that samples are numbers");
      if (count < block.size()) return;
      total += count;
    }
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)kLimited;
  const std::span bytes(data, size);
  decode(bytes, false);
  decode(bytes, true);
  return 0;
}
