// SPDX-License-Identifier: Apache-2.0
// selfsame list: what can be written in a configuration, and what this machine runs.
#include <CLI/CLI.hpp>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/config/train_config.hpp"
#include "engine/run/environment.hpp"
#include "kernels/activation/activation.hpp"
#include "kernels/add/add.hpp"
#include "kernels/average_pool/average_pool.hpp"
#include "kernels/batch_norm/batch_norm.hpp"
#include "kernels/concat/concat.hpp"
#include "kernels/conv2d/conv2d.hpp"
#include "kernels/conv_transpose2d/conv_transpose2d.hpp"
#include "kernels/device/elementwise.hpp"
#include "kernels/instance_norm/instance_norm.hpp"
#include "kernels/layout/layout.hpp"
#include "kernels/noise/noise.hpp"
#include "kernels/optimizer/optimizer.hpp"
#include "kernels/reflect_pad/reflect_pad.hpp"
#include "kernels/squared_error/squared_error.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

constexpr int kBlock = 16;  // of the activations of a network on the CPU

void list_objectives() {
  for (const ObjectiveInfo& info : objectives()) {
    fmt::print("{}\n  loss: {}\n", info.name, info.formula);
    ObjectiveOptions options;
    for (const ObjectiveOption& option : info.options) {
      fmt::print("  option {}: {}; at least {:g}, default {}\n", option.name, option.doc, option.min,
                 option.default_value ? fmt::format("{:g}", *option.default_value) : "none");
    }
    const UnbiasednessClaim claim = info.make({})->claim();
    fmt::print("  gradient: {} for the risk {}\n  input: {}\n  conditions: {}\n\n",
               claim.unbiased ? "unbiased" : "biased", claim.risk, claim.input, claim.conditions);
  }
}

/// "avx512*, avx2, reference": the star marks what a float32 network uses here, brackets what cannot run
/// here.
template <typename Implementation, typename Problem>
void list_op(const char* op, std::span<const Implementation> list, const Problem& problem) {
  std::string names;
  bool chosen = false;
  for (const Implementation& implementation : list) {
    const bool runs = implementation.supports(problem);
    names += fmt::format("{}{}", names.empty() ? "" : ", ",
                         runs ? implementation.name : fmt::format("[{}]", implementation.name));
    if (runs && !chosen) {
      names += "*";
      chosen = true;
    }
  }
  fmt::print("{:<18} {}\n", op, names);
}

/// 3x3 convolution, 64 to 64 channels, 64x64 pixels: the bulk of a U-Net.
ConvShape typical_convolution() {
  ConvShape shape;
  shape.samples = 4;
  shape.c = shape.k = 64;
  shape.h = shape.w = 64;
  shape.filter = 3;
  shape.x_block = shape.y_block = kBlock;
  return shape;
}

ConvTransposeShape typical_transposed_convolution() {
  ConvTransposeShape shape;
  shape.samples = 4;
  shape.c = 128;
  shape.k = 64;
  shape.h = shape.w = 32;
  shape.x_block = shape.y_block = kBlock;
  return shape;
}

void list_ops() {
  const ElementwiseProblem blocked{DType::kF32, kBlock};
  const ElementwiseProblem planes{DType::kF32, 1};
  LayoutProblem layout;
  layout.y_block = kBlock;
  list_op("activation", activation_implementations(), blocked);
  list_op("add", add_implementations(), blocked);
  list_op("average_pool", average_pool_implementations(), blocked);
  list_op("batch_norm", batch_norm_implementations(), blocked);
  list_op("concat", concat_implementations(), blocked);
  list_op("conv2d", conv2d_implementations(), typical_convolution());
  list_op("conv_transpose2d", conv_transpose2d_implementations(), typical_transposed_convolution());
  list_op("instance_norm", instance_norm_implementations(), blocked);
  list_op("layout", layout_implementations(), layout);
  list_op("normal_noise", normal_implementations(), std::int64_t{1024});
  list_op("optimizer", optimizer_implementations(), OptimizerRule{});
  list_op("reflect_pad", reflect_pad_implementations(), blocked);
  list_op("squared_error", squared_error_implementations(), planes);
  fmt::print(
      "\n* runs on this machine for a float32 problem as networks pose it; [name] cannot take that problem "
      "here.\n");
}

void list_devices() {
  Stream stream;
  fmt::print("cpu  {} threads\n", stream.pool().threads());
  for (const auto& [name, value] : build_and_machine()) {
    if (name == "cpu" || name == "isa" || name == "memory_gib") {
      fmt::print("     {}: {}\n", name, value);
    }
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
      context.app.add_subcommand("list", "What there is: objectives, models, ops, configuration keys");
  command
      ->add_option(
          "what", a->what,
          "objectives: losses, their options and what their gradients claim; models, schedules, optimizers, "
          "noise: keys of that section; devices; ops: implementations, and which run here; config: every "
          "key of a configuration; schema: the same as JSON Schema, for editors")
      ->required()
      ->check(CLI::IsMember({"objectives", "models", "schedules", "optimizers", "noise", "devices", "ops",
                             "config", "schema"}));
  command->add_option("pointer", a->pointer, "With config: a part of it, e.g. /optimizer or data.crop")
      ->type_name("POINTER");
  command->final_callback([a, &body = context.body] { body = [a] { return list(*a); }; });
}

}  // namespace selfsame
