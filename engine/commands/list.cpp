// SPDX-License-Identifier: Apache-2.0
// selfsame list: what can be written in a configuration, and what this machine runs.
#include <CLI/CLI.hpp>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/environment.hpp"
#include "kernels/absolute_error/absolute_error.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/base/registry.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/blind_spots/blind_spots.hpp"
#include "kernels/concat/concat.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "kernels/device/elementwise.hpp"
#include "kernels/dot/dot.hpp"
#include "kernels/gather/gather.hpp"
#include "kernels/gemm/gemm.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/keep_columns/keep_columns.hpp"
#include "kernels/layout/layout.hpp"
#include "kernels/mask_kspace/mask_kspace.hpp"
#include "kernels/masked_error/masked_error.hpp"
#include "kernels/neighbor_pairs/neighbor_pairs.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"
#include "kernels/scaled_product/scaled_product.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "kernels/ssim_loss/ssim_loss.hpp"
#include "kernels/standardize/standardize.hpp"
#include "kernels/weighted_error/weighted_error.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"
#include "models/network.hpp"
#include "mri/coils/coil_ops.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/masks/mask_family.hpp"
#include "mri/sense/sense.hpp"

namespace selfsame {
namespace {

void print_claim(const UnbiasednessClaim& claim) {
  fmt::print("  gradient: {} for the risk {}\n  input: {}\n  conditions: {}\n",
             claim.unbiased ? "unbiased" : "biased", claim.risk, claim.input, claim.conditions);
}

/// "default 0.4; from 0 to 1" or "uniform (default), gaussian".
std::string values_of(const ObjectiveOption& option) {
  if (option.choices.empty()) {
    const auto* number = std::get_if<double>(&option.default_value);
    return fmt::format("from {:g} to {:g}, default {}", option.min, option.max,
                       number != nullptr ? fmt::format("{:g}", *number) : "none");
  }
  const auto* word = std::get_if<std::string_view>(&option.default_value);
  return names_of(option.choices, [&](std::string_view choice) {
    return std::string(choice) + (word != nullptr && *word == choice ? " (default)" : "");
  });
}

void print_head(std::string_view name, std::string_view formula, std::string_view deepinv,
                std::span<const ObjectiveOption> options) {
  fmt::print("{}\n  loss: {}\n", name, formula);
  if (!deepinv.empty()) {
    fmt::print("  in DeepInverse: {}\n", deepinv);
  }
  for (const ObjectiveOption& option : options) {
    fmt::print("  option {}: {}; {}\n", option.name, option.doc, values_of(option));
  }
}

void list_kspace_objectives() {
  fmt::print("Of k-space (accelerated MRI):\n\n");
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    print_head(info.name, info.formula, info.deepinv, info.options);
    print_claim(make_kspace_objective(info.name, {})->claim());
    fmt::print("\n");
  }
}

void list_objectives() {
  fmt::print("Of images:\n\n");
  for (const ObjectiveInfo& info : objectives()) {
    print_head(info.name, info.formula, info.deepinv, info.options);
    for (const UnbiasednessClaim& claim : example_objective(info.name).objective->claims()) {
      print_claim(claim);
    }
    fmt::print("\n");
  }
}

void list_masks() {
  for (const MaskFamilyInfo& info : mask_families()) {
    fmt::print("{}{}\n  {}\n", info.name, info.planes ? " (planes: rows and columns)" : "", info.doc);
    for (const MaskOption& option : info.options) {
      std::string value;
      for (const double number : option.default_value) {
        value += fmt::format("{}{:g}", value.empty() ? "" : ", ", number);
      }
      fmt::print("  option {}: {}; from {:g} to {:g}, default {}\n", option.name, option.doc, option.min,
                 option.max, value.empty() ? "none" : value);
    }
    fmt::print("\n");
  }
  fmt::print("'selfsame mask --type NAME --width N' draws one and says what can be learned from its kind.\n");
}

/// What ops are asked for: a device, and the type and channel block of a network's activations there.
struct OpSite {
  DeviceKind device;
  DType dtype;
  [[nodiscard]] int block() const { return activation_block(device, dtype); }
};

/// "avx512*, avx2, reference": the star marks what a network uses here, brackets what cannot take the
/// problem.
template <typename Implementation, typename Problem>
void list_op(const char* op, std::span<const Implementation> list, const OpSite& site,
             const Problem& problem) {
  std::string names;
  bool chosen = false;
  for (const Implementation& implementation : list) {
    if (implementation.device != site.device) {
      continue;
    }
    const bool runs = implementation.supports(problem);
    names += fmt::format("{}{}", names.empty() ? "" : ", ",
                         runs ? implementation.name : fmt::format("[{}]", implementation.name));
    if (runs && !chosen) {
      names += "*";
      chosen = true;
    }
  }
  fmt::print("  {:<18} {}\n", op, names);
}

/// 3x3 convolution, 64 to 64 channels, 64x64 pixels: the bulk of a U-Net.
ConvShape typical_convolution(const OpSite& site) {
  ConvShape shape;
  shape.samples = 4;
  shape.c = shape.k = 64;
  shape.h = shape.w = 64;
  shape.filter = 3;
  shape.dtype = site.dtype;
  shape.x_block = shape.y_block = site.block();
  return shape;
}

ConvTransposeShape typical_transposed_convolution(const OpSite& site) {
  ConvTransposeShape shape;
  shape.samples = 4;
  shape.c = 128;
  shape.k = 64;
  shape.h = shape.w = 32;
  shape.dtype = site.dtype;
  shape.x_block = shape.y_block = site.block();
  return shape;
}

void list_ops_of(const OpSite& site) {
  const ElementwiseProblem blocked{site.dtype, site.block()};
  const ElementwiseProblem planes{DType::kF32, 1};
  LayoutProblem layout;
  layout.y_dtype = site.dtype;
  layout.y_block = site.block();
  fmt::print("{}, {}\n", name_of(site.device), name_of(site.dtype));
  list_op("activation", activation_implementations(), site, blocked);
  list_op("add", add_implementations(), site, blocked);
  list_op("average_pool", average_pool_implementations(), site, blocked);
  list_op("batch_norm", batch_norm_implementations(), site, blocked);
  list_op("concat", concat_implementations(), site, blocked);
  list_op("conv2d", conv2d_implementations(), site, typical_convolution(site));
  list_op("conv_transpose2d", conv_transpose2d_implementations(), site, typical_transposed_convolution(site));
  list_op("instance_norm", instance_norm_implementations(), site, blocked);
  list_op("layout", layout_implementations(), site, layout);
  list_op("reflect_pad", reflect_pad_implementations(), site, blocked);
  list_op("squared_error", squared_error_implementations(), site, planes);
  list_op("absolute_error", absolute_error_implementations(), site, DType::kF32);
  list_op("ssim_loss", ssim_loss_implementations(), site, DType::kF32);
  list_op("weighted_error", weighted_error_implementations(), site, DType::kF32);
  list_op("mask_kspace", mask_kspace_implementations(), site, DType::kF32);
  list_op("standardize", standardize_implementations(), site, planes);
  list_op("keep_columns", keep_columns_implementations(), site, planes);
  list_op("dot", dot_implementations(), site, DType::kF32);
  list_op("scaled_product", scaled_product_implementations(), site, DType::kF32);
  list_op("neighbor_pairs", neighbor_pairs_implementations(), site, DType::kF32);
  list_op("blind_spots", blind_spots_implementations(), site, DType::kF32);
  list_op("masked_error", masked_error_implementations(), site, DType::kF32);
  list_op("noise", noise_implementations(), site, DType::kF32);
  list_op("gather", gather_implementations(), site, DType::kF32);
  list_op("gemm", gemm_implementations(), site, GemmShape{1, 100, 100, 4096});
  list_op("optimizer", optimizer_implementations(), site, OptimizerRule{});
  list_op("coil_maps", coil_maps_implementations(), site, CoilProblem{});
  list_op("coil_magnitude", coil_magnitude_implementations(), site, CoilProblem{});
  list_op("complex_planes", complex_planes_implementations(), site, CoilProblem{});
  list_op("data_consistency", data_consistency_implementations(), site, CoilProblem{});
  list_op("fourier", fourier_implementations(), site, FourierProblem{DType::kF32, 320, 320});
  list_op("sense", sense_implementations(), site, SenseProblem{DType::kF32, 320, 320});
  if (site.device == DeviceKind::kCpu) {
    list_op("normal_noise", normal_implementations(), site, std::int64_t{1024});
  }
}

void list_ops() {
  for (const DeviceKind device : {DeviceKind::kCpu, DeviceKind::kCuda, DeviceKind::kSimulated}) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      if (device_available(device)) {
        list_ops_of({device, dtype});
      }
    }
  }
  fmt::print(
      "\n* what a network of this type uses on this machine; [name] cannot take that problem here. tf32 is "
      "used when the precision asks for it.\n");
}

