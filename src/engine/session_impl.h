// A session with the engine that it keeps alive.
#pragma once

#include <memory>
#include <utility>

#include "core/stopwatch.h"
#include "engine/engine_impl.h"
#include "session/session_core.h"

namespace diar {

struct Session::Impl {
  Impl(std::shared_ptr<const Engine::Impl> shared, RunPlan plan)
      : engine(std::move(shared)),
        core(engine->segmentation, engine->encoder, engine->executor, std::move(plan)) {}

  std::shared_ptr<const Engine::Impl> engine;
  Stopwatch total;
  SessionCore core;  // last: stops before the engine goes
};

}  // namespace diar
