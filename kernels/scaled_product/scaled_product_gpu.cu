// SPDX-License-Identifier: Apache-2.0
// kernels/scaled_product/scaled_product.hpp on a GPU: a map over the elements of every sample. Not yet run on
// a GPU.
#include "kernels/scaled_product/scaled_product_gpu.hpp"

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::scaled_product_op {
namespace {

struct ScaledProduct {
  float alpha, beta;
  __device__ float operator()(float a, float b) const { return (alpha * a + beta) * b; }
};

}  // namespace

void run(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  flat_map("scaled_product", y, stream, ScaledProduct{alpha, beta}, a, b);
}

}  // namespace selfsame::SELFSAME_GPU::scaled_product_op
