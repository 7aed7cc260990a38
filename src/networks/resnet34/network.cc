// What a ResNet34 answers that cannot be split.
#include "networks/resnet34/network.h"
#include "diar/errors.h"

namespace diar {

void ResNet34::run_trunk(std::span<const TrunkSegment>) const {
  throw InvalidArgument("this network cannot run its trunk apart");
}

void ResNet34::pool(std::span<const PooledWindow>) const {
  throw InvalidArgument("this network cannot pool apart");
}

}  // namespace diar
