// SPDX-License-Identifier: Apache-2.0
#include "mri/sense/sense.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;

enum class Weights { kNone, kByColumn, kFull };

struct Form {
  Shape4 maps;  ///< in complex numbers
  FourierAxes axes;
  Weights weights;
};

Shape4 real(Shape4 s) { return {s.n, s.c, s.h, 2 * s.w}; }
Shape4 image_of(const Form& f) { return {f.maps.n, 1, f.maps.h, f.maps.w}; }

/// Edges of 16 lanes in both directions, exact blocks, odd sizes, primes without a codelet, one coil, lines
/// of few points.
const Shape4 kShapes[] = {{1, 3, 5, 7},   {2, 2, 20, 23}, {1, 5, 32, 48}, {1, 1, 1, 1},  {1, 2, 17, 37},
                          {1, 4, 33, 20}, {2, 3, 3, 40},  {1, 2, 40, 3},  {1, 3, 31, 18}};

std::vector<Form> forms() {
  std::vector<Form> all;
  for (const Shape4& shape : kShapes) {
    for (const FourierAxes axes : {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight}) {
      for (const Weights weights : {Weights::kNone, Weights::kByColumn, Weights::kFull}) {
        all.push_back({shape, axes, weights});
      }
    }
  }
  return all;
}

enum class Pass { kForward, kAdjoint, kNormal };
constexpr Pass kPasses[] = {Pass::kForward, Pass::kAdjoint, Pass::kNormal};

/// Weights are masks of 0 and 1 if `binary`, else any numbers.
OpCase sense_case(const Form& f, Pass pass, bool binary = false) {
  OpCase c;
  c.op = "sense";
  const Shape4 in = pass == Pass::kAdjoint ? f.maps : image_of(f),
               out = pass == Pass::kForward ? f.maps : image_of(f);
  c.tensor("y", Role::kOutput, real(out), 1)
      .tensor("x", Role::kInput, real(in), 1)
      .tensor("maps", Role::kInput, real(f.maps), 1);
  if (f.weights != Weights::kNone) {
    c.tensor("weights", Role::kInput, {f.maps.n, 1, f.weights == Weights::kFull ? f.maps.h : 1, f.maps.w}, 1);
  }
  c.call = [=](const Arguments& a, Stream& s) {
    const ConstTensorView maps = a.tensor("maps");
    const ConstTensorView weights = f.weights == Weights::kNone ? ConstTensorView() : a.tensor("weights");
    s.reserve_workspace(prepare_sense(f.maps, maps.dtype, f.axes, s));
    const auto op = pass == Pass::kForward   ? sense_forward
                    : pass == Pass::kAdjoint ? sense_adjoint
                                             : sense_normal;
    op(as_complex(a.tensor("y")), as_complex(ConstTensorView(a.tensor("x"))), as_complex(maps), weights,
       f.axes, s);
  };
  c.randomize(21);
  for (double& w : f.weights == Weights::kNone ? c.operand("maps").values : c.operand("weights").values) {
    w = binary && f.weights != Weights::kNone ? (w > 0 ? 1 : 0) : w;
  }
  return c;
}

std::vector<std::string> names(const Form& f, DType dtype = DType::kF32) {
  return contract::supported_names(
      sense_implementations(), SenseProblem{dtype, f.maps.h, f.maps.w, f.axes, f.weights != Weights::kFull});
}

/// A device for which the list has no entry at all is skipped, and counted.
bool nothing_on_this_device() {
  const auto list = sense_implementations();
  return std::none_of(list.begin(), list.end(),
                      [](const auto& entry) { return entry.device == contract::test_device(); });
}
#define SELFSAME_NEEDS_AN_ENTRY()                                \
  if (nothing_on_this_device()) {                                \
    GTEST_SKIP() << "no implementation of sense on this device"; \
  }

/// Roundings of one transform: see tests/mri/fourier/fourier_test.cpp.
double transform_roundings(const Form& f) {
  const auto points = static_cast<double>(f.axes == FourierAxes::kWidth    ? f.maps.w
                                          : f.axes == FourierAxes::kHeight ? f.maps.h
                                                                           : f.maps.h * f.maps.w);
  return 1 + 6.7 * std::log2(std::max(points, 2.0));
}

