// Engine, session and what a run gives.
#include "diar/engine.h"

#include <chrono>
#include <thread>

#include "../../int16_source.h"
#include "diar/resampler.h"
#include "module.h"

namespace diar::python {
namespace {

constexpr std::chrono::milliseconds kWait{10};

Device parse_device(const std::string& name) {
  if (name == "auto") return Device::kAuto;
  if (name == "cpu") return Device::kCpu;
  if (name == "mlx") return Device::kMlx;
  throw InvalidArgument("there is no device '" + name + "': auto, cpu or mlx");
}

Engine load_engine(const std::string& path, const std::string& device, int num_threads,
                   const std::string& speed) {
  EngineOptions options = EngineOptions::for_speed(parse_speed(speed));
  options.device = parse_device(device);
  options.num_threads = num_threads;
  const nb::gil_scoped_release release;
  return Engine::load(path, options);
}

std::vector<std::string> speakers_of(const DiarizationOutput& output) {
  std::vector<std::string> speakers;
  for (const SpeakerEmbedding& embedding : output.speaker_embeddings) speakers.push_back(embedding.speaker);
  return speakers;
}

auto embeddings_of(const DiarizationOutput& output) {
  const std::size_t rows = output.speaker_embeddings.size();
  const std::size_t dimension = rows == 0 ? 0 : output.speaker_embeddings.front().values.size();
  std::vector<float> values;
  for (const SpeakerEmbedding& embedding : output.speaker_embeddings)
    values.insert(values.end(), embedding.values.begin(), embedding.values.end());
  return to_numpy(std::move(values), {rows, dimension});
}

nb::dict timings_of(const DiarizationOutput& output) {
  const StageTimings& timings = output.timings;
  nb::dict seconds;
  seconds["audio"] = timings.audio_s;
  seconds["segmentation"] = timings.segmentation_s;
  seconds["embedding"] = timings.embedding_s;
  seconds["clustering"] = timings.clustering_s;
  seconds["reconstruction"] = timings.reconstruction_s;
  seconds["total"] = timings.total_s;
  return seconds;
}

DiarizationOutput diarize(const Engine& engine, AudioSource& source, const SessionOptions& options,
                          nb::object callback, const CancelToken* token) {
  Monitor monitor(std::move(callback), token);
  const nb::gil_scoped_release release;
  return engine.diarize(source, options, std::ref(monitor));
}

DiarizationOutput diarize_floats(const Engine& engine, const FloatSamples& samples, int sample_rate_hz,
                                 const SessionOptions& options, nb::object callback,
                                 const CancelToken* token) {
  const auto source = open_waveform({{samples.data(), samples.size()}, sample_rate_hz});
  return diarize(engine, *source, options, std::move(callback), token);
}

DiarizationOutput diarize_integers(const Engine& engine, const Int16Samples& samples, int sample_rate_hz,
                                   const SessionOptions& options, nb::object callback,
                                   const CancelToken* token) {
  Int16Source source({samples.data(), samples.size()}, sample_rate_hz);
  return diarize(engine, source, options, std::move(callback), token);
}

/// A session at any rate. One thread at a time; `cancel` and `poll` from any.
class RatedSession {
 public:
  RatedSession(const Engine& engine, int sample_rate_hz, const SessionOptions& options, nb::object callback,
               const CancelToken* token, std::size_t total_windows)
      : resampler_(sample_rate_hz),
        session_(engine.open(options)),
        token_(token == nullptr ? CancelToken() : *token),
        monitor_(std::move(callback), &token_),
        total_windows_(total_windows) {}

  void push(const FloatSamples& samples) {
    const Taken taken(busy_);
    const std::span<const float> given(samples.data(), samples.size());
    const nb::gil_scoped_release release;
    check_pushed(given);
    resampled_.clear();
    resampler_.process(given, resampled_);
    feed(resampled_);
  }

  DiarizationOutput finish() {
    const Taken taken(busy_);
    const nb::gil_scoped_release release;
    if (finished_) throw InvalidArgument("this session was finished before: open another one");
    finished_ = true;
    resampled_.clear();
    resampler_.finish(resampled_);
    feed(resampled_);
    return session_.finish([this](const Progress& progress) { return monitor_(with_total(progress)); });
  }

  SessionStatus poll() const { return session_.poll(); }
  void cancel() {
    token_.cancel();
    session_.cancel();
  }

 private:
  Progress with_total(Progress progress) const {
    if (progress.total == 0 && total_windows_ > 0)
      progress.total = std::max(total_windows_, progress.completed);
    return progress;
  }

  // Says where it is whenever that has changed, and while there is no room.
  void feed(std::span<const float> samples) {
    while (true) {
      samples = samples.subspan(session_.try_push(samples));
      const std::size_t completed = session_.poll().windows_completed;
      if (!samples.empty() || completed != reported_) {
        reported_ = completed;
        if (!monitor_(with_total({"networks", completed, 0}))) {
          session_.cancel();
          throw Cancelled();
        }
      }
      if (samples.empty()) return;
      std::this_thread::sleep_for(kWait);
    }
  }

