// SPDX-License-Identifier: Apache-2.0
#include "engine/training/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/training/early_stopping.hpp"
#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"
#include "tests/support/source_tree.hpp"

namespace selfsame {
namespace {

constexpr auto kContinue = ScheduleAction::kContinue;
constexpr auto kReload = ScheduleAction::kReloadBest;
constexpr auto kStop = ScheduleAction::kStop;
const double kNan = std::nan("");

const nlohmann::json& fixture() {
  static const nlohmann::json data =
      nlohmann::json::parse(std::ifstream(source_root() / "tests/fixtures/schedule.json"));
  return data;
}

ScheduleOptions of_type(ScheduleType type) {
  ScheduleOptions o;
  o.type = type;
  return o;
}

struct Validation {
  double metric;
  ScheduleAction action;
  double lr;  ///< afterwards
};

void expect_sequence(Schedule& schedule, const std::vector<Validation>& sequence) {
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    EXPECT_EQ(schedule.on_validation(sequence[i].metric, true, 1), sequence[i].action) << "validation " << i;
    EXPECT_DOUBLE_EQ(schedule.lr_for_step(0), sequence[i].lr) << "validation " << i;
  }
}

}  // namespace

TEST(Schedule, ConstantNeverChanges) {
  const auto s = make_schedule(of_type(ScheduleType::kConstant));
  EXPECT_EQ(s->lr_for_step(0), 1e-3);
  EXPECT_EQ(s->on_validation(1.0, true, 1), kContinue);
  EXPECT_EQ(s->lr_for_step(1000000), 1e-3);
  EXPECT_TRUE(s->state().empty());
}

TEST(Schedule, MultiStepMatchesTorch) {
  ScheduleOptions o = of_type(ScheduleType::kMultiStep);
  o.lr = fixture().at("lr");
  o.milestones = {3, 7, 8};
  o.factor = 0.2;
  const auto s = make_schedule(o);
  const auto rates = fixture().at("multi_step").get<std::vector<double>>();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    EXPECT_DOUBLE_EQ(s->lr_for_step(static_cast<std::int64_t>(i)), rates[i]) << i;
  }
}

TEST(Schedule, CosineMatchesTorch) {
  ScheduleOptions o = of_type(ScheduleType::kCosine);
  o.lr = fixture().at("lr");
  o.total_steps = 20;
  o.min_lr = 0.01;
  const auto s = make_schedule(o);
  const auto rates = fixture().at("cosine").get<std::vector<double>>();
  ASSERT_EQ(rates.size(), 21u);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    EXPECT_NEAR(s->lr_for_step(static_cast<std::int64_t>(i)), rates[i], 1e-14)
        << i;  // torch's recursion rounds
  }
}

TEST(Schedule, CosineWarmsUpLinearlyAndEndsAtTheMinimum) {
  ScheduleOptions o = of_type(ScheduleType::kCosine);
  o.lr = 1.0;
  o.total_steps = 14;
  o.warmup_steps = 4;
  o.min_lr = 0.1;
  const auto s = make_schedule(o);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(s->lr_for_step(i), 0.25 * static_cast<double>(i + 1));
  }
  EXPECT_DOUBLE_EQ(s->lr_for_step(4), 1.0);
  EXPECT_DOUBLE_EQ(s->lr_for_step(9), 0.55);
  EXPECT_DOUBLE_EQ(s->lr_for_step(14), 0.1);
  EXPECT_DOUBLE_EQ(s->lr_for_step(99), 0.1);
  o.warmup_steps = 14;  // nothing but warm-up
  EXPECT_DOUBLE_EQ(make_schedule(o)->lr_for_step(13), 1.0);
}

