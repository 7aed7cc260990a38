#include "live_feed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "diar/errors.h"

namespace diar::cli {
namespace {

using Clock = std::chrono::steady_clock;

class PipeFeed final : public LiveFeed {
 public:
  PipeFeed(int descriptor, bool owned, const std::string& name, const LiveAudioOptions& options)
      : descriptor_(descriptor), owned_(owned), audio_(descriptor, name, options) {}
  ~PipeFeed() override {
    if (owned_) close(descriptor_);
  }
  State read(std::vector<float>& samples, std::chrono::milliseconds timeout) override {
    return audio_.read(samples, timeout);
  }

 private:
  int descriptor_;
  bool owned_;
  LiveAudio audio_;
};

class FileFeed final : public LiveFeed {
 public:
  FileFeed(std::unique_ptr<AudioSource> source, bool real_time)
      : source_(std::move(source)), real_time_(real_time), block_(real_time ? 800 : 8000) {}

  State read(std::vector<float>& samples, std::chrono::milliseconds timeout) override {
    if (real_time_) {
      // A block is there when its last sample would have been played.
      const auto due = start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                    static_cast<double>(num_read_ + block_.size()) / kModelSampleRateHz));
      std::this_thread::sleep_until(std::min(due, Clock::now() + timeout));
      if (Clock::now() < due) return State::kNothing;
    }
    const std::size_t count = source_->read(block_);
    samples.insert(samples.end(), block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(count));
    num_read_ += count;
    return count < block_.size() ? State::kEnd : State::kSamples;
  }

 private:
  std::unique_ptr<AudioSource> source_;
  bool real_time_;
  std::vector<float> block_;
  std::size_t num_read_ = 0;
  Clock::time_point start_ = Clock::now();
};

bool is_regular_file(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode) || S_ISDIR(found.st_mode);
}

}  // namespace

std::unique_ptr<LiveFeed> open_live_feed(const std::string& input, const LiveFeedOptions& options) {
  LiveAudioOptions stream;
  stream.raw = options.raw;
  stream.channel = options.audio.channel;
  stream.on_warning = options.audio.on_warning;
  if (input == "-") return std::make_unique<PipeFeed>(STDIN_FILENO, false, "standard input", stream);
  if (is_regular_file(input) && !options.raw)
    return std::make_unique<FileFeed>(open_audio(input, options.audio), options.real_time);
  if (is_regular_file(input) && options.real_time)
    throw InvalidArgument("--realtime plays files that say their format, not raw samples");
  const int descriptor = open(input.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw InputError("cannot open '" + input + "': " + std::strerror(errno));
  return std::make_unique<PipeFeed>(descriptor, true, "'" + input + "'", stream);
}

}  // namespace diar::cli
