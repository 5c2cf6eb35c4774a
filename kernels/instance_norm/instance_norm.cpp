// SPDX-License-Identifier: Apache-2.0
#include "kernels/instance_norm/instance_norm.hpp"

#include <algorithm>

#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/instance_norm/instance_norm_versions.hpp"
#include "kernels/norm_plane/norm_gpu.hpp"

namespace selfsame {
namespace {

template <norm_plane::KernelTable kernels>
void forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x, ConstParameterView gamma,
             ConstParameterView beta, double eps, double slope, Stream& stream) {
  instance_norm_cpu::forward(kernels, y, mean, r, x, gamma, beta, eps, slope, stream);
}

template <norm_plane::KernelTable kernels>
void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream) {
  instance_norm_cpu::backward(kernels, dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope, stream);
}

using ForwardOnGpu = void (*)(const NormForward&, Stream&);
using BackwardOnGpu = void (*)(const NormBackward&, Stream&);

template <ForwardOnGpu run>
void forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x, ConstParameterView gamma,
             ConstParameterView beta, double eps, double slope, Stream& stream) {
  run({y, mean, r, x, gamma, beta, {}, {}, eps, 0, slope}, stream);
}

template <BackwardOnGpu run>
void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream) {
  run({dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope}, stream);
}

#define SELFSAME_ENTRY(space, device)                                                                   \
  {"gpu", norm_runs_on_gpu, forward<space::norm_plane::forward>, backward<space::norm_plane::backward>, \
   device},

constexpr InstanceNormImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY){"avx512", elementwise::is_blocked<Isa::kAvx512>,
                                          forward<avx512::norm_plane_kernels>,
                                          backward<avx512::norm_plane_kernels>},
    {"avx2", elementwise::is_blocked<Isa::kAvx2>, forward<avx2::norm_plane_kernels>,
     backward<avx2::norm_plane_kernels>},
    {"baseline", elementwise::is_blocked<Isa::kBaseline>, forward<baseline::norm_plane_kernels>,
     backward<baseline::norm_plane_kernels>},
    {"reference", elementwise::is_real, instance_norm_reference::forward, instance_norm_reference::backward},
};

void check_statistics(const ConstTensorView& s, const ConstTensorView& x, const char* name) {
  SELFSAME_CHECK(s.shape == (Shape4{x.shape.n, x.shape.c, 1, 1}) && s.block == x.block &&
                     s.split == x.split && s.dtype == parameter_type(x.dtype),
                 "{} {} {} block {} split {} for x {} {} block {} split {}", name, s.shape.text(),
                 name_of(s.dtype), s.block, s.split, x.shape.text(), name_of(x.dtype), x.block, x.split);
}

void check_parameter(const ConstParameterView& p, const ConstTensorView& x, const char* name) {
  SELFSAME_CHECK(p.empty() || (p.lanes > 0 && x.shape.n % p.lanes == 0 && p.count() == x.shape.c &&
                               p.dtype == parameter_type(x.dtype)),
                 "{} ({}, {}) {} for x {} {}", name, p.lanes, p.count(), name_of(p.dtype), x.shape.text(),
                 name_of(x.dtype));
}

void check(const ConstTensorView& x, const ConstTensorView& mean, const ConstTensorView& r,
           const ConstParameterView& gamma, const ConstParameterView& beta) {
  check_statistics(mean, x, "mean");
  check_statistics(r, x, "r");
  check_parameter(gamma, x, "gamma");
  check_parameter(beta, x, "beta");
  SELFSAME_CHECK(gamma.empty() == beta.empty() && gamma.lanes == beta.lanes, "gamma has {} lanes, beta {}",
                 gamma.lanes, beta.lanes);
  SELFSAME_CHECK(x.plane() > 0, "no pixels in {}", x.shape.text());
}

const InstanceNormImplementation& select(const ConstTensorView& x, Stream& stream) {
  return select_implementation("instance_norm", instance_norm_implementations(),
                               ElementwiseProblem{x.dtype, x.block}, stream);
}

}  // namespace

std::span<const InstanceNormImplementation> instance_norm_implementations() { return kImplementations; }

std::size_t instance_norm_workspace(const Shape4& x, int block, std::int64_t split) {
  return std::max(norm_plane::workspace(x, block, split), norm_gpu_workspace(x, block, split));
}

void instance_norm_forward(TensorView y, TensorView mean, TensorView r, ConstTensorView x,
                           ConstParameterView gamma, ConstParameterView beta, double eps, double slope,
                           Stream& stream) {
  const OpRange range(stream, "instance_norm.forward");
  elementwise::check_same_layout(y, x, "y", "x");
  check(x, mean, r, gamma, beta);
  SELFSAME_CHECK(eps > 0, "eps {}", eps);
  select(x, stream).forward(y, mean, r, x, gamma, beta, eps, slope, stream);
}

void instance_norm_backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy,
                            ConstTensorView x, ConstTensorView mean, ConstTensorView r,
                            ConstParameterView gamma, ConstParameterView beta, double slope, Stream& stream) {
  const OpRange range(stream, "instance_norm.backward");
  elementwise::check_same_layout(dx, dy, "dx", "dy");
  elementwise::check_same_layout(dx, x, "dx", "x");
  check(x, mean, r, gamma, beta);
  check_parameter(dgamma, x, "dgamma");
  check_parameter(dbeta, x, "dbeta");
  SELFSAME_CHECK(dgamma.empty() == dbeta.empty() && dgamma.lanes == dbeta.lanes &&
                     (dgamma.empty() || dgamma.lanes == gamma.lanes),
                 "lanes of gamma {}, dgamma {}, dbeta {}", gamma.lanes, dgamma.lanes, dbeta.lanes);
  select(x, stream).backward(dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope, stream);
}

}  // namespace selfsame