TEST(Schedule, PlateauMatchesTorchNanIncluded) {
  ASSERT_EQ(fixture().at("plateau").size(), 4u);
  for (const auto& test : fixture().at("plateau")) {
    const auto& options = test.at("options");
    ScheduleOptions o = of_type(ScheduleType::kPlateau);
    o.lr = fixture().at("lr");
    o.factor = options.at("factor");
    o.patience = options.at("patience");
    o.threshold = options.at("threshold");
    o.threshold_is_absolute = options.at("threshold_mode") == "abs";
    o.min_lr = options.at("min_lr");
    const auto s = make_schedule(o);
    for (std::size_t i = 0; i < fixture().at("metrics").size(); ++i) {
      const auto& metric = fixture().at("metrics")[i];
      EXPECT_EQ(
          s->on_validation(metric.is_null() ? kNan : metric.get<double>(), options.at("mode") == "max", 1),
          kContinue);
      EXPECT_DOUBLE_EQ(s->lr_for_step(0), test.at("rates")[i].get<double>()) << options << " " << i;
    }
  }
}

TEST(Schedule, PaperDoublesThenReloadsThenDecays) {
  ScheduleOptions o = paper_schedule_options();
  o.lr = 1.0;
  o.min_lr = 1e-6;
  o.patience = 1;
  const auto s = make_schedule(o);
  expect_sequence(*s, {{20, kContinue, 2},
                       {22, kContinue, 4},
                       {22, kContinue, 4},    // equal is not better
                       {kNan, kContinue, 4},  // nor is NaN
                       {23, kContinue, 8},    // a new best clears the count
                       {1, kContinue, 8},
                       {2, kContinue, 8},
                       {3, kReload, 2},
                       // Plateau, patience 1: two in a row without 0.001 dB more halve the rate.
                       {22, kContinue, 2},
                       {24, kContinue, 2},
                       {24.0009, kContinue, 2},
                       {24.0002, kContinue, 1},  // first interval: best 24.0009
                       {24.2, kContinue, 1},
                       {24.1, kContinue, 1},
                       {24.1, kContinue, 0.5},  // second: 24.2, a gain
                       {24.2, kContinue, 0.5},
                       {24.2, kContinue, 0.25},  // third: 24.2, no gain
                       {24.19, kContinue, 0.25},
                       {24.18, kStop, 0.125}});  // fourth: no gain again
}

TEST(Schedule, PaperForgivesOneIntervalWithoutGain) {
  ScheduleOptions o = paper_schedule_options();
  o.lr = 1.0;
  o.double_up = false;
  o.patience = 0;
  const auto s = make_schedule(o);
  expect_sequence(*s, {{30, kContinue, 1},
                       {30, kContinue, 0.5},
                       {29, kContinue, 0.25},   // 29 < 30: no gain
                       {31, kContinue, 0.25},   // better than all
                       {30, kContinue, 0.125},  // 31 > 29: gain
                       {30, kContinue, 0.0625},
                       {29, kStop, 0.03125}});
}

TEST(Schedule, PaperStopsAfterEightValidationsAtTheMinimumRate) {
  ScheduleOptions o = paper_schedule_options();
  o.lr = 1e-7;
  o.double_up = false;
  const auto s = make_schedule(o);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(s->on_validation(20.0 + i, true, 1), kContinue);
  }
  EXPECT_EQ(s->on_validation(28.0, true, 1), kStop);
}

TEST(Schedule, PaperWithoutAnyFiniteMetricHasNothingToReload) {
  const auto s = make_schedule(paper_schedule_options());
  expect_sequence(*s,
                  {{kNan, kContinue, 1.25e-6}, {kNan, kContinue, 1.25e-6}, {kNan, kContinue, 1.25e-6 / 4}});
}

TEST(Schedule, PaperCanMinimise) {
  const auto s = make_schedule(paper_schedule_options());
  EXPECT_EQ(s->on_validation(0.5, false, 1), kContinue);
  EXPECT_EQ(s->on_validation(0.4, false, 1), kContinue);
  EXPECT_DOUBLE_EQ(s->lr_for_step(0), 5e-6);
  s->on_validation(0.45, false, 1);
  EXPECT_DOUBLE_EQ(s->lr_for_step(0), 5e-6);
}

