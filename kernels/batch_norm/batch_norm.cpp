// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_norm/batch_norm.hpp"

#include <algorithm>

#include "kernels/batch_norm/batch_norm_versions.hpp"
#include "kernels/device/implementation.hpp"
#include "kernels/device/op_range.hpp"
#include "kernels/norm_plane/norm_gpu.hpp"

namespace selfsame {
namespace {

template <norm_plane::KernelTable kernels>
void forward_training(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                      ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                      ConstParameterView beta, double eps, double momentum, double slope, Stream& stream) {
  batch_norm_cpu::forward_training(kernels, y, mean, r, running_mean, running_var, x, gamma, beta, eps,
                                   momentum, slope, stream);
}

template <norm_plane::KernelTable kernels>
void forward_inference(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                       ConstParameterView running_var, ConstParameterView gamma, ConstParameterView beta,
                       double eps, double slope, Stream& stream) {
  batch_norm_cpu::forward_inference(kernels, y, x, running_mean, running_var, gamma, beta, eps, slope,
                                    stream);
}

template <norm_plane::KernelTable kernels>
void backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy, ConstTensorView x,
              ConstTensorView mean, ConstTensorView r, ConstParameterView gamma, ConstParameterView beta,
              double slope, Stream& stream) {
  batch_norm_cpu::backward(kernels, dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope, stream);
}

template <Isa isa, norm_plane::KernelTable kernels>
constexpr BatchNormImplementation fast(const char* name) {
  return {name, elementwise::is_blocked<isa>, forward_training<kernels>, forward_inference<kernels>,
          backward<kernels>};
}

using ForwardOnGpu = void (*)(const NormForward&, Stream&);
using BackwardOnGpu = void (*)(const NormBackward&, Stream&);

template <ForwardOnGpu run>
void train_on_gpu(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                  ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                  ConstParameterView beta, double eps, double momentum, double slope, Stream& stream) {
  run({y, mean, r, x, gamma, beta, running_mean, running_var, eps, momentum, slope}, stream);
}

template <ForwardOnGpu run>
void infer_on_gpu(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                  ConstParameterView running_var, ConstParameterView gamma, ConstParameterView beta,
                  double eps, double slope, Stream& stream) {
  // The call only reads them.
  const auto view = [](const ConstParameterView& p) {
    return ParameterView(const_cast<void*>(p.data), p.dtype, p.lanes, p.dims, p.lane_stride);
  };
  run({y, {}, {}, x, gamma, beta, view(running_mean), view(running_var), eps, 0, slope}, stream);
}

template <BackwardOnGpu run>
void backward_on_gpu(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy,
                     ConstTensorView x, ConstTensorView mean, ConstTensorView r, ConstParameterView gamma,
                     ConstParameterView beta, double slope, Stream& stream) {
  run({dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope}, stream);
}

#define SELFSAME_ENTRY(space, device)                \
  {"gpu",                                            \
   norm_runs_on_gpu,                                 \
   train_on_gpu<space::norm_plane::forward>,         \
   infer_on_gpu<space::norm_plane::forward_running>, \
   backward_on_gpu<space::norm_plane::backward>,     \
   device},

constexpr BatchNormImplementation kImplementations[] = {
    SELFSAME_FOR_EACH_GPU(SELFSAME_ENTRY) fast<Isa::kAvx512, avx512::norm_plane_kernels>("avx512"),
    fast<Isa::kAvx2, avx2::norm_plane_kernels>("avx2"),
    fast<Isa::kBaseline, baseline::norm_plane_kernels>("baseline"),
    {"reference", elementwise::is_real, batch_norm_reference::forward_training,
     batch_norm_reference::forward_inference, batch_norm_reference::backward},
};

void check_statistics(const ConstTensorView& s, const ConstTensorView& x, const char* name) {
  SELFSAME_CHECK(s.shape.n > 0 && x.shape.n % s.shape.n == 0 &&
                     s.shape == (Shape4{s.shape.n, x.shape.c, 1, 1}) && s.block == x.block &&
                     s.split == x.split && s.dtype == parameter_type(x.dtype),
                 "{} {} {} block {} split {} for x {} {} block {} split {}", name, s.shape.text(),
                 name_of(s.dtype), s.block, s.split, x.shape.text(), name_of(x.dtype), x.block, x.split);
}

/// Two parameters (lanes, C) that are given together or not at all.
void check_pair(const ConstParameterView& a, const ConstParameterView& b, const ConstTensorView& x,
                std::int64_t lanes, const char* names) {
  SELFSAME_CHECK(a.empty() == b.empty(), "{}: one is empty, the other is not", names);
  for (const ConstParameterView& p : {a, b}) {
    SELFSAME_CHECK(
        p.empty() || (p.lanes == lanes && p.count() == x.shape.c && p.dtype == parameter_type(x.dtype)),
        "{}: ({}, {}) {} for {} lanes of x {} {}", names, p.lanes, p.count(), name_of(p.dtype), lanes,
        x.shape.text(), name_of(x.dtype));
  }
}

void check_training(const ConstTensorView& x, const ConstTensorView& mean, const ConstTensorView& r) {
  check_statistics(mean, x, "mean");
  check_statistics(r, x, "r");
  SELFSAME_CHECK(mean.shape == r.shape, "mean {}, r {}", mean.shape.text(), r.shape.text());
  const std::int64_t values = x.shape.n / mean.shape.n * x.plane();
  SELFSAME_CHECK(values >= 2, "batch statistics need two values per channel, x {} in {} lanes has {}",
                 x.shape.text(), mean.shape.n, values);
}

const BatchNormImplementation& select(const ConstTensorView& x, Stream& stream) {
  return select_implementation("batch_norm", batch_norm_implementations(),
                               ElementwiseProblem{x.dtype, x.block}, stream);
}

}  // namespace

