// SPDX-License-Identifier: Apache-2.0
// bench/denoising_ops: every version of the ops of self-supervised denoising, on a batch of 16 images of 3 x
// 256 x 256, and every kind of noise. Bytes count every tensor once.
#include "bench/support/op_table.hpp"
#include "kernels/blind_spots/blind_spots.hpp"
#include "kernels/dot/dot.hpp"
#include "kernels/masked_error/masked_error.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/scaled_product/scaled_product.hpp"

namespace selfsame::bench {
namespace {

constexpr Shape4 kImages{16, 3, 256, 256}, kHalves{16, 3, 128, 128}, kMasks{16, 1, 256, 256};
using Tensor = std::shared_ptr<Operand>;

/// What a call works on: images with numbers in [-1, 1), masks, values and origins.
struct Operands {
  explicit Operands(Stream& stream)
      : a(tensor(stream, kImages)),
        b(tensor(stream, kImages)),
        y(tensor(stream, kImages)),
        mask(tensor(stream, kMasks)),
        first(tensor(stream, kHalves)),
        second(tensor(stream, kHalves)),
        values(kImages.n * sizeof(double), stream.device()),
        origins_(kImages.n * sizeof(SampleOrigin), stream.device()) {
    std::vector<SampleOrigin> origins(kImages.n);
    for (std::size_t i = 0; i < origins.size(); ++i) {
      origins[i].example = static_cast<std::uint32_t>(i);
      origins[i].image_h = kImages.h, origins[i].image_w = kImages.w;
    }
    stream.upload(origins_.data(), origins.data(), origins_.bytes());
    stream.synchronize();
  }
  [[nodiscard]] std::span<double> value() const { return {values.as<double>(), kImages.n}; }
  [[nodiscard]] std::span<const SampleOrigin> origins() const {
    return {origins_.as<const SampleOrigin>(), kImages.n};
  }
  Tensor a, b, y, mask, first, second;
  Buffer values;

 private:
  static Tensor tensor(Stream& stream, Shape4 shape) {
    return std::make_shared<Operand>(stream, shape, DType::kF32, 1);
  }
  Buffer origins_;
};

/// Times `body` on operands of its own; the versions must agree on `result`.
template <typename List>
void run(OpBench& bench, const char* op, const char* pass, const List& list, double images,
         std::size_t workspace, Tensor Operands::*result,
         const std::function<void(const Operands&, Stream&)>& body) {
  Stream& stream = bench.stream();
  OpCall call;
  call.op = op, call.pass = pass, call.workspace = workspace;
  call.shape = fmt::format("{}x{}x{}x{}", kImages.n, kImages.c, kImages.h, kImages.w);
  call.layers = "images";
  call.bytes = images * tensor_bytes(kImages, DType::kF32, 1);
  call.versions = version_names(list, DType::kF32, stream.device());
  call.prepare = [=, &stream]() -> PreparedCall {
    const auto o = std::make_shared<Operands>(stream);
    return {[o, body, &stream] { body(*o, stream); }, result != nullptr ? (*o).*result : nullptr};
  };
  bench.run(call);
}

void run_products(OpBench& bench) {
  run(bench, "dot", "forward", dot_implementations(), 2, sample_dot_workspace(kImages), nullptr,
      [](const Operands& o, Stream& s) { sample_dot(o.value(), 0, 1, 0, o.a->view(), o.b->view(), s); });
  run(bench, "scaled_product", "forward", scaled_product_implementations(), 3, 0, &Operands::y,
      [](const Operands& o, Stream& s) {
        scaled_product(o.y->view(), 0.5f, o.a->view(), 0.25f, o.b->view(), s);
      });
}

void run_pixels(OpBench& bench) {
  run(bench, "neighbor_pairs", "forward", neighbor_pairs_implementations(), 1.5, 0, &Operands::first,
      [](const Operands& o, Stream& s) {
        neighbor_pairs(o.first->view(), o.second->view(), o.a->view(), o.origins(), s);
      });
  using Kind = BlindSpotRule::Kind;
  for (const Kind kind : {Kind::kGrid, Kind::kStratified}) {
    run(bench, "blind_spots", kind == Kind::kGrid ? "grid" : "stratified", blind_spots_implementations(),
        2 + 1.0 / 3, 0, &Operands::y, [kind](const Operands& o, Stream& s) {
          blind_spots(o.y->view(), o.mask->view(), o.a->view(), o.origins(), {kind, 4, 2, -1}, s);
        });
  }
  run(bench, "masked_error", "value_and_gradient", masked_error_implementations(), 3 + 1.0 / 3,
      masked_error_workspace(kImages), &Operands::y, [](const Operands& o, Stream& s) {
        masked_squared_error(o.value(), o.y->view(), o.a->view(), o.b->view(), o.mask->view(), 1, s);
      });
}

void run_noise(OpBench& bench) {
  const struct {
    const char* name;
    NoiseModel model;
  } kinds[] = {{"gaussian", {NoiseType::kGaussian, 0.1f}},
               {"poisson", {NoiseType::kPoisson, 0.0f, 60.0f}},
               {"rademacher", {NoiseType::kRademacher, 0.1f}},
               {"gamma", {NoiseType::kGamma, 0.0f, 1.0f, 4.0f}},
               {"binomial_thinning", {NoiseType::kBinomialThinning, 0.0f, 60.0f, 1.0f, 0.5f}},
               {"beta_thinning", {NoiseType::kBetaThinning, 0.0f, 1.0f, 4.0f, 0.5f}}};
  for (const auto& kind : kinds) {
    run(bench, "noise", kind.name, noise_implementations(), 2, 0, &Operands::y,
        [model = kind.model](const Operands& o, Stream& s) {
          add_noise(o.y->view(), o.a->view(), o.origins(), RandomPurpose::kObjective, model, s);
        });
  }
}

}  // namespace
}  // namespace selfsame::bench

int main(int argc, char** argv) {
  selfsame::bench::OpBenchOptions options;
  options.bench = "denoising_ops";
  int exit_code = 0;
  if (!parse_options(argc, argv, "Time of every version of the ops of self-supervised denoising", options,
                     exit_code)) {
    return exit_code;
  }
  try {
    selfsame::bench::OpBench bench(options);
    selfsame::bench::run_products(bench);
    selfsame::bench::run_pixels(bench);
    selfsame::bench::run_noise(bench);
    return bench.finish();
  } catch (const std::exception& error) {
    fmt::print(stderr, "denoising_ops: {}\n", error.what());
    return 2;
  }
}
