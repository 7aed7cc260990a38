#include "session/segment.h"

#include "session/network_pass.h"
#include "session/speaker_count.h"
#include "session/turns.h"

namespace diar {

SegmentationOutput segment_audio(AudioSource& audio, const SegmentationModel& segmentation,
                                 const PipelineConfig& config, const DiarizationOptions& options,
                                 const ProgressCallback& on_progress) {
  NetworkPass pass(segmentation, nullptr, config, options, on_progress);
  pass.run(audio);
  SegmentationOutput output;
  output.num_active = count_speakers(pass.activity());
  output.duration_s = pass.duration_s();
  output.num_windows = pass.activity().grid.num_windows;
  // Column 0: somebody talks; column 1: two or more do.
  TurnBuilder builder(2);
  for (std::size_t frame = 0; frame < output.num_active.size(); ++frame) {
    const std::uint8_t active = output.num_active[frame];
    const std::uint8_t columns[2] = {static_cast<std::uint8_t>(active >= 1),
                                     static_cast<std::uint8_t>(active >= 2)};
    builder.add(frame, columns);
  }
  const auto turns = fill_gaps(builder.finish(), config.min_duration_off_s);
  output.speech = to_annotation(options.uri, turns, {{0, "SPEECH"}});
  output.overlap = to_annotation(options.uri, turns, {{1, "OVERLAP"}});
  return output;
}

}  // namespace diar
