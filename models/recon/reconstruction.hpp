// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <variant>

#include "kernels/device/complex_view.hpp"
#include "models/network.hpp"

namespace selfsame {

/// The image from which a network starts: see models/recon/sense_start.hpp.
struct SenseStartOptions {
  int iterations = 0;    ///< 0: the zero-filled image
  double lambda = 0.01;  ///< > 0; of no dimension, as in CG-SENSE (mri/recon/classical.hpp)
};

/// The MRI U-Net of Klug et al. 2023: zero-filled SENSE image (two channels), each channel normalised to mean
/// 0 and standard deviation 1 of the sample, U-Net, the normalisation undone. Predicts a complex image.
struct ReconUNetOptions {
  int channels = 32, pools = 4;
  /// The U-Net predicts what to take off its input instead of the image (the paper's does not): learns faster
  /// from few examples.
  bool residual = false;
  /// With iterations (the paper has none) its input is a SENSE image: what the coils alone can tell is not
  /// left to the network, which learns more from few examples.
  SenseStartOptions start = {};
};

/// The U-Net of the fastMRI baselines: root sum of squares of the zero-filled coil images, normalised by its
/// mean and standard deviation, clamped to +-6 (the clamp passes no gradient to anything: it is in front of
/// the network), U-Net 1 -> 1, the normalisation undone. Predicts a magnitude.
struct MagnitudeUNetOptions {
  int channels = 32, pools = 4;
};

/// End-to-end VarNet (Sriram et al. 2020) as published by fastMRI. Predicts coil k-space.
struct VarNetOptions {
  int cascades = 12;
  int channels = 18, pools = 4;
  bool learned_maps = true;  ///< sens_net estimates the maps; false: they are given
  int map_channels = 8, map_pools = 4;
};

using ReconstructionOptions = std::variant<ReconUNetOptions, MagnitudeUNetOptions, VarNetOptions>;

/// What the last layer gives; every domain that comes after it can be asked for.
enum class ReconstructionOutput { kImage, kKSpace, kMagnitude };

/// The form in which the caller reads the prediction (losses/kspace: PredictionDomain).
enum class ReconstructionDomain {
  kKSpace,     ///< coil k-space, (N, C, H, 2W) real: F S x of an image
  kMagnitude,  ///< (N, 1, H, W): |x| of an image, root sum of squares of coil images
  kImage,      ///< (N, 1, H, 2W): complex image; of k-space: SENSE combination with the maps
};

struct ReconstructionInput {
  ConstComplexView kspace;  ///< (N, C, H, W), zero outside the mask
  ConstTensorView mask;     ///< (N, 1, 1 or H, W) real
  ConstComplexView maps;    ///< (N, C, H, W); empty where the network learns them and nothing else needs them
  /// Columns [first, first + count) that are sampled around the centre, per sample in HOST memory (learned
  /// maps); fixed for a plan: the same for all its samples.
  std::int64_t centre_first = 0, centre_count = 0;
};

/// What a reconstruction network is built for: NetworkSite says samples N, image size and device.
struct ReconstructionSite {
  NetworkSite network;
  std::int64_t coils = 1;
  std::int64_t mask_h = 1;  ///< 1 or H
  ReconstructionDomain domain = ReconstructionDomain::kKSpace;
  Stream& stream;  ///< tables of transforms are made for it
};

/// A network with planned memory; after MemoryPlan::allocate it may run and allocates nothing.
class ReconstructionNetwork {
 public:
  virtual ~ReconstructionNetwork() = default;
  /// The prediction in the site's domain, block 1, float; valid until the next forward.
  virtual ConstTensorView forward(const ReconstructionInput& input, Stream& stream) = 0;
  /// Adds the parameter gradients of the last forward.
  virtual void backward(ConstTensorView dprediction, Stream& stream) = 0;
};

/// An architecture of reconstruction: its tensors (names of the published state dicts), and how to build it.
class ReconstructionModel {
 public:
  virtual ~ReconstructionModel() = default;
  [[nodiscard]] virtual ParameterTable parameters() const = 0;
  [[nodiscard]] virtual std::unique_ptr<ReconstructionNetwork> build(
      const ReconstructionSite& site) const = 0;
  [[nodiscard]] virtual ReconstructionOutput output() const = 0;
  /// Whether ReconstructionInput::maps must be given for this domain.
  [[nodiscard]] virtual bool needs_maps(ReconstructionDomain domain) const = 0;
  [[nodiscard]] virtual std::int64_t minimum_size() const = 0;
  /// Floating-point operations of one forward pass on one sample.
  [[nodiscard]] virtual double forward_flops(std::int64_t coils, std::int64_t h, std::int64_t w) const = 0;
  [[nodiscard]] virtual std::string text() const = 0;
};

[[nodiscard]] std::unique_ptr<ReconstructionModel> make_reconstruction_model(
    const ReconstructionOptions& options);

}  // namespace selfsame
