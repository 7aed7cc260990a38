// UEM text (which parts of recordings are scored) in, regions of each recording out.
#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// Scored regions of each recording by its uri, as they stand in the file: they may overlap and be empty.
using Uem = std::map<std::string, std::vector<Segment>>;

/// Reads lines `uri channel start end`, times in seconds; the channel plays no part. Lines that are empty or
/// comments (`;;`) are passed over. Throws `InputError` naming `name` and the line on another number of
/// fields (as from a uri with spaces), a time that is negative or not a finite number, an end before its
/// start, a line over 64 KiB or more than a million regions. Source: NIST's UEM.
DIAR_API Uem read_uem(std::istream& in, const std::string& name = "UEM");
/// Reads a file; additionally throws `InputError` when it cannot be opened.
DIAR_API Uem read_uem_file(const std::string& path);

}  // namespace diar