/// Each of the passes over the data, and each addition of a coil, rounds once more, and a complex product
/// three times. The errors are relative to the norm of what is summed, which the sum over random coils
/// reaches only by chance: at least one part in sqrt(coils) of it, to which a factor of 4 is added for small
/// images.
std::map<std::string, Bounds> bounds(const Form& f, Pass pass) {
  const double transforms = pass == Pass::kNormal ? 2 : 1;
  const auto coils = static_cast<double>(f.maps.c);
  const double roundings =
      transforms * transform_roundings(f) + 3 + 1 + (pass == Pass::kForward ? 0 : 3 + coils);
  const double cancelled = pass == Pass::kForward ? 1 : 4 * std::sqrt(coils);
  return {{"*", {roundings * cancelled * 0x1p-24, roundings * cancelled * 0x1p-24}}};
}

TEST(Sense, EveryVersionOnEveryDeviceMatchesTheReference) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Form& f : forms()) {
    contract::expect_ran_at_least(names(f), 1 + contract::simd_versions());
    for (const Pass pass : kPasses) {
      contract::expect_parity(sense_case(f, pass), names(f), bounds(f, pass));
    }
  }
}

// Masks that leave the butterflies of a large prime few frequencies, which are then computed alone
// (sense_sparse.hpp), and widths on both sides of what sense_coprime.hpp can split: 2 * 11, 4 * 11, 13 * 11,
// 2 * 23, 16 * 23 and 32 * 31, but not 11 * 11, 23 and 3 * 4 * 37.
TEST(Sense, NormalWithFewColumnsOnEveryDeviceMatchesTheReference) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const std::int64_t w : {22, 44, 143, 46, 368, 992, 121, 23, 444}) {
    const Form f{{1, 2, 17, w}, FourierAxes::kWidth, Weights::kByColumn};
    for (const std::int64_t kept : {0, 1, 2, 3, 4, 5, 7}) {  // none, the centre alone, every kept-th
      OpCase c = sense_case(f, Pass::kNormal);
      std::vector<double>& weights = c.operand("weights").values;
      for (std::int64_t i = 0; i < w; ++i) {
        const bool left = i == w / 2 ? kept != 0 : kept > 1 && i % kept == 0;
        weights[static_cast<std::size_t>(i)] = left ? weights[static_cast<std::size_t>(i)] : 0.0;
      }
      SCOPED_TRACE(fmt::format("{} columns, mask {}", w, kept));
      contract::expect_parity(c, names(f), bounds(f, Pass::kNormal));
    }
  }
}

TEST(Sense, AdjointOnEveryDeviceIsAdjointOfForward) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Form& f : forms()) {
    OpCase adjoint = sense_case(f, Pass::kAdjoint);
    const OpCase forward = sense_case(f, Pass::kForward);
    adjoint.randomize(22);
    for (const char* same : {"maps", "weights"}) {
      if (f.weights != Weights::kNone || same[0] == 'm') {
        adjoint.operand(same).values = forward.operand(same).values;
      }
    }
    contract::expect_adjoint(forward, "x", "y", adjoint, "x", "y", DType::kF64, "reference", 1e-12);
    for (const std::string& name : names(f)) {
      contract::expect_adjoint(
          forward, "x", "y", adjoint, "x", "y", DType::kF32, name,
          bounds(f, Pass::kForward).at("*").relative + bounds(f, Pass::kAdjoint).at("*").relative);
    }
  }
}

// With weights of 0 and 1, D = D^2: the one-pass operator is the two steps.
TEST(Sense, NormalOnEveryDeviceIsForwardThenAdjoint) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Form& f : forms()) {
    const OpCase normal = sense_case(f, Pass::kNormal, true), forward = sense_case(f, Pass::kForward, true);
    OpCase adjoint = sense_case(f, Pass::kAdjoint, true);
    for (const contract::Operand& o : normal.operands) {
      if (o.name == "maps" || o.name == "weights") {
        ASSERT_EQ(o.values, forward.operand(o.name).values);
        adjoint.operand(o.name).values = o.values;
      }
    }
    ASSERT_EQ(normal.operand("x").values, forward.operand("x").values);
    for (const std::string& name : names(f)) {
      adjoint.operand("x").values = contract::run_case(forward, DType::kF32, name).at("y");
      const double bound = bounds(f, Pass::kNormal).at("*").relative +
                           bounds(f, Pass::kAdjoint).at("*").relative +
                           4 * bounds(f, Pass::kForward).at("*").relative;
      const std::vector<double> want = contract::run_case(adjoint, DType::kF32, name).at("y");
      if (std::any_of(want.begin(), want.end(), [](double v) { return v != 0; })) {
        contract::expect_close(contract::run_case(normal, DType::kF32, name).at("y"), want, {bound, bound},
                               name);
      }
    }
  }
}

