// Live sessions.
#include "diar/live.h"

#include "../../paced_push.h"
#include "diar/io/live_events.h"
#include "module.h"

namespace diar::python {
namespace {

LiveOptions live_options(const SessionOptions& session, int sample_rate_hz, double latency_s,
                         bool bounded_memory) {
  LiveOptions options;
  options.session = session;
  options.sample_rate_hz = sample_rate_hz;
  options.latency_s = latency_s;
  options.bounded_memory = bounded_memory;
  return options;
}

/// `push` and `finish` belong to one thread at a time; the rest is for any.
class Live {
 public:
  Live(const Engine& engine, int sample_rate_hz, const SessionOptions& options, double latency_s,
       bool bounded_memory, nb::object callback, const CancelToken* token)
      : sample_rate_hz_(sample_rate_hz),
        session_(LiveSession::open(engine, live_options(options, sample_rate_hz, latency_s, bounded_memory))),
        token_(token == nullptr ? CancelToken() : *token),
        monitor_(std::move(callback), &token_) {}

  void push(const FloatSamples& samples) {
    const Taken taken(busy_);
    const std::span<const float> given(samples.data(), samples.size());
    const nb::gil_scoped_release release;
    if (finished_) throw InvalidArgument("this session was finished before: open another one");
    check_pushed(given);
    push_paced(session_, sample_rate_hz_, given, [this](std::size_t windows_completed) {
      return monitor_({"networks", windows_completed, 0});
    });
  }

  /// The JSON line of each event that is new.
  std::vector<std::string> poll() {
    const nb::gil_scoped_release release;
    std::vector<std::string> lines;
    for (const LiveEvent& event : session_.poll()) lines.push_back(to_json_line(event));
    return lines;
  }

  DiarizationOutput finish() {
    const Taken taken(busy_);
    const nb::gil_scoped_release release;
    if (finished_) throw InvalidArgument("this session was finished before: open another one");
    finished_ = true;
    return session_.finish(std::ref(monitor_));
  }

  SessionStatus status() const {
    const nb::gil_scoped_release release;
    return session_.status();
  }
  void cancel() {
    token_.cancel();
    session_.cancel();
  }

 private:
  int sample_rate_hz_;
  LiveSession session_;
  CancelToken token_;  // shares the caller's flag
  Monitor monitor_;
  std::atomic<bool> busy_{false};
  bool finished_ = false;
};

}  // namespace

void define_live(nb::module_& module) {
  nb::class_<Live>(module, "Live")
      .def(
          nb::init<const Engine&, int, const SessionOptions&, double, bool, nb::object, const CancelToken*>(),
          nb::arg("engine"), nb::arg("sample_rate_hz"), nb::arg("options"), nb::arg("latency_s"),
          nb::arg("bounded_memory"), nb::arg("callback").none(), nb::arg("token").none())
      .def("push", &Live::push, nb::arg("samples").noconvert())
      .def("poll", &Live::poll)
      .def("status", &Live::status)
      .def("finish", &Live::finish)
      .def("cancel", &Live::cancel);
}

}  // namespace diar::python
