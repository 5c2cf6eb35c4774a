// SPDX-License-Identifier: Apache-2.0
// selfsame mask: draws one sampling mask, and says what a self-supervised objective can learn from masks like
// it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <numeric>

#include "engine/commands/command_files.hpp"
#include "engine/commands/commands.hpp"
#include "engine/config/json_value.hpp"
#include "engine/config/suggest.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/npy_file.hpp"
#include "mri/masks/mask_family.hpp"
#include "mri/masks/overlap_split.hpp"
#include "mri/masks/preflight.hpp"
#include "mri/masks/splits.hpp"

namespace selfsame {
namespace {

constexpr std::size_t kColumnsShown = 16;
constexpr std::int64_t kWidestPicture = 96;

struct MaskArguments {
  std::string type, file, mask, objective = "weighted_ssdu", split = "uniform", out, json;
  std::int64_t width = 0, height = 1;
  std::uint64_t seed = 0;
  std::uint32_t example = 0;
  std::vector<double> center_fractions, accelerations;
  std::vector<std::string> options;
  double loss_share = 0.4, input_acceleration = 4;
  bool seeded = false;
};

// ---- what is asked for

const MaskFamilyInfo& family_info(const std::vector<MaskFamilyInfo>& families, const std::string& type) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const MaskFamilyInfo& info) { return info.name == type; });
  if (found == families.end()) {
    std::vector<std::string> names;
    std::string list;
    for (const MaskFamilyInfo& info : families) {
      names.emplace_back(info.name);
      list += (list.empty() ? "" : ", ") + names.back();
    }
    const std::string guess = did_you_mean(type, names);
    fail(ErrorKind::kUsage, "no mask type '{}'{}{}; known: {}", type, guess.empty() ? "" : ": ", guess, list);
  }
  return *found;
}

/// Under the family's own name for it: fastMRI's types take lists, ours one number.
void add_option(MaskOptions& options, const MaskFamilyInfo& info, const std::vector<double>& values,
                const std::string& several, const std::string& one) {
  if (!values.empty()) {
    const bool list = std::any_of(info.options.begin(), info.options.end(),
                                  [&](const MaskOption& option) { return option.name == several; });
    options[list ? several : one] = values;
  }
}

/// "order=6" or "accelerations=4,8".
void add_assignment(MaskOptions& options, const std::string& text) {
  const std::size_t equals = text.find('=');
  std::vector<double> values;
  bool good = equals != std::string::npos && equals > 0;
  for (std::size_t at = equals + 1; good && at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, value);
    good = error == std::errc() && stop == text.data() + end;
    values.push_back(value);
    at = end + 1;
  }
  if (!good) {
    fail(ErrorKind::kUsage,
         "--option {}: write NAME=NUMBER or NAME=NUMBER,NUMBER; 'selfsame list masks' has the names", text);
  }
  options[text.substr(0, equals)] = values;
}

MaskOptions mask_options(const MaskArguments& a, const MaskFamilyInfo& info) {
  MaskOptions options;
  add_option(options, info, a.center_fractions, "center_fractions", "center_fraction");
  add_option(options, info, a.accelerations, "accelerations", "acceleration");
  for (const std::string& text : a.options) {
    add_assignment(options, text);
  }
  return options;
}

/// A fixed mask brings its size along.
MaskSite mask_site(const MaskArguments& a) {
  MaskSite site{a.height, a.width, a.mask};
  if (!a.mask.empty() && a.width == 0) {
    const std::vector<std::int64_t> shape = NpyFile(a.mask).header().shape;
    site.w = shape.empty() ? 0 : shape.back();
    site.h = shape.size() == 2 ? shape[0] : 1;
  }
  if (site.w == 0) {
    fail(ErrorKind::kUsage, "give the number of columns: --width N");
  }
  return site;
}

// ---- the preflight of an objective

struct ObjectivePreflight {
  MaskPreflight result;
  std::string text;  ///< which split and weights
};

SplitRule split_rule(const MaskArguments& a) {
  SplitRule rule;
  rule.loss_share = a.loss_share;
  rule.selection = a.split == "gaussian"      ? SplitRule::Selection::kGaussian
                   : a.split == "fixed_count" ? SplitRule::Selection::kFixedCount
                                              : SplitRule::Selection::kUniform;
  return rule;
}

