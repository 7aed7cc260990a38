// The arithmetic that one core can do at most, measured in the same program as the kernels.
#pragma once

namespace diar::bench {

/// Floating-point operations a second of independent fused multiply-adds on the widest vectors of the
/// instruction set in use, all in registers. Measured for about `seconds`.
double measure_fma_peak(double seconds = 0.3);

}  // namespace diar::bench
