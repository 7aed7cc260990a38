#include "export_windows.h"

#include <diar/io/audio.h>
#include <diar/powerset.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>

#include "live/network_memory.h"
#include "session/masks.h"

namespace diar::live_bench {
namespace {

constexpr std::size_t kWindowSamples = 160000;
constexpr std::size_t kHopSamples = 8000;

struct Networks {
  std::shared_ptr<const SegmentationNetwork> segmentation;
  std::shared_ptr<const SpeakerEncoder> encoder;
};

/// One window's decisions and embeddings.
void listen(const Networks& networks, std::span<const float> window, std::vector<std::uint8_t>& bits,
            std::vector<float>& embeddings) {
  const WindowBatch batch{window, 1, kWindowSamples, kHopSamples};
  const SegmentationSpec& spec = networks.segmentation->spec();
  const EncoderSpec& encoder = networks.encoder->spec();
  Activity activity;
  activity.grid.num_windows = 1;
  activity.grid.frames_per_window = networks.segmentation->num_frames(kWindowSamples);
  activity.grid.num_speakers = spec.num_speakers;
  const std::size_t frames = activity.grid.frames_per_window;
  std::vector<float> log_probs(frames * spec.classes.size());
  networks.segmentation->run(batch, log_probs);
  activity.bits = frame_decisions(log_probs, spec.classes);
  const std::size_t min_frames = min_mask_frames(frames, kWindowSamples, encoder.min_samples);
  std::vector<float> masks(spec.num_speakers * frames);
  for (std::size_t s = 0; s < spec.num_speakers; ++s)
    make_mask(activity, 0, s, true, min_frames, std::span(masks).subspan(s * frames, frames));
  std::vector<float> heard(spec.num_speakers * encoder.dimension);
  networks.encoder->run({batch, masks, spec.num_speakers, frames, {}}, heard);
  for (std::size_t s = 0; s < spec.num_speakers; ++s) {
    if (activity.active_frames(0, s) > 0) continue;
    std::fill_n(heard.begin() + static_cast<std::ptrdiff_t>(s * encoder.dimension), encoder.dimension,
                std::numeric_limits<float>::quiet_NaN());
  }
  bits.insert(bits.end(), activity.bits.begin(), activity.bits.end());
  embeddings.insert(embeddings.end(), heard.begin(), heard.end());
}

template <class Value>
void write(const std::filesystem::path& path, const std::vector<Value>& values) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(Value)));
}

}  // namespace

void export_windows(const std::string& model, const NetworkOptions& options, const std::string& memory,
                    const std::vector<std::string>& audio, const std::string& folder) {
  using namespace live_test;
  Networks networks{load_segmentation_network(model, options), load_speaker_encoder(model, options)};
  if (!memory.empty()) {
    const auto known = std::make_shared<NetworkMemory>(memory);
    networks.segmentation = std::make_shared<RememberingSegmentation>(networks.segmentation, known);
    networks.encoder = std::make_shared<RememberingEncoder>(networks.encoder, known);
  }
  std::filesystem::create_directories(folder);
  for (const std::string& path : audio) {
    std::vector<float> samples(kWindowSamples);
    const std::vector<float> sound = load_audio(path).samples;
    samples.insert(samples.end(), sound.begin(), sound.end());
    std::vector<std::uint8_t> bits;
    std::vector<float> embeddings;
    std::size_t num_windows = 0;
    for (std::size_t end = kWindowSamples + kHopSamples; end <= samples.size(); end += kHopSamples) {
      listen(networks, std::span(samples).subspan(end - kWindowSamples, kWindowSamples), bits, embeddings);
      ++num_windows;
    }
    const auto base = std::filesystem::path(folder) / std::filesystem::path(path).stem();
    write(base.string() + ".bits", bits);
    write(base.string() + ".embeddings", embeddings);
    std::ofstream(base.string() + ".json")
        << "{\"windows\": " << num_windows
        << ", \"frames\": " << bits.size() / std::max<std::size_t>(num_windows, 1)
        << ", \"speakers\": " << networks.segmentation->spec().num_speakers
        << ", \"dimension\": " << networks.encoder->spec().dimension
        << ", \"hop_s\": 0.5, \"duration_s\": 10.0, "
        << "\"frame_step_s\": " << networks.segmentation->spec().frame_step_s << "}\n";
  }
}

}  // namespace diar::live_bench
