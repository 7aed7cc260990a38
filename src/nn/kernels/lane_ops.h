// What the segmentation network does between its matrix products, on rows of channels: in lane layout (see
// lane_gemm.h) or of one window. Every function takes any size and alignment, touches nothing outside the
// arrays that it names, and computes a value in the same way wherever in its row it lies.
#pragma once

#include <cstddef>

namespace diar::nn {

/// Maxima of three frames: in [3 * num_out, row] -> out [num_out, row]. Adds each pooled value and its square
/// to sums [row] and squares [row] (for the instance norm), sixteen frames of a call in float first. No
/// aliasing.
void max_pool3(const float* in, std::size_t num_out, std::size_t row, float* out, double* sums,
               double* squares);
void max_pool3_reference(const float* in, std::size_t num_out, std::size_t row, float* out, double* sums,
                         double* squares);

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
/// c and h [size]; no aliasing. The exponential is a polynomial with a relative error below 3e-7.
void lstm_cell(const float* gates, std::size_t size, float* c, float* h);
void lstm_cell_reference(const float* gates, std::size_t size, float* c, float* h);

}  // namespace diar::nn
