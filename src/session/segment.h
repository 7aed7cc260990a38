// Audio and a segmentation network in, speech and overlap out.
#pragma once

#include "diar/segmenter.h"
#include "session/diarization.h"

namespace diar {

/// Throws `InvalidArgument`, `AudioError`, `Cancelled`.
SegmentationOutput segment_audio(AudioSource& audio, const SegmentationModel& segmentation,
                                 const PipelineConfig& config, const DiarizationOptions& options,
                                 const ProgressCallback& on_progress);

}  // namespace diar
