#include "diar/resampler.h"

#include <soxr.h>

#include <string>

#include "diar/errors.h"
#include "diar/waveform.h"

namespace diar {
namespace {

constexpr int kMinRateHz = 1000;
constexpr int kMaxRateHz = 768000;
constexpr std::size_t kOutBlock = 8192;

}  // namespace

struct Resampler::Engine {
  soxr_t handle = nullptr;
  ~Engine() { soxr_delete(handle); }

  // `in` empty and `end` true drains what the filter still holds.
  void run(std::span<const float> in, bool end, std::vector<float>& out) {
    while (true) {
      const std::size_t start = out.size();
      out.resize(start + kOutBlock);
      std::size_t consumed = 0;
      std::size_t produced = 0;
      const soxr_error_t error = soxr_process(handle, end ? nullptr : in.data(), end ? 0 : in.size(),
                                              &consumed, out.data() + start, kOutBlock, &produced);
      out.resize(start + produced);
      if (error != nullptr) throw AudioError(std::string("resampling failed: ") + error);
      if (!end) in = in.subspan(consumed);
      if (produced < kOutBlock && in.empty()) return;
    }
  }
};

Resampler::Resampler(int sample_rate_hz) : sample_rate_hz_(sample_rate_hz) {
  if (sample_rate_hz < kMinRateHz || sample_rate_hz > kMaxRateHz) {
    throw InvalidArgument("a sample rate of " + std::to_string(sample_rate_hz) +
                          " Hz is outside 1000 to 768000");
  }
  if (sample_rate_hz == kModelSampleRateHz) return;
  engine_ = std::make_unique<Engine>();
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  soxr_error_t error = nullptr;
  engine_->handle = soxr_create(sample_rate_hz, kModelSampleRateHz, 1, &error, &io, &quality, &runtime);
  if (error != nullptr) throw AudioError(std::string("cannot resample: ") + error);
}

Resampler::~Resampler() = default;

void Resampler::process(std::span<const float> in, std::vector<float>& out) {
  if (!engine_) {
    out.insert(out.end(), in.begin(), in.end());
  } else if (!in.empty()) {
    engine_->run(in, false, out);
  }
}

void Resampler::finish(std::vector<float>& out) {
  if (engine_) engine_->run({}, true, out);
}

}  // namespace diar
