// SPDX-License-Identifier: Apache-2.0
// bench/loss_ops: every version of the ops of k-space and image losses, on one slice of multi-coil MRI: 16
// coils of 640 x 320 numbers, and a magnitude of 320 x 320. Bytes count every pass over a tensor once; column
// weights are not counted.
#include "bench/support/op_table.hpp"
#include "kernels/absolute_error/absolute_error.hpp"
#include "kernels/mask_kspace/mask_kspace.hpp"
#include "kernels/ssim_loss/ssim_loss.hpp"
#include "kernels/weighted_error/weighted_error.hpp"

namespace selfsame::bench {
namespace {

constexpr Shape4 kNumbers{1, 16, 640, 320}, kReals{1, 16, 640, 640}, kColumns{1, 1, 1, 320},
    kImage{1, 1, 320, 320};

/// The operands of one loss: prediction, target, gradient, column weights; one value.
struct LossOperands {
  LossOperands(Stream& stream, Shape4 shape)
      : prediction(stream, shape, DType::kF32, 1),
        target(stream, shape, DType::kF32, 1),
        weights(stream, kColumns, DType::kF32, 1),
        gradient(std::make_shared<Operand>(stream, shape, DType::kF32, 1)),
        values(sizeof(double), stream.device()),
        ranges(sizeof(float), stream.device()) {
    const std::vector<float> ones(static_cast<std::size_t>(kColumns.w), 1.0f);
    stream.upload(weights.view().data, ones.data(), ones.size() * sizeof(float));
    stream.upload(ranges.data(), ones.data(), sizeof(float));
    // Operands of one size hold the same numbers: without this the errors would all be zero.
    std::vector<float> numbers(static_cast<std::size_t>(shape.count()));
    stream.download(numbers.data(), prediction.view().data, numbers.size() * sizeof(float));
    stream.synchronize();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = 0.8f * numbers[i] + 0.2f * numbers[numbers.size() - 1 - i];
    }
    stream.upload(target.view().data, numbers.data(), numbers.size() * sizeof(float));
    stream.synchronize();
  }
  [[nodiscard]] std::span<double> value() const { return {values.as<double>(), 1}; }
  Operand prediction, target, weights;
  std::shared_ptr<Operand> gradient;
  Buffer values, ranges;
};

OpCall loss_call(const char* op, const char* pass, Shape4 shape, double passes, std::size_t workspace) {
  OpCall call;
  call.op = op, call.pass = pass, call.workspace = workspace;
  call.shape = fmt::format("{}x{}x{}x{}", shape.n, shape.c, shape.h, shape.w);
  call.layers = "mri";
  call.bytes = passes * tensor_bytes(shape, DType::kF32, 1);
  return call;
}

void run_kspace(OpBench& bench) {
  Stream& stream = bench.stream();
  const std::size_t workspace = weighted_error_workspace(kNumbers);
  OpCall call = loss_call("weighted_error", "squared_error", kReals, 3, workspace);
  call.versions = version_names(weighted_error_implementations(), DType::kF32, stream.device());
  call.prepare = [&stream]() -> PreparedCall {
    const auto o = std::make_shared<LossOperands>(stream, kReals);
    return {[o, &stream] {
              weighted_squared_error(o->value(), as_complex(o->gradient->view()),
                                     as_complex(o->prediction.view()), as_complex(o->target.view()),
                                     o->weights.view(), {}, 1, stream);
            },
            o->gradient};
  };
  bench.run(call);
  call.pass = "relative", call.bytes = 5 * tensor_bytes(kReals, DType::kF32, 1);
  call.prepare = [&stream]() -> PreparedCall {
    const auto o = std::make_shared<LossOperands>(stream, kReals);
    return {[o, &stream] {
              relative_error(o->value(), as_complex(o->gradient->view()), as_complex(o->prediction.view()),
                             as_complex(o->target.view()), o->weights.view(), 1, stream);
            },
            o->gradient};
  };
  bench.run(call);
  OpCall mask = loss_call("mask_kspace", "mask", kReals, 2, 0);
  mask.versions = version_names(mask_kspace_implementations(), DType::kF32, stream.device());
  mask.prepare = [&stream]() -> PreparedCall {
    const auto o = std::make_shared<LossOperands>(stream, kReals);
    return {[o, &stream] {
              mask_kspace(as_complex(o->gradient->view()), as_complex(o->prediction.view()),
                          o->weights.view(), nullptr, stream);
            },
            o->gradient};
  };
  bench.run(mask);
}

void run_image(OpBench& bench) {
  Stream& stream = bench.stream();
  OpCall ssim = loss_call("ssim_loss", "value_and_gradient", kImage, 3, ssim_loss_workspace(kImage));
  ssim.versions = version_names(ssim_loss_implementations(), DType::kF32, stream.device());
  ssim.prepare = [&stream]() -> PreparedCall {
    const auto o = std::make_shared<LossOperands>(stream, kImage);
    return {[o, &stream] {
              ssim_loss(o->value(), o->gradient->view(), o->prediction.view(), o->target.view(),
                        {o->ranges.as<const float>(), 1}, 1, stream);
            },
            o->gradient};
  };
  bench.run(ssim);
  OpCall l1 = loss_call("absolute_error", "value_and_gradient", kImage, 3, absolute_error_workspace(kImage));
  l1.versions = version_names(absolute_error_implementations(), DType::kF32, stream.device());
  l1.prepare = [&stream]() -> PreparedCall {
    const auto o = std::make_shared<LossOperands>(stream, kImage);
    return {[o, &stream] {
              absolute_error(o->value(), o->gradient->view(), o->prediction.view(), o->target.view(), 1,
                             stream);
            },
            o->gradient};
  };
  bench.run(l1);
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::OpBenchOptions options;
  options.bench = "loss_ops";
  int exit_code = 0;
  if (!parse_options(argc, argv, "Time of every version of the ops of k-space and image losses", options,
                     exit_code)) {
    return exit_code;
  }
  try {
    selfsame::bench::OpBench bench(options);
    selfsame::bench::run_kspace(bench);
    selfsame::bench::run_image(bench);
    return bench.finish();
  } catch (const std::exception& error) {
    fmt::print(stderr, "loss_ops: {}\n", error.what());
    return 2;
  }
}
