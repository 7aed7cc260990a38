// Engines and runs over whole recordings.
#include <cstddef>
#include <filesystem>

#include "../int16_source.h"
#include "diar/version.h"
#include "objects.h"

namespace diar::c_api {
namespace {

ProgressCallback reporting(const RunOptions& options) {
  if (options.callbacks.on_progress == nullptr && options.callbacks.should_abort == nullptr) return {};
  return [&options](const Progress& progress) { return options.go_on(progress); };
}

/// What all three have in common: `run` gets the engine and the options and returns the output.
template <typename Run>
diar_status diarize(diar_engine* handle, const diar_options* given, diar_result** result, const char* input,
                    Run&& run) noexcept {
  if (result != nullptr) *result = nullptr;
  return with_object(engines(), handle, [&](const EngineObject& object) {
    require(result != nullptr, "the place for the result is null");
    RunOptions options = read_options(given);
    DiarizationOutput output = run(object.engine, options);
    *result = results().add(std::make_shared<ResultObject>(std::move(output), input));
  });
}

/// The command's rule: the file's stem without white space.
std::string uri_of(const std::string& path) {
  if (path == "-") return "stdin";
  std::string uri = std::filesystem::path(path).stem().string();
  for (char& c : uri) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) c = '_';
  }
  return uri.empty() ? "audio" : uri;
}

}  // namespace
}  // namespace diar::c_api

extern "C" {

const char* diar_version_string(void) {
  return diar::version();
}

int32_t diar_abi_version(void) {
  return DIAR_ABI_VERSION;
}

diar_status diar_check_abi(int32_t abi_version) {
  return diar::c_api::guarded(nullptr, [&] {
    diar::c_api::require(abi_version == DIAR_ABI_VERSION,
                         "the program was compiled for another ABI of libdiar_c: compile it again");
  });
}

diar_status diar_engine_load(const char* model_directory, const diar_engine_params* params,
                             diar_engine** engine) {
  using namespace diar::c_api;
  if (engine != nullptr) *engine = nullptr;
  return guarded(nullptr, [&] {
    require(engine != nullptr, "the place for the engine is null");
    require(model_directory != nullptr && *model_directory != '\0', "no model directory is named");
    *engine = engines().add(
        std::make_shared<EngineObject>(diar::Engine::load(model_directory, read_engine_params(params))));
  });
}

diar_status diar_engine_free(diar_engine* engine) {
  using namespace diar::c_api;
  if (engine == nullptr) return DIAR_OK;
  return guarded(nullptr, [&] { existing(engines().take(engine)); });
}

const char* diar_engine_message(const diar_engine* engine) {
  return diar::c_api::message_of(diar::c_api::engines(), engine);
}

const char* diar_engine_model_name(const diar_engine* engine) {
  const auto object = diar::c_api::engines().find(engine);
  return object ? object->engine.model_name().c_str() : nullptr;
}

const char* diar_engine_device_name(const diar_engine* engine) {
  const auto object = diar::c_api::engines().find(engine);
  return object ? object->device.c_str() : nullptr;
}

uint64_t diar_engine_embedding_dimension(const diar_engine* engine) {
  const auto object = diar::c_api::engines().find(engine);
  return object ? object->engine.encoder_spec().dimension : 0;
}

diar_status diar_diarize_float(diar_engine* engine, const float* samples, uint64_t num_samples,
                               int32_t sample_rate_hz, const diar_options* options, diar_result** result) {
  using namespace diar::c_api;
  return diarize(engine, options, result, "", [&](const diar::Engine& loaded, const RunOptions& read) {
    const diar::WaveformView view{span_of(samples, num_samples), sample_rate_hz};
    return loaded.diarize(view, read.session, reporting(read));
  });
}

diar_status diar_diarize_int16(diar_engine* engine, const int16_t* samples, uint64_t num_samples,
                               int32_t sample_rate_hz, const diar_options* options, diar_result** result) {
  using namespace diar::c_api;
  return diarize(engine, options, result, "", [&](const diar::Engine& loaded, const RunOptions& read) {
    diar::Int16Source source(span_of(samples, num_samples), sample_rate_hz);
    return loaded.diarize(source, read.session, reporting(read));
  });
}

diar_status diar_diarize_file(diar_engine* engine, const char* path, const diar_options* options,
                              diar_result** result) {
  using namespace diar::c_api;
  return diarize(engine, options, result, path == nullptr ? "" : path,
                 [&](const diar::Engine& loaded, RunOptions& read) {
                   require(path != nullptr && *path != '\0', "no file is named");
                   if (!read.has_uri) read.session.uri = uri_of(path);
                   if (read.callbacks.should_abort != nullptr)
                     read.audio.interrupted = [&read] { return read.should_abort(); };
                   const auto source = diar::open_audio(path, read.audio);
                   return loaded.diarize(*source, read.session, reporting(read));
                 });
}

}  // extern "C"
