// SPDX-License-Identifier: Apache-2.0
// selfsame simulate: fully sampled multi-coil k-space from images or analytic phantoms, with everything that
// made it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/commands/simulate_examples.hpp"
#include "engine/config/json_value.hpp"
#include "engine/run/environment.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/npy_file.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

constexpr const char* kFolders[] = {"kspace", "maps", "images"};

std::string file_name(std::int64_t number) { return fmt::format("{:06}.npy", number); }

void write_stack(const fs::path& path, const ComplexStack& stack, bool image) {
  std::vector<std::int64_t> shape{stack.coils, stack.h, stack.w};
  if (image) {
    shape.erase(shape.begin());
  }
  write_npy<std::complex<float>>(path.string(), stack.values, shape);
}

/// Everything that the files are a function of.
std::string description(const SimulateArguments& a, const SimulationOptions& o,
                        const SimulationExamples& examples, const std::string& invocation) {
  const bool phantoms = a.images.empty(), measured = o.measured_maps != nullptr;
  JsonValue root = JsonValue::object();
  root.add("what", JsonValue::of("simulated multi-coil k-space, fully sampled: no measured data"));
  root.add("made_by", JsonValue::of(fmt::format("selfsame {}", kVersion)));
  root.add("command", JsonValue::of(invocation));
  root.add("source", JsonValue::of(examples.text));
  root.add("seed", JsonValue::of(std::to_string(o.seed)));  // text: all 64 bits
  root.add("first", JsonValue::of(a.first));
  JsonValue& maps = root.add("maps", JsonValue::object());
  maps.add("type", JsonValue::of(a.maps));
  maps.add("coils", JsonValue::of(static_cast<std::int64_t>(o.maps.coils)));
  maps.add("normalized", JsonValue::of(o.maps.normalized));
  if (!measured) {
    maps.add("radius", JsonValue::of(o.maps.radius));
    maps.add("loop_radius", JsonValue::of(o.maps.loop_radius));
    maps.add("variation", JsonValue::of(o.maps.variation));
  }
  JsonValue& noise = root.add("noise", JsonValue::object());
  noise.add("standard_deviation", JsonValue::of(o.noise));
  noise.add("covariance", a.covariance.empty() ? JsonValue::null() : JsonValue::of(a.covariance));
  if (phantoms) {
    JsonValue& phantom = root.add("phantom", JsonValue::object());
    phantom.add("size", JsonValue::of(a.size));
    phantom.add("details", JsonValue::of(static_cast<std::int64_t>(a.details)));
    phantom.add("tissue_phase", JsonValue::of(a.tissue_phase));
    phantom.add("map_plane_waves", JsonValue::of(static_cast<std::int64_t>(kPhantomReach)));
  } else {
    root.add("phase", JsonValue::of(o.phase));
  }
  JsonValue& files = root.add("files", JsonValue::object());
  files.add("kspace", JsonValue::of("kspace/NNNNNN.npy (coils, h, w) complex64, DC at (h // 2, w // 2), "
                                    "orthonormal: image = fftshift(ifft2(ifftshift(k), norm='ortho'))"));
  files.add("maps", JsonValue::of("maps/NNNNNN.npy (coils, h, w) complex64"));
  files.add("images", JsonValue::of("images/NNNNNN.npy (h, w) complex64, the truth without noise"));
  JsonValue& list = root.add("examples", JsonValue::array());
  for (std::int64_t i = 0; i < examples.count; ++i) {
    JsonValue example = JsonValue::object();
    example.add("file", JsonValue::of(file_name(a.first + i)));
    example.add("source", JsonValue::of(examples.name(i)));
    list.items.push_back(std::move(example));
  }
  return json_text(root) + "\n";
}

void refuse_existing_outputs(const SimulateArguments& a, std::int64_t count) {
  std::vector<fs::path> paths{fs::path(a.out) / "simulation.json"};
  for (std::int64_t i = 0; i < count; ++i) {
    for (const char* folder : kFolders) {
      paths.push_back(fs::path(a.out) / folder / file_name(a.first + i));
    }
  }
  refuse_existing(paths);
}

/// At most one line a second.
class ProgressLines {
 public:
  explicit ProgressLines(std::int64_t total) : total_(total) {}
  void show(std::int64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (done < total_ && now - shown_ < std::chrono::seconds(1)) {
      return;
    }
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print("{}/{}  {:.1f} s, {:.0f} s left\n", done, total_, seconds,
               seconds / static_cast<double>(done) * static_cast<double>(total_ - done));
    std::fflush(stdout);
  }

 private:
  std::int64_t total_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_ = start_;
};

