// The matrices of the clustering: one row for each embedding.
#pragma once

// Temporaries of a product above this size go to the heap. Eigen's own limit, 128 KiB each, is the whole
// stack of a thread elsewhere (musl). Before any of its headers, and the same wherever its matrices are
// doubles.
#ifndef EIGEN_STACK_ALLOCATION_LIMIT
#define EIGEN_STACK_ALLOCATION_LIMIT 8192
#endif
#include <Eigen/Core>

static_assert(EIGEN_STACK_ALLOCATION_LIMIT == 8192, "include clustering/matrix.h before Eigen");

namespace diar {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace diar
