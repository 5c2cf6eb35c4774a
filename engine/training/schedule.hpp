// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace selfsame {

enum class ScheduleType { kConstant, kMultiStep, kCosine, kPlateau, kPaper };

/// Every schedule's options; each reads those of its own group.
struct ScheduleOptions {
  ScheduleType type = ScheduleType::kConstant;
  double lr = 1e-3;  ///< base rate; for `paper` the rate of the first epoch

  std::vector<std::int64_t> milestones;  ///< multi_step: steps, increasing
  double factor = 0.1;                   ///< multi_step, plateau, paper: the rate is multiplied by it

  std::int64_t total_steps = 0;   ///< cosine: steps until the rate reaches min_lr
  std::int64_t warmup_steps = 0;  ///< cosine: part of total_steps, linear

  double min_lr = 0.0;  ///< cosine, plateau, paper

  int patience = 10;        ///< plateau, paper: this many validations without improvement are forgiven
  double threshold = 1e-4;  ///< plateau, paper
  bool threshold_is_absolute = false;

  bool double_up = true;          ///< paper: begin with the doubling phase
  double growth = 2.0;            ///< paper: factor of the rate after each new best in that phase
  double back_off = 4.0;          ///< paper: the rate is divided by it at the end of that phase
  int double_patience = 3;        ///< paper: validations without a new best that end the doubling phase
  int validations_at_min_lr = 0;  ///< paper: this many stop the run; 0: never

  int intervals_without_gain = 0;  ///< multi_step, paper: this many in a row stop the run; 0: never
  double low_lr = 0.0;             ///< multi_step: smaller rates are low
  int validations_at_low_lr = 0;   ///< multi_step: this many at low rates stop the run; 0: never
};

/// The published settings of the `paper` schedule with doubling: 1.25e-6, halving after 8 forgiven
/// validations, absolute threshold 0.001 dB, minimum 1e-7; a stop after 2 intervals without gain or 8
/// validations at the minimum. (Klug, Atik, Heckel 2023, Gaussian denoising.)
[[nodiscard]] ScheduleOptions paper_schedule_options();

/// "constant", "multi_step", "cosine", "plateau", "paper", in the order of ScheduleType.
[[nodiscard]] std::span<const std::string_view> schedule_names();

enum class ScheduleAction {
  kContinue,
  kReloadBest,  ///< load the best checkpoint's weights and optimiser state, then go on
  kStop,
};

/// Numbers by name, for a checkpoint. The caller keeps all bits of a double.
using StateMap = std::map<std::string, double>;

/// The learning rate of one lane, as a small state machine.
///
///   constant    lr
///   multi_step  lr * factor^(number of milestones <= step). An interval is what lies between milestones; its
///               validations are those of steps made at its rate. intervals_without_gain in a row whose best
///               metric is not better than that of the interval before stop the run, and so do
///               validations_at_low_lr validations after steps at rates below low_lr
///   cosine      lr * (step+1)/warmup_steps while step < warmup_steps, then
///               min_lr + (lr-min_lr)/2 * (1 + cos(pi * t)), t =
///               (step-warmup_steps)/(total_steps-warmup_steps), at most 1
///   plateau     torch.optim.lr_scheduler.ReduceLROnPlateau (cooldown 0, eps 1e-8), once per validation
///   paper       doubling: each new best validation doubles the rate; after double_patience without one,
///   reload
///               the best checkpoint and divide the rate by 4. Then plateau; at each decay the best metric of
///               the interval just finished is compared with that of the interval before,
///               intervals_without_gain in a row without gain stop the run, and so do validations_at_min_lr
///               validations at the minimum rate.
///
/// A NaN metric is never an improvement.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// The rate of an optimiser step, counted from 0.
  [[nodiscard]] virtual double lr_for_step(std::int64_t step) const = 0;
  /// @param steps  optimiser steps made so far
  virtual ScheduleAction on_validation(double metric, bool higher_is_better, std::int64_t steps);
  [[nodiscard]] virtual StateMap state() const { return {}; }
  /// Throws Error(kData) if an entry is missing.
  virtual void restore(const StateMap&) {}
};

/// Errors: Error(kUsage) naming the option and its value.
[[nodiscard]] std::unique_ptr<Schedule> make_schedule(const ScheduleOptions& options);

}  // namespace selfsame
