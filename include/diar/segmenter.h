// Frame-level speaker activity, speech and overlap of a whole recording, with a segmentation network alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"
#include "diar/models.h"
#include "diar/progress.h"
#include "diar/waveform.h"

namespace diar {

/// Frame i is centred at i * frame_step_s + frame_offset_s.
struct SegmentationOutput {
  std::vector<std::uint8_t> num_active;  ///< [frames] how many speak, averaged over the windows and rounded
  double frame_step_s = 0.016875;
  double frame_offset_s = 0.03096875;
  Annotation speech;   ///< somebody speaks (label SPEECH)
  Annotation overlap;  ///< two or more speak (label OVERLAP)
  double duration_s = 0.0;
  std::size_t num_windows = 0;
};

/// Owns its weights; thread rules as `DiarizationPipeline`.
class DIAR_API Segmenter {
 public:
  /// `model`: a directory that holds at least segmentation/, or a weight file. Throws `ModelError`,
  /// `DeviceError`.
  static Segmenter load(const std::filesystem::path& model, const DeviceOptions& options = {});

  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;
  ~Segmenter();

  /// `step_s`: hop between windows of 10 s. Throws like `DiarizationPipeline::run`.
  SegmentationOutput run(AudioSource& audio, const std::string& uri = "audio", double step_s = 1.0,
                         const ProgressCallback& on_progress = {}) const;

 private:
  struct Impl;
  explicit Segmenter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace diar