// Validations after steps 1, 2, 3, ...; the interval of a rate ends with the validation at the milestone.
TEST(Schedule, MultiStepStopsAfterIntervalsWithoutGain) {
  ScheduleOptions o = of_type(ScheduleType::kMultiStep);
  o.milestones = {2, 4, 6, 8, 10};
  o.intervals_without_gain = 2;
  struct Case {
    std::vector<double> metrics;
    std::size_t stop;  ///< the validation that stops, counted from 1; 0: none
  };
  const Case cases[] = {
      {{20, 21, 22, 20, 22, 22, 21, 22, 30}, 8},       // best of the rates: 21, 22, 22, 22
      {{20, 21, 21, 20, 22, 20, 21, 22, 22, 21}, 10},  // 21, 21, 22, 22, 22: one without gain is forgiven
      {{21, 20, 20, 20, 19, 19}, 6},                   // each worse than the one before
      {{21, 20, 20, 20, 20, 21, 21, 20, 20, 22}, 0},   // 21, 20, 21, 21, 22
      {{kNan, kNan, kNan, kNan, 5, 5, 6, kNan}, 0},    // nothing known is no value to fall behind
      {{5, 5, kNan, kNan, 6, 6, 5, 5}, 0}};            // 5, none, 6, 5: each of the two alone
  for (const Case& c : cases) {
    for (const bool higher : {true, false}) {
      const auto s = make_schedule(o);
      std::size_t stop = 0;
      for (std::size_t i = 0; i < c.metrics.size() && stop == 0; ++i) {
        const double metric = higher ? c.metrics[i] : -c.metrics[i];
        stop = s->on_validation(metric, higher, static_cast<std::int64_t>(i) + 1) == kStop ? i + 1 : 0;
      }
      EXPECT_EQ(stop, c.stop) << c.metrics[0] << " " << higher;
    }
  }
}

TEST(Schedule, MultiStepTakesMilestonesBetweenTwoValidationsForOneEnd) {
  ScheduleOptions o = of_type(ScheduleType::kMultiStep);
  o.milestones = {1, 2, 3, 11};
  o.intervals_without_gain = 1;
  const auto s = make_schedule(o);
  EXPECT_EQ(s->on_validation(20, true, 5), kContinue);   // the first interval
  EXPECT_EQ(s->on_validation(19, true, 10), kContinue);  // no milestone
  EXPECT_EQ(s->on_validation(20, true, 15), kStop);
}

// Figure 3 of the paper: 3.2e-4 halved nine times is below 1e-6 after epoch 220; five validations later, at
// the tenth milestone, the run ends if each rate has gained.
TEST(Schedule, MultiStepStopsAtLowRatesAsInFigureThree) {
  ScheduleOptions o = of_type(ScheduleType::kMultiStep);
  o.lr = 3.2e-4;
  o.factor = 0.5;
  o.milestones = {100, 130, 160, 180, 190, 200, 210, 215, 220, 225};
  o.intervals_without_gain = 2;
  o.low_lr = 1e-6;
  o.validations_at_low_lr = 5;
  const auto s = make_schedule(o);
  for (std::int64_t epoch = 1; epoch < 225; ++epoch) {
    ASSERT_EQ(s->on_validation(30 + 0.01 * static_cast<double>(epoch), true, epoch), kContinue) << epoch;
  }
  EXPECT_EQ(s->on_validation(40, true, 225), kStop);
  // Without any gain the second rate is the first and the third the second without one.
  const auto flat = make_schedule(o);
  for (std::int64_t epoch = 1; epoch < 160; ++epoch) {
    ASSERT_EQ(flat->on_validation(30, true, epoch), kContinue) << epoch;
  }
  EXPECT_EQ(flat->on_validation(30, true, 160), kStop);
}

TEST(Schedule, MultiStepWithoutRulesNeitherStopsNorKeepsState) {
  ScheduleOptions o = of_type(ScheduleType::kMultiStep);
  o.milestones = {1, 2, 3, 4, 5};
  const auto s = make_schedule(o);
  for (std::int64_t step = 1; step < 50; ++step) {
    ASSERT_EQ(s->on_validation(1.0, true, step), kContinue);
  }
  EXPECT_TRUE(s->state().empty());
  EXPECT_NO_THROW(s->restore({}));
}

