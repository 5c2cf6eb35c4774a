// SPDX-License-Identifier: Apache-2.0
#include "bench/support/libraries.hpp"

#include "kernels/conv2d/conv2d_cudnn.hpp"
#if defined(SELFSAME_CUBLAS)
#include "kernels/device/cuda/cublas_library.hpp"
#endif

namespace selfsame::bench {

std::map<std::string, std::string> load_libraries(Stream& stream) {
  std::map<std::string, std::string> missing;
  if (stream.device() != DeviceKind::kCuda) {
    return missing;
  }
  [[maybe_unused]] const auto load = [&](const char* version, const auto& try_it) {
    try {
      try_it();
    } catch (const Error& error) {
      missing[version] = error.what();
    }
  };
#if defined(SELFSAME_CUDNN)
  load("cudnn", [&] { conv2d_cudnn::prepare(stream); });
#else
  missing["cudnn"] = "this binary was built without cuDNN's headers";
#endif
#if defined(SELFSAME_CUBLAS)
  load("cublas", [] { static_cast<void>(cublas_library()); });
#else
  missing["cublas"] = "this binary was built without cuBLAS's headers";
#endif
  return missing;
}

#if defined(SELFSAME_CUDNN)
namespace {

constexpr std::size_t kWorkspace = std::size_t{1} << 30;

/// So many elements, random.
std::shared_ptr<Operand> elements(Stream& stream, std::int64_t count, DType dtype) {
  return std::make_shared<Operand>(stream, Shape4{1, (count + 7) / 8 * 8, 1, 1}, dtype, 8);
}

}  // namespace

std::vector<std::string> native_versions(Stream& stream, DType dtype) {
  if (stream.device() != DeviceKind::kCuda || !conv2d_cudnn::in_use()) {
    return {};
  }
  return dtype == DType::kBF16 ? std::vector<std::string>{"cudnn_nhwc"}
                               : std::vector<std::string>{"cudnn_nhwc", "cudnn_nhwc_tf32"};
}

std::function<void()> native_call(const std::string& version, ConvPass pass, const ConvShape& s,
                                  Stream& stream) {
  using namespace conv2d_cudnn;
  const NativeShape shape{
      s.samples, s.c,      s.k,     s.h,
      s.w,       s.filter, s.dtype, version.ends_with("tf32") ? NativeMath::kTf32 : NativeMath::kExact};
  const auto x = elements(stream, s.samples * s.c * s.h * s.w, s.dtype);
  const auto y = elements(stream, s.samples * s.k * s.h * s.w, s.dtype);
  const auto w = elements(stream, s.k * s.c * s.filter * s.filter, s.dtype);
  const NativePass which = pass == ConvPass::kForward        ? NativePass::kForward
                           : pass == ConvPass::kBackwardData ? NativePass::kBackwardData
                                                             : NativePass::kBackwardWeight;
  const auto convolution = std::make_shared<NativeConvolution>(which, shape, stream);
  const NativeOperands operands{x->buffer().data(), w->buffer().data(), y->buffer().data()};
  std::size_t bytes = 0;
  {
    const Buffer trial(kWorkspace, stream.device());
    convolution->choose(NativeSearch::kExhaustive, operands, trial.data(), trial.bytes(), stream);
    bytes = convolution->workspace_bytes();
    stream.synchronize();
  }
  const auto workspace = std::make_shared<Buffer>(bytes, stream.device());
  return [=, &stream] {
    static_cast<void>(x), static_cast<void>(y), static_cast<void>(w);  // kept alive
    convolution->run(operands, workspace->data(), workspace->bytes(), stream);
  };
}
#else
std::vector<std::string> native_versions(Stream&, DType) { return {}; }
std::function<void()> native_call(const std::string& version, ConvPass, const ConvShape&, Stream&) {
  fail(ErrorKind::kInternal, "no version {}", version);
}
#endif

}  // namespace selfsame::bench
