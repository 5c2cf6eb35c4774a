// SPDX-License-Identifier: Apache-2.0
// The U-Net as a model: its tensors with their PyTorch names, its limits and its operation count.
#include "models/unet/unet.hpp"

#include "models/unet/unet_network.hpp"

namespace selfsame {
namespace {

int add_conv(ParameterTable& table, const std::string& name, std::int64_t in, std::int64_t out) {
  return table.add(name, {out, in, 3, 3}, Initialisation::fan_in(in * 9));
}

}  // namespace

UNetTensors declare_unet(const UNetOptions& o, ParameterTable& table, const std::string& prefix) {
  UNetTensors t;
  const auto block = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    const int first = add_conv(table, prefix + name + ".layers.0.weight", in, out);
    return std::array<int, 2>{first, add_conv(table, prefix + name + ".layers.4.weight", out, out)};
  };
  std::int64_t in = o.in_channels, out = o.channels;
  for (int i = 0; i < o.pools; ++i, in = out, out *= 2) {
    t.down.push_back(block(fmt::format("down_sample_layers.{}", i), in, out));
  }
  t.bottom = block("conv", in, out);
  t.transpose.resize(static_cast<std::size_t>(o.pools));
  t.up.resize(static_cast<std::size_t>(o.pools));
  for (int i = 0; i < o.pools; ++i) {  // in the order of the state dict: deepest first
    const std::size_t level = static_cast<std::size_t>(o.pools - 1 - i);
    const std::int64_t c = std::int64_t{o.channels} << level;
    t.transpose[level] = table.add(fmt::format("{}up_transpose_conv.{}.layers.0.weight", prefix, i),
                                   {2 * c, c, 2, 2}, Initialisation::fan_in(c * 4));
  }
  for (int i = 0; i < o.pools; ++i) {
    const std::size_t level = static_cast<std::size_t>(o.pools - 1 - i);
    const std::int64_t c = std::int64_t{o.channels} << level;
    t.up[level] = block(fmt::format("up_conv.{}{}", i, i + 1 == o.pools ? ".0" : ""), 2 * c, c);
  }
  const std::string last = fmt::format("{}up_conv.{}.1", prefix, o.pools - 1);
  t.last_weight =
      table.add(last + ".weight", {o.out_channels, o.channels, 1, 1}, Initialisation::fan_in(o.channels));
  t.last_bias = table.add(last + ".bias", {o.out_channels}, Initialisation::fan_in(o.channels));
  return t;
}

namespace {

class UNetModel final : public Model {
 public:
  explicit UNetModel(const UNetOptions& options) : options_(options) {
    SELFSAME_CHECK(options.channels >= 1 && options.pools >= 1 && options.pools <= 8 &&
                       options.in_channels >= 1 && options.out_channels >= 1 &&
                       options.channels <= (8192 >> options.pools),
                   "U-Net with {} channels, {} pools, {} -> {}", options.channels, options.pools,
                   options.in_channels, options.out_channels);
    SELFSAME_CHECK(!options.residual || options.in_channels == options.out_channels,
                   "a residual U-Net needs as many output as input channels, got {} -> {}",
                   options.in_channels, options.out_channels);
  }
  [[nodiscard]] ParameterTable parameters() const override {
    ParameterTable table;
    static_cast<void>(declare_unet(options_, table));
    return table;
  }
  [[nodiscard]] std::unique_ptr<Network> build(const NetworkSite& site) const override {
    return make_unet_network(options_, site);
  }
  [[nodiscard]] int in_channels() const override { return options_.in_channels; }
  [[nodiscard]] int out_channels() const override { return options_.out_channels; }
  [[nodiscard]] std::int64_t minimum_size() const override { return std::int64_t{1} << options_.pools; }
  [[nodiscard]] std::int64_t context() const override { return (std::int64_t{1} << options_.pools) * 7; }
  [[nodiscard]] double forward_flops(std::int64_t h, std::int64_t w) const override {
    double flops = 0;
    double in = options_.in_channels, c = options_.channels;
    for (int i = 0; i <= options_.pools; ++i, in = c, c *= 2) {
      const double pixels = static_cast<double>((h >> i) * (w >> i));
      flops += 18.0 * pixels * (in * c + c * c);
      if (i < options_.pools) {
        const double below = static_cast<double>((h >> (i + 1)) * (w >> (i + 1)));
        flops += 18.0 * pixels * (2 * c * c + c * c) + 8.0 * below * 2 * c * c;
      }
    }
    return flops + 2.0 * static_cast<double>(h * w) * options_.channels * options_.out_channels;
  }
  [[nodiscard]] double first_layer_flops(std::int64_t h, std::int64_t w) const override {
    return 18.0 * static_cast<double>(h * w) * options_.in_channels * options_.channels;
  }
  [[nodiscard]] std::string text() const override {
    return fmt::format("U-Net {}->{}, {} channels, {} pools{}", options_.in_channels, options_.out_channels,
                       options_.channels, options_.pools, options_.residual ? ", residual" : "");
  }

 private:
  UNetOptions options_;
};

}  // namespace

std::unique_ptr<Model> make_unet(const UNetOptions& options) { return std::make_unique<UNetModel>(options); }

}  // namespace selfsame
