// What the parts of the Python module share: progress and cancelling while the interpreter is free for
// others.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "diar/annotation.h"
#include "diar/errors.h"
#include "diar/progress.h"

namespace diar::python {

namespace nb = nanobind;

using FloatSamples = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Int16Samples = nb::ndarray<const std::int16_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// (start_s, end_s, speaker, confidence or None) each, as Python sees turns.
using TurnTuple = std::tuple<double, double, std::string, std::optional<float>>;
std::vector<TurnTuple> turns_of(const Annotation& annotation);
Annotation annotation_of(const std::string& uri, const std::vector<TurnTuple>& turns);

/// Throws `AudioError` for NaN or infinity among samples that are about to be pushed.
void check_pushed(std::span<const float> samples);

/// Marks a session as taken while it stands; what others try meanwhile is their mistake. Under the GIL.
class Taken {
 public:
  explicit Taken(std::atomic<bool>& busy) : busy_(busy) {
    if (busy.exchange(true)) throw InvalidArgument("another thread is inside this session");
  }
  ~Taken() { busy_.store(false); }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

 private:
  std::atomic<bool>& busy_;
};

/// Set by any thread, seen by the runs that were given it.
class CancelToken {
 public:
  void cancel() noexcept { cancelled_->store(true); }
  bool is_cancelled() const noexcept { return cancelled_->load(); }

 private:
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

/// What a run asks, without the GIL, whether to go on: the token, Python's signals (Ctrl-C), and a function
/// of the caller's, None or (stage, completed, total) -> anything; False stops.
class Monitor {
 public:
  Monitor(nb::object callback, const CancelToken* token);
  /// Throws what the function or a signal raised.
  bool operator()(const Progress& progress);

 private:
  nb::object callback_;
  const CancelToken* token_;
};

void define_engine(nb::module_& module);
void define_live(nb::module_& module);
void define_voices(nb::module_& module);
void define_networks(nb::module_& module);
void define_documents(nb::module_& module);

/// An array [shape] that owns `values`.
template <typename Value>
nb::ndarray<nb::numpy, Value> to_numpy(std::vector<Value> values, std::vector<std::size_t> shape) {
  auto* owned = new std::vector<Value>(std::move(values));
  const nb::capsule owner(owned, [](void* data) noexcept { delete static_cast<std::vector<Value>*>(data); });
  return {owned->data(), shape.size(), shape.data(), owner};
}

}  // namespace diar::python