int simulate(const SimulateArguments& a, const std::string& invocation) {
  const SimulationOptions options = simulation_options(a);
  const SimulationExamples examples = open_examples(a, options);
  if (a.first + examples.count > 0xFFFFFFFFLL) {
    fail(ErrorKind::kUsage, "--first {}: examples are numbered below 2^32", a.first);
  }
  if (!a.overwrite) {
    refuse_existing_outputs(a, examples.count);
  }
  Stream stream(DeviceKind::kCpu, a.threads);
  const fs::path out(a.out);
  fmt::print("{} example{}: {}\n", examples.count, examples.count == 1 ? "" : "s", examples.text);
  fmt::print("{} coils, maps {}, noise {:g} per part and coil, seed {}\n", options.maps.coils, a.maps,
             a.noise, a.seed);
  std::fflush(stdout);
  ProgressLines lines(examples.count);
  for (std::int64_t i = 0; i < examples.count; ++i) {
    const std::int64_t number = a.first + i;
    SimulatedExample made;
    try {
      made = examples.make(i, static_cast<std::uint32_t>(number), stream);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kData) {
        throw;
      }
      fail(ErrorKind::kData, "{}: {}", examples.name(i), error.what());
    }
    if (i == 0) {  // the options are good: now folders may appear
      for (const char* folder : kFolders) {
        make_folder(out / folder);
      }
    }
    write_stack(out / "kspace" / file_name(number), made.kspace, false);
    write_stack(out / "maps" / file_name(number), made.maps, false);
    write_stack(out / "images" / file_name(number), made.image, true);
    lines.show(i + 1);
  }
  // Last, so that a folder with it is complete.
  write_file_atomically(out / "simulation.json", description(a, options, examples, invocation));
  fmt::print("Written to {}: kspace, maps, images, simulation.json\n", out.string());
  return 0;
}

}  // namespace

void add_simulate_command(const CommandContext& context) {
  auto a = std::make_shared<SimulateArguments>();
  CLI::App* command =
      context.app.add_subcommand("simulate", "Make multi-coil MRI k-space from images or analytic phantoms");
  command
      ->add_option("--images", a->images,
                   "PNG, JPEG or npy images, a folder or a list of them; or one npy of complex images")
      ->type_name("PATH");
  command->add_option("--phantoms", a->phantoms, "Instead: so many random phantoms of ellipses")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}));
  command->add_option("--out", a->out, "Folder for kspace, maps, images and simulation.json")
      ->type_name("DIR")
      ->required();
  CLI::Option* coils =
      command->add_option("--coils", a->coils, "Receiver coils; default 8, or as in the maps");
  coils->type_name("N")->check(CLI::Range(1, 256));
  command
      ->add_option(
          "--maps", a->maps,
          "birdcage (default), biot_savart (loops around the object), or measured maps (coils, h, w) in "
          "a file")
      ->type_name("NAME|FILE.npy");
  command->add_flag("--raw-maps", a->raw_maps, "Do not divide maps by the root of their sum of squares");
  command
      ->add_option("--variation", a->variation, "How much coils differ between examples, 0 to 1; default 1")
      ->type_name("V");
  command
      ->add_option("--radius", a->radius, "Of the coils' cylinder in half image sides, from 1.5; default 1.6")
      ->type_name("R");
  command->add_option("--loop-radius", a->loop_radius, "Of biot_savart loops; default by the number of coils")
      ->type_name("R");
  command
      ->add_option("--noise", a->noise,
                   "Standard deviation of real and imaginary part in the image's units; default 0")
      ->type_name("SD");
  command->add_option("--noise-covariance", a->covariance, "Complex (coils, coils), relative to SD^2")
      ->type_name("FILE.npy");
  command
      ->add_option("--phase", a->phase,
                   "Standard deviation in radians of the smooth phase of real images; default 1, 0: none")
      ->type_name("RADIANS");
  command->add_option("--size", a->size, "Of phantoms; default 256x256")->type_name("HxW");
  command->add_option("--details", a->details, "Ellipses inside a phantom; default 16")->type_name("N");
  command->add_option("--tissue-phase", a->tissue_phase, "Of a phantom's ellipses, sd in radians; default 0")
      ->type_name("RADIANS");
  command->add_option("--seed", a->seed, "Default 0")->type_name("N");
  command
      ->add_option(
          "--first", a->first,
          "Number of the first example; default 0. Ranges that do not overlap share nothing but the seed")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--threads", a->threads, "CPU threads, 0 = all; results do not depend on it")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--overwrite", a->overwrite, "Replace files that exist");
  command->footer(
      "k_c = F (maps_c x exp(i phase)) + noise, F the centred orthonormal Fourier transform. Maps, phase "
      "and\n"
      "noise are functions of the seed and the example's number: the same for any threads and any order.\n"
      "Integer images are scaled to [0, 1]; --noise 0.02 is then 2 % of white. With normalised maps the "
      "noise\n"
      "of the coil combination has the same standard deviation.\n"
      "Phantoms are sampled from their continuous Fourier transform, as a scanner does: their images ring "
      "at\n"
      "edges. Maps are then sums of plane waves close to those asked for, for which that is exact.\n"
      "The outcome is simulated data: images that a scanner reconstructed are smoother than raw data, and\n"
      "results on them are too good. Say so where you report them.\n"
      "Examples: selfsame simulate --phantoms 100 --noise 0.02 --out phantoms\n"
      "          selfsame simulate --images knees.npy --maps biot_savart --coils 12 --noise 0.01 --out "
      "knees");
  command->final_callback([a, coils, &body = context.body, &invocation = context.invocation] {
    a->coils_given = coils->count() > 0;
    body = [a, &invocation] { return simulate(*a, invocation); };
  });
}

}  // namespace selfsame