/// Of ssdu, weighted_ssdu and paper_split. Errors: Error(kUsage) if the objective cannot be used with the
/// law.
ObjectivePreflight closed_form(const MaskArguments& a, const SamplingLaw& law) {
  ObjectivePreflight preflight;
  if (a.objective == "paper_split") {
    preflight.text = fmt::format("paper_split, input at R = {}, exact weights", a.input_acceleration);
    OverlapRule rule;
    rule.acceleration = a.input_acceleration;
    rule.rounding = OverlapRule::Rounding::kRandom;
    const OverlapProbabilities p = overlap_probabilities(law, rule);
    preflight.result = mask_preflight(law, p.in_loss_of_rest, p.weight_of_rest);
    return preflight;
  }
  const std::vector<double> in_loss = in_loss_probabilities(law, split_rule(a));
  const bool weighted = a.objective == "weighted_ssdu";
  preflight.text = fmt::format("{}, {} split, {} of the lines outside the centre to the loss", a.objective,
                               a.split, a.loss_share);
  preflight.result = mask_preflight(
      law, in_loss, weighted ? loss_weights(in_loss) : std::vector<double>(in_loss.size(), 1.0));
  return preflight;
}

/// What an objective refuses is a result here: impossible, and why.
ObjectivePreflight objective_preflight(const MaskArguments& a, const SamplingLaw& law) {
  if (!(a.loss_share > 0 && a.loss_share < 1)) {
    fail(ErrorKind::kUsage, "--loss-share {} must be between 0 and 1", a.loss_share);
  }
  if (!(a.input_acceleration > 1)) {
    fail(ErrorKind::kUsage, "--input-acceleration {} must be above 1", a.input_acceleration);
  }
  try {
    return closed_form(a, law);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) {
      throw;
    }
    ObjectivePreflight preflight;
    preflight.text = a.objective;
    preflight.result = mask_law_preflight(law);
    preflight.result.verdict = MaskPreflight::Verdict::kImpossible;
    preflight.result.notes.emplace_back(error.what());
    return preflight;
  }
}

// ---- what is said

std::vector<std::int64_t> sampled_places(const SamplingMask& mask) {
  std::vector<std::int64_t> places;
  for (std::int64_t j = 0; j < std::ssize(mask.sampled); ++j) {
    if (mask.sampled[static_cast<std::size_t>(j)] != 0) {
      places.push_back(j);
    }
  }
  return places;
}

std::string first_columns(const SamplingMask& mask) {
  const std::vector<std::int64_t> places = sampled_places(mask);
  std::string text;
  for (std::size_t i = 0; i < std::min(kColumnsShown, places.size()); ++i) {
    text += i == 0 ? "" : " ";
    text += mask.h == 1 ? std::to_string(places[i])
                        : fmt::format("({},{})", places[i] / mask.w, places[i] % mask.w);
  }
  return text + (places.size() > kColumnsShown ? " ..." : "");
}

/// One line: '|' where all columns of a piece are sampled, ':' where some are, '.' where none is.
std::string picture(const SamplingMask& mask) {
  const std::int64_t piece = (mask.w + kWidestPicture - 1) / kWidestPicture;
  std::string text;
  for (std::int64_t from = 0; from < mask.w; from += piece) {
    const std::int64_t to = std::min(mask.w, from + piece);
    const auto count = std::count(mask.sampled.begin() + from, mask.sampled.begin() + to, std::uint8_t{1});
    text += count == to - from ? '|' : count > 0 ? ':' : '.';
  }
  return text;
}

void print_mask(const MaskArguments& a, const DrawnMask& drawn, const SamplingLaw& law) {
  const SamplingMask& mask = drawn.mask;
  const double size = static_cast<double>(mask.h * mask.w), count = static_cast<double>(mask.count());
  fmt::print("mask        {}\n", law.text);
  fmt::print("size        {}\n", mask.h == 1 ? fmt::format("{} columns", mask.w)
                                             : fmt::format("{} rows x {} columns", mask.h, mask.w));
  fmt::print("num_low     {}\n", drawn.low_frequencies);
  const double expected = std::accumulate(law.probability.begin(), law.probability.end(), 0.0);
  fmt::print("sampled     {}, 1 of {:.3f}; 1 of {:.3f} on average\n", mask.count(), size / count,
             size / expected);
  fmt::print("first       {}\n", first_columns(mask));
  fmt::print("crc32       {:08x}\n", mask_crc32(mask));
  fmt::print("drawn with  {}\n", a.file.empty() ? fmt::format("seed {}, example {}", a.seed, a.example)
                                                : fmt::format("the name {}, as fastMRI does", a.file));
  if (mask.h == 1) {
    fmt::print("            {}\n", picture(mask));
  }
}

