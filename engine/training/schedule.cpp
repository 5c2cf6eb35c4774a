// SPDX-License-Identifier: Apache-2.0
#include "engine/training/schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/training/best_metric.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"constant", "multi_step", "cosine", "plateau", "paper"};
constexpr double kSmallestChange = 1e-8;  // ReduceLROnPlateau's eps: a smaller change of the rate is not made

class Constant : public Schedule {
 public:
  explicit Constant(const ScheduleOptions& o) : lr_(o.lr) {}
  double lr_for_step(std::int64_t) const override { return lr_; }

 private:
  double lr_;
};

bool reached(int count, int limit) { return limit > 0 && count >= limit; }

/// The best metric of each interval of one rate beside that of the interval before.
class IntervalGain {
 public:
  void offer(double metric, bool higher_is_better) { best_.offer(metric, higher_is_better); }
  void end_interval(bool higher_is_better) {
    const bool gain =
        !previous_.known || (best_.known && is_better(best_.value, previous_.value, higher_is_better));
    without_ = gain ? 0 : without_ + 1;
    previous_ = best_;
    best_ = {};
  }
  /// Intervals without gain in a row.
  [[nodiscard]] int without() const { return without_; }

  void put(StateMap& state) const {
    state["interval_best"] = best_.value;
    state["interval_best_known"] = best_.known ? 1.0 : 0.0;
    state["previous_best"] = previous_.value;
    state["previous_best_known"] = previous_.known ? 1.0 : 0.0;
    state["intervals_without_gain"] = without_;
  }
  void take(const StateMap& state) {
    best_ = {state_entry(state, "interval_best_known") != 0.0, state_entry(state, "interval_best")};
    previous_ = {state_entry(state, "previous_best_known") != 0.0, state_entry(state, "previous_best")};
    without_ = static_cast<int>(state_entry(state, "intervals_without_gain"));
  }

 private:
  BestMetric best_, previous_;
  int without_ = 0;
};

class MultiStep : public Schedule {
 public:
  explicit MultiStep(const ScheduleOptions& o) : o_(o) {}
  double lr_for_step(std::int64_t step) const override {
    return o_.lr * std::pow(o_.factor, static_cast<double>(passed(step)));
  }

  ScheduleAction on_validation(double metric, bool higher_is_better, std::int64_t steps) override {
    if (!stops()) {
      return ScheduleAction::kContinue;
    }
    gain_.offer(metric, higher_is_better);
    low_ += lr_for_step(steps - 1) < o_.low_lr ? 1 : 0;
    if (passed(steps) > interval_) {
      interval_ = passed(steps);
      gain_.end_interval(higher_is_better);
    }
    const bool stop =
        reached(gain_.without(), o_.intervals_without_gain) || reached(low_, o_.validations_at_low_lr);
    return stop ? ScheduleAction::kStop : ScheduleAction::kContinue;
  }

  StateMap state() const override {
    StateMap state;
    if (stops()) {
      gain_.put(state);
      state["interval"] = static_cast<double>(interval_);
      state["validations_at_low_lr"] = low_;
    }
    return state;
  }
  void restore(const StateMap& state) override {
    if (stops()) {
      gain_.take(state);
      interval_ = static_cast<std::int64_t>(state_entry(state, "interval"));
      low_ = static_cast<int>(state_entry(state, "validations_at_low_lr"));
    }
  }

 private:
  [[nodiscard]] bool stops() const { return o_.intervals_without_gain > 0 || o_.validations_at_low_lr > 0; }
  [[nodiscard]] std::int64_t passed(std::int64_t step) const {
    return std::upper_bound(o_.milestones.begin(), o_.milestones.end(), step) - o_.milestones.begin();
  }

  ScheduleOptions o_;
  IntervalGain gain_;
  std::int64_t interval_ = 0;  // milestones passed when the present one began
  int low_ = 0;
};

