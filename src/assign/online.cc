#include "assign/online.h"

#include <algorithm>
#include <cmath>

#include "core/assignment.h"

namespace diar {
namespace {

// What a window shares with its neighbours counts as much as the cosine of a voice with itself.
constexpr double kShareWeight = 1.0;
// Of a speaker's frames that the neighbours cover, those that make them a speaker who is known.
constexpr double kKnownShare = 0.3;
// Speech that makes a new label, in seconds.
constexpr double kNewSpeaker_s = 0.4;
// Pairs that were merged weigh this much for their old label.
constexpr double kMemoryWeight = 0.25;
// Speech alone that may shape a centroid, as a share of the window.
constexpr double kMinSoleShare = 0.2;

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    aa += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    bb += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return dot / std::max(std::sqrt(aa * bb), 1e-300);
}

bool is_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

OnlineAssigner::OnlineAssigner(const SpeakerScoring& scoring, const RunPlan& plan)
    : scoring_(scoring), plan_(plan) {}

OnlineAssigner::Shares OnlineAssigner::shares_of(const LocalWindow& window) const {
  Shares shares;
  shares.talks.resize(num_speakers_);
  shares.covered.resize(num_speakers_);
  shares.with.resize(num_speakers_ * voices_.size());
  for (const std::uint8_t bits : window.bits) {
    for (std::size_t s = 0; s < num_speakers_; ++s) shares.talks[s] += bits >> s & 1u;
  }
  for (const Neighbour* neighbour : {&last_, &provisional_}) {
    const std::size_t begin = std::max(window.first_frame, neighbour->first_frame);
    const std::size_t end =
        std::min(window.first_frame + window.bits.size(), neighbour->first_frame + neighbour->bits.size());
    for (std::size_t frame = begin; frame < end; ++frame) {
      const std::uint8_t mine = window.bits[frame - window.first_frame];
      const std::uint8_t others = neighbour->bits[frame - neighbour->first_frame];
      if (mine == 0) continue;
      for (std::size_t s = 0; s < num_speakers_; ++s) {
        if ((mine >> s & 1) == 0) continue;
        ++shares.covered[s];
        for (std::size_t other = 0; other < num_speakers_; ++other) {
          const std::int32_t label = neighbour->labels[other];
          if ((others >> other & 1) != 0 && label >= 0)
            ++shares.with[s * voices_.size() + static_cast<std::size_t>(label)];
        }
      }
    }
  }
  return shares;
}

double OnlineAssigner::likeness(std::span<const float> embedding, const Voice& voice) const {
  return voice.centroid.empty() ? 0.0 : cosine(embedding, voice.centroid);
}

// Better than even odds in PLDA space; without one, as near as the linkage joins clusters.
bool OnlineAssigner::is_same(std::span<const float> embedding, const Voice& voice) const {
  if (voice.centroid.empty()) return false;
  if (scoring_.variances().empty())
    return cosine(embedding, voice.centroid) > 1.0 - 0.5 * plan_.threshold * plan_.threshold;
  return scoring_.score(embedding, voice.centroid) > 0.0;
}

bool OnlineAssigner::may_add_label() const {
  const auto most = plan_.num_speakers ? plan_.num_speakers : plan_.max_speakers;
  return !most || voices_.size() < static_cast<std::size_t>(*most);
}

std::int32_t OnlineAssigner::add_label() {
  voices_.emplace_back();
  return static_cast<std::int32_t>(voices_.size() - 1);
}

void OnlineAssigner::listen(std::int32_t label, std::span<const float> embedding) {
  Voice& voice = voices_[static_cast<std::size_t>(label)];
  if (voice.clustered || embedding.empty() || !is_finite(embedding)) return;
  if (voice.centroid.empty()) voice.centroid.assign(embedding.size(), 0.0f);
  voice.weight += 1.0;
  for (std::size_t i = 0; i < embedding.size(); ++i)
    voice.centroid[i] += (embedding[i] - voice.centroid[i]) / static_cast<float>(voice.weight);
}

std::vector<std::int32_t> OnlineAssigner::place(const LocalWindow& window, std::size_t min_new_frames,
                                                bool may_name) {
  const Shares shares = shares_of(window);
  const std::size_t num_labels = voices_.size();
  const std::size_t dimension = window.embeddings.size() / std::max<std::size_t>(num_speakers_, 1);
  const auto embedding = [&](std::size_t s) {
    const auto values = window.embeddings.subspan(s * dimension, dimension);
    return is_finite(values) ? values : std::span<const float>();
  };
  const auto share = [&](std::size_t s, std::size_t label) {
    return shares.covered[s] == 0 ? 0.0
                                  : static_cast<double>(shares.with[s * num_labels + label]) /
                                        static_cast<double>(shares.covered[s]);
  };
  std::vector<double> scores(num_speakers_ * num_labels, -10.0);
  for (std::size_t s = 0; s < num_speakers_; ++s) {
    if (shares.talks[s] == 0) continue;
    const auto values = embedding(s);
    for (std::size_t label = 0; label < num_labels; ++label) {
      scores[s * num_labels + label] = kShareWeight * share(s, label);
      if (!values.empty()) scores[s * num_labels + label] += likeness(values, voices_[label]);
    }
  }
  const std::vector<int> best = num_labels == 0 ? std::vector<int>(num_speakers_, -1)
                                                : assign_maximum(scores, num_speakers_, num_labels);
  std::vector<std::int32_t> labels(num_speakers_, kNobody);
  for (std::size_t s = 0; s < num_speakers_; ++s) {
    if (shares.talks[s] == 0) continue;
    const auto values = embedding(s);
    const auto label = static_cast<std::size_t>(std::max(best[s], 0));
    const bool known = best[s] >= 0 && (share(s, label) >= kKnownShare ||
                                        (!values.empty() && is_same(values, voices_[label])));
    if (known) {
      labels[s] = best[s];
    } else if (shares.talks[s] >= min_new_frames && may_name && may_add_label()) {
      labels[s] = add_label();
      listen(labels[s], values);
    } else if (best[s] >= 0 && !values.empty()) {
      labels[s] = best[s];
    }
  }
  return labels;
}

bool OnlineAssigner::has_strangers(const LocalWindow& window, const WindowGrid& grid) const {
  if (voices_.empty()) return false;
  const Shares shares = shares_of(window);
  const auto enough = static_cast<std::uint32_t>(kNewSpeaker_s / grid.frames.step_s);
  for (std::size_t s = 0; s < num_speakers_; ++s) {
    const auto row = shares.with.begin() + static_cast<std::ptrdiff_t>(s * voices_.size());
    const std::uint32_t most = *std::max_element(row, row + static_cast<std::ptrdiff_t>(voices_.size()));
    if (shares.talks[s] >= enough &&
        static_cast<double>(most) < kKnownShare * static_cast<double>(std::max(shares.covered[s], 1u)))
      return true;
  }
  return false;
}

std::vector<std::int32_t> OnlineAssigner::place_provisional(const LocalWindow& window,
                                                            const WindowGrid& grid) {
  num_speakers_ = grid.num_speakers;
  std::vector<std::int32_t> labels =
      place(window, static_cast<std::size_t>(kNewSpeaker_s / grid.frames.step_s), true);
  provisional_ = {window.first_frame, {window.bits.begin(), window.bits.end()}, labels};
  return labels;
}

void OnlineAssigner::add(const Activity& activity, const Embeddings& embeddings, std::size_t first_window,
                         bool may_name) {
  const WindowGrid& grid = activity.grid;
  num_speakers_ = grid.num_speakers;
  const std::size_t frames = grid.frames_per_window;
  const auto min_new_frames = static_cast<std::size_t>(kNewSpeaker_s / grid.frames.step_s);
  std::vector<float> heard(num_speakers_ * embeddings.dimension);
  for (std::size_t window = first_window; window < grid.num_windows; ++window) {
    const auto bits = std::span(activity.bits).subspan(window * frames, frames);
    bool listened = false;
    for (std::size_t s = 0; s < num_speakers_; ++s) {
      const std::int32_t row = embeddings.row(window, s);
      const auto out = std::span(heard).subspan(s * embeddings.dimension, embeddings.dimension);
      std::fill(out.begin(), out.end(), 0.0f);
      if (row < 0) continue;
      std::copy_n(embeddings.at(row).begin(), out.size(), out.begin());
      listened = true;
    }
    const LocalWindow local{grid.first_frame(base_window_ + window), bits,
                            listened ? std::span<const float>(heard) : std::span<const float>()};
    const std::vector<std::int32_t> labels = place(local, min_new_frames, may_name || voices_.empty());
    for (std::size_t s = 0; s < num_speakers_; ++s) {
      const bool alone =
          static_cast<double>(activity.sole_frames(window, s)) >= kMinSoleShare * static_cast<double>(frames);
      if (labels[s] >= 0 && alone && embeddings.row(window, s) >= 0)
        listen(labels[s], embeddings.at(embeddings.row(window, s)));
      if (labels[s] >= 0) ++voices_[static_cast<std::size_t>(labels[s])].num_pairs;
      label_of_.push_back(labels[s]);
      previous_.push_back(kNobody);
      talks_.push_back(
          static_cast<std::uint16_t>(std::min<std::size_t>(activity.active_frames(window, s), 65535)));
    }
    last_ = {local.first_frame, {bits.begin(), bits.end()}, labels};
  }
  first_change_ = std::min(first_change_, first_window);
  if (first_window < grid.num_windows) provisional_ = {};
}

// A cluster that shares no speech with any label: a label that is out of use, or a new one.
std::int32_t OnlineAssigner::label_for_unmatched(std::span<const float> centroid,
                                                 const std::vector<std::int32_t>& matched) {
  std::int32_t best = kNobody;
  double most = -2.0;
  for (std::size_t label = 0; label < voices_.size(); ++label) {
    const auto number = static_cast<std::int32_t>(label);
    if (std::find(matched.begin(), matched.end(), number) != matched.end()) continue;
    const double like = likeness(centroid, voices_[label]);
    if (like <= most) continue;
    most = like;
    best = number;
  }
  if (best >= 0 && (!may_add_label() || is_same(centroid, voices_[static_cast<std::size_t>(best)])))
    return best;
  return may_add_label() ? add_label() : kNobody;
}

std::vector<std::int32_t> OnlineAssigner::match(const SpeakerClusters& clusters) {
  const auto num_clusters = static_cast<std::size_t>(clusters.centroids.rows());
  const std::size_t num_labels = voices_.size();
  std::vector<std::int32_t> matched(num_clusters, kNobody);
  std::vector<double> weights(num_clusters * num_labels, 0.0);
  for (std::size_t pair = 0; pair < clusters.cluster_of.size(); ++pair) {
    const std::int32_t cluster = clusters.cluster_of[pair];
    if (cluster < 0) continue;
    const auto row =
        weights.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(cluster) * num_labels);
    const double talks = talks_[pair];
    if (label_of_[pair] >= 0) row[label_of_[pair]] += talks;
    if (previous_[pair] >= 0) row[previous_[pair]] += kMemoryWeight * talks;
  }
  if (num_labels > 0) {
    const std::vector<int> best = assign_maximum(weights, num_clusters, num_labels);
    for (std::size_t c = 0; c < num_clusters; ++c) {
      if (best[c] >= 0 && weights[c * num_labels + static_cast<std::size_t>(best[c])] > 0.0)
        matched[c] = best[c];
    }
  }
  for (std::size_t c = 0; c < num_clusters; ++c) {
    if (matched[c] >= 0) continue;
    const Eigen::RowVectorXf centroid = clusters.centroids.row(static_cast<Eigen::Index>(c)).cast<float>();
    matched[c] = label_for_unmatched({centroid.data(), static_cast<std::size_t>(centroid.size())}, matched);
  }
  return matched;
}