  Resampler resampler_;
  std::vector<float> resampled_;
  Session session_;
  CancelToken token_;  // shares the caller's flag
  Monitor monitor_;
  std::size_t total_windows_;
  std::size_t reported_ = static_cast<std::size_t>(-1);
  std::atomic<bool> busy_{false};
  bool finished_ = false;
};

template <auto Member>
auto parameter_get() {
  return [](const SessionOptions& options) { return options.parameters.*Member; };
}
template <auto Member>
auto parameter_set() {
  return [](SessionOptions& options, std::optional<double> value) { options.parameters.*Member = value; };
}

void define_options(nb::module_& module) {
  nb::class_<SessionOptions>(module, "Options")
      .def(nb::init<>())
      .def_rw("num_speakers", &SessionOptions::num_speakers, nb::arg().none())
      .def_rw("min_speakers", &SessionOptions::min_speakers, nb::arg().none())
      .def_rw("max_speakers", &SessionOptions::max_speakers, nb::arg().none())
      .def_rw("min_duration_s", &SessionOptions::min_duration_s)
      .def_rw("min_confidence", &SessionOptions::min_confidence)
      .def_prop_rw(
          "profile",
          [](const SessionOptions& options) {
            return options.profile ? std::optional(std::string(to_string(*options.profile))) : std::nullopt;
          },
          [](SessionOptions& options, const std::string& name) { options.profile = parse_profile(name); })
      .def_rw("step_s", &SessionOptions::step_s, nb::arg().none())
      .def_rw("uri", &SessionOptions::uri)
      .def_prop_rw(
          "speed", [](const SessionOptions& options) { return std::string(to_string(options.speed)); },
          [](SessionOptions& options, const std::string& name) { options.speed = parse_speed(name); })
      .def_prop_rw("threshold", parameter_get<&PipelineParameters::threshold>(),
                   parameter_set<&PipelineParameters::threshold>(), nb::arg().none())
      .def_prop_rw("fa", parameter_get<&PipelineParameters::fa>(), parameter_set<&PipelineParameters::fa>(),
                   nb::arg().none())
      .def_prop_rw("fb", parameter_get<&PipelineParameters::fb>(), parameter_set<&PipelineParameters::fb>(),
                   nb::arg().none())
      .def_prop_rw("min_duration_off_s", parameter_get<&PipelineParameters::min_duration_off_s>(),
                   parameter_set<&PipelineParameters::min_duration_off_s>(), nb::arg().none());
}

}  // namespace

void define_engine(nb::module_& module) {
  define_options(module);
  nb::class_<DiarizationOutput>(module, "Output")
      .def_prop_ro("turns", [](const DiarizationOutput& output) { return turns_of(output.diarization); })
      .def_prop_ro("exclusive_turns",
                   [](const DiarizationOutput& output) { return turns_of(output.exclusive_diarization); })
      .def_prop_ro("speakers", &speakers_of)
      .def_prop_ro("embeddings", &embeddings_of, nb::rv_policy::move)
      .def_ro("duration_s", &DiarizationOutput::duration_s)
      .def_ro("num_windows", &DiarizationOutput::num_windows)
      .def_prop_ro("timings", &timings_of);
  nb::class_<SessionStatus>(module, "Status", "Where a session is, in seconds and windows.")
      .def_ro("pushed_s", &SessionStatus::pushed_s)
      .def_ro("windows_completed", &SessionStatus::windows_completed)
      .def_ro("windows_waiting", &SessionStatus::windows_waiting)
      .def_ro("waiting_s", &SessionStatus::waiting_s)
      .def_ro("capacity_s", &SessionStatus::capacity_s);
  nb::class_<Engine>(module, "Engine")
      .def_static("load", &load_engine, nb::arg("path"), nb::arg("device"), nb::arg("num_threads"),
                  nb::arg("speed"))
      // One without conversion each: samples are never copied.
      .def("diarize", &diarize_floats, nb::arg("samples").noconvert(), nb::arg("sample_rate_hz"),
           nb::arg("options"), nb::arg("callback").none(), nb::arg("token").none())
      .def("diarize", &diarize_integers, nb::arg("samples").noconvert(), nb::arg("sample_rate_hz"),
           nb::arg("options"), nb::arg("callback").none(), nb::arg("token").none())
      .def_prop_ro("model_name", &Engine::model_name)
      .def_prop_ro("device_name", &Engine::device_name)
      .def_prop_ro("embedding_dimension",
                   [](const Engine& engine) { return engine.encoder_spec().dimension; });
  nb::class_<RatedSession>(module, "Session")
      .def(nb::init<const Engine&, int, const SessionOptions&, nb::object, const CancelToken*, std::size_t>(),
           nb::arg("engine"), nb::arg("sample_rate_hz"), nb::arg("options"), nb::arg("callback").none(),
           nb::arg("token").none(), nb::arg("total_windows"))
      .def("push", &RatedSession::push, nb::arg("samples").noconvert())
      .def("poll", &RatedSession::poll)
      .def("finish", &RatedSession::finish)
      .def("cancel", &RatedSession::cancel);
}

}  // namespace diar::python
