// Windows as they come in, labels that never change their meaning out; clusterings of all so far correct
// them.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "assign/assigner.h"

namespace diar {

/// A label whose speech went to another one.
struct LabelMerge {
  std::int32_t from = 0;
  std::int32_t into = 0;
};

/// What a window says of its local speakers, wherever the window lies.
struct LocalWindow {
  std::size_t first_frame = 0;         ///< on the common grid
  std::span<const std::uint8_t> bits;  ///< [frames], as in `Activity`
  /// [local speakers, dimension], or empty: nobody listened.
  std::span<const float> embeddings;
};

/// Labels are numbers from 0 in the order in which they were first given. Between clusterings a window's
/// speakers get labels by what they share with the windows before and by the cosine to the labels' centroids,
/// each label at most once in a window; after each clustering labels go to the clusters with which they share
/// most speech. Not thread-safe.
class OnlineAssigner final : public SpeakerAssigner {
 public:
  /// Both are borrowed.
  OnlineAssigner(const SpeakerScoring& scoring, const RunPlan& plan);

  /// Labels for the windows from `first_window` on, new ones among them.
  void add(const Activity& activity, const Embeddings& embeddings, std::size_t first_window) override {
    add(activity, embeddings, first_window, true);
  }
  /// Without new labels (where there are some already) when a clustering follows at once, which knows better.
  void add(const Activity& activity, const Embeddings& embeddings, std::size_t first_window, bool may_name);
  /// Labels and centroids of all windows.
  SpeakerClusters current(const Activity& activity, const Embeddings& embeddings) override;

  /// A window that is not on the grid: labels [local speakers] for it, kNobody where nobody is placed. It is
  /// remembered until the next window of the grid comes.
  std::vector<std::int32_t> place_provisional(const LocalWindow& window, const WindowGrid& grid);
  /// Local speakers that are new in the window: too little is shared to know who they are.
  bool has_strangers(const LocalWindow& window, const WindowGrid& grid) const;
  /// Takes over the clusters of the first windows (as many as `clusters` has).
  std::vector<LabelMerge> adopt(const SpeakerClusters& clusters);
  /// The windows before `count` are summarised and forgotten; numbers of windows begin there.
  void forget(const Embeddings& embeddings, std::size_t count);

  /// [windows, local speakers]; kNobody where nobody talks.
  const std::vector<std::int32_t>& labels() const noexcept { return label_of_; }
  std::size_t num_labels() const noexcept { return voices_.size(); }
  /// First window whose labels changed since the last call; the number of windows when none did.
  std::size_t take_first_change();

 private:
  struct Voice {
    std::vector<float> centroid;  // [dimension]; empty: never heard
    double weight = 0.0;          // embeddings in the centroid when no clustering made it
    bool clustered = false;
    std::size_t num_pairs = 0;  // with this label
  };
  /// Frames that a window's speakers talk, and share with each label.
  struct Shares {
    std::vector<std::uint32_t> talks;    // [local speakers]
    std::vector<std::uint32_t> covered;  // of these, frames that others have labelled
    std::vector<std::uint32_t> with;     // [local speakers, labels]
  };

  Shares shares_of(const LocalWindow& window) const;
  std::vector<std::int32_t> place(const LocalWindow& window, std::size_t min_new_frames, bool may_name);
  double likeness(std::span<const float> embedding, const Voice& voice) const;
  bool is_same(std::span<const float> embedding, const Voice& voice) const;
  bool may_add_label() const;
  std::int32_t add_label();
  void listen(std::int32_t label, std::span<const float> embedding);
  std::vector<std::int32_t> match(const SpeakerClusters& clusters);
  std::int32_t label_for_unmatched(std::span<const float> centroid, const std::vector<std::int32_t>& matched);

  const SpeakerScoring& scoring_;
  const RunPlan& plan_;
  std::size_t num_speakers_ = 0;  // local ones
  std::vector<std::int32_t> label_of_;
  std::vector<std::int32_t> previous_;  // the label before the last merge
  std::vector<std::uint16_t> talks_;    // frames of each pair
  std::vector<Voice> voices_;
  std::size_t first_change_ = 0;
  // The neighbours of the next window: the newest one of the grid, and perhaps one that is not on it.
  struct Neighbour {
    std::size_t first_frame = 0;
    std::vector<std::uint8_t> bits;
    std::vector<std::int32_t> labels;
  };
  Neighbour last_;
  Neighbour provisional_;
  std::size_t base_window_ = 0;
};

}  // namespace diar
