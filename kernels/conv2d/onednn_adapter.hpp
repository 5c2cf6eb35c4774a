// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <dlfcn.h>

#include <dnnl.hpp>

// The only place that knows in what the C++ interfaces of oneDNN 2.x and 3.x differ: 2.x describes an
// operation in a `desc` first, 3.x passes the same arguments to the primitive descriptor. Included by
// *_onednn.cpp only.

namespace selfsame::onednn {

/// Memory of a stride-1 convolution; `bias` is an empty descriptor if there is none.
struct ConvolutionMemory {
  dnnl::memory::desc src, weights, bias, dst;
  dnnl::memory::dim padding = 0;
};

using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

#if DNNL_VERSION_MAJOR >= 3
template <typename Operation, typename... Arguments>
typename Operation::primitive_desc describe(const dnnl::engine& engine, const Arguments&... arguments) {
  return typename Operation::primitive_desc(engine, arguments...);
}
template <typename Operation, typename Hint, typename... Arguments>
typename Operation::primitive_desc describe_backward(const dnnl::engine& engine, const Hint& hint,
                                                     const Arguments&... arguments) {
  return typename Operation::primitive_desc(engine, arguments..., hint);
}
#else
template <typename Operation, typename... Arguments>
typename Operation::primitive_desc describe(const dnnl::engine& engine, const Arguments&... arguments) {
  return typename Operation::primitive_desc(typename Operation::desc(arguments...), engine);
}
template <typename Operation, typename Hint, typename... Arguments>
typename Operation::primitive_desc describe_backward(const dnnl::engine& engine, const Hint& hint,
                                                     const Arguments&... arguments) {
  return typename Operation::primitive_desc(typename Operation::desc(arguments...), engine, hint);
}
#endif

inline Forward::primitive_desc forward_descriptor(const dnnl::engine& engine, const ConvolutionMemory& m) {
  const dnnl::memory::dims strides{1, 1}, padding{m.padding, m.padding};
  return describe<Forward>(engine, dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
                           m.src, m.weights, m.bias, m.dst, strides, padding, padding);
}

inline BackwardData::primitive_desc backward_data_descriptor(const dnnl::engine& engine,
                                                             const ConvolutionMemory& m) {
  const dnnl::memory::dims strides{1, 1}, padding{m.padding, m.padding};
  return describe_backward<BackwardData>(engine, forward_descriptor(engine, m),
                                         dnnl::algorithm::convolution_direct, m.src, m.weights, m.dst,
                                         strides, padding, padding);
}

inline BackwardWeights::primitive_desc backward_weights_descriptor(const dnnl::engine& engine,
                                                                   const ConvolutionMemory& m) {
  const dnnl::memory::dims strides{1, 1}, padding{m.padding, m.padding};
  return describe_backward<BackwardWeights>(engine, forward_descriptor(engine, m),
                                            dnnl::algorithm::convolution_direct, m.src, m.weights, m.bias,
                                            m.dst, strides, padding, padding);
}

/// Sets how many threads oneDNN's next calls from this thread use. The OpenMP runtime that the library
/// brought along is asked, whichever it is; a library built without OpenMP keeps its own number.
inline void set_threads(int threads) {
  using SetThreads = void (*)(int);
  static const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set != nullptr) {
    set(threads);
  }
}

}  // namespace selfsame::onednn
