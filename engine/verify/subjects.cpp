// SPDX-License-Identifier: Apache-2.0
#include "engine/verify/subjects.hpp"

#include "engine/setup/kspace_setup.hpp"
#include "engine/setup/setup.hpp"
#include "losses/kspace/registry.hpp"
#include "losses/registry.hpp"

namespace selfsame {
namespace {

/// The sigma of a SURE that is told too little.
constexpr double kWrongSigma = 0.8;

bool supervised(std::string_view name) { return name.starts_with("supervised"); }

/// One subject for each claim of an objective that can be made.
void add_claims(std::vector<Subject>& subjects, const std::string& label, const std::string& name,
                const ObjectiveOptions& options, const NoiseModel& noise) {
  std::unique_ptr<Objective> objective;
  try {
    objective = make_objective(name, options, noise);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) {
      throw;
    }
    return;  // made for other noise
  }
  const std::vector<UnbiasednessClaim> claims = objective->claims();
  for (std::size_t k = 0; k < claims.size(); ++k) {
    subjects.push_back({label, name, options, k, !claims[k].unbiased});
  }
}

}  // namespace

std::vector<Subject> image_subjects(const NoiseModel& noise) {
  std::vector<Subject> subjects;
  for (const ObjectiveInfo& info : objectives()) {
    const std::string name(info.name);
    if (!supervised(name)) {
      add_claims(subjects, name, name, {}, noise);
    }
  }
  add_claims(subjects, "neighbor2neighbor, lambda 0", "neighbor2neighbor", {{"lambda", 0.0}}, noise);
  if (noise.type == NoiseType::kGaussian) {
    const double sigma = static_cast<double>(noise.sigma) * kWrongSigma;
    Subject wrong{"sure, sigma 20 % too low", "sure", {{"sigma", sigma}}};
    wrong.control = true;
    subjects.push_back(wrong);
  }
  return subjects;
}

std::vector<Subject> image_controls(const NoiseModel& noise) {
  std::vector<Subject> controls;
  for (const Subject& subject : image_subjects(noise)) {
    const bool chosen = subject.objective == "noise2noise_l1" ||
                        subject.objective == "noise2noise_normalized" ||
                        subject.label == "neighbor2neighbor" || subject.objective == "noise2self" ||
                        subject.objective == "noisier2noise" || subject.objective == "sure";
    if (subject.control && chosen) {
      controls.push_back(subject);
    }
  }
  return controls;
}

std::vector<Subject> kspace_subjects(const TrainConfig& config) {
  std::vector<Subject> subjects;
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    const std::string name(info.name);
    if (supervised(name)) {
      continue;
    }
    Subject subject{name, name, {}};
    subject.control = !make_kspace_objective(name, {})->claim().unbiased;
    // With columns that are all sampled equally often, unweighted splitting is right up to one number.
    subject.variable_density = name == "ssdu";
    // Noisier2Noise needs frequencies that are sampled independently.
    const bool independent = config.kspace->mask.type.starts_with("variable_density") ||
                             config.kspace->mask.type.starts_with("bernoulli");
    subject.variable_density |= name == "noisier2noise_kspace" && !independent;
    subjects.push_back(subject);
  }
  return subjects;
}

std::vector<Subject> kspace_controls(const TrainConfig& config) {
  std::vector<Subject> controls;
  for (const Subject& subject : kspace_subjects(config)) {
    if (subject.control) {
      controls.push_back(subject);
    }
  }
  return controls;
}

std::vector<Subject> configured_subjects(const TrainConfig& config) {
  std::vector<Subject> subjects;
  if (const auto* named = std::get_if<ImageObjectiveConfig>(&config.objective)) {
    ObjectiveOptions options;
    for (const ObjectiveInfo& info : objectives()) {
      if (info.name == named->type) {
        options = objective_options(named->numbers, named->words, info.options, config.noise.unit);
      }
    }
    add_claims(subjects, named->type, named->type, options, noise_model(config.noise));
    return subjects;
  }
  const auto& named = std::get<KSpaceObjectiveConfig>(config.objective);
  for (const KSpaceObjectiveInfo& info : kspace_objectives()) {
    if (info.name == named.type) {
      Subject subject{named.type, named.type,
                      objective_options(named.numbers, named.words, info.options, 1.0)};
      subject.control = !make_kspace_objective(named.type, subject.options)->claim().unbiased;
      subjects.push_back(subject);
    }
  }
  return subjects;
}

TrainConfig with_mask_of(const Subject& subject, TrainConfig config) {
  if (subject.variable_density && config.kspace &&
      !config.kspace->mask.type.starts_with("variable_density")) {
    const auto acceleration = config.kspace->mask.options.find("accelerations");
    MaskConfig mask = MaskConfig::make("variable_density");
    if (acceleration != config.kspace->mask.options.end()) {
      mask.options["acceleration"] = {acceleration->second.front()};
    }
    config.kspace->mask = mask;
  }
  return config;
}

}  // namespace selfsame
