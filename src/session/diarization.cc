#include "session/diarization.h"

#include <algorithm>
#include <cmath>

#include "assign/artefacts.h"
#include "core/stopwatch.h"
#include "diar/errors.h"
#include "session/network_pass.h"
#include "session/reconstruction.h"
#include "session/speaker_count.h"
#include "session/speed.h"
#include "session/turns.h"

namespace diar {
namespace {

ClusteringOptions clustering_options(const WindowGrid& grid, const PipelineConfig& config,
                                     const DiarizationOptions& options) {
  const ClusteringParameters& own = config.clustering_of(options.speed);
  ClusteringOptions clustering;
  clustering.threshold = options.parameters.threshold.value_or(own.threshold);
  clustering.vbx.fa = options.parameters.fa.value_or(own.fa);
  clustering.vbx.fb = options.parameters.fb.value_or(own.fb);
  if (speed_plan(options.speed).scale_prior) clustering.vbx.fb *= config.step_s / grid.step_s;
  clustering.num_speakers = options.num_speakers;
  clustering.min_speakers = options.min_speakers;
  clustering.max_speakers = options.max_speakers;
  return clustering;
}

// No frame may have more speakers than the user allows in all.
std::vector<std::uint8_t> capped(std::vector<std::uint8_t> count, const DiarizationOptions& options) {
  const int most = options.num_speakers.value_or(options.max_speakers.value_or(255));
  for (auto& value : count) value = static_cast<std::uint8_t>(std::min<int>(value, most));
  return count;
}

std::vector<ColumnTurn> turns_from(const Activity& activity, const std::vector<std::int32_t>& cluster_of,
                                   const std::vector<std::uint8_t>& count, std::string_view stage,
                                   double min_duration_off_s, const ArtefactHook& hook) {
  const std::size_t columns = num_columns(cluster_of, count);
  TurnBuilder builder(columns);
  std::vector<std::uint8_t> discrete;
  reconstruct(activity, cluster_of, count, columns,
              [&](std::size_t frame, std::span<const std::uint8_t> speaking) {
                builder.add(frame, speaking);
                if (hook) discrete.insert(discrete.end(), speaking.begin(), speaking.end());
              });
  emit_bytes(hook, stage, {count.size(), columns}, discrete);
  return fill_gaps(builder.finish(), min_duration_off_s);
}

std::vector<SpeakerEmbedding> embeddings_of(const std::map<std::size_t, std::string>& labels,
                                            const RowMatrix& centroids) {
  std::vector<SpeakerEmbedding> result;
  for (const auto& [column, label] : labels) {
    SpeakerEmbedding embedding{label, std::vector<float>(static_cast<std::size_t>(centroids.cols()), 0.0f)};
    // A phantom speaker has no centroid of its own.
    if (static_cast<Eigen::Index>(column) < centroids.rows()) {
      for (Eigen::Index i = 0; i < centroids.cols(); ++i) {
        embedding.values[static_cast<std::size_t>(i)] =
            static_cast<float>(centroids(static_cast<Eigen::Index>(column), i));
      }
    }
    result.push_back(std::move(embedding));
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.speaker < b.speaker; });
  return result;
}

DiarizationOutput empty_output(const DiarizationOptions& options) {
  DiarizationOutput output;
  output.diarization.set_uri(options.uri);
  output.exclusive_diarization.set_uri(options.uri);
  return output;
}

}  // namespace

const ClusteringParameters& PipelineConfig::clustering_of(Speed speed) const {
  const auto own = clustering_at.find(speed);
  return own == clustering_at.end() ? clustering : own->second;
}

void check_speaker_bounds(const DiarizationOptions& options) {
  for (const auto& bound : {options.num_speakers, options.min_speakers, options.max_speakers}) {
    if (bound && *bound < 1) throw InvalidArgument("a number of speakers must be at least 1");
  }
  if (options.min_speakers && options.max_speakers && *options.min_speakers > *options.max_speakers) {
    throw InvalidArgument("the minimum number of speakers is above the maximum");
  }
  if (options.num_speakers && ((options.min_speakers && *options.min_speakers > *options.num_speakers) ||
                               (options.max_speakers && *options.max_speakers < *options.num_speakers))) {
    throw InvalidArgument("the number of speakers lies outside its own bounds");
  }
}

