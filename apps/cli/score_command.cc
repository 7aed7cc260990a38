#include "score_command.h"

#include <iostream>
#include <memory>
#include <string>

#include "diar/metrics.h"
#include "score_inputs.h"
#include "score_report.h"
#include "screen.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string reference;
  std::string hypothesis;
  std::string uem;
  ScoringOptions scoring;
  bool per_file = false;
  bool json = false;
};

void print_json(const Flags& flags, const std::vector<ScoreRow>& rows, const DiarizationScores& total) {
  nlohmann::ordered_json report = {{"collar_s", flags.scoring.collar_s},
                                   {"skip_overlap", flags.scoring.skip_overlap},
                                   {"uem", nullptr},
                                   {"total", scores_json(total)}};
  if (!flags.uem.empty()) report["uem"] = flags.uem;
  if (flags.per_file) {
    report["recordings"] = nlohmann::ordered_json::array();
    for (const ScoreRow& row : rows) {
      nlohmann::ordered_json entry = {{"uri", row.name}};
      entry.update(scores_json(row.scores));
      report["recordings"].push_back(std::move(entry));
    }
  }
  // Names of files need not be UTF-8.
  std::cout << report.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void score(const Flags& flags) {
  const ScoreInputs inputs = read_score_inputs(flags.reference, flags.hypothesis, flags.uem);
  for (const std::string& warning : inputs.warnings) print_error("warning: " + warning);
  std::vector<ScoreRow> rows;
  DiarizationScores total;
  for (const ScoredRecording& recording : inputs.recordings) {
    ScoringOptions options = flags.scoring;
    options.uem = recording.uem;
    rows.push_back(
        {recording.reference.uri(), score_diarization(recording.reference, recording.hypothesis, options)});
    total += rows.back().scores;
  }
  if (flags.json) {
    print_json(flags, rows, total);
    return;
  }
  if (rows.size() > 1) {
    if (!flags.per_file) rows.clear();
    rows.push_back({"all " + std::to_string(total.num_recordings), total});
  }
  print_score_table(rows, output_cells(), std::cout);
}

}  // namespace

void add_score_command(CLI::App& app, CommandContext&) {
  CLI::App* command =
      app.add_subcommand("score", "Error rates of hypotheses against references: DER, JER, purity, ...");
  auto flags = std::make_shared<Flags>();
  command->add_option("REFERENCE", flags->reference, "RTTM file, or a directory of them, with the truth")
      ->required()
      ->type_name("");
  command->add_option("HYPOTHESIS", flags->hypothesis, "RTTM file, or a directory of them, to judge")
      ->required()
      ->type_name("");
  command->add_option("--uem", flags->uem, "Score only the regions in this UEM file (or directory of them)")
      ->type_name("FILE|DIR");
  command
      ->add_option(
          "--collar", flags->scoring.collar_s,
          "Leave out this many seconds around each reference boundary, half on each side (default 0)")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("S");
  command->add_flag("--skip-overlap", flags->scoring.skip_overlap,
                    "Leave out where several reference turns overlap");
  command->add_flag("--per-file", flags->per_file, "Each recording, not only all of them");
  command->add_flag("--json", flags->json, "One JSON object instead of a table");
  command->footer(
      "Turns are matched by the recording's name in the RTTM. docs/scoring.md has the definitions.");
  command->callback([flags] { score(*flags); });
}

}  // namespace diar::cli