std::vector<LabelMerge> OnlineAssigner::adopt(const SpeakerClusters& clusters) {
  const std::vector<std::int32_t> matched = match(clusters);
  std::vector<std::size_t> before(voices_.size());
  for (std::size_t label = 0; label < voices_.size(); ++label) before[label] = voices_[label].num_pairs;
  // Where the speech of each label went: [labels, labels].
  std::vector<double> went(voices_.size() * voices_.size(), 0.0);
  for (std::size_t pair = 0; pair < clusters.cluster_of.size(); ++pair) {
    const std::int32_t cluster = clusters.cluster_of[pair];
    const std::int32_t old = label_of_[pair];
    if (cluster < 0 && old < 0) continue;
    const std::int32_t label = cluster < 0 ? kNobody : matched[static_cast<std::size_t>(cluster)];
    if (label == old || label < 0) continue;  // a window that nobody has listened to keeps its label
    if (old >= 0) {
      --voices_[static_cast<std::size_t>(old)].num_pairs;
      went[static_cast<std::size_t>(old) * voices_.size() + static_cast<std::size_t>(label)] += talks_[pair];
      previous_[pair] = old;
    }
    ++voices_[static_cast<std::size_t>(label)].num_pairs;
    label_of_[pair] = label;
    first_change_ = std::min(first_change_, pair / num_speakers_);
  }
  for (std::size_t c = 0; c < matched.size(); ++c) {
    if (matched[c] < 0) continue;
    Voice& voice = voices_[static_cast<std::size_t>(matched[c])];
    const Eigen::RowVectorXf centroid = clusters.centroids.row(static_cast<Eigen::Index>(c)).cast<float>();
    voice.centroid.assign(centroid.data(), centroid.data() + centroid.size());
    voice.clustered = true;
  }
  std::vector<LabelMerge> merges;
  std::vector<std::int32_t> now(voices_.size());
  for (std::size_t label = 0; label < voices_.size(); ++label) {
    now[label] = static_cast<std::int32_t>(label);
    if (label >= before.size() || before[label] == 0) continue;
    const auto row = went.begin() + static_cast<std::ptrdiff_t>(label * voices_.size());
    const auto most = std::max_element(row, row + static_cast<std::ptrdiff_t>(voices_.size()));
    const bool gone = std::find(matched.begin(), matched.end(), now[label]) == matched.end();
    if (!gone || *most <= 0.0) continue;
    now[label] = static_cast<std::int32_t>(most - row);
    merges.push_back({static_cast<std::int32_t>(label), now[label]});
  }
  // Windows that came while the clustering ran, and those that the next one is compared with.
  for (std::size_t pair = clusters.cluster_of.size(); pair < label_of_.size(); ++pair) {
    const std::int32_t old = label_of_[pair];
    if (old < 0 || now[static_cast<std::size_t>(old)] == old) continue;
    --voices_[static_cast<std::size_t>(old)].num_pairs;
    label_of_[pair] = now[static_cast<std::size_t>(old)];
    previous_[pair] = old;
    ++voices_[static_cast<std::size_t>(label_of_[pair])].num_pairs;
    first_change_ = std::min(first_change_, pair / num_speakers_);
  }
  if (label_of_.size() >= num_speakers_)
    std::copy(label_of_.end() - static_cast<std::ptrdiff_t>(num_speakers_), label_of_.end(),
              last_.labels.begin());
  for (std::int32_t& label : provisional_.labels) {
    if (label >= 0) label = now[static_cast<std::size_t>(label)];
  }
  return merges;
}

