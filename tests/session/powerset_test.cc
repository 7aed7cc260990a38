// Classes to speakers beside pyannote's Powerset, ties included.
#include "session/powerset.h"

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

TEST(Powerset, ArgmaxIsTheFirstMaximum) {
  const Weights file = golden::unit("powerset");
  const auto scores = file.at("scores").to_float();
  const auto expected = file.at("multilabel").to_double();
  std::vector<std::uint8_t> bits(expected.size() / 3);
  to_multilabel(scores, bits);
  for (std::size_t frame = 0; frame < bits.size(); ++frame)
    ASSERT_EQ(bits[frame], bits_of(expected, 3 * frame)) << "frame " << frame;
}

TEST(Powerset, EveryClassHasItsSpeakers) {
  const auto mapping = golden::unit("powerset").at("mapping").to_double();
  for (std::size_t k = 0; k < 7; ++k) {
    std::vector<float> scores(7, -1.0f);
    scores[k] = 0.0f;
    std::uint8_t bits = 0xFF;
    to_multilabel(scores, {&bits, 1});
    EXPECT_EQ(bits, bits_of(mapping, 3 * k)) << "class " << k;
  }
}

TEST(Powerset, PublicResults) {
  const Weights file = golden::unit("powerset");
  auto log_probs = file.at("scores").to_float();
  const auto decisions = frame_decisions(log_probs);
  ASSERT_EQ(decisions.size() * 7, log_probs.size());
  EXPECT_EQ(decisions[50], bits_of(file.at("multilabel").to_double(), 150));
  const auto probabilities = class_probabilities(log_probs);
  EXPECT_FLOAT_EQ(probabilities[100], std::exp(log_probs[100]));
  log_probs.pop_back();
  EXPECT_THROW(frame_decisions(log_probs), InvalidArgument);
  EXPECT_THROW(class_probabilities(log_probs), InvalidArgument);
}

}  // namespace
}  // namespace diar
