// The segmentation's ceiling: every recording's windows segmented, their speakers named by the reference
// instead of by a clustering, and put together as the pipeline does.
//   oracle_clustering MODEL_DIR REFERENCE.rttm OUT.rttm AUDIO...      (a recording is called as its file
//   without the extension)
#include <diar/errors.h>
#include <diar/io/audio.h>
#include <diar/io/rttm.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/run_plan.h"
#include "engine/source_pump.h"
#include "models/model_directory.h"
#include "networks/registry.h"
#include "session/diarization.h"
#include "session/speaker_count.h"
#include "tuning/oracle_clustering.h"

namespace {

diar::Annotation diarize(const std::string& audio, const diar::Annotation& reference,
                         std::shared_ptr<const diar::SegmentationNetwork> segmentation,
                         std::shared_ptr<const diar::Executor> executor, const diar::ModelConfig& config) {
  diar::SessionOptions options;
  options.uri = reference.uri();
  const diar::RunPlan plan =
      diar::resolve_plan(config, diar::Precision::kFloat32, *segmentation, nullptr, options);
  diar::SessionCore session(segmentation, nullptr, executor, plan);
  const diar::NetworkOutput networks = diar::pump(*diar::open_audio(audio), session, {});
  diar::SpeakerClusters clusters;
  clusters.cluster_of = diar::cluster_by_reference(networks.activity, reference);
  const auto count = diar::count_speakers(networks.activity);
  return diar::reconstruct_output(networks.activity, clusters, count, plan).diarization;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 5) {
    std::cerr << "usage: oracle_clustering MODEL_DIR REFERENCE.rttm OUT.rttm AUDIO...\n";
    return 2;
  }
  const diar::ModelDirectory model = diar::read_model_directory(argv[1], diar::ModelParts::kSegmentation);
  const auto executor = std::make_shared<const diar::Executor>(0);
  const auto segmentation = diar::make_segmentation_network(*model.segmentation, {}, executor);
  const std::vector<diar::Annotation> references = diar::read_rttm_file(argv[2]);
  std::ofstream out(argv[3]);
  for (int i = 4; i < argc; ++i) {
    const std::string name = std::filesystem::path(argv[i]).stem().string();
    const auto reference = std::find_if(references.begin(), references.end(),
                                        [&](const diar::Annotation& a) { return a.uri() == name; });
    if (reference == references.end()) throw diar::InputError("no reference of '" + name + "'");
    diar::write_rttm(diarize(argv[i], *reference, segmentation, executor, model.config), out);
  }
  if (!out.flush()) throw diar::OutputError(std::string("cannot write '") + argv[3] + "'");
  return 0;
} catch (const diar::Error& error) {
  std::cerr << error.what() << '\n';
  return error.exit_code();
}
