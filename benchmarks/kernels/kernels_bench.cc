// Every kernel on the shapes that the two networks use, with the share of the measured FMA peak that it
// reaches. "of_peak" counts the multiply-adds that the kernel really does; "direct" is the rate in terms of a
// plain convolution, which a Winograd kernel may exceed the peak with.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "core/instruction_set.h"
#include "frontend/fbank.h"
#include "kernels/fma_peak.h"
#include "nn/kernels/conv2d.h"
#include "nn/kernels/lane_gemm.h"
#include "nn/kernels/lane_ops.h"
#include "nn/kernels/row_gemm.h"
#include "nn/kernels/stats_pool.h"
#include "nn/kernels/tap_gemm.h"

namespace {

using namespace diar;
using benchmark::State;

double peak_flops = 1.0;

std::vector<float> random_values(std::size_t size, float scale = 1.0f) {
  std::mt19937 generator(7);
  std::vector<float> values(size);
  for (float& value : values) value = scale * (static_cast<float>(generator() % 2001) / 1000.0f - 1.0f);
  return values;
}

float* filled(nn::AlignedBuffer& buffer, std::size_t size) {
  const auto values = random_values(size);
  return std::copy(values.begin(), values.end(), buffer.reserve(size)) - static_cast<std::ptrdiff_t>(size);
}

void report(State& state, double multiply_adds) {
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["of_peak"] =
      benchmark::Counter(2.0 * multiply_adds * iterations / peak_flops, benchmark::Counter::kIsRate);
}

void fill(nn::Image& image, std::size_t rows, std::size_t columns, std::size_t channels) {
  image.reshape(rows, columns, channels);
  const auto values = random_values(columns * channels);
  for (std::size_t r = 0; r < rows; ++r)
    std::copy(values.begin(), values.end(), image.at(static_cast<long>(r), 0));
}

void convolution(State& state, nn::ConvShape shape, std::size_t rows, std::size_t columns) {
  const std::size_t in_padded = shape.in_channels == 1 ? 1 : nn::padded_channels(shape.in_channels);
  const double fan_in = static_cast<double>(shape.in_channels * shape.kernel * shape.kernel);
  const nn::Convolution conv(
      shape, in_padded,
      random_values(shape.out_channels * shape.in_channels * shape.kernel * shape.kernel,
                    static_cast<float>(1.0 / fan_in)),
      random_values(shape.out_channels));
  nn::Image in, out;
  fill(in, rows, columns, in_padded);
  fill(out, (rows + shape.stride - 1) / shape.stride, (columns + shape.stride - 1) / shape.stride,
       conv.out_padded());
  nn::ConvScratch scratch;
  for (auto _ : state) {
    nn::conv2d(conv, in, {.relu = true, .residual = &out}, scratch, out);
    benchmark::ClobberMemory();
  }
  const double direct = static_cast<double>(out.rows() * out.columns() * shape.out_channels) * fan_in;
  report(state, nn::conv2d_products(conv, out.rows(), out.columns()));
  state.counters["direct"] =
      benchmark::Counter(2.0 * direct * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void lane_product(State& state, std::size_t rows, std::size_t depth, std::size_t step, std::size_t steps) {
  const nn::PackedMatrix matrix(random_values(rows * depth), rows, depth, {});
  nn::AlignedBuffer in, out;
  filled(in, ((steps - 1) * step + depth) * nn::lane_width());
  filled(out, steps * rows * nn::lane_width());
  for (auto _ : state) {
    nn::lane_gemm(matrix, in.data(), step, steps, nn::GemmStart::kBias, out.data());
    benchmark::ClobberMemory();
  }
  report(state, static_cast<double>(rows * depth * steps * nn::lane_width()));
}

// The same product for `columns` windows, or steps of one.
void row_product(State& state, std::size_t rows, std::size_t depth, std::size_t step, std::size_t columns) {
  const nn::RowMatrix matrix(nn::PackedMatrix(random_values(rows * depth), rows, depth, {}));
  const auto in = random_values((columns - 1) * step + depth);
  std::vector<float> out(columns * rows);
  for (auto _ : state) {
    nn::row_gemm(matrix, {in.data(), step, out.data(), rows, columns}, nn::GemmStart::kBias);
    benchmark::ClobberMemory();
  }
  report(state, static_cast<double>(rows * depth * columns));
}

void lstm_cell(State& state) {
  const std::size_t size = 128 * nn::lane_width();
  const auto gates = random_values(4 * size, 4.0f);
  auto c = random_values(size);
  std::vector<float> h(size);
  for (auto _ : state) {
    nn::lstm_cell(gates.data(), size, c.data(), h.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(size) * static_cast<std::int64_t>(state.iterations()));
}

void max_pool3(State& state) {
  const std::size_t row = 80 * nn::lane_width();
  const auto in = random_values(3 * 16 * row);
  std::vector<float> out(16 * row);
  std::vector<double> sums(row), squares(row);
  for (auto _ : state) {
    nn::max_pool3(in.data(), 16, row, out.data(), sums.data(), squares.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(4 * 16 * row * sizeof(float)) *
                          static_cast<std::int64_t>(state.iterations()));
}

void tap_product(State& state, std::size_t outs, std::size_t taps, std::size_t depth, std::size_t rows,
                 nn::ProductPrecision products) {
  const nn::TapMatrix matrix(random_values(outs * taps * depth), outs, taps, depth, random_values(outs),
                             products);
  const auto values = random_values((rows + taps) * depth);
  nn::AlignedBuffer out(rows * outs);
  for (auto _ : state) {
    nn::tap_gemm(matrix, {values.data(), nn::RowGrid::matrix(depth), depth}, rows, {}, out.data(),
                 nn::RowGrid::matrix(outs));
    benchmark::ClobberMemory();
  }
  report(state, static_cast<double>(outs * taps * depth * rows));
}

void stats_pool(State& state) {
  const auto x = random_values(125 * 2560);
  const std::vector<float> weights(125, 1.0f);
  std::vector<float> pooled(2 * 2560);
  for (auto _ : state) {
    nn::stats_pool(x, weights, pooled);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(2 * x.size() * sizeof(float)) *
                          static_cast<std::int64_t>(state.iterations()));
}

void filter_bank(State& state) {
  const FilterBank bank;
  const auto samples = random_values(160000, 0.1f);
  std::vector<float> features(num_fbank_frames(samples.size()) * kMelBins);
  for (auto _ : state) {
    bank.compute(samples, features);
    benchmark::ClobberMemory();
  }
}

void register_kernels() {
  const auto add = [](const std::string& name, auto function, auto... arguments) {
    benchmark::RegisterBenchmark(name.c_str(), function, arguments...)->Unit(benchmark::kMillisecond);
  };
  // Names end with how often one ResNet window runs the shape.
  add("conv/stem_1_32/x1", convolution, nn::ConvShape{1, 32, 3, 1}, 998u, 80u);
  add("conv/layer1_32_32/x6", convolution, nn::ConvShape{32, 32, 3, 1}, 998u, 80u);
  add("conv/layer2_64_64/x7", convolution, nn::ConvShape{64, 64, 3, 1}, 499u, 40u);
  add("conv/layer3_128_128/x11", convolution, nn::ConvShape{128, 128, 3, 1}, 250u, 20u);
  add("conv/layer4_256_256/x5", convolution, nn::ConvShape{256, 256, 3, 1}, 125u, 10u);
  // What --speed faster may multiply so; float32 where has_bf16_products() says no (DIAR_BF16=1 on Intel).
  constexpr auto kBfloat16 = nn::ProductPrecision::kBfloat16;
  add("conv/layer1_bf16/x6", convolution, nn::ConvShape{32, 32, 3, 1, kBfloat16}, 998u, 80u);
  add("conv/layer2_bf16/x7", convolution, nn::ConvShape{64, 64, 3, 1, kBfloat16}, 499u, 40u);
  add("conv/layer3_bf16/x11", convolution, nn::ConvShape{128, 128, 3, 1, kBfloat16}, 250u, 20u);
  add("conv/layer4_bf16/x5", convolution, nn::ConvShape{256, 256, 3, 1, kBfloat16}, 125u, 10u);
  add("conv/layer2_stride2_bf16/x1", convolution, nn::ConvShape{32, 64, 3, 2, kBfloat16}, 998u, 80u);
  add("conv/layer4_stride2_bf16/x1", convolution, nn::ConvShape{128, 256, 3, 2, kBfloat16}, 250u, 20u);
  add("conv/layer2_shortcut_bf16/x1", convolution, nn::ConvShape{32, 64, 1, 2, kBfloat16}, 998u, 80u);
  add("conv/layer2_stride2/x1", convolution, nn::ConvShape{32, 64, 3, 2}, 998u, 80u);
  add("conv/layer3_stride2/x1", convolution, nn::ConvShape{64, 128, 3, 2}, 499u, 40u);
  add("conv/layer4_stride2/x1", convolution, nn::ConvShape{128, 256, 3, 2}, 250u, 20u);
  add("conv/layer2_shortcut/x1", convolution, nn::ConvShape{32, 64, 1, 2}, 998u, 80u);
  add("conv/layer3_shortcut/x1", convolution, nn::ConvShape{64, 128, 1, 2}, 499u, 40u);
  add("conv/layer4_shortcut/x1", convolution, nn::ConvShape{128, 256, 1, 2}, 250u, 20u);
  // CAM++, 10 s: a bottleneck, and a strided block of the head.
  for (const bool bf16 : {false, true}) {
    const auto products = bf16 ? kBfloat16 : nn::ProductPrecision::kFloat32;
    const std::string suffix = bf16 ? "_bf16" : "";
    add("tap_gemm/bottleneck" + suffix, tap_product, 128u, 1u, 512u, 490u, products);
    add("tap_gemm/head_stride2" + suffix, tap_product, 32u, 3u, 96u, 39200u, products);
  }
  add("stats_pool/x3", stats_pool);
  add("lane_gemm/sinc", lane_product, 80u, 251u, 10u, 48u);
  add("lane_gemm/conv2", lane_product, 60u, 400u, 80u, 24u);
  add("lane_gemm/conv3", lane_product, 60u, 300u, 60u, 24u);
  add("lane_gemm/lstm_input", lane_product, 512u, 256u, 256u, 8u);
  add("lane_gemm/lstm_recurrent", lane_product, 512u, 128u, 0u, 1u);
  add("lane_gemm/linear", lane_product, 128u, 256u, 256u, 16u);
  // One window, or a few: "x" is how many columns pass by at a time.
  add("row_gemm/conv2/x24", row_product, 60u, 400u, 80u, 24u);
  add("row_gemm/conv3/x24", row_product, 60u, 300u, 60u, 24u);
  add("row_gemm/lstm_input/x48", row_product, 512u, 256u, 256u, 48u);
  for (const std::size_t windows : {1u, 2u, 4u, 8u, 16u})
    add("row_gemm/lstm_recurrent/x" + std::to_string(windows), row_product, 512u, 128u, 128u, windows);
  add("row_gemm/linear/x48", row_product, 128u, 256u, 256u, 48u);
  add("lane_ops/lstm_cell", lstm_cell);
  add("lane_ops/max_pool3", max_pool3);
  add("filter_bank/window", filter_bank);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  peak_flops = bench::measure_fma_peak();
  std::printf("%s, FMA peak of one core %.1f GFLOP/s, %zu windows in the lanes\n",
              instruction_set_name().c_str(), 1e-9 * peak_flops, nn::lane_width());
  register_kernels();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
