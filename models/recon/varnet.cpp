// SPDX-License-Identifier: Apache-2.0
// End-to-end VarNet (Sriram et al. 2020) with fastMRI's tensor names: maps, cascades of data consistency and
// a NormUNet on the combined image, and the derivation of its backward in docs/gradients.md.
#include <deque>
#include <optional>

#include "kernels/add/add.hpp"
#include "kernels/device/nvtx.hpp"
#include "models/recon/last_stage.hpp"
#include "models/recon/networks.hpp"
#include "models/recon/sensitivity.hpp"
#include "mri/coils/coil_ops.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/sense/sense.hpp"

namespace selfsame::recon {
namespace {

constexpr std::int64_t kMultiple = 16;  // to which a NormUNet pads

struct CascadeTensors {
  int dc_weight = 0;
  UNetTensors unet;
};

struct VarNetTensors {
  UNetTensors maps;
  std::vector<CascadeTensors> cascades;
};

NormUNetOptions network_options(const VarNetOptions& o) {
  return {{2, 2, o.channels, o.pools, false}, kMultiple, 0};
}
NormUNetOptions map_options(const VarNetOptions& o) {
  return {{2, 2, o.map_channels, o.map_pools, false}, kMultiple, 0};
}

/// In the order of the state dict.
VarNetTensors declare_varnet(const VarNetOptions& o, ParameterTable& table) {
  VarNetTensors tensors;
  if (o.learned_maps) {
    tensors.maps = declare_unet(map_options(o).unet, table, "sens_net.norm_unet.unet.");
  }
  for (int i = 0; i < o.cascades; ++i) {
    CascadeTensors cascade;
    cascade.dc_weight = table.add(fmt::format("cascades.{}.dc_weight", i), {1}, Initialisation{0, 1});
    cascade.unet = declare_unet(network_options(o).unet, table, fmt::format("cascades.{}.model.unet.", i));
    tensors.cascades.push_back(std::move(cascade));
  }
  return tensors;
}

/// k -> k - lambda M (k - measured) - A u(A^H k)
class Cascade {
 public:
  Cascade(const NormUNetOptions& options, const ReconPlan& plan, CascadeTensors tensors, int index)
      : plan_(plan),
        name_(fmt::format("cascades.{}.", index)),
        first_(index == 0),
        dc_weight_(tensors.dc_weight),
        network_(options, plan, plan.image(), std::move(tensors.unet), name_ + "model.unet.") {}

  /// @param k, maps  null: given from outside. Returns the next k-space.
  TensorView* plan_forward(const TensorView* k, const TensorView* maps) {
    planned_k_ = k;
    planned_maps_ = maps;
    plan_.step();
    plan_.use({k, maps});
    image_ = plan_.complex(name_ + "image", plan_.image());
    update_ = network_.plan_forward(image_);
    plan_.step();
    plan_.use({update_, maps});
    refinement_ = plan_.complex(name_ + "refinement", plan_.coils());
    plan_.step();
    plan_.use({refinement_, k});
    next_ = plan_.complex(name_ + "next", plan_.coils());
    return next_;
  }

  ConstComplexView forward(ConstComplexView k, const ReconstructionInput& input, ConstComplexView maps,
                           Stream& stream) {
    const ProfilerRange range(name_.c_str());
    k_ = k;
    sense_adjoint(as_complex(*image_), k, maps, {}, FourierAxes::kBoth, stream);
    network_.forward(as_complex(*image_), stream);
    sense_forward(as_complex(*refinement_), as_complex(*update_), maps, {}, FourierAxes::kBoth, stream);
    data_consistency(as_complex(*next_), k, input.kspace, as_complex(*refinement_), input.mask, lambda(),
                     stream);
    return as_complex(*next_);
  }

  /// @param dnext  null: given from outside
  /// @param dk     the gradient at k-space; dnext may be it
  /// @param dmaps  null: the maps are not learned
  void plan_backward(const TensorView* dnext, TensorView* dk, const TensorView* dmaps) {
    const bool into_image = !first_ || dmaps != nullptr;
    plan_.step();
    plan_.use({dnext});
    work_ = plan_.complex(name_ + "d refinement.coils", plan_.coils());
    plan_.step();
    plan_.use({work_, planned_maps_, dmaps != nullptr ? update_ : nullptr, dmaps});
    dupdate_ = plan_.complex(name_ + "d update", plan_.image());
    negative_ = dmaps != nullptr ? plan_.complex(name_ + "-update", plan_.image()) : nullptr;
    const TensorView* dimage = network_.plan_backward(dupdate_, into_image);
    plan_.step();
    plan_.use({dnext, dk, planned_k_, planned_maps_, dimage, dmaps});
    dwork_ = into_image ? plan_.complex(name_ + "d image.coils", plan_.coils()) : nullptr;
  }