// A run interrupted after any validation and resumed from the stored numbers goes on as if nothing had
// happened.
TEST(Schedule, StateRestoredAtAnyPointGivesTheSameSequence) {
  const RandomStream random(8, RandomPurpose::kTest, 0, 0);
  ScheduleOptions paper = paper_schedule_options();
  paper.patience = 2;
  ScheduleOptions plateau = paper;
  plateau.type = ScheduleType::kPlateau;
  ScheduleOptions multi_step = of_type(ScheduleType::kMultiStep);
  multi_step.milestones = {7, 9, 20, 30, 33, 50};
  multi_step.intervals_without_gain = 3;
  multi_step.low_lr = 1e-7;
  multi_step.validations_at_low_lr = 15;
  for (const ScheduleOptions& o : {paper, plateau, multi_step}) {
    constexpr int kLength = 60;
    for (int cut = 0; cut < kLength; ++cut) {
      auto whole = make_schedule(o), first = make_schedule(o), second = make_schedule(o);
      for (int i = 0; i < kLength; ++i) {
        if (i == cut) {
          second->restore(first->state());
        }
        const double metric = std::sqrt(i) + 0.5 * random.normal(static_cast<std::uint64_t>(i));
        Schedule& resumed = i < cut ? *first : *second;
        ASSERT_EQ(resumed.on_validation(metric, true, i + 1), whole->on_validation(metric, true, i + 1));
        ASSERT_EQ(resumed.lr_for_step(i), whole->lr_for_step(i));
        ASSERT_EQ(resumed.state(), whole->state());
      }
    }
  }
}

TEST(Schedule, OfThePaperNeverStopsWhereNoneOfItsLimitsIsSet) {
  for (const bool limited : {true, false}) {
    ScheduleOptions o = paper_schedule_options();
    o.double_up = false;
    o.patience = 0;
    if (!limited) {
      o.intervals_without_gain = o.validations_at_min_lr = 0;
    }
    const auto s = make_schedule(o);
    bool stopped = false;
    for (int i = 0; i < 200; ++i) {
      stopped |= s->on_validation(1.0, true, 1) == ScheduleAction::kStop;
    }
    EXPECT_EQ(stopped, limited);
  }
}

TEST(Schedule, AMissingStateEntryIsNamed) {
  const auto s = make_schedule(paper_schedule_options());
  StateMap state = s->state();
  state.erase("previous_best");
  try {
    s->restore(state);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("previous_best"), std::string::npos);
  }
}

TEST(Schedule, RefusesOptionsOutsideTheirRange) {
  const auto attempt = [](ScheduleType type, auto change) {
    ScheduleOptions o = of_type(type);
    o.total_steps = 10;
    o.milestones = {1, 2};
    change(o);
    return make_schedule(o);
  };
  for (int type = 0; type < 5; ++type) {
    EXPECT_NO_THROW(attempt(static_cast<ScheduleType>(type), [](auto&) {}));
    EXPECT_THROW(attempt(static_cast<ScheduleType>(type), [](auto& o) { o.lr = 0; }), Error);
  }
  EXPECT_THROW(attempt(ScheduleType::kMultiStep, [](auto& o) { o.milestones = {5, 5}; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kMultiStep, [](auto& o) { o.intervals_without_gain = -1; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kMultiStep, [](auto& o) { o.low_lr = -1; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kMultiStep, [](auto& o) { o.validations_at_low_lr = -1; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kPlateau, [](auto& o) { o.factor = 1; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kPlateau, [](auto& o) { o.patience = -1; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kCosine, [](auto& o) { o.warmup_steps = 11; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kCosine, [](auto& o) { o.total_steps = 0; }), Error);
  EXPECT_THROW(attempt(ScheduleType::kPaper, [](auto& o) { o.double_patience = 0; }), Error);
  EXPECT_EQ(schedule_names().size(), 5u);
}

}  // namespace selfsame
