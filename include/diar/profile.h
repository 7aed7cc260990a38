// How a run meets the number of speakers that was asked for, as a name.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "diar/export.h"

namespace diar {

/// Where no number is asked for, or where the automatic number meets it, both give the same.
enum class Profile {
  kPyannote,  ///< as pyannote.audio: k-means over all embeddings, each of them to the nearest mean
  kBest,      ///< clusters merged or split where that costs the least evidence; docs/accuracy.md
};

/// All of them, in order.
DIAR_API std::span<const Profile> all_profiles() noexcept;
/// "pyannote" or "best".
DIAR_API std::string_view to_string(Profile profile) noexcept;
/// Throws `InvalidArgument` that lists the names.
DIAR_API Profile parse_profile(std::string_view name);

}  // namespace diar