  /// dk is empty in the first cascade, dmaps where the maps are not learned.
  void backward(ComplexView dk, ComplexView dmaps, ConstComplexView dnext, const ReconstructionInput& input,
                ConstComplexView maps, Stream& stream) {
    const ProfilerRange range(name_.c_str());
    // A u: du = -A^H dnext.
    const ComplexView images = as_complex(*work_);
    fourier(images, dnext, FourierAxes::kBoth, FourierDirection::kInverse, stream);
    coil_combine(as_complex(*dupdate_), images, maps, stream);
    add_scaled(*dupdate_, -1.0f, *dupdate_, 0.0f, {}, stream);
    if (!dmaps.empty()) {
      add_scaled(*negative_, -1.0f, *update_, 0.0f, {}, stream);
      coil_maps_gradient(dmaps, as_complex(*negative_), images, stream);
    }
    const ConstComplexView dimage = network_.backward(as_complex(*dupdate_), stream);
    // In the first cascade k is the measurement: neither lambda nor the data see a gradient.
    if (!first_) {
      data_consistency_backward(dk, dlambda(), dnext, k_, input.kspace, input.mask, lambda(), stream);
    }
    // A^H k: k-space gets A dimage, the maps what its coil images, computed again, say.
    if (!dmaps.empty()) {
      fourier(as_complex(*dwork_), k_, FourierAxes::kBoth, FourierDirection::kInverse, stream);
      coil_maps_gradient(dmaps, dimage, as_complex(*dwork_), stream);
    }
    if (!first_) {
      sense_forward(as_complex(*dwork_), dimage, maps, {}, FourierAxes::kBoth, stream);
      add_scaled(as_real(dk), 1.0f, as_real(dk), 1.0f, *dwork_, stream);
    }
  }

 private:
  [[nodiscard]] ParameterView lambda() const { return plan_.site().network.parameters.value(dc_weight_); }
  [[nodiscard]] ParameterView dlambda() const { return plan_.site().network.parameters.gradient(dc_weight_); }

  ReconPlan plan_;
  std::string name_;
  bool first_;
  int dc_weight_;
  NormUNet network_;
  const TensorView *planned_k_ = nullptr, *planned_maps_ = nullptr;
  TensorView *image_ = nullptr, *update_ = nullptr, *refinement_ = nullptr, *next_ = nullptr;
  TensorView *work_ = nullptr, *dwork_ = nullptr, *dupdate_ = nullptr, *negative_ = nullptr;
  ConstComplexView k_;
};

class VarNet final : public ReconstructionNetwork {
 public:
  VarNet(const VarNetOptions& options, const ReconstructionSite& site)
      : plan_(site), last_(plan_, ReconstructionOutput::kKSpace) {
    const Shape4 coils = plan_.coils();
    plan_.need_workspace(prepare_sense(coils, plan_.dtype(), FourierAxes::kBoth, plan_.site().stream));
    plan_.need_workspace(prepare_fourier(coils, plan_.dtype(), FourierAxes::kBoth, plan_.site().stream));
    plan_.need_workspace(data_consistency_workspace(coils, site.network.parameters.lanes()));
    ParameterTable table;
    VarNetTensors tensors = declare_varnet(options, table);
    if (options.learned_maps) {
      maps_net_.emplace(map_options(options), plan_, std::move(tensors.maps), "sens_net.norm_unet.unet.");
    }
    for (int i = 0; i < options.cascades; ++i) {
      cascades_.emplace_back(network_options(options), plan_,
                             std::move(tensors.cascades[static_cast<std::size_t>(i)]), i);
    }
    plan_forward();
    if (plan_.training()) {
      plan_backward();
    }
  }

  ConstTensorView forward(const ReconstructionInput& input, Stream& stream) override {
    check_input(input, plan_.site(), !maps_net_);
    input_ = input;
    maps_ = maps_net_ ? maps_net_->forward(input.kspace, input.centre_first, input.centre_count, stream)
                      : input.maps;
    ConstComplexView k = input.kspace;
    for (Cascade& cascade : cascades_) {
      k = cascade.forward(k, input, maps_, stream);
    }
    return last_.forward(as_real(k), maps_, stream);
  }

