// Labels between and after clusterings: whom they mean does not change, whatever the clusters are called.
#include <gtest/gtest.h>

#include "assign/online.h"

namespace diar {
namespace {

/// Windows of ten frames, one second each, every second; two local speakers with a voice each, one number.
struct Stream {
  Activity activity;
  Embeddings embeddings;

  Stream() {
    activity.grid.duration_s = 1.0;
    activity.grid.frames_per_window = 10;
    activity.grid.num_speakers = 2;
    activity.grid.frames = {0.0, 0.1, 0.1};
    embeddings.dimension = 3;
    embeddings.num_speakers = 2;
  }
  /// Voices of the left speaker (frames 0 to 4) and of the right one; negative: silent.
  void add(int left, int right) {
    for (int frame = 0; frame < 10; ++frame)
      activity.bits.push_back(frame < 5 ? (left >= 0 ? 1 : 0) : (right >= 0 ? 2 : 0));
    for (const int voice : {left, right}) {
      embeddings.row_of.push_back(voice < 0 ? -1 : static_cast<std::int32_t>(embeddings.num_rows()));
      for (int i = 0; voice >= 0 && i < 3; ++i) embeddings.values.push_back(i == voice ? 1.0f : 0.0f);
    }
    ++activity.grid.num_windows;
  }
};

SpeakerClusters clusters(std::vector<std::int32_t> cluster_of, const std::vector<int>& voices) {
  SpeakerClusters result;
  result.cluster_of = std::move(cluster_of);
  result.centroids = RowMatrix::Zero(static_cast<Eigen::Index>(voices.size()), 3);
  for (std::size_t c = 0; c < voices.size(); ++c)
    result.centroids(static_cast<Eigen::Index>(c), voices[c]) = 1.0;
  return result;
}

using Labels = std::vector<std::int32_t>;

TEST(OnlineAssigner, VoicesThatReturnGetTheirLabels) {
  const RunPlan plan;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  stream.add(0, 1);
  stream.add(2, -1);
  stream.add(1, 0);
  assigner.add(stream.activity, stream.embeddings, 0);
  EXPECT_EQ(assigner.labels(), (Labels{0, 1, 2, kNobody, 1, 0}));
}

TEST(OnlineAssigner, ClustersUnderOtherNumbersChangeNothing) {
  const RunPlan plan;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  for (int i = 0; i < 3; ++i) stream.add(0, 1);
  assigner.add(stream.activity, stream.embeddings, 0);
  assigner.take_first_change();
  EXPECT_TRUE(assigner.adopt(clusters({1, 0, 1, 0, 1, 0}, {1, 0})).empty());
  EXPECT_EQ(assigner.labels(), (Labels{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(assigner.take_first_change(), 3u);
}

TEST(OnlineAssigner, AMergeIsToldAndItsEndBringsTheLabelBack) {
  const RunPlan plan;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  for (int i = 0; i < 4; ++i) stream.add(0, -1);
  for (int i = 0; i < 3; ++i) stream.add(1, -1);
  assigner.add(stream.activity, stream.embeddings, 0);
  const Labels apart = assigner.labels();
  EXPECT_EQ(apart[0], 0);
  EXPECT_EQ(apart[8], 1);
  const auto merges = assigner.adopt(clusters({0, -2, 0, -2, 0, -2, 0, -2, 0, -2, 0, -2, 0, -2}, {0}));
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].from, 1);
  EXPECT_EQ(merges[0].into, 0);
  EXPECT_EQ(assigner.labels()[8], 0);
  assigner.adopt(clusters({1, -2, 1, -2, 1, -2, 1, -2, 0, -2, 0, -2, 0, -2}, {1, 0}));
  EXPECT_EQ(assigner.labels(), apart);
  EXPECT_EQ(assigner.num_labels(), 2u);
}

TEST(OnlineAssigner, WindowsThatCameMeanwhileFollowTheMerge) {
  const RunPlan plan;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  stream.add(0, -1);
  stream.add(0, -1);
  stream.add(1, -1);
  stream.add(1, -1);
  assigner.add(stream.activity, stream.embeddings, 0);
  // The clustering saw three windows of the four.
  assigner.adopt(clusters({0, -2, 0, -2, 0, -2}, {0}));
  EXPECT_EQ(assigner.labels(), (Labels{0, kNobody, 0, kNobody, 0, kNobody, 0, kNobody}));
}

TEST(OnlineAssigner, NoMoreLabelsThanAllowed) {
  RunPlan plan;
  plan.max_speakers = 2;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  stream.add(0, 1);
  stream.add(2, -1);
  stream.add(2, 0);
  assigner.add(stream.activity, stream.embeddings, 0);
  EXPECT_EQ(assigner.num_labels(), 2u);
  for (const std::int32_t label : assigner.labels()) EXPECT_LT(label, 2);
  EXPECT_EQ(assigner.labels()[5], 0);
}

TEST(OnlineAssigner, AForgottenVoiceIsKnownAgain) {
  const RunPlan plan;
  OnlineAssigner assigner(*cosine_scoring(), plan);
  Stream stream;
  stream.add(0, -1);
  stream.add(1, -1);
  assigner.add(stream.activity, stream.embeddings, 0);
  assigner.forget(stream.embeddings, 2);
  EXPECT_TRUE(assigner.labels().empty());
  Stream rest;
  rest.add(1, 0);
  assigner.add(rest.activity, rest.embeddings, 0);
  EXPECT_EQ(assigner.labels(), (Labels{1, 0}));
  // A cluster of a voice that no window holds any more.
  assigner.adopt(clusters({1, 0}, {0, 1}));
  EXPECT_EQ(assigner.labels(), (Labels{1, 0}));
}

}  // namespace
}  // namespace diar
