// SPDX-License-Identifier: Apache-2.0
// kernels/add/add.hpp on a GPU: a map over the elements of every sample. Not yet run on a GPU.
#include "kernels/add/add_gpu.hpp"

#include "kernels/device/gpu/flat_map.cuh"

namespace selfsame::SELFSAME_GPU::add {
namespace {

struct Scale {
  float alpha;
  __device__ float operator()(float a) const { return alpha * a; }
};

struct AddScaled {
  float alpha, beta;
  __device__ float operator()(float a, float b) const { return alpha * a + beta * b; }
};

}  // namespace

void add_scaled(TensorView y, float alpha, ConstTensorView a, float beta, ConstTensorView b, Stream& stream) {
  b.empty() ? flat_map("scale", y, stream, Scale{alpha}, a)
            : flat_map("add_scaled", y, stream, AddScaled{alpha, beta}, a, b);
}

}  // namespace selfsame::SELFSAME_GPU::add