JsonValue json_of(const Spread& s) {
  JsonValue v = JsonValue::object();
  v.add("count", JsonValue::of(s.count));
  v.add("min", JsonValue::of(s.min));
  v.add("mean", JsonValue::of(s.mean));
  v.add("max", JsonValue::of(s.max));
  v.add("cv", JsonValue::of(s.cv));
  return v;
}

std::string json_text_of(const MaskArguments& a, const DrawnMask& drawn, const SamplingLaw& law,
                         const ObjectivePreflight& preflight) {
  JsonValue root = JsonValue::object();
  root.add("type", JsonValue::of(a.type));
  root.add("text", JsonValue::of(law.text));
  root.add("height", JsonValue::of(drawn.mask.h));
  root.add("width", JsonValue::of(drawn.mask.w));
  root.add("pair", JsonValue::of(drawn.pair));
  root.add("num_low", JsonValue::of(drawn.low_frequencies));
  root.add("sampled", JsonValue::of(drawn.mask.count()));
  root.add("crc32", JsonValue::of(fmt::format("{:08x}", mask_crc32(drawn.mask))));
  JsonValue& places = root.add("indices", JsonValue::array());
  for (const std::int64_t j : sampled_places(drawn.mask)) {
    places.items.push_back(JsonValue::of(j));
  }
  JsonValue& probability = root.add("probability", JsonValue::array());
  for (const double p : law.probability) {
    probability.items.push_back(JsonValue::of(p));
  }
  const MaskPreflight& p = preflight.result;
  JsonValue& flight = root.add("preflight", JsonValue::object());
  flight.add("objective", JsonValue::of(preflight.text));
  flight.add("verdict", JsonValue::of(name_of(p.verdict)));
  flight.add("always", JsonValue::of(p.always));
  flight.add("never", JsonValue::of(p.never));
  flight.add("sampled", json_of(p.sampled));
  flight.add("in_loss", json_of(p.in_loss));
  flight.add("weight", json_of(p.weight));
  flight.add("effective", json_of(p.effective));
  JsonValue& notes = flight.add("notes", JsonValue::array());
  for (const std::string& note : p.notes) {
    notes.items.push_back(JsonValue::of(note));
  }
  return json_text(root) + "\n";
}

void write_mask(const std::string& path, const SamplingMask& mask) {
  const std::vector<std::int64_t> shape =
      mask.h == 1 ? std::vector<std::int64_t>{mask.w} : std::vector<std::int64_t>{mask.h, mask.w};
  make_folder(std::filesystem::path(path).parent_path());
  write_npy<std::uint8_t>(path, mask.sampled, shape);
}

int run_mask(const MaskArguments& a) {
  const std::vector<MaskFamilyInfo> families = mask_families();
  const MaskFamilyInfo& info = family_info(families, a.type);
  const auto family = make_mask_family(a.type, mask_site(a), mask_options(a, info));
  if (!a.file.empty() && a.seeded) {
    fail(ErrorKind::kUsage, "--file and --seed both say how the mask is drawn; give one");
  }
  const DrawnMask drawn = a.file.empty()
                              ? family->draw(RandomStream(a.seed, RandomPurpose::kMask, 0, a.example))
                              : family->draw_for_file(a.file);
  const SamplingLaw law = family->law(drawn.pair);
  const bool only_json = a.json == "-";
  if (!only_json) {
    print_mask(a, drawn, law);
    if (family->pairs() > 1) {
      fmt::print("pair        {} of {}; the preflight is that of masks of this pair\n", drawn.pair + 1,
                 family->pairs());
    }
    std::fflush(stdout);
  }
  const ObjectivePreflight preflight = objective_preflight(a, law);
  if (!only_json) {
    fmt::print("preflight   {}\n{}", preflight.text, preflight_table(preflight.result));
  }
  if (!a.out.empty()) {
    write_mask(a.out, drawn.mask);
  }
  if (only_json) {
    fmt::print("{}", json_text_of(a, drawn, law, preflight));
  } else if (!a.json.empty()) {
    write_file_atomically(a.json, json_text_of(a, drawn, law, preflight));
  }
  return 0;
}

}  // namespace

