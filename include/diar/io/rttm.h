// RTTM text in, annotations out, and back.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "diar/annotation.h"
#include "diar/export.h"

namespace diar {

/// Writes one line for each turn: `SPEAKER uri 1 start duration <NA> <NA> speaker <NA> <NA>`, times with
/// `decimals` digits (community-1 writes 3); an empty uri is written as `<NA>`. Throws `InvalidArgument` when
/// the uri or a speaker holds white space, or a speaker is empty, since no reader could split such a line
/// again. Source: pyannote.core `write_rttm`.
DIAR_API void write_rttm(const Annotation& annotation, std::ostream& out, int decimals = 3);
DIAR_API std::string to_rttm(const Annotation& annotation, int decimals = 3);

/// Reads RTTM text: one annotation for each uri, in order of appearance. Lines that are empty, comments
/// (`;;`) or of another type than SPEAKER are passed over. Throws `InputError` naming `name` and the line on
/// a missing field, fields too many (as from a uri or a speaker with spaces), a time that is negative or not
/// a finite number, or a line over 64 KiB.
DIAR_API std::vector<Annotation> read_rttm(std::istream& in, const std::string& name = "RTTM");
/// Reads a file; additionally throws `InputError` when it cannot be opened.
DIAR_API std::vector<Annotation> read_rttm_file(const std::string& path);

}  // namespace diar