void OnlineAssigner::forget(const Embeddings& embeddings, std::size_t count) {
  for (std::size_t pair = 0; pair < count * num_speakers_; ++pair) {
    if (label_of_[pair] < 0) continue;
    Voice& voice = voices_[static_cast<std::size_t>(label_of_[pair])];
    --voice.num_pairs;
    const std::int32_t row = embeddings.row_of[pair];
    if (voice.centroid.empty() && row >= 0) listen(label_of_[pair], embeddings.at(row));
  }
  const auto erase = [&](auto& values) {
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count * num_speakers_));
  };
  erase(label_of_);
  erase(previous_);
  erase(talks_);
  base_window_ += count;
  first_change_ = label_of_.size() / std::max<std::size_t>(num_speakers_, 1);
}

SpeakerClusters OnlineAssigner::current(const Activity&, const Embeddings& embeddings) {
  SpeakerClusters clusters;
  clusters.cluster_of = label_of_;
  clusters.centroids = RowMatrix::Zero(static_cast<Eigen::Index>(voices_.size()),
                                       static_cast<Eigen::Index>(embeddings.dimension));
  for (std::size_t label = 0; label < voices_.size(); ++label) {
    const std::vector<float>& centroid = voices_[label].centroid;
    for (std::size_t i = 0; i < centroid.size(); ++i)
      clusters.centroids(static_cast<Eigen::Index>(label), static_cast<Eigen::Index>(i)) =
          static_cast<double>(centroid[i]);
  }
  return clusters;
}

std::size_t OnlineAssigner::take_first_change() {
  const std::size_t first = first_change_;
  first_change_ = num_speakers_ == 0 ? 0 : label_of_.size() / num_speakers_;
  return first;
}

}  // namespace diar
