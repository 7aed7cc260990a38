// RTTM among the formats: the seed's exact lines; spaces in names, which RTTM cannot hold, as "_".
#include <sstream>

#include "diar/io/rttm.h"
#include "io/formats/format.h"
#include "io/formats/text.h"

namespace diar {
namespace {

std::string write_rttm_file(std::span<const ResultDocument> documents, const FormatOptions&) {
  std::string text;
  for (const ResultDocument& document : documents) {
    require_distinct(document.diarization, text::one_field);
    std::vector<Turn> turns = document.diarization.turns();
    for (Turn& turn : turns) turn.speaker = text::one_field(turn.speaker);
    text += to_rttm(Annotation(text::one_field(document.diarization.uri()), std::move(turns)));
  }
  return text;
}

Documents read_rttm_text(std::string_view text, const std::string& name) {
  std::istringstream in{std::string(text)};
  Documents documents;
  for (Annotation& annotation : read_rttm(in, name)) documents.emplace_back(std::move(annotation));
  return documents;
}

}  // namespace

const FormatFunctions kRttmFormat = {write_rttm_file, read_rttm_text};

}  // namespace diar
