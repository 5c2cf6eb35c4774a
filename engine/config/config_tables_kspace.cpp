// SPDX-License-Identifier: Apache-2.0
// Field tables of accelerated MRI: sources of k-space, masks, coil maps, objectives and networks. Those of
// masks and objectives come from their registries.
#include "engine/config/config_tables.hpp"
#include "engine/config/entry_field.hpp"
#include "mri/masks/mask_family.hpp"

namespace selfsame {
namespace {

constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: survives every JSON tool
constexpr double kMaxSide = 65536;             // samples
constexpr double kMaxCount = 1e9;
constexpr double kMaxCoils = 1024;

constexpr std::string_view kSimulatedMaps[] = {"birdcage", "biot_savart", "file"};
constexpr std::string_view kVarnetMaps[] = {"learned", "given"};
constexpr std::string_view kMapTypes[] = {"espirit", "low_resolution", "files"};

/// An option of a mask is a list of numbers; most take one alone.
Field mask_field(const MaskOption& option) {
  Field field = entry_field(option.name, option.doc, FieldType::kNumbers, option.default_value.empty(),
                            &MaskConfig::options);
  field.bounds = {option.min, option.max};
  if (!option.list) {
    const auto open = field.open;
    const auto peek = field.peek;
    field.type = FieldType::kNumber;
    field.open = [open](void* object) -> void* {
      auto* numbers = static_cast<std::vector<double>*>(open(object));
      numbers->resize(1);
      return numbers->data();
    };
    field.peek = [peek](const void* object) -> const void* {
      const auto* numbers = static_cast<const std::vector<double>*>(peek(object));
      return numbers == nullptr || numbers->empty() ? nullptr : numbers->data();
    };
  }
  return field;
}

std::vector<Field> mask_fields(const MaskFamilyInfo& info) {
  std::vector<Field> fields;
  for (const MaskOption& option : info.options) {
    fields.push_back(mask_field(option));
  }
  if (info.name == "fixed") {
    fields.push_back(field("file", &MaskConfig::file, "the mask: .npy of zeros and ones").must_be_given());
  }
  fields.push_back(field("frozen", &MaskConfig::frozen,
                         "one mask per slice for the whole run, as in a real acquisition; false: a new one "
                         "each epoch, which needs fully sampled data"));
  return fields;
}

Field unet_channels(Field field) { return std::move(field).at_least(1).at_most(1024); }
Field unet_pools(Field field) { return std::move(field).at_least(1).at_most(8); }

}  // namespace

std::span<const std::string_view> choice_names(SimulatedSourceConfig::Maps) { return kSimulatedMaps; }
std::span<const std::string_view> choice_names(VarnetConfig::Maps) { return kVarnetMaps; }
std::span<const std::string_view> choice_names(CoilMapsConfig::Type) { return kMapTypes; }

MaskConfig MaskConfig::make(const std::string& type) {
  MaskConfig config;
  config.type = type;
  for (const MaskFamilyInfo& info : mask_families()) {
    if (info.name == type) {
      for (const MaskOption& option : info.options) {
        if (!option.default_value.empty()) {
          config.options.emplace(option.name, option.default_value);
        }
      }
    }
  }
  return config;
}

std::vector<Alternative> kspace_sources() {
  using S = SourceConfig;
  return {
      alternative<S, KSpaceSourceConfig>(
          "kspace", "files of measured multi-coil k-space: fastMRI .h5, BART .cfl, .ra, complex .npy",
          {field("path", &KSpaceSourceConfig::path, "a file, or a folder of files").must_be_given(),
           field("central_slices", &KSpaceSourceConfig::central_slices,
                 "use only this many slices around the middle of each file; 0: all")
               .at_least(0)
               .at_most(kMaxCount)}),
      alternative<S, SimulatedSourceConfig>(
          "simulated", "multi-coil k-space made from images: phase, coil maps, noise",
          {field("path", &SimulatedSourceConfig::path,
                 "a folder of images, an image, or .npy of (N, H, W), real or complex")
               .must_be_given(),
           field("height", &SimulatedSourceConfig::height,
                 "images are cropped or zero-padded around their centre to this height; 0: as they are")
               .at_least(0)
               .at_most(kMaxSide),
           field("width", &SimulatedSourceConfig::width, "the same for their width")
               .at_least(0)
               .at_most(kMaxSide),
           field("coils", &SimulatedSourceConfig::coils, "receive coils; not with maps from a file")
               .at_least(1)
               .at_most(kMaxCoils),
           field("maps", &SimulatedSourceConfig::maps, "how the coils' sensitivities are made"),
           field("maps_file", &SimulatedSourceConfig::maps_file,
                 "with maps \"file\": complex .npy (coils, H, W)"),
           field("noise", &SimulatedSourceConfig::noise,
                 "standard deviation of the noise of each part and coil, relative to the image's largest "
                 "magnitude")
               .at_least(0)
               .at_most(10),
           field("phase", &SimulatedSourceConfig::phase,
                 "strength of the smooth random phase of real images, in radians; complex ones keep theirs")
               .at_least(0)
               .at_most(100),
           field("seed", &SimulatedSourceConfig::seed, "of maps, phase and noise")
               .at_least(0)
               .at_most(kMaxSeed)}),
      alternative<S, PhantomSourceConfig>(
          "phantoms", "random phantoms of ellipses with exact multi-coil k-space",
          {field("count", &PhantomSourceConfig::count, "how many slices").at_least(1).at_most(kMaxCount),
           field("height", &PhantomSourceConfig::height, "in samples").at_least(8).at_most(kMaxSide),
           field("width", &PhantomSourceConfig::width, "in samples").at_least(8).at_most(kMaxSide),
           field("coils", &PhantomSourceConfig::coils, "receive coils").at_least(1).at_most(kMaxCoils),
           field("noise", &PhantomSourceConfig::noise,
                 "standard deviation of the noise of each part and coil, relative to the image's largest "
                 "magnitude")
               .at_least(0)
               .at_most(10),
           field("seed", &PhantomSourceConfig::seed, "which phantoms").at_least(0).at_most(kMaxSeed)})};
}

std::vector<Alternative> kspace_models() {
  using M = ModelConfig;
  return {
      alternative<M, ReconUnetConfig>(
          "recon_unet", "U-Net on the SENSE image, both parts normalised (Klug et al. 2023)",
          {unet_channels(field("channels", &ReconUnetConfig::channels, "channels of the first level")),
           unet_pools(field("pools", &ReconUnetConfig::pools, "number of 2x2 poolings")),
           field("residual", &ReconUnetConfig::residual,
                 "image = its input - network; false as in the paper"),
           field("sense_iterations", &ReconUnetConfig::sense_iterations,
                 "its input: 0 the zero-filled image as in the paper, else that many iterations towards the "
                 "regularised least-squares image; about 20 learn more from few examples")
               .at_least(0)
               .at_most(1000),
           field("sense_lambda", &ReconUnetConfig::sense_lambda,
                 "weight of that regularisation, as CG-SENSE's")
               .above(0)
               .at_most(1)}),
      alternative<M, MagnitudeUnetConfig>(
          "magnitude_unet", "fastMRI's U-Net on the root sum of squares of the zero-filled coil images",
          {unet_channels(field("channels", &MagnitudeUnetConfig::channels, "channels of the first level")),
           unet_pools(field("pools", &MagnitudeUnetConfig::pools, "number of 2x2 poolings"))}),
      alternative<M, VarnetConfig>(
          "varnet", "end-to-end VarNet: cascades of U-Nets with soft data consistency in k-space",
          {field("cascades", &VarnetConfig::cascades, "number of cascades").at_least(1).at_most(100),
           unet_channels(field("channels", &VarnetConfig::channels, "first level of a cascade's U-Net")),
           unet_pools(field("pools", &VarnetConfig::pools, "poolings of a cascade's U-Net")),
           field("maps", &VarnetConfig::maps,
                 "coil maps: learned from the centre of k-space, or given as kspace.maps says"),
           unet_channels(
               field("map_channels", &VarnetConfig::map_channels, "first level of the maps' U-Net")),
           unet_pools(field("map_pools", &VarnetConfig::map_pools, "poolings of the maps' U-Net"))})};
}

const TaggedTable& table_of(const MaskConfig*) {
  static const TaggedTable kTable = [] {
    TaggedTable table{
        "which frequencies are sampled; files that were measured undersampled keep their own "
        "mask, and this says how it was drawn",
        {}};
    for (const MaskFamilyInfo& info : mask_families()) {
      table.alternatives.push_back(named_alternative<MaskConfig, MaskConfig>(
          std::string(info.name), std::string(info.doc), mask_fields(info)));
    }
    return table;
  }();
  return kTable;
}

const TaggedTable& table_of(const CoilMapsConfig*) {
  using C = CoilMapsConfig;
  using Type = CoilMapsConfig::Type;
  const auto calibration = [] {
    return field("calibration", &C::calibration,
                 "side of the central region that is used, at most what every mask samples")
        .at_least(4)
        .at_most(512);
  };
  static const TaggedTable kTable{
      "where coil maps come from: always from samples that the network may see",
      {alternative<C>(
           Type::kEspirit, "ESPIRiT from the centre of k-space, one set",
           {calibration(), field("kernel", &C::kernel, "side of its k-space kernel").at_least(2).at_most(16),
            field("threshold", &C::threshold, "singular values below this part of the largest are noise")
                .above(0)
                .below(1),
            field("crop", &C::crop, "maps are 0 where the largest eigenvalue is below this")
                .at_least(0)
                .below(1)}),
       alternative<C>(Type::kLowResolution, "coil images of the centre, divided by their root sum of squares",
                      {calibration()}),
       alternative<C>(Type::kFiles, "complex .npy files with the names of the k-space files",
                      {field("path", &C::path, "their folder").must_be_given()})}};
  return kTable;
}

const ObjectTable& table_of(const KSpaceConfig*) {
  using K = KSpaceConfig;
  static const ObjectTable kTable{
      "accelerated MRI: how k-space is undersampled and prepared",
      {field("mask", &K::mask, "which frequencies are sampled"),
       field("test_mask", &K::test_mask,
             "which ones where ground truth judges (validation, evaluate); absent: what the objective "
             "predicts from"),
       field("maps", &K::maps, "where coil maps come from"),
       field("readout", &K::readout,
             "keep this many samples of the image along the fully sampled readout axis (it is often twice "
             "oversampled); 0: all")
           .at_least(0)
           .at_most(kMaxSide),
       field("virtual_coils", &K::virtual_coils, "compress the coils to this many; 0: as they are")
           .at_least(0)
           .at_most(kMaxCoils),
       field("cache", &K::cache,
             "folder that keeps decoded and hashed slices, so that .h5 files are read once; absent: none are "
             "kept")}};
  return kTable;
}

}  // namespace selfsame