DiarizationOutput reconstruct_output(const Activity& activity, const SpeakerClusters& clusters,
                                     const std::vector<std::uint8_t>& count, const PipelineConfig& config,
                                     const DiarizationOptions& options) {
  const ArtefactHook& hook = options.on_artefact;
  DiarizationOutput output = empty_output(options);
  if (hook)
    hook(
        {"hard_clusters", {activity.grid.num_windows, kNumLocalSpeakers}, std::span(clusters.cluster_of), 0});
  const std::vector<std::uint8_t> at_most = capped(count, options);
  const double min_duration_off_s = options.parameters.min_duration_off_s.value_or(config.min_duration_off_s);
  const auto turns =
      turns_from(activity, clusters.cluster_of, at_most, "discrete_diarization", min_duration_off_s, hook);
  std::vector<std::uint8_t> one = at_most;
  for (auto& value : one) value = std::min<std::uint8_t>(value, 1);
  const auto exclusive = turns_from(activity, clusters.cluster_of, one, "exclusive_discrete_diarization",
                                    min_duration_off_s, hook);
  const auto labels = label_columns(turns);
  output.diarization = to_annotation(options.uri, turns, labels);
  output.exclusive_diarization = to_annotation(options.uri, exclusive, labels);
  output.speaker_embeddings = embeddings_of(labels, clusters.centroids);
  if (options.min_duration_s > 0.0) {
    output.diarization = output.diarization.without_short_turns(options.min_duration_s);
    output.exclusive_diarization = output.exclusive_diarization.without_short_turns(options.min_duration_s);
  }
  return output;
}

DiarizationOutput cluster_and_reconstruct(const Activity& activity, const Embeddings& embeddings,
                                          const std::vector<std::uint8_t>& count, const Plda& plda,
                                          const PipelineConfig& config, const DiarizationOptions& options) {
  if (std::all_of(count.begin(), count.end(), [](std::uint8_t speakers) { return speakers == 0; }))
    return empty_output(options);
  Stopwatch watch;
  const SpeakerClusters clusters = cluster_speakers(
      activity, embeddings, plda, clustering_options(activity.grid, config, options), options.on_artefact);
  const double clustering_s = watch.lap_s();
  DiarizationOutput output = reconstruct_output(activity, clusters, count, config, options);
  output.timings.clustering_s = clustering_s;
  output.timings.reconstruction_s = watch.lap_s();
  return output;
}

DiarizationOutput diarize(AudioSource& audio, const SegmentationModel& segmentation,
                          const EmbeddingModel& embedding, const Plda& plda, const PipelineConfig& config,
                          const DiarizationOptions& options, const ProgressCallback& on_progress) {
  check_speaker_bounds(options);
  check_parameters(options.parameters);
  Stopwatch total;
  NetworkPass pass(segmentation, &embedding, config, options, on_progress);
  pass.run(audio);
  const std::vector<std::uint8_t> count = count_speakers(pass.activity());
  emit_bytes(options.on_artefact, "speaker_count", {count.size()}, count);
  if (on_progress &&
      !on_progress({"clustering", pass.activity().grid.num_windows, pass.activity().grid.num_windows})) {
    throw Cancelled();
  }
  DiarizationOutput output =
      cluster_and_reconstruct(pass.activity(), pass.embeddings(), count, plda, config, options);
  const StageTimings& networks = pass.timings();
  output.timings.audio_s = networks.audio_s;
  output.timings.segmentation_s = networks.segmentation_s;
  output.timings.features_s = networks.features_s;
  output.timings.embedding_s = networks.embedding_s;
  output.timings.total_s = total.lap_s();
  output.duration_s = pass.duration_s();
  output.num_windows = pass.activity().grid.num_windows;
  return output;
}

}  // namespace diar
