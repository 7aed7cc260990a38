// The structs of the C header in, the library's options out.
#pragma once

#include <cstddef>
#include <cstring>

#include "diar/diar.h"
#include "diar/engine.h"
#include "diar/io/audio.h"
#include "diar/session.h"
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

/// What the library says in `value` into a caller's struct, as much of it as fits; its struct_size stays.
/// Throws for a null pointer, or a struct_size that was not set.
template <typename Struct>
void write_struct(Struct* out, const Struct& value) {
  require(out != nullptr, "the struct to fill is null");
  std::size_t size = 0;
  std::memcpy(&size, out, sizeof(size));
  require(size >= sizeof(value) && size <= 4096, "struct_size of the struct to fill is not set");
  std::memcpy(reinterpret_cast<unsigned char*>(out) + sizeof(size),
              reinterpret_cast<const unsigned char*>(&value) + sizeof(size), sizeof(value) - sizeof(size));
}

}  // namespace diar::c_api
