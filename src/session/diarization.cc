#include "session/diarization.h"

#include <algorithm>
#include <cmath>

#include "assign/artefacts.h"
#include "assign/batch_vbx.h"
#include "core/stopwatch.h"
#include "session/reconstruction.h"
#include "session/speaker_count.h"
#include "session/turns.h"

namespace diar {
namespace {

// No frame may have more speakers than the user allows in all.
std::vector<std::uint8_t> capped(std::vector<std::uint8_t> count, const RunPlan& plan) {
  const int most = plan.num_speakers.value_or(plan.max_speakers.value_or(255));
  for (auto& value : count) value = static_cast<std::uint8_t>(std::min<int>(value, most));
  return count;
}

std::vector<ColumnTurn> turns_from(const Activity& activity, const std::vector<std::int32_t>& cluster_of,
                                   const std::vector<std::uint8_t>& count, std::string_view stage,
                                   double min_duration_off_s, const ArtefactHook& hook) {
  const std::size_t columns = num_columns(cluster_of, count);
  TurnBuilder builder(columns, activity.grid.frames);
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

DiarizationOutput empty_output(const RunPlan& plan) {
  DiarizationOutput output;
  output.diarization.set_uri(plan.uri);
  output.exclusive_diarization.set_uri(plan.uri);
  return output;
}

// Clusters that win no frame are no speakers of the result, so that the result decides whether the number is
// as it was asked for.
bool is_within_bounds(const DiarizationOutput& output, const RunPlan& plan) {
  const int found = static_cast<int>(output.diarization.speakers().size());
  return found >= plan.num_speakers.value_or(plan.min_speakers.value_or(0)) &&
         found <= plan.num_speakers.value_or(plan.max_speakers.value_or(found));
}

}  // namespace

DiarizationOutput reconstruct_output(const Activity& activity, const SpeakerClusters& clusters,
                                     const std::vector<std::uint8_t>& count, const RunPlan& plan,
                                     const FrameCertainty* certainty) {
  const ArtefactHook& hook = plan.hook;
  DiarizationOutput output = empty_output(plan);
  if (hook)
    hook({"hard_clusters",
          {activity.grid.num_windows, activity.grid.num_speakers},
          std::span(clusters.cluster_of),
          0});
  const std::vector<std::uint8_t> at_most = capped(count, plan);
  auto turns = turns_from(activity, clusters.cluster_of, at_most, "discrete_diarization",
                          plan.min_duration_off_s, hook);
  std::vector<std::uint8_t> one = at_most;
  for (auto& value : one) value = std::min<std::uint8_t>(value, 1);
  auto exclusive = turns_from(activity, clusters.cluster_of, one, "exclusive_discrete_diarization",
                              plan.min_duration_off_s, hook);
  if (certainty != nullptr) {
    set_confidence(activity, clusters, at_most, *certainty, plan.confidence, turns, hook);
    set_confidence(activity, clusters, at_most, *certainty, plan.confidence, exclusive);
  }
  const auto labels = label_columns(turns);
  output.diarization = to_annotation(plan.uri, turns, labels);
  output.exclusive_diarization = to_annotation(plan.uri, exclusive, labels);
  output.speaker_embeddings = embeddings_of(labels, clusters.centroids);
  if (plan.min_duration_s > 0.0) {
    output.diarization = output.diarization.without_short_turns(plan.min_duration_s);
    output.exclusive_diarization = output.exclusive_diarization.without_short_turns(plan.min_duration_s);
  }
  if (plan.min_confidence > 0.0) {
    output.diarization = output.diarization.without_unsure_turns(plan.min_confidence);
    output.exclusive_diarization = output.exclusive_diarization.without_unsure_turns(plan.min_confidence);
  }
  return output;
}

DiarizationOutput assign_and_reconstruct(const Activity& activity, const Embeddings& embeddings,
                                         const std::vector<std::uint8_t>& count,
                                         const SpeakerScoring& scoring, const RunPlan& plan,
                                         const FrameCertainty* certainty) {
  if (std::all_of(count.begin(), count.end(), [](std::uint8_t speakers) { return speakers == 0; }))
    return empty_output(plan);
  BatchAssigner assigner(scoring, plan);
  assigner.add(activity, embeddings, 0);
  Stopwatch watch;
  StageTimings timings;
  const auto concluded = [&](const RunPlan& bounds) {
    const SpeakerClusters clusters = assigner.within(activity, embeddings, bounds);
    timings.clustering_s += watch.lap_s();
    DiarizationOutput output = reconstruct_output(activity, clusters, count, bounds, certainty);
    timings.reconstruction_s += watch.lap_s();
    output.timings = timings;
    return output;
  };
  if (plan.profile == Profile::kBest && (plan.num_speakers || plan.min_speakers || plan.max_speakers)) {
    RunPlan automatic = plan;
    automatic.num_speakers = automatic.min_speakers = automatic.max_speakers = std::nullopt;
    automatic.hook = {};
    DiarizationOutput output = concluded(automatic);
    if (is_within_bounds(output, plan)) {
      if (!plan.hook) return output;
      // The hook sees what the result came from, and nothing that was thrown away.
      automatic.hook = plan.hook;
      return concluded(automatic);
    }
  }
  return concluded(plan);
}

DiarizationOutput assign_and_reconstruct(const NetworkOutput& networks, const SpeakerScoring& scoring,
                                         const RunPlan& plan) {
  const std::vector<std::uint8_t> count = count_speakers(networks.activity);
  emit_bytes(plan.hook, "speaker_count", {count.size()}, count);
  DiarizationOutput output = assign_and_reconstruct(networks.activity, networks.embeddings, count, scoring,
                                                    plan, &networks.certainty);
  output.timings.segmentation_s = networks.timings.segmentation_s;
  output.timings.embedding_s = networks.timings.embedding_s;
  output.duration_s = networks.duration_s;
  output.num_windows = networks.activity.grid.num_windows;
  return output;
}

}  // namespace diar
