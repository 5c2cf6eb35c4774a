// SPDX-License-Identifier: Apache-2.0
// bench/ops: every version of the ops other than the convolutions, on the sizes of the networks in
// bench/shapes.hpp. Bytes count every pass over a tensor once: a norm reads its input twice forward, both its
// inputs twice backward.
#include <algorithm>

#include "bench/support/op_table.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/concat/concat.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/layout/layout.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "kernels/reduction/reduction.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"
#include "kernels/squared_error/squared_error.hpp"

namespace selfsame::bench {
namespace {

constexpr double kEps = 1e-5, kSlope = 0.2;
using Tensor = std::shared_ptr<Operand>;

/// The cases of one level of a network.
class LevelBench {
 public:
  LevelBench(OpBench& bench, const std::string& network, const Level& level)
      : bench_(bench),
        stream_(bench.stream()),
        network_(network),
        shape_{level.samples, level.c, level.h, level.w},
        dtype_(bench.options().dtype),
        block_(bench.options().block()),
        problem_{dtype_, block_} {}

  void run_elementwise();
  void run_pool();
  void run_joins();
  void run_instance_norm();
  void run_batch_norm();

 private:
  [[nodiscard]] Tensor tensor(Shape4 shape) const {
    return std::make_shared<Operand>(stream_, shape, dtype_, block_);
  }
  [[nodiscard]] Tensor tensor() const { return tensor(shape_); }
  [[nodiscard]] double bytes(Shape4 shape) const { return tensor_bytes(shape, dtype_, block_); }
  template <typename List>
  void run(const char* op, const char* pass, const List& list, double bytes_moved,
           std::function<PreparedCall()> prepare, std::size_t workspace = 0) {
    OpCall call;
    call.op = op;
    call.pass = pass;
    call.shape = fmt::format("{}x{}x{}x{}", shape_.n, shape_.c, shape_.h, shape_.w);
    call.layers = network_;
    call.bytes = bytes_moved;
    call.workspace = workspace;
    call.versions = version_names(list, problem_, stream_.device());
    call.prepare = std::move(prepare);
    bench_.run(call);
  }