void add_mask_command(const CommandContext& context) {
  auto a = std::make_shared<MaskArguments>();
  CLI::App* command = context.app.add_subcommand(
      "mask", "Draw one sampling mask; say what self-supervised training can learn from masks like it");
  command->add_option("--type", a->type, "Kind of mask; 'selfsame list masks' says what each one samples")
      ->type_name("NAME")
      ->required();
  command->add_option("--width", a->width, "Columns: the phase-encoding axis")->type_name("N");
  command->add_option("--height", a->height, "Rows, for masks of planes")->type_name("N");
  command
      ->add_option("--center-fractions", a->center_fractions,
                   "Fully sampled part around DC; several make pairs")
      ->type_name("F")
      ->delimiter(',');
  command
      ->add_option("--accelerations", a->accelerations,
                   "Columns per sampled column, one for each centre fraction")
      ->type_name("R")
      ->delimiter(',');
  command->add_option("--option", a->options, "Another option of the type, e.g. --option order=6")
      ->type_name("NAME=NUMBER");
  command->add_option("--mask", a->mask, "With --type fixed: the mask, a .npy file of 0 and 1")
      ->type_name("FILE");
  command
      ->add_option("--file", a->file,
                   "Draw as fastMRI does in validation: seeded by this name of a file, its ending included")
      ->type_name("NAME");
  command->add_option("--seed", a->seed, "Seed of the run whose mask is drawn (default 0)")
      ->type_name("N")
      ->each([a](const std::string&) { a->seeded = true; });
  command->add_option("--example", a->example, "Number of the example whose mask is drawn (default 0)")
      ->type_name("N");
  command
      ->add_option(
          "--objective", a->objective,
          "Whose preflight is made: weighted_ssdu (default), ssdu (no weights) or paper_split (overlapping)")
      ->check(CLI::IsMember({"ssdu", "weighted_ssdu", "paper_split"}))
      ->type_name("NAME");
  command
      ->add_option("--split", a->split,
                   "Which samples go to the loss, for ssdu: uniform, gaussian or fixed_count")
      ->check(CLI::IsMember({"uniform", "gaussian", "fixed_count"}))
      ->type_name("NAME");
  command
      ->add_option("--loss-share", a->loss_share,
                   "Part of the samples outside the centre that go to the loss")
      ->type_name("F");
  command->add_option("--input-acceleration", a->input_acceleration, "Of the input, for paper_split")
      ->type_name("R");
  command->add_option("--out", a->out, "Write the mask: .npy of bytes 0 and 1, (width) or (height, width)")
      ->type_name("FILE");
  command
      ->add_option("--json", a->json,
                   "Write everything as JSON, probabilities included; '-' prints nothing else")
      ->type_name("FILE");
  command->footer(
      "The preflight is computed from closed-form probabilities, not from draws. Its verdict is one of\n"
      "  exact         every frequency counts 1 in the expected loss, for each input: unbiased\n"
      "  proportional  every frequency counts the same, but not 1: unbiased up to the gradient's length\n"
      "  uneven        frequencies count differently: biased\n"
      "  dependent     right on average only: the input tells which other lines were sampled\n"
      "  impossible    some frequency is never compared, whatever the weights\n"
      "Examples:\n"
      "  selfsame mask --type random --width 368 --file file1000000.h5\n"
      "      fastMRI's validation mask of that file, to the bit; compare the crc32\n"
      "  selfsame mask --type equispaced_fraction --width 368 --center-fractions 0.08 --accelerations 4\n"
      "      shows which columns no offset ever samples\n"
      "  selfsame mask --type variable_density --width 128 --objective ssdu\n"
      "      how unevenly frequencies count without weights; compare --objective weighted_ssdu\n"
      "  selfsame mask --type poisson_disc --height 256 --width 256 --accelerations 8 --out mask.npy");
  command->final_callback([a, &body = context.body] { body = [a] { return run_mask(*a); }; });
}

}  // namespace selfsame