class Cosine : public Schedule {
 public:
  explicit Cosine(const ScheduleOptions& o) : o_(o) {}
  double lr_for_step(std::int64_t step) const override {
    if (step < o_.warmup_steps) {
      return o_.lr * static_cast<double>(step + 1) / static_cast<double>(o_.warmup_steps);
    }
    if (step >= o_.total_steps) {
      return o_.min_lr;
    }
    const double t =
        static_cast<double>(step - o_.warmup_steps) / static_cast<double>(o_.total_steps - o_.warmup_steps);
    return o_.min_lr + (o_.lr - o_.min_lr) * 0.5 * (1.0 + std::cos(std::numbers::pi * t));
  }

 private:
  ScheduleOptions o_;
};

/// ReduceLROnPlateau.
class Plateau : public Schedule {
 public:
  explicit Plateau(const ScheduleOptions& o) : o_(o), lr_(o.lr) {}
  double lr_for_step(std::int64_t) const override { return lr_; }

  ScheduleAction on_validation(double metric, bool higher_is_better, std::int64_t) override {
    advance(metric, higher_is_better);
    return ScheduleAction::kContinue;
  }

  /// One validation; true if the rate was lowered.
  bool advance(double metric, bool higher_is_better) {
    // A relative margin has the sign of the best value: best * (1 + threshold) or best * (1 - threshold), as
    // torch.
    const double margin = o_.threshold_is_absolute ? o_.threshold : o_.threshold * best_.value;
    bad_ = best_.offer(metric, higher_is_better, margin) ? 0 : bad_ + 1;
    if (bad_ <= o_.patience) {
      return false;
    }
    bad_ = 0;
    const double lower = std::max(lr_ * o_.factor, o_.min_lr);
    if (lr_ - lower <= kSmallestChange) {
      return false;
    }
    lr_ = lower;
    return true;
  }

  [[nodiscard]] double lr() const { return lr_; }
  void set_lr(double lr) { lr_ = lr; }

  StateMap state() const override {
    return {{"lr", lr_}, {"best", best_.value}, {"best_known", best_.known ? 1.0 : 0.0}, {"bad", bad_}};
  }
  void restore(const StateMap& state) override {
    lr_ = state_entry(state, "lr");
    best_ = {state_entry(state, "best_known") != 0.0, state_entry(state, "best")};
    bad_ = static_cast<int>(state_entry(state, "bad"));
  }

 private:
  ScheduleOptions o_;
  double lr_;
  BestMetric best_;
  int bad_ = 0;
};

class Paper : public Schedule {
 public:
  explicit Paper(const ScheduleOptions& o) : o_(o), doubling_(o.double_up), plateau_(o) {}
  double lr_for_step(std::int64_t) const override { return plateau_.lr(); }

  ScheduleAction on_validation(double metric, bool higher_is_better, std::int64_t) override {
    return doubling_ ? double_up(metric, higher_is_better) : decay(metric, higher_is_better);
  }

  StateMap state() const override {
    StateMap state = plateau_.state();
    state["doubling"] = doubling_ ? 1.0 : 0.0;
    state["doubling_best"] = doubling_best_.value;
    state["doubling_best_known"] = doubling_best_.known ? 1.0 : 0.0;
    state["doubling_bad"] = doubling_bad_;
    gain_.put(state);
    state["validations_at_min_lr"] = at_min_lr_;
    return state;
  }
  void restore(const StateMap& state) override {
    const auto number = [&](const char* name) { return state_entry(state, name); };
    plateau_.restore(state);
    doubling_ = number("doubling") != 0.0;
    doubling_best_ = {number("doubling_best_known") != 0.0, number("doubling_best")};
    doubling_bad_ = static_cast<int>(number("doubling_bad"));
    gain_.take(state);
    at_min_lr_ = static_cast<int>(number("validations_at_min_lr"));
  }

 private:
  ScheduleAction double_up(double metric, bool higher_is_better) {
    if (doubling_best_.offer(metric, higher_is_better)) {
      doubling_bad_ = 0;
      plateau_.set_lr(plateau_.lr() * o_.growth);
      return ScheduleAction::kContinue;
    }
    if (++doubling_bad_ < o_.double_patience) {
      return ScheduleAction::kContinue;
    }
    // With the published growth of 2 and back-off of 4: the best weights were made at half the present rate,
    // and the run returns to them and to half of that.
    doubling_ = false;
    plateau_.set_lr(plateau_.lr() / o_.back_off);
    return doubling_best_.known ? ScheduleAction::kReloadBest : ScheduleAction::kContinue;
  }