std::span<const BatchNormImplementation> batch_norm_implementations() { return kImplementations; }

std::size_t batch_norm_workspace(const Shape4& x, int block, std::int64_t split) {
  return std::max(norm_plane::workspace(x, block, split), norm_gpu_workspace(x, block, split));
}

void batch_norm_forward_training(TensorView y, TensorView mean, TensorView r, ParameterView running_mean,
                                 ParameterView running_var, ConstTensorView x, ConstParameterView gamma,
                                 ConstParameterView beta, double eps, double momentum, double slope,
                                 Stream& stream) {
  const OpRange range(stream, "batch_norm.forward_training");
  elementwise::check_same_layout(y, x, "y", "x");
  check_training(x, mean, r);
  check_pair(running_mean, running_var, x, mean.shape.n, "running_mean, running_var");
  check_pair(gamma, beta, x, mean.shape.n, "gamma, beta");
  SELFSAME_CHECK(eps > 0, "eps {}", eps);
  select(x, stream).forward_training(y, mean, r, running_mean, running_var, x, gamma, beta, eps, momentum,
                                     slope, stream);
}

void batch_norm_forward_inference(TensorView y, ConstTensorView x, ConstParameterView running_mean,
                                  ConstParameterView running_var, ConstParameterView gamma,
                                  ConstParameterView beta, double eps, double slope, Stream& stream) {
  const OpRange range(stream, "batch_norm.forward_inference");
  elementwise::check_same_layout(y, x, "y", "x");
  SELFSAME_CHECK(!running_mean.empty() && running_mean.lanes > 0 && x.shape.n % running_mean.lanes == 0,
                 "running statistics of {} lanes for x {}", running_mean.lanes, x.shape.text());
  check_pair(running_mean, running_var, x, running_mean.lanes, "running_mean, running_var");
  check_pair(gamma, beta, x, running_mean.lanes, "gamma, beta");
  SELFSAME_CHECK(eps > 0, "eps {}", eps);
  select(x, stream).forward_inference(y, x, running_mean, running_var, gamma, beta, eps, slope, stream);
}

void batch_norm_backward(TensorView dx, ParameterView dgamma, ParameterView dbeta, ConstTensorView dy,
                         ConstTensorView x, ConstTensorView mean, ConstTensorView r, ConstParameterView gamma,
                         ConstParameterView beta, double slope, Stream& stream) {
  const OpRange range(stream, "batch_norm.backward");
  elementwise::check_same_layout(dx, dy, "dx", "dy");
  elementwise::check_same_layout(dx, x, "dx", "x");
  check_training(x, mean, r);
  check_pair(gamma, beta, x, mean.shape.n, "gamma, beta");
  check_pair(dgamma, dbeta, x, mean.shape.n, "dgamma, dbeta");
  select(x, stream).backward(dx, dgamma, dbeta, dy, x, mean, r, gamma, beta, slope, stream);
}

}  // namespace selfsame
