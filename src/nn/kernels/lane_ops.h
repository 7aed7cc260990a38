// What the segmentation network does between its matrix products, in lane layout (see lane_gemm.h).
#pragma once

#include <cstddef>

namespace diar::nn {

/// Pooled maxima of three frames, optionally of the absolute values: in [3 * num_out, C, L] -> out [num_out,
/// C, L], C * L = `row`. Adds each pooled value and its square to sums [row] and squares [row] (for the
/// instance norm). No aliasing.
void max_pool3(const float* in, std::size_t num_out, std::size_t row, bool absolute, float* out, double* sums,
               double* squares);
void max_pool3_reference(const float* in, std::size_t num_out, std::size_t row, bool absolute, float* out,
                         double* sums, double* squares);

/// y = leaky_relu(x * scale + shift, slope 0.01) in place: x [num_frames, row], scale and shift [row].
void affine_leaky_relu(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                       const float* shift);
void affine_leaky_relu_reference(float* x, std::size_t num_frames, std::size_t row, const float* scale,
                                 const float* shift);

/// leaky_relu(x, slope 0.01) in place.
void leaky_relu(float* x, std::size_t size);
void leaky_relu_reference(float* x, std::size_t size);

/// One LSTM step from finished gate sums [4, size] in the order i f g o:
///     c = sigmoid(f) c + sigmoid(i) tanh(g);  h = sigmoid(o) tanh(c)
/// c and h [size]. The exponential is a polynomial with a relative error below 3e-7.
void lstm_cell(const float* gates, std::size_t size, float* c, float* h);
void lstm_cell_reference(const float* gates, std::size_t size, float* c, float* h);

}  // namespace diar::nn
