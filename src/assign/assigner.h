// What windows said in, who is who out: the part of a session that decides on speakers.
#pragma once

#include "assign/speaker_clustering.h"

namespace diar {

/// Of one session; not thread-safe. `activity` and `embeddings` are the session's and grow from call to call.
class SpeakerAssigner {
 public:
  virtual ~SpeakerAssigner() = default;
  /// Windows from `first_window` on are new.
  virtual void add(const Activity& activity, const Embeddings& embeddings, std::size_t first_window) = 0;
  /// Clusters of all windows so far, from all that was added.
  virtual SpeakerClusters current(const Activity& activity, const Embeddings& embeddings) = 0;
};

}  // namespace diar
