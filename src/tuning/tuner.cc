#include <algorithm>
#include <array>
#include <bit>

#include "clustering/plda.h"
#include "core/fingerprint.h"
#include "core/thread_pool.h"
#include "diar/errors.h"
#include "diar/tuning.h"
#include "engine/load.h"
#include "models/mapped_file.h"
#include "models/model_directory.h"
#include "networks/registry.h"
#include "session/diarization.h"
#include "session/network_pass.h"
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
  PipelineConfig config;
  Speed speed = Speed::kExact;
  std::unique_ptr<SegmentationModel> segmentation;
  std::unique_ptr<EmbeddingModel> embedding;
  std::unique_ptr<Plda> plda;
  Fingerprint networks;  // of their files, the device and all else that their results depend on
  std::unique_ptr<ThreadPool> threads;
  std::vector<Recording> recordings;

  std::uint64_t cache_key(const std::string& content_id) const {
    Fingerprint key = networks;
    key.add(content_id);
    return key.value();
  }

  NetworkOutput run_networks(AudioSource& audio, const ProgressCallback& on_progress) const {
    DiarizationOptions run;
    run.speed = speed;
    NetworkPass pass(*segmentation, embedding.get(), config, run, on_progress);
    pass.run(audio);
    return {pass.duration_s(), pass.activity(), pass.embeddings()};
  }

  DiarizationErrorRate error_of(const Recording& recording, const PipelineParameters& parameters,
                                const TuningOptions& tuning) const {
    DiarizationOptions options;
    options.parameters = parameters;
    options.speed = speed;
    const DiarizationOutput output = cluster_and_reconstruct(
        recording.networks.activity, recording.networks.embeddings, recording.count, *plda, config, options);
    return diarization_error_rate(recording.reference, output.diarization,
                                  {tuning.collar_s, tuning.skip_overlap, recording.uem});
  }
};

Tuner::Tuner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tuner::Tuner(Tuner&&) noexcept = default;
Tuner& Tuner::operator=(Tuner&&) noexcept = default;
Tuner::~Tuner() = default;

Tuner Tuner::load(const fs::path& model_dir, const DeviceOptions& options, Speed speed) {
  const ModelDirectory model = read_model_directory(model_dir);
  auto impl = std::make_unique<Impl>();
  impl->config = pipeline_config(model.config);
  impl->speed = speed;
  impl->segmentation = make_segmentation_model(*model.segmentation, options);
  impl->embedding = make_embedding_model(*model.embedding, options);
  impl->plda = std::make_unique<Plda>(
      plda_parameters(*model.xvec_transform, *model.plda, impl->embedding->dimension()));
  // PLDA and clustering parameters change nothing of what the networks say.
  for (const char* network : {"segmentation", "embedding"})
    add_directory(model_dir / network, impl->networks);
  for (const double number : {model.config.duration_s, model.config.step_s})
    impl->networks.add(std::bit_cast<std::uint64_t>(number));
  impl->networks.add(static_cast<std::uint64_t>(model.config.exclude_overlap));
  impl->networks.add(describe_device(options));
  impl->networks.add(to_string(speed));
  impl->threads = std::make_unique<ThreadPool>(options.num_threads);
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
    cache_file = cache_dir / (recording.name + '-' + hexadecimal(key) + ".diarcache");
    cached = read_network_cache(cache_file, key);
  }
  const bool from_cache = cached.has_value();
  added.networks = from_cache ? std::move(*cached) : impl_->run_networks(*recording.open(), on_progress);
  if (!from_cache && !cache_file.empty()) write_network_cache(cache_file, key, added.networks);
  added.count = count_speakers(added.networks.activity);
  impl_->recordings.push_back(std::move(added));
  return from_cache;
}

std::size_t Tuner::num_recordings() const noexcept {
  return impl_->recordings.size();
}

PipelineParameters Tuner::initial() const {
  const ClusteringParameters& clustering = impl_->config.clustering_of(impl_->speed);
  return {clustering.threshold, clustering.fa, clustering.fb, impl_->config.min_duration_off_s};
}

DiarizationErrorRate Tuner::evaluate(const PipelineParameters& parameters,
                                     const TuningOptions& options) const {
  check_parameters(parameters);
  std::vector<DiarizationErrorRate> errors(impl_->recordings.size());
  impl_->threads->parallel_for(errors.size(), [&](std::size_t i, std::size_t) {
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
