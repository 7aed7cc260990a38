// What is seen of one speaker in one frame in, how probable it is that they talk there out.
#pragma once

#include <cmath>

namespace diar {

/// What the pipeline knows of a speaker in a frame that it gave them.
struct FrameEvidence {
  double share = 0.0;      ///< of the windows over the frame, those that gave it to this speaker
  double certainty = 0.0;  ///< mean probability of the class that the segmentation chose
  double margin = 0.0;     ///< mean lead of this speaker over the next one in cosine, clipped to [-1, 1]
  bool overlap = false;    ///< others talk in the frame too
};

/// A logistic regression, fitted where references are known (training/fit_confidence.py); the defaults are
/// the starter's.
struct ConfidenceModel {
  double bias = -5.07;
  double share = 3.56;
  double certainty = 3.96;
  double margin = 2.26;
  double overlap = 0.32;

  double probability(const FrameEvidence& e) const {
    const double x =
        bias + share * e.share + certainty * e.certainty + margin * e.margin + (e.overlap ? overlap : 0.0);
    return 1.0 / (1.0 + std::exp(-x));
  }
};

}  // namespace diar
