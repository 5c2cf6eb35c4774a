// SPDX-License-Identifier: Apache-2.0
// kernels/conv_transpose2d/conv_transpose2d.hpp with cuBLAS. With G pixels in a lane, X (G, C) the small
// image in NHWC, Y (G, 4K) the large one in rows and W (C, 4K) the weights as they lie:
//
//   forward Y = X W,   backward_data X = Y W^T,   backward_weight W += X^T Y
//
// cuBLAS counts in columns: a matrix of rows is its transpose there, so it is asked for Y^T = W^T X^T and so
// on. Not yet run on a GPU.
#include "kernels/conv_transpose2d/conv_transpose2d_cublas.hpp"

#include "kernels/conv_transpose2d/conv_transpose2d_gpu.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d_plan.hpp"
#include "kernels/device/cuda/cublas_library.hpp"
#include "kernels/layout/layout.hpp"

namespace selfsame::conv_transpose2d_cublas {
namespace {

/// What NVIDIA recommends for its GPUs of compute capability 9.
constexpr std::size_t kLibraryBytes = std::size_t{32} << 20;

cudaDataType type_of(DType dtype) { return dtype == DType::kBF16 ? CUDA_R_16BF : CUDA_R_32F; }

/// A matrix in cuBLAS's columns.
struct Matrix {
  const void* data;
  DType dtype;
  std::int64_t rows;  // between the starts of two columns
  bool transposed = false;
};

/// Sizes of a lane, and its memory in the workspace, the same for all: the stream's order keeps them apart.
struct Lane {
  std::int64_t samples, pixels, c, columns;  // columns: 4K
  DType dtype;
  TensorView x;
  std::byte *y, *w, *library;

  Lane(Scratch& scratch, const ConstTensorView& small, const ConstTensorView& large, std::int64_t lanes)
      : samples(small.shape.n / lanes),
        pixels(samples * small.plane()),
        c(small.shape.c),
        columns(4 * large.shape.c),
        dtype(small.dtype),
        x(take(scratch, pixels * c), dtype, {samples, c, small.shape.h, small.shape.w}, static_cast<int>(c)),
        y(take(scratch, pixels * columns)),
        w(take(scratch, c * columns)),
        library(scratch.take<std::byte>(kLibraryBytes)) {}

  [[nodiscard]] Matrix x_matrix() const { return {x.data, dtype, c}; }
  [[nodiscard]] Matrix y_matrix() const { return {y, dtype, columns}; }
  /// The weights of a lane in the type of the product.
  [[nodiscard]] Matrix weights(const ConstParameterView& parameter, std::int64_t l, Stream& stream) const {
    const float* from = parameter.lane<float>(l);
    if (dtype == DType::kF32) {
      return {from, dtype, columns};
    }
    const Shape4 row{1, c * columns, 1, 1};
    convert_layout(TensorView(w, dtype, row, 1), ConstTensorView(from, DType::kF32, row, 1), stream);
    return {w, dtype, columns};
  }
  /// to (m, n) = a (m, k) b (k, n) + beta to, in columns.
  void multiply(void* to, DType to_type, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
                const Matrix& b, float beta, Stream& stream) const {
    const float one = 1.0F;
    const auto operation = [](const Matrix& matrix) { return matrix.transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    cublas_check(cublas_library().cublasGemmEx(cublas_handle(stream, library, kLibraryBytes), operation(a),
                                               operation(b), static_cast<int>(m), static_cast<int>(n),
                                               static_cast<int>(k), &one, a.data, type_of(a.dtype),
                                               static_cast<int>(a.rows), b.data, type_of(b.dtype),
                                               static_cast<int>(b.rows), &beta, to, type_of(to_type),
                                               static_cast<int>(m), CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                 "cublasGemmEx");
  }

 private:
  std::byte* take(Scratch& scratch, std::int64_t count) const {
    return scratch.take<std::byte>(static_cast<std::size_t>(count) * size_of(dtype));
  }
};

Matrix transposed(Matrix matrix) {
  matrix.transposed = true;
  return matrix;
}

}  // namespace

void prepare(Stream& stream) { static_cast<void>(cublas_handle(stream, nullptr, 0)); }
bool in_use() { return cublas_loaded(); }

bool supports(const ConvTransposeShape& shape) {
  return conv_transpose2d_gpu::supports_tensor_core(shape) || conv_transpose2d_gpu::supports_float(shape);
}

std::size_t workspace(const ConvTransposeShape& s) {
  const std::int64_t pixels = s.samples / s.lanes * s.h * s.w;
  std::size_t need = Scratch::rounded(kLibraryBytes);
  for (const std::int64_t count : {pixels * s.c, pixels * s.k * 4, s.c * s.k * 4}) {
    need += Scratch::rounded(static_cast<std::size_t>(count) * size_of(s.dtype));
  }
  return need;
}

void forward(TensorView y, ConstTensorView x, ConstParameterView w, Stream& stream) {
  Scratch scratch(stream);
  const Lane lane(scratch, x, y, w.lanes);
  for (std::int64_t l = 0; l < w.lanes && lane.pixels > 0; ++l) {
    convert_layout(lane.x, x.samples(l * lane.samples, lane.samples), stream);
    lane.multiply(lane.y, lane.dtype, lane.columns, lane.pixels, lane.c, lane.weights(w, l, stream),
                  lane.x_matrix(), 0.0F, stream);
    cuda::conv_transpose2d_rows::scatter(y.samples(l * lane.samples, lane.samples), lane.y, stream);
  }
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  Scratch scratch(stream);
  const Lane lane(scratch, dx, dy, w.lanes);
  for (std::int64_t l = 0; l < w.lanes && lane.pixels > 0; ++l) {
    cuda::conv_transpose2d_rows::gather(lane.y, dy.samples(l * lane.samples, lane.samples), stream);
    lane.multiply(lane.x.data, lane.dtype, lane.c, lane.pixels, lane.columns,
                  transposed(lane.weights(w, l, stream)), lane.y_matrix(), 0.0F, stream);
    convert_layout(dx.samples(l * lane.samples, lane.samples), lane.x, stream);
  }
}

void backward_weight(ParameterView dw, ConstTensorView dy, ConstTensorView x, Stream& stream) {
  Scratch scratch(stream);
  const Lane lane(scratch, x, dy, dw.lanes);
  for (std::int64_t l = 0; l < dw.lanes && lane.pixels > 0; ++l) {
    convert_layout(lane.x, x.samples(l * lane.samples, lane.samples), stream);
    cuda::conv_transpose2d_rows::gather(lane.y, dy.samples(l * lane.samples, lane.samples), stream);
    lane.multiply(dw.lane<float>(l), DType::kF32, lane.columns, lane.c, lane.pixels, lane.y_matrix(),
                  transposed(lane.x_matrix()), 1.0F, stream);
  }
}

}  // namespace selfsame::conv_transpose2d_cublas
