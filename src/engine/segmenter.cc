#include "diar/segmenter.h"

#include "engine/load.h"
#include "models/model_directory.h"
#include "networks/registry.h"
#include "session/segment.h"

namespace diar {

struct Segmenter::Impl {
  PipelineConfig config;
  std::unique_ptr<SegmentationModel> segmentation;
};

Segmenter::Segmenter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Segmenter::Segmenter(Segmenter&&) noexcept = default;
Segmenter& Segmenter::operator=(Segmenter&&) noexcept = default;
Segmenter::~Segmenter() = default;

Segmenter Segmenter::load(const std::filesystem::path& model, const DeviceOptions& options) {
  const ModelDirectory directory = read_model_directory(model, ModelParts::kSegmentation);
  auto impl = std::make_unique<Impl>();
  impl->config = pipeline_config(directory.config);
  impl->segmentation = make_segmentation_model(*directory.segmentation, options);
  return Segmenter(std::move(impl));
}

SegmentationOutput Segmenter::run(AudioSource& audio, const std::string& uri, double step_s,
                                  const ProgressCallback& on_progress) const {
  DiarizationOptions options;
  options.uri = uri;
  options.step_s = step_s;
  return segment_audio(audio, *impl_->segmentation, impl_->config, options, on_progress);
}

}  // namespace diar
