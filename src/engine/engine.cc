#include "diar/engine.h"

#include <utility>

#include "assign/scoring.h"
#include "core/speed_traits.h"
#include "core/stopwatch.h"
#include "diar/errors.h"
#include "engine/conclude.h"
#include "engine/engine_impl.h"
#include "engine/load.h"
#include "engine/run_plan.h"
#include "engine/session_impl.h"
#include "engine/source_pump.h"
#include "networks/registry.h"

namespace diar {

EngineOptions EngineOptions::for_speed(Speed speed) {
  EngineOptions options;
  options.precision = speed_traits(speed).precision;
  return options;
}

RunPlan Engine::Impl::plan(const SessionOptions& options) const {
  return resolve_plan(config, precision, *segmentation, encoder.get(), options);
}

NetworkOutput Engine::Impl::run_networks(AudioSource& audio, const RunPlan& plan,
                                         const ProgressCallback& on_progress) const {
  SessionCore session(segmentation, encoder, executor, plan);
  return pump(audio, session, on_progress);
}

const SpeakerScoring& Engine::Impl::voice_scoring() const {
  if (!voices) return *scoring;
  std::call_once(voice_scoring_made_, [&] { voice_scoring_ = make_plda_scoring(*voices); });
  return *voice_scoring_;
}

Engine::Engine(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Engine::Engine(const Engine&) = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(const Engine&) = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

const Engine::Impl& Engine::impl() const {
  if (!impl_) throw InvalidArgument("this engine was moved from");
  return *impl_;
}

Engine Engine::load(const std::filesystem::path& model_dir, const EngineOptions& options) {
  const ModelDirectory model = read_model_directory(model_dir);
  auto impl = std::make_shared<Impl>();
  impl->config = model.config;
  impl->precision = options.precision;
  impl->executor = std::make_shared<const Executor>(options.num_threads);
  impl->segmentation = make_segmentation_network(*model.segmentation, options, impl->executor);
  impl->encoder = make_speaker_encoder(*model.embedding, options, impl->executor);
  const std::size_t dimension = impl->encoder->spec().dimension;
  impl->scoring = make_plda_scoring(plda_parameters(*model.plda, dimension));
  if (model.voices) impl->voices = plda_parameters(*model.voices, dimension);
  impl->encoder_id = encoder_identity(*model.embedding, impl->encoder->spec().name);
  impl->device = describe_device(options, impl->executor->num_threads(), &*model.embedding);
  return Engine(std::move(impl));
}

Engine Engine::assemble(std::shared_ptr<const SegmentationNetwork> segmentation,
                        std::shared_ptr<const SpeakerEncoder> encoder,
                        std::shared_ptr<const SpeakerScoring> scoring, const EngineOptions& options) {
  if (!segmentation || !encoder || !scoring) throw InvalidArgument("an engine needs all of its parts");
  const SegmentationSpec& spec = segmentation->spec();
  if (spec.num_speakers == 0 || spec.num_speakers > kMaxLocalSpeakers || spec.classes.empty() ||
      !(spec.frame_step_s > 0.0) || !(spec.frame_duration_s > 0.0)) {
    throw InvalidArgument("the segmentation network's description makes no sense");
  }
  const std::size_t dimension = encoder->spec().dimension;
  if (dimension == 0 || (scoring->dimension() != 0 && scoring->dimension() != dimension)) {
    throw InvalidArgument("the encoder gives " + std::to_string(dimension) + " values, the scoring takes " +
                          std::to_string(scoring->dimension()));
  }
  auto impl = std::make_shared<Impl>();
  impl->config.name = "custom";
  impl->encoder_id = encoder->spec().name + "-custom-" + std::to_string(dimension);
  impl->executor = std::make_shared<const Executor>(options.num_threads);
  impl->segmentation = std::move(segmentation);
  impl->encoder = std::move(encoder);
  impl->scoring = std::move(scoring);
  impl->device = "custom networks, " + std::to_string(impl->executor->num_threads()) + " threads";
  return Engine(std::move(impl));
}

DiarizationOutput Engine::diarize(AudioSource& audio, const SessionOptions& options,
                                  const ProgressCallback& on_progress) const {
  Stopwatch total;
  const Impl& shared = impl();
  const RunPlan plan = shared.plan(options);
  const NetworkOutput networks = shared.run_networks(audio, plan, on_progress);
  DiarizationOutput output = conclude(networks, *shared.scoring, plan, on_progress);
  output.timings.audio_s = networks.timings.audio_s;
  output.timings.total_s = total.lap_s();
  return output;
}

DiarizationOutput Engine::diarize(WaveformView waveform, const SessionOptions& options,
                                  const ProgressCallback& on_progress) const {
  const auto source = open_waveform(waveform);
  return diarize(*source, options, on_progress);
}

Session Engine::open(const SessionOptions& options) const {
  return Session(std::make_unique<Session::Impl>(impl_, impl().plan(options)));
}

const std::string& Engine::model_name() const {
  return impl().config.name;
}
std::string Engine::device_name() const {
  return impl().device;
}
const SegmentationSpec& Engine::segmentation_spec() const {
  return impl().segmentation->spec();
}
const EncoderSpec& Engine::encoder_spec() const {
  return impl().encoder->spec();
}
const SpeakerScoring& Engine::scoring() const {
  return *impl().scoring;
}

const SpeakerScoring& Engine::voice_scoring() const {
  return impl().voice_scoring();
}
const std::string& Engine::encoder_id() const {
  return impl().encoder_id;
}
const VoiceCalibration& Engine::voice_calibration() const {
  return impl().config.voices;
}

// The session's half, which needs the engine's parts.

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session::Impl& Session::impl() const {
  if (!impl_) throw InvalidArgument("this session was moved from");
  return *impl_;
}

void Session::push(std::span<const float> samples) {
  impl().core.push(samples);
}
std::size_t Session::try_push(std::span<const float> samples) {
  return impl().core.try_push(samples);
}
SessionStatus Session::poll() const {
  return impl().core.status();
}
void Session::cancel() noexcept {
  if (impl_) impl_->core.cancel();
}

DiarizationOutput Session::finish(const ProgressCallback& on_progress) {
  Impl& own = impl();
  const NetworkOutput networks = own.core.finish(on_progress);
  DiarizationOutput output = conclude(networks, *own.engine->scoring, own.core.plan(), on_progress);
  output.timings.total_s = own.total.lap_s();
  return output;
}

}  // namespace diar
