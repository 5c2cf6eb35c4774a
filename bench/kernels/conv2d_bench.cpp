// SPDX-License-Identifier: Apache-2.0
// bench/conv2d: every version of the convolutions and transposed convolutions on the layers of
// bench/shapes.hpp.
#include <algorithm>

#include "bench/support/libraries.hpp"
#include "bench/support/op_table.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"

namespace selfsame::bench {
namespace {

/// Layers of one shape, with the names of all of them.
struct Group {
  Layer layer;
  std::string names;
};

bool same_shape(const Layer& a, const Layer& b) {
  return a.kind == b.kind && a.samples == b.samples && a.c == b.c && a.k == b.k && a.h == b.h && a.w == b.w &&
         a.split == b.split && a.from_planes == b.from_planes && a.to_planes == b.to_planes;
}

std::vector<Group> distinct_layers(const std::vector<std::string>& networks) {
  std::vector<Group> groups;
  for (const std::string& name : networks) {
    for (const Layer& layer : bench_network(name).layers) {
      const auto found = std::find_if(groups.begin(), groups.end(),
                                      [&](const Group& g) { return same_shape(g.layer, layer); });
      const std::string full = name + ":" + layer.name;
      if (found == groups.end()) {
        groups.push_back({layer, full});
      } else {
        found->names += "," + full;
      }
    }
  }
  return groups;
}

std::string shape_text(const Layer& l) {
  const char* filter = l.kind == LayerKind::kConv3x3   ? "3x3"
                       : l.kind == LayerKind::kConv1x1 ? "1x1"
                                                       : "2x2 up";
  return fmt::format("{}x{}x{}x{} > {} {}{}", l.samples, l.c, l.h, l.w, l.k, filter,
                     l.split > 0 ? fmt::format(" split {}", l.split) : "");
}

/// Input, output and weights of a layer on the device; gradients have their shapes.
struct LayerOperands {
  std::shared_ptr<Operand> x, y, w;
};

/// What a layer is to the bench, whichever op computes it.
struct LayerBench {
  Group group;
  Shape4 x, y;
  int x_block, y_block;
  std::array<std::int64_t, 4> filter;
  const char* op;
  double flops;
  std::size_t workspace;
  std::vector<std::string> versions;

