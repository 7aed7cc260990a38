// A diarization as text for people: the turns, the speakers' totals, how fast it went.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "batch.h"
#include "diar/diarization.h"

namespace diar::cli {

/// "1:02:03.4" or "2:03.4".
std::string clock_text(double time_s);
/// One line for each turn: start, end, speaker. Turns without length at a tenth of a second are counted only.
void print_turns(const Annotation& annotation, std::ostream& out);
/// A table of the speakers with a bar for each one's share of all speakers' speech, as the page has it.
void print_totals(const Annotation& annotation, double duration_s, std::ostream& out);
/// A line for each input of a batch, and one for all of them.
void print_batch(const std::vector<PlannedOutput>& plan, const std::vector<ItemReport>& reports,
                 double elapsed_s, std::ostream& out);
/// Wall-clock seconds of each stage.
void print_timings(const DiarizationOutput& output, std::ostream& out);

}  // namespace diar::cli
