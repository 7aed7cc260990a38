#include "io/audio/packet_trail.h"

#include <algorithm>

namespace diar {
namespace {

// Decoders and parsers hold packets back for a while.
constexpr std::int64_t kRecentPackets = 64;
// Headers of packets, pages and clusters.
constexpr std::int64_t kLeastHole = 512;

}  // namespace

void PacketTrail::read(std::int64_t position, int size) {
  ++num_packets_;
  num_bytes_ += size;
  if (position < 0 || position == position_) {
    bytes_here_ += size;
    return;
  }
  const std::int64_t hole = position - position_ - bytes_here_;
  const bool recent = num_packets_ - hole_at_ <= kRecentPackets;
  if (position_ >= 0 && hole >= kLeastHole && (!recent || hole > hole_bytes_)) {
    hole_bytes_ = hole;
    hole_at_ = num_packets_;
  }
  position_ = position;
  bytes_here_ = size;
}

bool PacketTrail::lost(double gap_s, double decoded_s) const {
  if (rejected_at_ >= 0 && num_packets_ - rejected_at_ <= kRecentPackets) return true;
  if (hole_at_ < 0 || num_packets_ - hole_at_ > kRecentPackets || decoded_s <= 0.0) return false;
  // Half of what the gap would hold at the rate so far.
  const double expected_bytes = gap_s * static_cast<double>(num_bytes_) / decoded_s;
  return static_cast<double>(hole_bytes_) > std::max(0.5 * expected_bytes, 0.0);
}

}  // namespace diar
