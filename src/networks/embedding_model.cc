// What an embedding network answers that cannot be split.
#include "diar/errors.h"
#include "diar/models.h"

namespace diar {

void EmbeddingModel::run_trunk(std::span<const TrunkStretch>) const {
  throw InvalidArgument("this embedding network cannot run its trunk apart");
}

void EmbeddingModel::pool(std::span<const PooledWindow>) const {
  throw InvalidArgument("this embedding network cannot pool apart");
}

}  // namespace diar