  ScheduleAction decay(double metric, bool higher_is_better) {
    gain_.offer(metric, higher_is_better);
    at_min_lr_ += plateau_.lr() <= o_.min_lr ? 1 : 0;
    if (plateau_.advance(metric, higher_is_better)) {
      gain_.end_interval(higher_is_better);
    }
    const bool stop =
        reached(gain_.without(), o_.intervals_without_gain) || reached(at_min_lr_, o_.validations_at_min_lr);
    return stop ? ScheduleAction::kStop : ScheduleAction::kContinue;
  }

  ScheduleOptions o_;
  bool doubling_;
  Plateau plateau_;  // also holds the rate during the doubling phase
  BestMetric doubling_best_;
  IntervalGain gain_;
  int doubling_bad_ = 0, at_min_lr_ = 0;
};

void require(bool condition, std::string_view option, double value) {
  if (!condition) {
    fail(ErrorKind::kUsage, "schedule: {} {} is out of range", option, value);
  }
}

void check(const ScheduleOptions& o) {
  require(o.lr > 0.0 && std::isfinite(o.lr), "lr", o.lr);
  require(o.min_lr >= 0.0, "min_lr", o.min_lr);
  const bool decays = o.type == ScheduleType::kPlateau || o.type == ScheduleType::kPaper;
  if (decays || o.type == ScheduleType::kMultiStep) {
    require(o.factor > 0.0 && o.factor < 1.0, "factor", o.factor);
    require(o.intervals_without_gain >= 0, "intervals_without_gain", o.intervals_without_gain);
  }
  if (o.type == ScheduleType::kMultiStep) {
    require(o.low_lr >= 0.0, "low_lr", o.low_lr);
    require(o.validations_at_low_lr >= 0, "validations_at_low_lr", o.validations_at_low_lr);
  }
  if (decays) {
    require(o.patience >= 0, "patience", o.patience);
    require(o.threshold >= 0.0, "threshold", o.threshold);
  }
  if (o.type == ScheduleType::kPaper) {
    require(o.double_patience >= 1, "double_patience", o.double_patience);
    require(o.validations_at_min_lr >= 0, "validations_at_min_lr", o.validations_at_min_lr);
  }
  if (o.type == ScheduleType::kCosine) {
    require(o.total_steps >= 1, "total_steps", static_cast<double>(o.total_steps));
    require(o.warmup_steps >= 0 && o.warmup_steps <= o.total_steps, "warmup_steps",
            static_cast<double>(o.warmup_steps));
    require(o.min_lr <= o.lr, "min_lr", o.min_lr);
  }
  for (std::size_t i = 0; o.type == ScheduleType::kMultiStep && i < o.milestones.size(); ++i) {
    require(o.milestones[i] > (i == 0 ? 0 : o.milestones[i - 1]), "milestone",
            static_cast<double>(o.milestones[i]));
  }
}

}  // namespace

ScheduleAction Schedule::on_validation(double, bool, std::int64_t) { return ScheduleAction::kContinue; }

std::span<const std::string_view> schedule_names() { return kNames; }

ScheduleOptions paper_schedule_options() {
  ScheduleOptions o;
  o.type = ScheduleType::kPaper;
  o.lr = 1.25e-6;
  o.factor = 0.5;
  o.patience = 8;
  o.threshold = 0.001;
  o.threshold_is_absolute = true;
  o.min_lr = 1e-7;
  o.intervals_without_gain = 2;
  o.validations_at_min_lr = 8;
  return o;
}

std::unique_ptr<Schedule> make_schedule(const ScheduleOptions& options) {
  check(options);
  switch (options.type) {
    case ScheduleType::kConstant:
      return std::make_unique<Constant>(options);
    case ScheduleType::kMultiStep:
      return std::make_unique<MultiStep>(options);
    case ScheduleType::kCosine:
      return std::make_unique<Cosine>(options);
    case ScheduleType::kPlateau:
      return std::make_unique<Plateau>(options);
    case ScheduleType::kPaper:
      return std::make_unique<Paper>(options);
  }
  fail(ErrorKind::kInternal, "schedule type {}", static_cast<int>(options.type));
}

}  // namespace selfsame