// Along H the transform cancels for weights that are the same in every row: 2-D weights with equal rows,
// which take the long way, say the same.
TEST(Sense, TheShortCutOnEveryDeviceAgreesWithTheLongWay) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Shape4& shape : kShapes) {
    const Form by_column{shape, FourierAxes::kBoth, Weights::kByColumn},
        full{shape, FourierAxes::kBoth, Weights::kFull};
    const OpCase brief = sense_case(by_column, Pass::kNormal);
    OpCase lengthy = sense_case(full, Pass::kNormal);
    std::vector<double>& weights = lengthy.operand("weights").values;
    for (std::int64_t i = 0; i < shape.n * shape.h * shape.w; ++i) {
      const std::int64_t n = i / (shape.h * shape.w);
      weights[static_cast<std::size_t>(i)] =
          brief.operand("weights").values[static_cast<std::size_t>(n * shape.w + i % shape.w)];
    }
    lengthy.operand("maps").values = brief.operand("maps").values;
    lengthy.operand("x").values = brief.operand("x").values;
    for (const std::string& name : names(full)) {
      const double bound = 2 * bounds(full, Pass::kNormal).at("*").relative;
      contract::expect_close(contract::run_case(brief, DType::kF32, name).at("y"),
                             contract::run_case(lengthy, DType::kF32, name).at("y"), {bound, bound}, name);
    }
  }
}

TEST(Sense, NormalOnEveryDeviceMayWriteOverItsInput) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Form& f : forms()) {
    OpCase in_place = sense_case(f, Pass::kNormal);
    const OpCase apart = in_place;
    in_place.operands.erase(in_place.operands.begin());
    in_place.operand("x").role = Role::kUpdated;
    in_place.call = [=](const Arguments& a, Stream& s) {
      const ConstTensorView maps = a.tensor("maps");
      const ComplexView x = as_complex(a.tensor("x"));
      s.reserve_workspace(prepare_sense(f.maps, maps.dtype, f.axes, s));
      sense_normal(x, x, as_complex(maps),
                   f.weights == Weights::kNone ? ConstTensorView() : a.tensor("weights"), f.axes, s);
    };
    for (const std::string& name : names(f)) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("x"),
                contract::run_case(apart, DType::kF32, name).at("y"))
          << name;
    }
  }
}

TEST(Sense, ResultsOnEveryDeviceDoNotDependOnThreads) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const FourierAxes axes : {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight}) {
    const Form f{{2, 5, 40, 37}, axes, Weights::kFull};
    for (const Pass pass : kPasses) {
      contract::expect_repeatable(sense_case(f, pass), names(f));
    }
  }
}

TEST(Sense, ASampleOnEveryDeviceHasTheSameBitsAmongOthers) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const FourierAxes axes : {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight}) {
    const Form f{{3, 2, 21, 23}, axes, Weights::kFull};
    for (const Pass pass : kPasses) {
      OpCase c = sense_case(f, pass);
      c.lanes = 3;
      c.call = [=](const Arguments& a, Stream& s) {
        Form now = f;
        now.maps.n = a.tensor("maps").shape.n;
        sense_case(now, pass).call(a, s);
      };
      contract::expect_lanes_independent(c, names(f));
    }
  }
}

TEST(Sense, ShapesThatDoNotFitAreErrors) {
  const Form f{{1, 2, 4, 6}, FourierAxes::kBoth, Weights::kByColumn};
  for (const char* wrong : {"x", "y", "weights"}) {
    OpCase c = sense_case(f, Pass::kForward);
    c.operand(wrong).shape.h += 1;
    c.randomize(3);
    Stream stream(DeviceKind::kCpu, 1);
    EXPECT_THROW(contract::run_case(c, DType::kF32, stream), Error) << wrong;
  }
}

TEST(Sense, WithoutItsWorkspaceItIsAnError) {
  const Form f{{1, 2, 20, 20}, FourierAxes::kBoth, Weights::kNone};
  OpCase c = sense_case(f, Pass::kForward);
  c.call = [](const Arguments& a, Stream& s) {
    sense_forward(as_complex(a.tensor("y")), as_complex(a.tensor("x")), as_complex(a.tensor("maps")), {},
                  FourierAxes::kBoth, s);
  };
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(contract::run_case(c, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
