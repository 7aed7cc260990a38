// Who a speaker is, as Python sees it.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "diar/voices.h"

namespace diar::python {

/// (name, log-likelihood ratio, probability).
using CandidateTuple = std::tuple<std::string, double, double>;
/// (speaker, name or "", reason, speech_s, candidates).
using IdentityTuple = std::tuple<std::string, std::string, std::string, double, std::vector<CandidateTuple>>;

SpeakerIdentity identity_of(const IdentityTuple& identity);

}  // namespace diar::python
