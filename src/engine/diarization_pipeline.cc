#include "clustering/plda.h"
#include "diar/errors.h"
#include "diar/pipeline.h"
#include "engine/load.h"
#include "models/model_directory.h"
#include "networks/registry.h"
#include "session/diarization.h"

namespace diar {

struct DiarizationPipeline::Impl {
  std::string name;
  std::string device;
  PipelineConfig config;
  bool faster_only = false;
  std::unique_ptr<SegmentationModel> segmentation;
  std::unique_ptr<EmbeddingModel> embedding;
  std::unique_ptr<Plda> plda;
};

DiarizationPipeline::DiarizationPipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DiarizationPipeline::DiarizationPipeline(DiarizationPipeline&&) noexcept = default;
DiarizationPipeline& DiarizationPipeline::operator=(DiarizationPipeline&&) noexcept = default;
DiarizationPipeline::~DiarizationPipeline() = default;

DiarizationPipeline DiarizationPipeline::load(const std::filesystem::path& model_dir,
                                              const DeviceOptions& options) {
  const ModelDirectory model = read_model_directory(model_dir);
  auto impl = std::make_unique<Impl>();
  impl->name = model.config.name;
  impl->config = pipeline_config(model.config);
  impl->faster_only = options.trunk_precision == TrunkPrecision::kMixed;
  impl->segmentation = make_segmentation_model(*model.segmentation, options);
  impl->embedding = make_embedding_model(*model.embedding, options);
  impl->plda = std::make_unique<Plda>(
      plda_parameters(*model.xvec_transform, *model.plda, impl->embedding->dimension()));
  impl->device = describe_device(options);
  return DiarizationPipeline(std::move(impl));
}

DiarizationOutput DiarizationPipeline::run(WaveformView waveform, const DiarizationOptions& options,
                                           const ProgressCallback& on_progress) const {
  const auto source = open_waveform(waveform);
  return run(*source, options, on_progress);
}

DiarizationOutput DiarizationPipeline::run(AudioSource& audio, const DiarizationOptions& options,
                                           const ProgressCallback& on_progress) const {
  if (impl_->faster_only && options.speed != Speed::kFaster)
    throw InvalidArgument("a pipeline of mixed precision runs at the speed 'faster' only");
  return diarize(audio, *impl_->segmentation, *impl_->embedding, *impl_->plda, impl_->config, options,
                 on_progress);
}

const std::string& DiarizationPipeline::model_name() const noexcept {
  return impl_->name;
}
std::string DiarizationPipeline::device_name() const {
  return impl_->device;
}

}  // namespace diar
