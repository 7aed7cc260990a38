#include "score_command.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "diar/errors.h"
#include "diar/metrics.h"
#include "diar/rttm.h"

namespace diar::cli {
namespace {

struct Flags {
  std::string reference;
  std::string hypothesis;
  ScoringOptions scoring;
  bool json = false;
};

// The hypothesis of one recording; a file with a single recording on both sides needs no equal names.
const Annotation& find_uri(const std::vector<Annotation>& all, const std::string& uri, bool only) {
  static const Annotation kEmpty;
  for (const Annotation& annotation : all) {
    if (annotation.uri() == uri || only) return annotation;
  }
  return kEmpty;
}

void print(const std::string& name, const Annotation& reference, const Annotation& hypothesis,
           const DiarizationErrorRate& score, bool json) {
  const std::size_t expected = reference.speakers().size();
  const std::size_t found = hypothesis.speakers().size();
  if (json) {
    const nlohmann::ordered_json row = {{"uri", name},
                                        {"der", score.rate()},
                                        {"total_s", score.total_s},
                                        {"missed_detection_s", score.missed_detection_s},
                                        {"false_alarm_s", score.false_alarm_s},
                                        {"confusion_s", score.confusion_s},
                                        {"reference_speakers", expected},
                                        {"hypothesis_speakers", found}};
    std::cout << row.dump() << '\n';
    return;
  }
  const double total_s = score.total_s > 0.0 ? score.total_s : 1.0;
  char line[256];
  std::snprintf(line, sizeof(line),
                "DER %.1f %% (missed %.1f %%, false alarm %.1f %%, confusion %.1f %%) of %.1f s; %zu "
                "speakers, %zu found",
                100 * score.rate(), 100 * score.missed_detection_s / total_s,
                100 * score.false_alarm_s / total_s, 100 * score.confusion_s / total_s, score.total_s,
                expected, found);
  std::cout << name << ": " << line << '\n';
}

void score(const Flags& flags) {
  const auto references = read_rttm_file(flags.reference);
  const auto hypotheses = read_rttm_file(flags.hypothesis);
  if (references.empty()) throw InputError("'" + flags.reference + "' holds no SPEAKER lines");
  const bool only = references.size() == 1 && hypotheses.size() == 1;
  for (const Annotation& reference : references) {
    const Annotation& hypothesis = find_uri(hypotheses, reference.uri(), only);
    print(reference.uri(), reference, hypothesis,
          diarization_error_rate(reference, hypothesis, flags.scoring), flags.json);
  }
}

}  // namespace

void add_score_command(CLI::App& app, CommandContext&) {
  CLI::App* command =
      app.add_subcommand("score", "Diarization error rate of a hypothesis against a reference");
  auto flags = std::make_shared<Flags>();
  command->add_option("REFERENCE", flags->reference, "RTTM file with the truth")->required()->type_name("");
  command->add_option("HYPOTHESIS", flags->hypothesis, "RTTM file to judge")->required()->type_name("");
  command
      ->add_option("--collar", flags->scoring.collar_s,
                   "Seconds in all left out around each reference boundary (default 0)")
      ->check(CLI::Range(0.0, 100.0))
      ->type_name("S");
  command->add_flag("--skip-overlap", flags->scoring.skip_overlap,
                    "Leave out where several reference speakers talk");
  command->add_flag("--json", flags->json, "One JSON object for each recording");
  command->callback([flags] { score(*flags); });
}

}  // namespace diar::cli
