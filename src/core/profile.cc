#include "diar/profile.h"

#include <array>

#include "diar/errors.h"

namespace diar {

std::span<const Profile> all_profiles() noexcept {
  static constexpr std::array<Profile, 2> kProfiles = {Profile::kPyannote, Profile::kBest};
  return kProfiles;
}

std::string_view to_string(Profile profile) noexcept {
  return profile == Profile::kBest ? "best" : "pyannote";
}

Profile parse_profile(std::string_view name) {
  for (const Profile profile : all_profiles()) {
    if (to_string(profile) == name) return profile;
  }
  throw InvalidArgument("unknown profile '" + std::string(name) + "': choose one of pyannote, best");
}

}  // namespace diar
