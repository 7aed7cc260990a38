// Classes to speakers compared with pyannote's Powerset, ties included.

#include <cmath>

#include "diar/errors.h"
#include "diar/powerset.h"
#include "golden_data.h"

namespace diar {
namespace {

unsigned bits_of(const std::vector<double>& row, std::size_t at) {
  unsigned bits = 0;
  for (std::size_t s = 0; s < 3; ++s) bits |= row[at + s] != 0.0 ? 1u << s : 0u;
  return bits;
}

std::vector<std::uint8_t> classes() {
  return powerset_classes(3, 2);
}

TEST(Powerset, ClassesInPyannotesOrder) {
  EXPECT_EQ(classes(), (std::vector<std::uint8_t>{0, 1, 2, 4, 3, 5, 6}));
  EXPECT_EQ(powerset_classes(2, 1), (std::vector<std::uint8_t>{0, 1, 2}));
  EXPECT_EQ(powerset_classes(4, 3).size(), 1u + 4 + 6 + 4);
  EXPECT_EQ(powerset_classes(1, 5), (std::vector<std::uint8_t>{0, 1}));
  EXPECT_THROW(powerset_classes(9, 2), InvalidArgument);
}

TEST(Powerset, ArgmaxIsTheFirstMaximum) {
  const Weights file = golden::unit("powerset");
  const auto scores = file.at("scores").to_float();
  const auto expected = file.at("multilabel").to_double();
  const std::vector<std::uint8_t> bits = frame_decisions(scores, classes());
  ASSERT_EQ(bits.size() * 3, expected.size());
  for (std::size_t frame = 0; frame < bits.size(); ++frame)
    ASSERT_EQ(bits[frame], bits_of(expected, 3 * frame)) << "frame " << frame;
}

TEST(Powerset, EveryClassHasItsSpeakers) {
  const auto mapping = golden::unit("powerset").at("mapping").to_double();
  for (std::size_t k = 0; k < 7; ++k) {
    std::vector<float> scores(7, -1.0f);
    scores[k] = 0.0f;
    EXPECT_EQ(frame_decisions(scores, classes())[0], bits_of(mapping, 3 * k)) << "class " << k;
  }
}

TEST(Powerset, PublicResults) {
  const Weights file = golden::unit("powerset");
  auto log_probs = file.at("scores").to_float();
  const auto decisions = frame_decisions(log_probs, classes());
  ASSERT_EQ(decisions.size() * 7, log_probs.size());
  EXPECT_EQ(decisions[50], bits_of(file.at("multilabel").to_double(), 150));
  const auto probabilities = class_probabilities(log_probs, classes());
  EXPECT_FLOAT_EQ(probabilities[100], std::exp(log_probs[100]));
  log_probs.pop_back();
  EXPECT_THROW(frame_decisions(log_probs, classes()), InvalidArgument);
  EXPECT_THROW(class_probabilities(log_probs, classes()), InvalidArgument);
}

}  // namespace
}  // namespace diar
