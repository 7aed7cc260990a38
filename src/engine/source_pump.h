// A source and a session in, what the networks said out: the loop behind every recording that is not live.
#pragma once

#include "diar/waveform.h"
#include "session/session_core.h"

namespace diar {

/// Pushes the source to its end and finishes the session. Throws what both throw.
NetworkOutput pump(AudioSource& audio, SessionCore& session, const ProgressCallback& on_progress);

}  // namespace diar