  [[nodiscard]] LayerOperands operands(OpBench& bench) const {
    const DType dtype = bench.options().dtype;
    return {std::make_shared<Operand>(bench.stream(), x, dtype, x_block, group.layer.split),
            std::make_shared<Operand>(bench.stream(), y, dtype, y_block),
            std::make_shared<Operand>(bench.stream(), filter)};
  }
  /// One pass; `prepare` makes the call from the operands.
  template <typename F>
  void run(OpBench& bench, const char* pass, F prepare, std::vector<NativeVersion> natives = {}) const {
    const DType dtype = bench.options().dtype;
    OpCall call;
    call.op = op;
    call.pass = pass;
    call.shape = shape_text(group.layer);
    call.layers = group.names;
    call.flops = flops;
    call.bytes = tensor_bytes(x, dtype, x_block, group.layer.split) + tensor_bytes(y, dtype, y_block) +
                 4.0 * static_cast<double>(filter[0] * filter[1] * filter[2] * filter[3]);
    call.workspace = workspace;
    call.versions = versions;
    call.natives = std::move(natives);
    call.prepare = [&bench, prepare, this]() -> PreparedCall { return prepare(operands(bench)); };
    bench.run(call);
  }
};

void run_convolution(OpBench& bench, const Group& group) {
  const Layer& l = group.layer;
  const int block = bench.options().block();
  ConvShape shape;
  shape.samples = l.samples, shape.c = l.c, shape.k = l.k, shape.h = l.h, shape.w = l.w;
  shape.filter = l.kind == LayerKind::kConv1x1 ? 1 : 3;
  shape.dtype = bench.options().dtype;
  shape.x_block = l.from_planes ? 1 : block, shape.y_block = l.to_planes ? 1 : block;
  shape.x_split = l.split;
  Stream& stream = bench.stream();
  const LayerBench layer{group,
                         {l.samples, l.c, l.h, l.w},
                         {l.samples, l.k, l.h, l.w},
                         shape.x_block,
                         shape.y_block,
                         {l.k, l.c, shape.filter, shape.filter},
                         "conv2d",
                         shape.flops(),
                         conv2d_workspace(shape, stream.pool().threads(), stream.device()),
                         version_names(conv2d_implementations(), shape, stream.device())};
  const auto natives = [&](ConvPass pass) {
    std::vector<NativeVersion> versions;
    for (const std::string& name : native_versions(stream, shape.dtype)) {
      versions.push_back({name, [=, &stream] { return native_call(name, pass, shape, stream); }});
    }
    return versions;
  };
  layer.run(
      bench, "forward",
      [&stream](const LayerOperands& o) -> PreparedCall {
        return {[o, &stream] { conv2d_forward(o.y->view(), o.x->view(), o.w->parameter(), {}, stream); },
                o.y};
      },
      natives(ConvPass::kForward));
  if (!l.from_planes) {  // no network asks for the gradient at its input
    layer.run(
        bench, "backward_data",
        [&stream](const LayerOperands& o) -> PreparedCall {
          return {[o, &stream] { conv2d_backward_data(o.x->view(), o.y->view(), o.w->parameter(), stream); },
                  o.x};
        },
        natives(ConvPass::kBackwardData));
  }
  layer.run(
      bench, "backward_weight",
      [&stream](const LayerOperands& o) -> PreparedCall {
        return {
            [o, &stream] { conv2d_backward_weight(o.w->parameter(), {}, o.y->view(), o.x->view(), stream); },
            o.w};
      },
      natives(ConvPass::kBackwardWeight));
}

void run_transposed(OpBench& bench, const Group& group) {
  const Layer& l = group.layer;
  const int block = bench.options().block();
  ConvTransposeShape shape;
  shape.samples = l.samples, shape.c = l.c, shape.k = l.k, shape.h = l.h, shape.w = l.w;
  shape.dtype = bench.options().dtype;
  shape.x_block = shape.y_block = block;
  Stream& stream = bench.stream();
  const LayerBench layer{group,
                         {l.samples, l.c, l.h, l.w},
                         {l.samples, l.k, 2 * l.h, 2 * l.w},
                         block,
                         block,
                         {l.c, l.k, 2, 2},
                         "conv_transpose2d",
                         shape.flops(),
                         conv_transpose2d_workspace(shape, stream.device()),
                         version_names(conv_transpose2d_implementations(), shape, stream.device())};
  layer.run(bench, "forward", [&stream](const LayerOperands& o) -> PreparedCall {
    return {[o, &stream] { conv_transpose2d_forward(o.y->view(), o.x->view(), o.w->parameter(), stream); },
            o.y};
  });
  layer.run(bench, "backward_data", [&stream](const LayerOperands& o) -> PreparedCall {
    return {
        [o, &stream] { conv_transpose2d_backward_data(o.x->view(), o.y->view(), o.w->parameter(), stream); },
        o.x};
  });
  layer.run(bench, "backward_weight", [&stream](const LayerOperands& o) -> PreparedCall {
    return {[o, &stream] {
              conv_transpose2d_backward_weight(o.w->parameter(), o.y->view(), o.x->view(), stream);
            },
            o.w};
  });
}

int run(const OpBenchOptions& options) {
  OpBench bench(options);
  for (const Group& group : distinct_layers(options.networks)) {
    group.layer.kind == LayerKind::kTranspose ? run_transposed(bench, group) : run_convolution(bench, group);
  }
  return bench.finish();
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::OpBenchOptions options;
  options.bench = "conv2d";
  int exit_code = 0;
  if (!parse_options(argc, argv, "Time of every version of the convolutions on the layers of real networks",
                     options, exit_code)) {
    return exit_code;
  }
  try {
    return selfsame::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "conv2d: {}\n", error.what());
    return 2;
  }
}
