// Where packets stand in a file in, whether a gap between time stamps is a loss out.
#pragma once

#include <cstdint>

namespace diar {

/// A recorder that paused leaves a gap in time but none in the file. Where bytes were passed over that the
/// packets of a gap could have filled, or where a decoder refused packets, the file is damaged.
class PacketTrail {
 public:
  /// A packet of `size` bytes at `position` in the file, or -1.
  void read(std::int64_t position, int size);
  /// The decoder could not use the last packet.
  void rejected() { rejected_at_ = num_packets_; }
  /// True when a gap of `gap_s` that shows now, after `decoded_s` of audio, comes from damage.
  bool lost(double gap_s, double decoded_s) const;

 private:
  std::int64_t num_packets_ = 0;
  std::int64_t num_bytes_ = 0;
  std::int64_t position_ = -1;
  std::int64_t bytes_here_ = 0;  // of packets with this position, such as those of one page
  std::int64_t hole_bytes_ = 0;
  std::int64_t hole_at_ = -1;
  std::int64_t rejected_at_ = -1;
};

}  // namespace diar
