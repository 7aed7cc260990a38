// The structs of the C header in, the library's options out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "diar/diar.h"
#include "diar/engine.h"
#include "diar/io/audio.h"
#include "diar/live.h"
#include "diar/session.h"
#include "diar/voices.h"
#include "status.h"

namespace diar::c_api {

/// What diar_options means.
struct RunOptions {
  SessionOptions session;
  AudioOptions audio;
  bool has_uri = false;
  diar_options callbacks = {};

  /// Tells the callbacks; false when one of them stops the run.
  bool go_on(const Progress& progress) const;
  bool should_abort() const;
};

/// `params` may be null. Throws on a struct_size or a value that makes no sense.
EngineOptions read_engine_params(const diar_engine_params* params);
/// The same; `uri` is set unless `has_uri` is false.
RunOptions read_options(const diar_options* options);
/// Both kinds of a live session's options.
LiveOptions read_live_options(const RunOptions& run, const diar_live_options* options,
                              std::int32_t sample_rate_hz);
IdentifyOptions read_identify_options(const diar_identify_options* options);

/// Where a session is, in C's words.
diar_session_state state_of(const SessionStatus& status);

/// What the library says in `value` into a caller's struct: as much of it as fits, and zeros in what a newer
/// header appended; its struct_size stays. `first`: bytes of the struct's first version. Throws for a null
/// pointer, or a struct_size that was not set.
template <typename Struct>
void write_struct(Struct* out, const Struct& value, std::size_t first = sizeof(Struct)) {
  require(out != nullptr, "the struct to fill is null");
  std::size_t size = 0;
  std::memcpy(&size, out, sizeof(size));
  require(size >= first && size <= 4096, "struct_size of the struct to fill is not set");
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  const std::size_t known = std::min(size, sizeof(value));
  std::memcpy(bytes + sizeof(size), reinterpret_cast<const unsigned char*>(&value) + sizeof(size),
              known - sizeof(size));
  std::memset(bytes + known, 0, size - known);
}

}  // namespace diar::c_api
