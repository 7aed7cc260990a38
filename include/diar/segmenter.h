// Frame-level speaker activity, speech and overlap of a whole recording, with a segmentation network alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"
#include "diar/networks.h"
#include "diar/progress.h"
#include "diar/waveform.h"

namespace diar {

/// What one recording may vary.
struct SegmentationOptions {
  std::string uri = "audio";                  ///< name of the recording in the results
  std::optional<std::size_t> window_samples;  ///< default: the model's, 160000 (10 s)
  std::optional<double> step_s;               ///< default: the model's, 1.0
};

/// Frame i is centred at i * frame_step_s + frame_offset_s.
struct SegmentationOutput {
  std::vector<std::uint8_t> num_active;  ///< [frames] how many speak, averaged over the windows and rounded
  double frame_step_s = 0.0;
  double frame_offset_s = 0.0;
  Annotation speech;   ///< somebody speaks (label SPEECH)
  Annotation overlap;  ///< two or more speak (label OVERLAP)
  double duration_s = 0.0;
  std::size_t num_windows = 0;
};

/// Owns its weights; rules as for `Engine`.
class DIAR_API Segmenter {
 public:
  /// `model`: a directory that holds at least segmentation/, or a weight file. Throws `ModelError`,
  /// `DeviceError`.
  static Segmenter load(const std::filesystem::path& model, const NetworkOptions& options = {});

  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;
  ~Segmenter();

  /// Throws like `Engine::diarize`.
  SegmentationOutput run(AudioSource& audio, const SegmentationOptions& options = {},
                         const ProgressCallback& on_progress = {}) const;

 private:
  struct Impl;
  explicit Segmenter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
