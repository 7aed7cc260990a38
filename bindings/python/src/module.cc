// diarize_cpp._diar: the C++ library as the Python package sees it.
#include "module.h"

#include <algorithm>
#include <cmath>

#include "diar/hub/model_store.h"
#include "diar/threads.h"
#include "diar/version.h"

namespace diar::python {

Monitor::Monitor(nb::object callback, const CancelToken* token)
    : callback_(std::move(callback)), token_(token) {}

bool Monitor::operator()(const Progress& progress) {
  if (token_ != nullptr && token_->is_cancelled()) return false;
  const nb::gil_scoped_acquire gil;
  // Does nothing but in the main thread.
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
  if (callback_.is_none()) return true;
  const nb::str stage(progress.stage.data(), progress.stage.size());
  return callback_(stage, progress.completed, progress.total).ptr() != Py_False;
}

std::vector<TurnTuple> turns_of(const Annotation& annotation) {
  std::vector<TurnTuple> turns;
  turns.reserve(annotation.turns().size());
  for (const Turn& turn : annotation.turns())
    turns.emplace_back(turn.segment.start_s, turn.segment.end_s, turn.speaker, turn.confidence);
  return turns;
}

Annotation annotation_of(const std::string& uri, const std::vector<TurnTuple>& turns) {
  std::vector<Turn> made;
  made.reserve(turns.size());
  for (const auto& [start_s, end_s, speaker, confidence] : turns)
    made.push_back({{start_s, end_s}, speaker, confidence});
  return {uri, std::move(made)};
}

void check_pushed(std::span<const float> samples) {
  const auto finite = [](float sample) { return std::isfinite(sample); };
  if (!std::all_of(samples.begin(), samples.end(), finite))
    throw AudioError("NaN or infinite samples were pushed; none of this piece was taken");
}

namespace {

/// The exception classes of diarize_cpp.errors, by code; what they say is one line.
void translate(const std::exception_ptr& error, void* /*payload*/) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& raised) {
    const nb::module_ errors = nb::module_::import_("diarize_cpp.errors");
    const bool truncated = dynamic_cast<const TruncatedAudio*>(&raised) != nullptr;
    const nb::object type = truncated
                                ? errors.attr("TruncatedAudio")
                                : nb::object(errors.attr("error_class")(static_cast<int>(raised.code())));
    PyErr_SetString(type.ptr(), raised.what());
  }
}

nb::tuple find(const std::string& wanted) {
  const ModelLocation found = find_model(wanted);
  return nb::make_tuple(found.path.string(), found.name, found.found_by);
}

}  // namespace
}  // namespace diar::python

NB_MODULE(_diar, module) {
  namespace nb = nanobind;
  using namespace diar::python;
  // Names in Python's frames at the end of the interpreter are no leaks of ours.
  nb::set_leak_warnings(false);
  nb::register_exception_translator(translate);
  module.attr("__version__") = diar::version();
  module.def("default_num_threads", [] { return diar::default_num_threads(); });
  module.def("find_model", &find, nb::arg("wanted"));
  nb::class_<CancelToken>(module, "CancelToken", "Stops the runs that it was given to; thread-safe.")
      .def(nb::init<>())
      .def("cancel", &CancelToken::cancel)
      .def_prop_ro("cancelled", &CancelToken::is_cancelled);
  define_engine(module);
  define_live(module);
  define_voices(module);
  define_networks(module);
  define_documents(module);
}
