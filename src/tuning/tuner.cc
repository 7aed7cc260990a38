#include "diar/tuning.h"

#include <algorithm>
#include <bit>

#include "core/fingerprint.h"
#include "diar/errors.h"
#include "engine/engine_impl.h"
#include "models/mapped_file.h"
#include "session/diarization.h"
#include "session/speaker_count.h"
#include "tuning/network_cache.h"
#include "tuning/parameter_search.h"

namespace diar {
namespace {

namespace fs = std::filesystem;

struct Recording {
  Annotation reference;
  std::optional<std::vector<Segment>> uem;
  NetworkOutput networks;
  std::vector<std::uint8_t> count;
};

// Names and contents of all files in a directory of the model.
void add_directory(const fs::path& directory, Fingerprint& sum) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) throw ModelError("cannot read the model '" + directory.string() + "': " + error.message());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    sum.add(file.lexically_relative(directory.parent_path()).generic_string());
    sum.add(map_file(file).bytes);
  }
}

}  // namespace

struct Tuner::Impl {
  explicit Impl(Engine loaded) : engine(std::move(loaded)) {}

  Engine engine;
  Speed speed = Speed::kExact;
  Fingerprint networks;  // of their files, the device and all else that their results depend on
  std::vector<Recording> recordings;

  std::uint64_t cache_key(const std::string& content_id) const {
    Fingerprint key = networks;
    key.add(content_id);
    return key.value();
  }

  RunPlan plan(const PipelineParameters& parameters = {}) const {
    SessionOptions options;
    options.speed = speed;
    options.parameters = parameters;
    return engine.impl().plan(options);
  }

  DiarizationErrorRate error_of(const Recording& recording, const PipelineParameters& parameters,
                                const TuningOptions& tuning) const {
    const DiarizationOutput output =
        assign_and_reconstruct(recording.networks.activity, recording.networks.embeddings, recording.count,
                               engine.scoring(), plan(parameters));
    return diarization_error_rate(recording.reference, output.diarization,
                                  {tuning.collar_s, tuning.skip_overlap, recording.uem});
  }
};

Tuner::Tuner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tuner::Tuner(Tuner&&) noexcept = default;
Tuner& Tuner::operator=(Tuner&&) noexcept = default;
Tuner::~Tuner() = default;

Tuner Tuner::load(const fs::path& model_dir, const EngineOptions& options, Speed speed) {
  auto impl = std::make_unique<Impl>(Engine::load(model_dir, options));
  impl->speed = speed;
  const ModelConfig& config = impl->engine.impl().config;
  // PLDA and clustering parameters change nothing of what the networks say.
  for (const char* network : {"segmentation", "embedding"})
    add_directory(model_dir / network, impl->networks);
  for (const double number : {config.duration_s, config.step_s})
    impl->networks.add(std::bit_cast<std::uint64_t>(number));
  impl->networks.add(static_cast<std::uint64_t>(config.exclude_overlap));
  impl->networks.add(impl->engine.device_name());
  impl->networks.add(to_string(speed));
  return Tuner(std::move(impl));
}

bool Tuner::add(const DevelopmentRecording& recording, const fs::path& cache_dir,
                const ProgressCallback& on_progress) {
  Recording added{recording.reference, recording.uem, {}, {}};
  std::optional<NetworkOutput> cached;
  fs::path cache_file;
  std::uint64_t key = 0;
  if (!cache_dir.empty()) {
    std::error_code error;
    fs::create_directories(cache_dir, error);
    if (error)
      throw OutputError("cannot make the directory '" + cache_dir.string() + "': " + error.message());
    key = impl_->cache_key(recording.content_id);
    cache_file = cache_dir / network_cache_name(recording.name, key);
    cached = read_network_cache(cache_file, key);
    if (!cached) check_network_cache_place(cache_file);
  }
  const bool from_cache = cached.has_value();
  added.networks = from_cache
                       ? std::move(*cached)
                       : impl_->engine.impl().run_networks(*recording.open(), impl_->plan(), on_progress);
  if (!from_cache && !cache_file.empty()) write_network_cache(cache_file, key, added.networks);
  added.count = count_speakers(added.networks.activity);
  impl_->recordings.push_back(std::move(added));
  return from_cache;
}

std::size_t Tuner::num_recordings() const noexcept {
  return impl_->recordings.size();
}

PipelineParameters Tuner::initial() const {
  return impl_->engine.impl().config.parameters_of(impl_->speed);
}

DiarizationErrorRate Tuner::evaluate(const PipelineParameters& parameters,
                                     const TuningOptions& options) const {
  check_parameters(parameters);
  std::vector<DiarizationErrorRate> errors(impl_->recordings.size());
  impl_->engine.impl().executor->parallel_for(errors.size(), [&](std::size_t i, std::size_t) {
    errors[i] = impl_->error_of(impl_->recordings[i], parameters, options);
  });
  DiarizationErrorRate sum;
  for (const DiarizationErrorRate& error : errors) sum += error;
  return sum;
}

TuningResult Tuner::search(const TuningOptions& options, const TrialCallback& on_trial) const {
  if (impl_->recordings.empty()) throw InvalidArgument("tuning needs at least one recording");
  if (options.num_trials == 0) throw InvalidArgument("tuning needs at least one trial");
  const auto error = [&](const PipelineParameters& parameters) { return evaluate(parameters, options); };
  DiarizationErrorRate nothing_found;
  for (const Recording& recording : impl_->recordings) {
    nothing_found += diarization_error_rate(recording.reference, Annotation(),
                                            {options.collar_s, options.skip_overlap, recording.uem});
  }
  if (nothing_found.total_s <= 0.0) throw InvalidArgument("the references hold no speech to tune on");
  return search_parameters(initial(), error, options, on_trial);
}

}  // namespace diar