void list_devices() {
  Stream stream;
  fmt::print("cpu        {} threads\n", stream.pool().threads());
  for (const auto& [name, value] : build_and_machine()) {
    if (name == "cpu" || name == "isa" || name == "memory_gib") {
      fmt::print("           {}: {}\n", name, value);
    }
  }
  for (const DeviceKind kind : {DeviceKind::kCuda, DeviceKind::kSimulated}) {
    const std::string why = why_unavailable(kind);
    fmt::print("{:<10} {}\n", name_of(kind),
               why.empty() ? device_of(kind).description() : "not here: " + why);
  }
}

struct ListArguments {
  std::string what, pointer;
};

int list(const ListArguments& a) {
  if (!a.pointer.empty() && a.what != "config") {
    fail(ErrorKind::kUsage, "list {} takes no argument, got {}", a.what, a.pointer);
  }
  if (a.what == "objectives") {
    list_objectives();
    list_kspace_objectives();
  } else if (a.what == "masks") {
    list_masks();
  } else if (a.what == "ops") {
    list_ops();
  } else if (a.what == "devices") {
    list_devices();
  } else if (a.what == "schema") {
    fmt::print("{}\n", config_schema());
  } else if (a.what == "config") {
    fmt::print("{}\n", config_help(a.pointer));
  } else {
    static const std::map<std::string, const char*> kSections{
        {"models", "/model"}, {"schedules", "/schedule"}, {"optimizers", "/optimizer"}, {"noise", "/noise"}};
    fmt::print("{}\n", config_help(kSections.at(a.what)));
  }
  return 0;
}

}  // namespace

void add_list_command(const CommandContext& context) {
  auto a = std::make_shared<ListArguments>();
  CLI::App* command =
      context.app.add_subcommand("list", "What there is: objectives, models, masks, ops, configuration keys");
  command
      ->add_option(
          "what", a->what,
          "objectives: losses, their options and what their gradients claim; masks: kinds of k-space "
          "sampling, their options and probabilities; models, schedules, optimizers, "
          "noise: keys of that section; devices; ops: implementations, and which run here; config: every "
          "key of a configuration; schema: the same as JSON Schema, for editors")
      ->required()
      ->check(CLI::IsMember({"objectives", "masks", "models", "schedules", "optimizers", "noise", "devices",
                             "ops", "config", "schema"}));
  command->add_option("pointer", a->pointer, "With config: a part of it, e.g. /optimizer or data.crop")
      ->type_name("POINTER");
  command->final_callback([a, &body = context.body] { body = [a] { return list(*a); }; });
}

}  // namespace selfsame
