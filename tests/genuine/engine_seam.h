// Recorded stages in, what the engine makes of them out: the only place of this suite that names the engine's
// own functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "assign/activity.h"
#include "assign/embeddings.h"
#include "assign/scoring.h"
#include "diar/io/rttm.h"
#include "diar/networks.h"
#include "diar/powerset.h"
#include "engine/load.h"
#include "models/weight_file.h"
#include "session/diarization.h"
#include "session/speaker_count.h"

namespace diar::genuine {

/// Every stage after the networks, by its artefact's name, the numbers of speakers in each frame, and RTTM
/// text.
struct AfterNetworks {
  std::map<std::string, std::vector<double>> stages;
  std::vector<std::uint8_t> speaker_count;
  std::string rttm;
};

/// `plda`: folder of plda.npz and xvec_transform.npz. Hyper-parameters are community-1's, which are the
/// defaults.
inline AfterNetworks run_after_networks(const Activity& activity, const Embeddings& embeddings,
                                        const std::filesystem::path& plda, const std::string& uri,
                                        int rttm_decimals) {
  AfterNetworks result;
  RunPlan plan;
  plan.uri = uri;
  plan.hook = [&result](const Artefact& artefact) {
    auto& values = result.stages[std::string(artefact.stage)];
    std::visit([&](auto span) { values.insert(values.end(), span.begin(), span.end()); }, artefact.values);
  };
  const auto scoring = make_plda_scoring(plda_parameters(read_plda_files(plda), embeddings.dimension));
  const auto phi = scoring->variances();
  result.stages["plda_phi"].assign(phi.begin(), phi.end());
  result.speaker_count = count_speakers(activity);
  const auto output = assign_and_reconstruct(activity, embeddings, result.speaker_count, *scoring, plan);
  result.rttm = to_rttm(output.diarization, rttm_decimals);
  return result;
}

/// Decisions of a segmentation network, bit s for local speaker s: [num_windows, 589], windows of 10 s every
/// second; the end of the recording is padded with zeros. `model`: a model directory or a checkpoint.
inline std::vector<std::uint8_t> decide(const std::filesystem::path& model, std::vector<float> samples,
                                        std::size_t num_windows) {
  const auto network = load_segmentation_network(model);
  WindowBatch batch;
  batch.step_samples = 16000;
  samples.resize((num_windows - 1) * batch.step_samples + batch.window_samples, 0.0f);
  const auto& classes = network->spec().classes;
  const std::size_t num_frames = network->num_frames(batch.window_samples);
  std::vector<std::uint8_t> bits(num_windows * num_frames);
  for (std::size_t window = 0; window < num_windows; window += batch.num_windows) {
    batch.num_windows = std::min(network->preferred_batch(), num_windows - window);
    batch.samples = std::span<const float>(samples).subspan(window * batch.step_samples);
    std::vector<float> log_probs(batch.num_windows * num_frames * classes.size());
    network->run(batch, log_probs);
    const std::vector<std::uint8_t> decisions = frame_decisions(log_probs, classes);
    std::copy(decisions.begin(), decisions.end(),
              bits.begin() + static_cast<std::ptrdiff_t>(window * num_frames));
  }
  return bits;
}

}  // namespace diar::genuine
