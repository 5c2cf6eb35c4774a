// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <variant>

#include "kernels/device/memory_plan.hpp"
#include "kernels/device/stream.hpp"
#include "models/common/parameters.hpp"

namespace selfsame {

/// U-Net of fastMRI and of Klug et al. 2023 (models/unet/unet.hpp).
struct UNetOptions {
  int in_channels = 1, out_channels = 1;
  int channels = 32;     ///< of the first level; doubles with every level
  int pools = 4;         ///< 2x2 average poolings
  bool residual = true;  ///< prediction = input - network(input)
};

/// DnCNN of Zhang et al. 2017 (models/dncnn/dncnn.hpp).
struct DnCnnOptions {
  int in_channels = 1, out_channels = 1;
  int channels = 64;
  int layers = 17;
};

using ModelOptions = std::variant<UNetOptions, DnCnnOptions>;

enum class PassMode {
  kTraining,   ///< keeps what backward needs
  kInference,  ///< forward only; activations share memory as soon as they are read
};

/// What a network is built for. All samples of a plan have one size.
struct NetworkSite {
  MemoryPlan& plan;
  Parameters& parameters;
  std::int64_t samples;  ///< N over all lanes
  std::int64_t h, w;
  PassMode mode;
  int block;                  ///< channel block of the activations (activation_block), 1 for the reference
  int threads;                ///< of the stream that will run it: scratch memory depends on it
  DType dtype = DType::kF32;  ///< of the blocked activations; parameters have parameter_type(dtype)
  DeviceKind device = DeviceKind::kCpu;
};

/// The channel block that the best implementations on this device take.
[[nodiscard]] constexpr int activation_block(DeviceKind device, DType dtype) {
  return device != DeviceKind::kCpu ? 8 : dtype == DType::kBF16 ? 32 : 16;
}

/// A network with planned activations. Input and prediction are (N, C, H, W) in block 1. After
/// MemoryPlan::allocate it may run; it allocates nothing.
class Network {
 public:
  virtual ~Network() = default;
  virtual ConstTensorView forward(ConstTensorView input, Stream& stream) = 0;
  /// Adds the parameter gradients of the last forward. Throws Error(kInternal) in inference mode.
  virtual void backward(ConstTensorView dprediction, Stream& stream) = 0;
};

/// An architecture: its tensors, its limits, and how to build it for a size.
class Model {
 public:
  virtual ~Model() = default;
  [[nodiscard]] virtual ParameterTable parameters() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Network> build(const NetworkSite& site) const = 0;
  [[nodiscard]] virtual int in_channels() const = 0;
  [[nodiscard]] virtual int out_channels() const = 0;
  /// Smallest height and width that it accepts.
  [[nodiscard]] virtual std::int64_t minimum_size() const = 0;
  /// Pixels to each side that one output pixel can see, norms aside: the overlap of tiles.
  [[nodiscard]] virtual std::int64_t context() const = 0;
  /// Floating-point operations of the convolutions of one forward pass on one (h, w) sample. A training step
  /// does three times as much, less the data gradient of the first layer.
  [[nodiscard]] virtual double forward_flops(std::int64_t h, std::int64_t w) const = 0;
  /// Operations of the missing data gradient of the first layer.
  [[nodiscard]] virtual double first_layer_flops(std::int64_t h, std::int64_t w) const = 0;
  [[nodiscard]] virtual std::string text() const = 0;  ///< "U-Net, 32 channels, 4 pools, residual"
};

[[nodiscard]] std::unique_ptr<Model> make_model(const ModelOptions& options);
[[nodiscard]] std::unique_ptr<Model> make_unet(const UNetOptions& options);
[[nodiscard]] std::unique_ptr<Model> make_dncnn(const DnCnnOptions& options);

}  // namespace selfsame
