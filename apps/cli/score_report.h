// Scores in, a table for people or JSON for programs out.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "diar/metrics.h"

namespace diar::cli {

struct ScoreRow {
  std::string name;
  DiarizationScores scores;
};

/// Percentages of the reference's speech; the last column of each row is how far the number of speakers is
/// off (the mean for a total). Where the table is wider than `num_cells`, its columns stand in several tables
/// below each other, and long names are clipped.
void print_score_table(const std::vector<ScoreRow>& rows, std::size_t num_cells, std::ostream& out);

/// Rates as fractions, times in seconds.
nlohmann::ordered_json scores_json(const DiarizationScores& scores);

}  // namespace diar::cli