  void backward(ConstTensorView dprediction, Stream& stream) override {
    SELFSAME_CHECK(planned_for_training_, "backward of a network that was planned for inference");
    ComplexView dmaps, dk;
    if (dmaps_ != nullptr) {
      dmaps = as_complex(*dmaps_);
      stream.queue().fill(dmaps.data, 0, dmaps.bytes());
    }
    if (dk_ != nullptr) {
      dk = as_complex(*dk_);
    }
    ConstComplexView dnext = as_complex(last_.backward(dprediction, maps_, dmaps, stream));
    for (std::size_t i = cascades_.size(); i-- > 0; dnext = dk) {
      cascades_[i].backward(i > 0 ? dk : ComplexView(), dmaps, dnext, input_, maps_, stream);
    }
    if (dmaps_ != nullptr) {
      maps_net_->backward(dmaps, stream);
    }
  }

 private:
  void plan_forward() {
    planned_maps_ = maps_net_ ? maps_net_->plan_forward() : nullptr;
    const TensorView* k = nullptr;
    for (Cascade& cascade : cascades_) {
      k = cascade.plan_forward(k, planned_maps_);
    }
    last_.plan_forward(k, planned_maps_);
  }

  void plan_backward() {
    planned_for_training_ = true;
    plan_.step();
    dmaps_ = maps_net_ ? plan_.complex("d maps", plan_.coils()) : nullptr;
    const TensorView* dnext = last_.plan_backward(dmaps_);
    if (cascades_.size() > 1) {
      plan_.step();
      plan_.use({dnext});
      dk_ = plan_.complex("d k", plan_.coils());
    }
    for (std::size_t i = cascades_.size(); i-- > 0; dnext = dk_) {
      cascades_[i].plan_backward(dnext, i > 0 ? dk_ : nullptr, dmaps_);
    }
    if (maps_net_) {
      maps_net_->plan_backward(dmaps_);
    }
  }

  ReconPlan plan_;
  LastStage last_;
  std::optional<SensitivityModel> maps_net_;
  std::deque<Cascade> cascades_;
  TensorView *planned_maps_ = nullptr, *dmaps_ = nullptr, *dk_ = nullptr;
  bool planned_for_training_ = false;
  ReconstructionInput input_;
  ConstComplexView maps_;
};

class VarNetModel final : public ReconstructionModel {
 public:
  explicit VarNetModel(const VarNetOptions& options) : options_(options) {
    SELFSAME_CHECK(options.cascades >= 1 && options.cascades <= 1000, "VarNet of {} cascades",
                   options.cascades);
    static_cast<void>(make_unet(network_options(options).unet));  // checks channels and pools
    static_cast<void>(make_unet(map_options(options).unet));
  }
  [[nodiscard]] ParameterTable parameters() const override {
    ParameterTable table;
    static_cast<void>(declare_varnet(options_, table));
    return table;
  }
  [[nodiscard]] std::unique_ptr<ReconstructionNetwork> build(const ReconstructionSite& site) const override {
    return std::make_unique<VarNet>(options_, site);
  }
  [[nodiscard]] ReconstructionOutput output() const override { return ReconstructionOutput::kKSpace; }
  [[nodiscard]] bool needs_maps(ReconstructionDomain) const override { return !options_.learned_maps; }
  [[nodiscard]] std::int64_t minimum_size() const override {
    // Padding makes multiples of 16; a standard deviation takes two pixels.
    const std::int64_t least = std::int64_t{1}
                               << std::max(options_.pools, options_.learned_maps ? options_.map_pools : 0);
    return std::max<std::int64_t>(2, least - kMultiple + 1);
  }
  [[nodiscard]] double forward_flops(std::int64_t coils, std::int64_t h, std::int64_t w) const override {
    const double transforms = fourier_flops(coils, h, w);
    const double maps =
        options_.learned_maps
            ? static_cast<double>(coils) * recon::forward_flops(map_options(options_), h, w) + transforms
            : 0.0;
    return maps +
           options_.cascades * (recon::forward_flops(network_options(options_), h, w) + 2 * transforms);
  }
  [[nodiscard]] std::string text() const override {
    return fmt::format("VarNet, {} cascades, {} channels, {} pools, {}", options_.cascades, options_.channels,
                       options_.pools,
                       options_.learned_maps ? fmt::format("learned maps ({} channels, {} pools)",
                                                           options_.map_channels, options_.map_pools)
                                             : "given maps");
  }

 private:
  VarNetOptions options_;
};

}  // namespace

std::unique_ptr<ReconstructionModel> make_varnet(const VarNetOptions& options) {
  return std::make_unique<VarNetModel>(options);
}

}  // namespace selfsame::recon
