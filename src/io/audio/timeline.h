// When frames are presented in, how much silence must stand before each so that a sample's position is its
// time out.
#pragma once

namespace diar {

/// Position 0 is the start of the container, as players show it. Times in seconds.
class Timeline {
 public:
  /// `origin_s`: the time stamp of position 0. `may_restart`: time stamps of this container jump where
  /// programmes were joined (MPEG, Ogg), so that a long jump is no gap.
  Timeline(double origin_s, bool may_restart) : offset_s_(origin_s), may_restart_(may_restart) {}

  /// Silence before a frame with this time stamp; counts it into the position. 0 for jitter, and after a jump
  /// back, from which on time stamps are taken relative to the frame.
  double silence_before_s(double time_s);
  /// A frame of this length follows.
  void advance(double duration_s) { position_s_ += duration_s; }

  /// Time stamps say nothing from here on: frames touch.
  void lose_track() { lost_ = restarted_ = true; }

  double position_s() const { return position_s_; }
  /// True once time stamps jumped: from then on they say nothing about the length.
  bool restarted() const { return restarted_; }

 private:
  double offset_s_;
  bool may_restart_;
  bool started_ = false;
  bool restarted_ = false;
  bool lost_ = false;
  double position_s_ = 0.0;
};

}  // namespace diar
