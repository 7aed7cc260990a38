// From frames to RTTM text beside pyannote.core: decimal ties, identical turns, more than 26 speakers.
#include "session/turns.h"

#include "diar/io/rttm.h"
#include "golden_data.h"

namespace diar {
namespace {

std::vector<ColumnTurn> recorded_turns() {
  const Weights file = golden::unit("rttm");
  const auto packed = golden::bytes(file.at("discrete"));
  const auto num_frames = static_cast<std::size_t>(golden::scalar(file, "num_frames"));
  const std::size_t columns = file.at("discrete").shape[1];
  TurnBuilder builder(columns);
  std::vector<std::uint8_t> speaking(columns);
  for (std::size_t frame = 0; frame < num_frames; ++frame) {
    for (std::size_t k = 0; k < columns; ++k)
      speaking[k] = packed[frame / 8 * columns + k] >> (7 - frame % 8) & 1;  // the first frame is the top bit
    builder.add(frame, speaking);
  }
  return builder.finish();
}

struct TextCase {
  const char* file;
  double min_duration_off_s;
};

class TurnsText : public ::testing::TestWithParam<TextCase> {};

TEST_P(TurnsText, IsPyannotesByteForByte) {
  const auto turns = fill_gaps(recorded_turns(), GetParam().min_duration_off_s);
  const Annotation annotation = to_annotation("tricky", turns, label_columns(turns));
  EXPECT_EQ(to_rttm(annotation), golden::text(golden::folder() / "unit" / GetParam().file));
}

// 0.50625 s is exactly 30 frames: such a gap is not shorter and stays.
INSTANTIATE_TEST_SUITE_P(Pyannote, TurnsText,
                         ::testing::Values(TextCase{"rttm_plain.rttm", 0.0}, TextCase{"rttm_gap.rttm", 0.5},
                                           TextCase{"rttm_gap_tie.rttm", 0.50625}),
                         [](const auto& tested) {
                           std::string name = tested.param.file;
                           return name.substr(0, name.find('.'));
                         });

TEST(Turns, LabelsFollowTheNumbersAsText) {
  std::vector<ColumnTurn> turns;
  for (std::size_t column = 0; column < 12; ++column) turns.push_back({{0.0, 1.0}, column});
  const auto labels = label_columns(turns);
  EXPECT_EQ(labels.at(1), "SPEAKER_01");
  EXPECT_EQ(labels.at(10), "SPEAKER_02");
  EXPECT_EQ(labels.at(11), "SPEAKER_03");
  EXPECT_EQ(labels.at(2), "SPEAKER_04");
}

}  // namespace
}  // namespace diar
