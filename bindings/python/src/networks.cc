// The single networks: segmentation and speaker encoder.
#include "diar/networks.h"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "diar/errors.h"
#include "diar/powerset.h"
#include "diar/resampler.h"
#include "module.h"

namespace diar::python {
namespace {

NetworkOptions options_of(int num_threads) {
  NetworkOptions options;
  options.num_threads = num_threads;
  return options;
}

/// Python's handle of a network: nanobind keeps no const objects.
struct Segmentation {
  std::shared_ptr<const SegmentationNetwork> network;
};
struct Encoder {
  std::shared_ptr<const SpeakerEncoder> network;
};

Segmentation load_segmentation(const std::string& path, int num_threads) {
  const nb::gil_scoped_release release;
  return {load_segmentation_network(path, options_of(num_threads))};
}
Encoder load_encoder(const std::string& path, int num_threads) {
  const nb::gil_scoped_release release;
  return {load_speaker_encoder(path, options_of(num_threads))};
}

WindowBatch batch_of(const FloatSamples& samples, std::size_t num_windows, std::size_t window_samples,
                     std::size_t step_samples) {
  WindowBatch batch;
  batch.samples = {samples.data(), samples.size()};
  batch.num_windows = num_windows;
  batch.window_samples = window_samples;
  batch.step_samples = step_samples;
  return batch;
}

/// samples -> log-probabilities [windows, frames, classes].
auto run_segmentation(const Segmentation& self, const FloatSamples& samples, std::size_t num_windows,
                      std::size_t window_samples, std::size_t step_samples) {
  const std::size_t frames = self.network->num_frames(window_samples);
  const std::size_t classes = self.network->spec().classes.size();
  if (frames == 0) throw InvalidArgument("a window is too short for the network");
  std::vector<float> log_probs(num_windows * frames * classes);
  {
    const nb::gil_scoped_release release;
    self.network->run(batch_of(samples, num_windows, window_samples, step_samples), log_probs);
  }
  return to_numpy(std::move(log_probs), {num_windows, frames, classes});
}

using Masks = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

/// samples and masks [masks, frames] -> embeddings [masks, dimension].
auto run_encoder(const Encoder& self, const FloatSamples& samples, const Masks& masks) {
  const std::size_t dimension = self.network->spec().dimension;
  if (samples.size() < self.network->spec().min_samples)
    throw InvalidArgument("an embedding takes at least " + std::to_string(self.network->spec().min_samples) +
                          " samples");
  std::vector<float> embeddings(masks.shape(0) * dimension);
  {
    const nb::gil_scoped_release release;
    EncodeBatch batch;
    batch.windows = batch_of(samples, 1, samples.size(), samples.size());
    batch.masks = {masks.data(), masks.size()};
    batch.num_masks = masks.shape(0);
    batch.mask_frames = masks.shape(1);
    self.network->run(batch, embeddings);
  }
  return to_numpy(std::move(embeddings), {masks.shape(0), dimension});
}

auto resample(const FloatSamples& samples, int sample_rate_hz) {
  std::vector<float> out;
  {
    const nb::gil_scoped_release release;
    Resampler resampler(sample_rate_hz);
    resampler.process({samples.data(), samples.size()}, out);
    resampler.finish(out);
  }
  const std::size_t count = out.size();
  return to_numpy(std::move(out), {count});
}

}  // namespace

void define_networks(nb::module_& module) {
  nb::class_<Segmentation>(module, "Segmentation")
      .def_static("load", &load_segmentation, nb::arg("path"), nb::arg("num_threads"))
      .def("run", &run_segmentation, nb::arg("samples").noconvert(), nb::arg("num_windows"),
           nb::arg("window_samples"), nb::arg("step_samples"))
      .def("num_frames", [](const Segmentation& self,
                            std::size_t window_samples) { return self.network->num_frames(window_samples); })
      .def_prop_ro("classes",
                   [](const Segmentation& self) {
                     const auto& classes = self.network->spec().classes;
                     return std::vector<int>(classes.begin(), classes.end());
                   })
      .def_prop_ro("num_speakers", [](const Segmentation& self) { return self.network->spec().num_speakers; })
      .def_prop_ro("frame_step_s", [](const Segmentation& self) { return self.network->spec().frame_step_s; })
      .def_prop_ro("frame_duration_s",
                   [](const Segmentation& self) { return self.network->spec().frame_duration_s; });
  nb::class_<Encoder>(module, "Encoder")
      .def_static("load", &load_encoder, nb::arg("path"), nb::arg("num_threads"))
      .def("run", &run_encoder, nb::arg("samples").noconvert(), nb::arg("masks").noconvert())
      .def_prop_ro("name", [](const Encoder& self) { return self.network->spec().name; })
      .def_prop_ro("dimension", [](const Encoder& self) { return self.network->spec().dimension; })
      .def_prop_ro("min_samples", [](const Encoder& self) { return self.network->spec().min_samples; });
  module.def("resample", &resample, nb::arg("samples").noconvert(), nb::arg("sample_rate_hz"));
}

}  // namespace diar::python