  OpBench& bench_;
  Stream& stream_;
  std::string network_;
  Shape4 shape_;
  DType dtype_;
  int block_;
  ElementwiseProblem problem_;
};

void LevelBench::run_elementwise() {
  const double one = bytes(shape_);
  run("activation", "forward", activation_implementations(), 2 * one, [this]() -> PreparedCall {
    const Tensor y = tensor(), x = tensor();
    return {[this, y, x] { leaky_relu_forward(y->view(), x->view(), kSlope, stream_); }, y};
  });
  run("activation", "backward", activation_implementations(), 3 * one, [this]() -> PreparedCall {
    const Tensor dx = tensor(), dy = tensor(), x = tensor();
    return {[=, this] { leaky_relu_backward(dx->view(), dy->view(), x->view(), kSlope, stream_); }, dx};
  });
  run("add", "add_scaled", add_implementations(), 3 * one, [this]() -> PreparedCall {
    const Tensor y = tensor(), a = tensor(), b = tensor();
    return {[=, this] { add_scaled(y->view(), 0.5f, a->view(), -1.0f, b->view(), stream_); }, y};
  });
}

void LevelBench::run_pool() {
  const Shape4 half{shape_.n, shape_.c, shape_.h / 2, shape_.w / 2};
  const double one = bytes(shape_), quarter = bytes(half);
  run("average_pool", "forward", average_pool_implementations(), one + quarter, [=, this]() -> PreparedCall {
    const Tensor y = tensor(half), x = tensor();
    return {[=, this] { average_pool_forward(y->view(), x->view(), stream_); }, y};
  });
  run("average_pool", "backward", average_pool_implementations(), 2 * one + quarter,
      [=, this]() -> PreparedCall {
        const Tensor dx = tensor(), dy = tensor(half), add = tensor();
        return {[=, this] { average_pool_backward(dx->view(), dy->view(), add->view(), stream_); }, dx};
      });
}

void LevelBench::run_joins() {
  const double one = bytes(shape_);
  run("concat", "forward", concat_implementations(), 4 * one, [this]() -> PreparedCall {
    const Tensor a = tensor(), b = tensor();
    const auto y = std::make_shared<Operand>(stream_, Shape4{shape_.n, 2 * shape_.c, shape_.h, shape_.w},
                                             dtype_, block_, shape_.c);
    return {[=, this] { concat_forward(y->view(), a->view(), b->view(), stream_); }, y};
  });
  const Shape4 odd{shape_.n, shape_.c, shape_.h - 1, shape_.w - 1};
  run("reflect_pad", "forward", reflect_pad_implementations(), one + bytes(odd), [=, this]() -> PreparedCall {
    const Tensor y = tensor(), x = tensor(odd);
    return {[=, this] { reflect_pad_forward(y->view(), x->view(), stream_); }, y};
  });
  run("reflect_pad", "backward", reflect_pad_implementations(), one + bytes(odd),
      [=, this]() -> PreparedCall {
        const Tensor dx = tensor(odd), dy = tensor();
        return {[=, this] { reflect_pad_backward(dx->view(), dy->view(), stream_); }, dx};
      });
}

void LevelBench::run_instance_norm() {
  const double one = bytes(shape_);
  const std::size_t workspace = instance_norm_workspace(shape_, block_);
  const Shape4 statistics{shape_.n, shape_.c, 1, 1};
  // Statistics are float whatever the activations are; zeros are as good as any for their time.
  const auto kept = [=, this] { return std::make_shared<Operand>(stream_, statistics, DType::kF32, block_); };
  run(
      "instance_norm", "forward", instance_norm_implementations(), 3 * one,
      [=, this]() -> PreparedCall {
        const Tensor y = tensor(), mean = kept(), r = kept(), x = tensor();
        return {[=, this] {
                  instance_norm_forward(y->view(), mean->view(), r->view(), x->view(), {}, {}, kEps, kSlope,
                                        stream_);
                },
                y};
      },
      workspace);
  run(
      "instance_norm", "backward", instance_norm_implementations(), 5 * one,
      [=, this]() -> PreparedCall {
        const Tensor dx = tensor(), dy = tensor(), x = tensor(), mean = kept(), r = kept();
        return {[=, this] {
                  instance_norm_backward(dx->view(), {}, {}, dy->view(), x->view(), mean->view(), r->view(),
                                         {}, {}, kSlope, stream_);
                },
                dx};
      },
      workspace);
}

void LevelBench::run_batch_norm() {
  const double one = bytes(shape_);
  const std::size_t workspace = batch_norm_workspace(shape_, block_);
  const Shape4 statistics{1, shape_.c, 1, 1};
  const auto kept = [=, this] { return std::make_shared<Operand>(stream_, statistics, DType::kF32, block_); };
  const auto vector = [this] {
    return std::make_shared<Operand>(stream_, std::array<std::int64_t, 4>{shape_.c, 1, 1, 1});
  };
  run(
      "batch_norm", "forward_training", batch_norm_implementations(), 3 * one,
      [=, this]() -> PreparedCall {
        const Tensor y = tensor(), mean = kept(), r = kept(), x = tensor(), running_mean = vector(),
                     running_var = vector(), gamma = vector(), beta = vector();
        return {[=, this] {
                  batch_norm_forward_training(y->view(), mean->view(), r->view(), running_mean->parameter(),
                                              running_var->parameter(), x->view(), gamma->parameter(),
                                              beta->parameter(), kEps, 0.1, 0.0, stream_);
                },
                y};
      },
      workspace);
  run(
      "batch_norm", "backward", batch_norm_implementations(), 5 * one,
      [=, this]() -> PreparedCall {
        const Tensor dx = tensor(), dgamma = vector(), dbeta = vector(), dy = tensor(), x = tensor(),
                     mean = kept(), r = kept(), gamma = vector(), beta = vector();
        return {[=, this] {
                  batch_norm_backward(dx->view(), dgamma->parameter(), dbeta->parameter(), dy->view(),
                                      x->view(), mean->view(), r->view(), gamma->parameter(),
                                      beta->parameter(), 0.0, stream_);
                },
                dx};
      },
      workspace);
}

/// The network's ends: images of block 1 to blocks of channels, and back.
void run_layout(OpBench& bench, const BenchNetwork& net) {
  Stream& stream = bench.stream();
  const DType dtype = bench.options().dtype;
  const int block = bench.options().block();
  const Level& level = net.levels.front();
  const Shape4 shape{level.samples, level.c, level.h, level.w};
  for (const bool to_blocks : {true, false}) {
    const int from = to_blocks ? 1 : block, to = to_blocks ? block : 1;
    LayoutProblem problem;
    problem.x_dtype = activation_type(dtype, from), problem.y_dtype = activation_type(dtype, to);
    problem.x_block = from, problem.y_block = to;
    OpCall call;
    call.op = "layout";
    call.pass = to_blocks ? "to_blocks" : "to_planes";
    call.shape = fmt::format("{}x{}x{}x{}", shape.n, shape.c, shape.h, shape.w);
    call.layers = net.name;
    call.bytes = tensor_bytes(shape, dtype, from) + tensor_bytes(shape, dtype, to);
    call.versions = version_names(layout_implementations(), problem, stream.device());
    call.prepare = [=, &stream]() -> PreparedCall {
      const auto y = std::make_shared<Operand>(stream, shape, dtype, to);
      const auto x = std::make_shared<Operand>(stream, shape, dtype, from);
      return {[=, &stream] { convert_layout(y->view(), x->view(), stream); }, y};
    };
    bench.run(call);
  }
}

/// A host value on the device.
template <typename T>
std::shared_ptr<Buffer> on_device(Stream& stream, const std::vector<T>& values) {
  auto buffer = std::make_shared<Buffer>(values.size() * sizeof(T), stream.device());
  stream.upload(buffer->data(), values.data(), buffer->bytes());
  stream.synchronize();
  return buffer;
}

void run_loss_and_noise(OpBench& bench, const BenchNetwork& net) {
  Stream& stream = bench.stream();
  const Shape4 shape{net.samples, net.channels, net.h, net.w};
  const auto planes = [&stream, shape] { return std::make_shared<Operand>(stream, shape, DType::kF32, 1); };
  OpCall call;
  call.shape = fmt::format("{}x{}x{}x{}", shape.n, shape.c, shape.h, shape.w);
  call.layers = net.name;
  call.op = "squared_error", call.pass = "value_and_gradient";
  call.bytes = 3 * tensor_bytes(shape, DType::kF32, 1);
  call.workspace = squared_error_workspace(shape);
  call.versions =
      version_names(squared_error_implementations(), ElementwiseProblem{DType::kF32, 1}, stream.device());
  call.prepare = [=, &stream]() -> PreparedCall {
    const auto gradient = planes(), prediction = planes(), target = planes();
    const auto values = on_device(stream, std::vector<double>(static_cast<std::size_t>(shape.n)));
    return {[=, &stream] {
              squared_error({values->as<double>(), static_cast<std::size_t>(shape.n)}, gradient->view(),
                            prediction->view(), target->view(), 1, stream);
            },
            gradient};
  };
  bench.run(call);
  call.op = "noise", call.pass = "gaussian";
  call.bytes = 2 * tensor_bytes(shape, DType::kF32, 1);
  call.workspace = 0;
  call.versions = version_names(noise_implementations(), DType::kF32, stream.device());
  call.prepare = [=, &stream]() -> PreparedCall {
    const auto noisy = planes(), clean = planes();
    std::vector<SampleOrigin> origins(static_cast<std::size_t>(shape.n));
    for (std::size_t i = 0; i < origins.size(); ++i) {
      origins[i].example = static_cast<std::uint32_t>(i);
      origins[i].image_h = shape.h, origins[i].image_w = shape.w;
    }
    const auto there = on_device(stream, origins);
    return {[=, &stream] {
              add_noise(noisy->view(), clean->view(),
                        {there->as<SampleOrigin>(), static_cast<std::size_t>(shape.n)},
                        RandomPurpose::kInputNoise, {NoiseType::kGaussian, 0.1f, 1.0f}, stream);
            },
            noisy};
  };
  bench.run(call);
}

void run_update(OpBench& bench, const BenchNetwork& net) {
  Stream& stream = bench.stream();
  const std::int64_t count = (net.parameters + 15) / 16 * 16;
  const auto values = [=, &stream] {
    return std::make_shared<Operand>(stream, std::array<std::int64_t, 4>{count, 1, 1, 1});
  };
  OpCall call;
  call.shape = fmt::format("{} parameters", net.parameters);
  call.layers = net.name;
  call.op = "optimizer", call.pass = "adam";
  call.bytes = 7 * 4.0 * static_cast<double>(count);  // value and moments there and back, the gradient
  call.versions = version_names(optimizer_implementations(), OptimizerRule::kAdam, stream.device());
  call.prepare = [=, &stream]() -> PreparedCall {
    const auto w = values(), m1 = values(), m2 = values(), g = values();
    stream.queue().fill(m2->buffer().data(), 0, m2->buffer().bytes());  // a square is not negative
    LaneStep step;
    step.lr = 1e-4;
    const auto factors = on_device(stream, std::vector<OptimizerFactors>{optimizer_factors({}, step, 0)});
    return {[=, &stream] {
              optimizer_step(w->buffer().as<float>(), m1->buffer().as<float>(), m2->buffer().as<float>(),
                             nullptr, g->buffer().as<float>(), count, 1, factors->as<OptimizerFactors>(), {},
                             stream);
            },
            nullptr};
  };
  bench.run(call);
  call.op = "reduction", call.pass = "sum_of_squares";
  call.bytes = 4.0 * static_cast<double>(count);
  call.workspace = sum_of_squares_workspace(count, 1);
  call.versions = {"only"};  // the op has no list
  call.prepare = [=, &stream]() -> PreparedCall {
    const auto g = values();
    const auto sum = on_device(stream, std::vector<double>(1));
    return {[=, &stream] {
              sum_of_squares({sum->as<double>(), 1}, g->buffer().as<float>(), count, 1, stream);
            },
            nullptr};
  };
  bench.run(call);
}

int run(const OpBenchOptions& options) {
  OpBench bench(options);
  for (const std::string& name : options.networks) {
    const BenchNetwork net = bench_network(name);
    for (const Level& level : net.levels) {
      LevelBench cases(bench, name, level);
      cases.run_elementwise();
      net.batch_norm ? cases.run_batch_norm() : cases.run_instance_norm();
      if (!net.batch_norm) {
        cases.run_pool();
        cases.run_joins();
      }
    }
    run_layout(bench, net);
    run_loss_and_noise(bench, net);
    run_update(bench, net);
  }
  return bench.finish();
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::OpBenchOptions options;
  options.bench = "ops";
  int exit_code = 0;
  if (!parse_options(argc, argv,
                     "Time of every version of the ops that move memory, on the sizes of real networks",
                     options, exit_code)) {
    return exit_code;
  }
  try {
    return selfsame::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "ops: {}\n", error.what());
    return 2;
  }
}
