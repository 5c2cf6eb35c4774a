// SPDX-License-Identifier: Apache-2.0
// Field tables: where images come from, noise, objective, model.
#include "engine/config/config_tables.hpp"

namespace selfsame {
namespace {

constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: survives every JSON tool
constexpr double kMaxCount = 1e12;             // images, steps, epochs: far beyond use, far below overflow
constexpr double kMaxSide = 65536;             // pixels

constexpr std::string_view kPositions[] = {"random", "centre"};
constexpr std::string_view kAugments[] = {"none", "flips", "dihedral"};
constexpr std::string_view kOnError[] = {"refuse", "skip"};
constexpr std::string_view kNoiseTypes[] = {"none", "gaussian", "poisson", "poisson_gaussian", "gamma"};

/// The alternatives of a table, those of accelerated MRI behind the others.
TaggedTable with(TaggedTable table, std::vector<Alternative> more) {
  std::move(more.begin(), more.end(), std::back_inserter(table.alternatives));
  return table;
}

Field io_channels(Field field) { return std::move(field).at_least(0).at_most(1024); }

}  // namespace

std::span<const std::string_view> choice_names(CropConfig::Position) { return kPositions; }
std::span<const std::string_view> choice_names(DataConfig::Augment) { return kAugments; }
std::span<const std::string_view> choice_names(DataConfig::OnError) { return kOnError; }
std::span<const std::string_view> choice_names(NoiseConfig::Type) { return kNoiseTypes; }

const TaggedTable& table_of(const SourceConfig*) {
  using S = SourceConfig;
  static const TaggedTable kTable = with(
      {"where images or k-space come from",
       {alternative<S, FolderSourceConfig>(
            "folder", "PNG and JPEG files of a folder, in the order of their names",
            {field("path", &FolderSourceConfig::path, "the folder").must_be_given(),
             field("recursive", &FolderSourceConfig::recursive, "folders below it as well")}),
        alternative<S, ListSourceConfig>(
            "list", "image files named in a text file",
            {field("path", &ListSourceConfig::path, "text file with one path per line").must_be_given()}),
        alternative<S, NpySourceConfig>(
            "npy", "a stack of images of equal size",
            {field("path", &NpySourceConfig::path, "the .npy file, (N, H, W) or (N, C, H, W)")
                 .must_be_given()}),
        alternative<S, PairsSourceConfig>(
            "pairs", "measured pairs: files of equal name in two folders, or two npy stacks",
            {field("inputs", &PairsSourceConfig::inputs, "folder or npy stack of noisy images")
                 .must_be_given(),
             field("targets", &PairsSourceConfig::targets,
                   "folder or npy stack of clean images (supervised) or of second noisy images (noise2noise)")
                 .must_be_given()}),
        alternative<S, DeadLeavesSourceConfig>(
            "dead_leaves", "generated images of overlapping textured discs",
            {field("count", &DeadLeavesSourceConfig::count, "how many images").at_least(1).at_most(kMaxCount),
             field("height", &DeadLeavesSourceConfig::height, "in pixels").at_least(1).at_most(kMaxSide),
             field("width", &DeadLeavesSourceConfig::width, "in pixels").at_least(1).at_most(kMaxSide),
             field("seed", &DeadLeavesSourceConfig::seed, "which images").at_least(0).at_most(kMaxSeed)})}},
      kspace_sources());
  return kTable;
}

const ObjectTable& table_of(const CropConfig*) {
  static const ObjectTable kTable{
      "what part of a training image a step sees",
      {field("size", &CropConfig::size, "side in pixels; 0: the whole image").at_least(0).at_most(kMaxSide),
       field("position", &CropConfig::position, "drawn anew each epoch, or the centre")}};
  return kTable;
}

const ObjectTable& table_of(const DataConfig*) {
  using D = DataConfig;
  static const ObjectTable kTable{
      "images",
      {field("train", &D::train, "training images").must_be_given(),
       field("train_size", &D::train_size,
             "use only this many training images, drawn by subset_seed; smaller subsets lie in larger ones; "
             "0: all")
           .at_least(0)
           .at_most(kMaxCount),
       field("subset_seed", &D::subset_seed, "which images are held out for validation, and which subset")
           .at_least(0)
           .at_most(kMaxSeed),
       field("train_seed", &D::train_seed,
             "another draw of the training images among those that are not held out; -1: by subset_seed")
           .at_least(-1)
           .at_most(kMaxSeed),
       field("validation", &D::validation,
             "validation images; absent: some are held out of the training images"),
       field("validation_count", &D::validation_count,
             "images held out when there is no validation source; 0: a tenth, at least 1 and at most 64")
           .at_least(0)
           .at_most(kMaxCount),
       field("channels", &D::channels,
             "1: gray, 3: colour, images are converted; 4: packed raw (R, G, G, B) of npy files, as it is")
           .only({1, 3, 4}),
       field("crop", &D::crop, "what part of a training image a step sees"),
       field("augment", &D::augment, "random flips, or all 8 symmetries of the square"),
       field("on_error", &D::on_error,
             "at a damaged file: stop with its name, or name it and go on without it")}};
  return kTable;
}

const TaggedTable& table_of(const NoiseConfig*) {
  using N = NoiseConfig;
  const auto sigma = [] {
    return field("sigma", &N::sigma,
                 "standard deviation of the Gaussian noise, in units of 1/unit of the range")
        .above(0)
        .at_most(1e6);
  };
  const auto unit = [] {
    return field("unit", &N::unit, "the value of white in which sigma is given: 255, or 1")
        .above(0)
        .at_most(1e6);
  };
  const auto peak = [] {
    return field("peak", &N::peak, "photons at white: noisy = Poisson(peak * clean) / peak")
        .above(0)
        .at_most(1e9);
  };
  const auto frozen = [] {
    return field(
        "frozen", &N::frozen,
        "one draw per image for the whole run; false: a new draw each epoch, which reveals the clean image");
  };
  using Type = NoiseConfig::Type;
  static const TaggedTable kTable{
      "noise added to clean images",
      {alternative<N>(Type::kNone, "no noise is added: for measured pairs", {}),
       alternative<N>(Type::kGaussian, "additive white Gaussian noise", {sigma(), unit(), frozen()}),
       alternative<N>(Type::kPoisson, "photon noise", {peak(), frozen()}),
       alternative<N>(Type::kPoissonGaussian, "photon noise, then additive Gaussian noise",
                      {sigma(), unit(), peak(), frozen()}),
       alternative<N>(Type::kGamma, "speckle: noisy = clean * Gamma(looks) / looks",
                      {field("looks", &N::looks,
                             "independent looks that were averaged; the noise is clean / "
                             "sqrt(looks)")
                           .above(0)
                           .at_most(1e6),
                       frozen()})}};
  return kTable;
}

const TaggedTable& table_of(const ObjectiveConfig*) {
  static const TaggedTable kTable =
      with({"what is minimised", image_objective_alternatives()}, kspace_objective_alternatives());
  return kTable;
}

const TaggedTable& table_of(const ModelConfig*) {
  using M = ModelConfig;
  static const TaggedTable kTable = with(
      {"the network",
       {alternative<M, UnetConfig>(
            "unet", "U-Net with instance norm, LeakyReLU 0.2 and average pooling",
            {io_channels(
                 field("in", &UnetConfig::in, "input channels; 0: data.channels, or 1 for a model alone")),
             io_channels(field("out", &UnetConfig::out, "output channels; 0: as in")),
             field("channels", &UnetConfig::channels, "channels of the first level; each level doubles them")
                 .at_least(1)
                 .at_most(1024),
             field("pools", &UnetConfig::pools, "number of 2x2 poolings").at_least(1).at_most(8),
             field("residual", &UnetConfig::residual, "output = input - network(input)")}),
        alternative<M, DncnnConfig>(
            "dncnn", "convolution, batch norm and ReLU in a row; output = input - network(input)",
            {io_channels(
                 field("in", &DncnnConfig::in, "input channels; 0: data.channels, or 1 for a model alone")),
             io_channels(field("out", &DncnnConfig::out, "output channels; 0: as in")),
             field("layers", &DncnnConfig::layers, "number of 3x3 convolutions").at_least(3).at_most(100),
             field("channels", &DncnnConfig::channels, "channels between the first and the last")
                 .at_least(1)
                 .at_most(1024)})}},
      kspace_models());
  return kTable;
}

}  // namespace selfsame
