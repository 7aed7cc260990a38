// A person's name in, whether a book can hold it and what makes it distinct out.
#pragma once

#include <string>
#include <string_view>

namespace diar {

/// What RTTM makes of a name: white space becomes "_". Names of one key are one.
std::string name_key(std::string_view name);
/// Throws `InvalidArgument` as `VoiceBook::add` does.
void require_name(const std::string& name);

}  // namespace diar
