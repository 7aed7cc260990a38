// What an engine shares with its sessions.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "clustering/plda.h"
#include "core/executor.h"
#include "core/run_plan.h"
#include "diar/engine.h"
#include "models/model_directory.h"
#include "session/network_output.h"

namespace diar {

struct Engine::Impl {
  ModelConfig config;
  std::string device;
  Precision precision = Precision::kFloat32;
  std::shared_ptr<const Executor> executor;
  std::shared_ptr<const SegmentationNetwork> segmentation;
  std::shared_ptr<const SpeakerEncoder> encoder;
  std::shared_ptr<const SpeakerScoring> scoring;
  std::optional<PldaParameters> voices;  ///< of the model's voices/
  std::string encoder_id;

  /// Made of `voices` by the first who asks: most runs compare no recordings, and it takes 20 ms.
  const SpeakerScoring& voice_scoring() const;
  RunPlan plan(const SessionOptions& options) const;
  /// A source through both networks, by way of a session. Throws like `Engine::diarize`.
  NetworkOutput run_networks(AudioSource& audio, const RunPlan& plan,
                             const ProgressCallback& on_progress) const;

 private:
  mutable std::once_flag voice_scoring_made_;
  mutable std::shared_ptr<const SpeakerScoring> voice_scoring_;
};

}  // namespace diar
