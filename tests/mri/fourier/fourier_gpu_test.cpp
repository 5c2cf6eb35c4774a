// SPDX-License-Identifier: Apache-2.0
// The versions of the Fourier transform that a device has: every step of the mixed-radix transform, blocks
// that are not full, and lines that are too long for shared memory.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/device/cuda/cufft_library.hpp"
#include "mri/fourier/fourier.hpp"
#include "mri/fourier/fourier_line_plan.hpp"
#include "tests/support/library_versions.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

struct Form {
  Shape4 shape;
  FourierAxes axes = FourierAxes::kBoth;
};

std::vector<std::string> names(const Form& f) {
  std::vector<std::string> names = contract::supported_names(
      fourier_implementations(), FourierProblem{DType::kF32, f.shape.h, f.shape.w, f.axes});
#if defined(SELFSAME_CUFFT)
  names = contract::without_missing_library(names, "cufft", [] { static_cast<void>(cufft_library()); });
#endif
  return names;
}

/// What the longest lines need, on any device; a library wants more for some sizes.
std::size_t workspace(const Form& f) { return static_cast<std::size_t>(f.shape.count()) * 64 + (8 << 20); }

OpCase make_case(const Form& f, FourierDirection direction) {
  OpCase c;
  c.op = "fourier";
  c.workspace_bytes = workspace(f);
  const Shape4 parts{f.shape.n, f.shape.c, f.shape.h, 2 * f.shape.w};
  c.tensor("y", Role::kOutput, parts, 1).tensor("x", Role::kInput, parts, 1);
  c.call = [f, direction](const Arguments& a, Stream& stream) {
    static_cast<void>(prepare_fourier(f.shape, a.tensor("x").dtype, f.axes, stream));
    fourier(as_complex(a.tensor("y")), as_complex(a.tensor("x")), f.axes, direction, stream);
  };
  return c.randomize(51);
}

/// A few roundings for each doubling of the points, in norm; of the thousands of numbers of a result none is
/// off by more than five times the root of the mean square.
contract::Bounds bounds(const Form& f) {
  const double both = 3 * 0x1p-24 * (2 + std::log2(static_cast<double>(f.shape.h * f.shape.w)));
  return {both, 5 * both};
}

void expect_matches(const Form& f) {
  for (const FourierDirection direction : {FourierDirection::kForward, FourierDirection::kInverse}) {
    SCOPED_TRACE(f.shape.text() + " axes " + std::to_string(static_cast<int>(f.axes)));
    contract::expect_parity(make_case(f, direction), names(f), {{"*", bounds(f)}});
  }
}

TEST(FourierGpu, EverySmallSizeAlongRowsOnEveryDeviceMatchesTheReference) {
  contract::expect_ran_at_least(names({{1, 1, 4, 4}}), 1);
  for (std::int64_t n = 1; n <= 49; ++n) {
    expect_matches({{1, 2, 2, n}, FourierAxes::kWidth});
  }
}

TEST(FourierGpu, EverySmallSizeAlongColumnsOnEveryDeviceMatchesTheReference) {
  for (std::int64_t n = 1; n <= 27; ++n) {
    expect_matches({{2, 1, n, 3}, FourierAxes::kHeight});
  }
}

TEST(FourierGpu, UsualAndAwkwardSizesOnEveryDeviceMatchTheReference) {
  for (const std::int64_t n : {320, 368, 384, 640, 251, 2 * 3 * 5 * 7, 1024}) {
    expect_matches({{1, 1, 1, n}, FourierAxes::kWidth});
  }
  // Columns in whole groups of eight, in groups that are not full, and longer ones in smaller groups.
  expect_matches({{1, 1, 64, 16}, FourierAxes::kHeight});
  expect_matches({{1, 2, 92, 13}, FourierAxes::kHeight});
  expect_matches({{1, 1, 1280, 5}, FourierAxes::kHeight});
}

TEST(FourierGpu, PlanesOnEveryDeviceMatchTheReference) {
  for (const Shape4& shape : {Shape4{1, 1, 1, 1}, Shape4{2, 3, 24, 40}, Shape4{1, 2, 23, 46},
                              Shape4{3, 1, 35, 12}, Shape4{1, 1, 2, 31}}) {
    expect_matches({shape, FourierAxes::kBoth});
  }
}

TEST(FourierGpu, LinesThatAreTooLongForSharedMemoryOnEveryDeviceMatchTheReference) {
  const std::int64_t n = 3083;
  ASSERT_FALSE(line_fits(n));
  expect_matches({{1, 1, 1, n}, FourierAxes::kWidth});
  expect_matches({{1, 1, n, 1}, FourierAxes::kBoth});
}

TEST(FourierGpu, InverseOnEveryDeviceIsTheAdjointOfForward) {
  for (const Form& f : {Form{{1, 2, 23, 46}}, Form{{2, 1, 9, 40}, FourierAxes::kWidth},
                        Form{{2, 1, 14, 9}, FourierAxes::kHeight}}) {
    OpCase inverse = make_case(f, FourierDirection::kInverse);
    inverse.randomize(52);
    for (const std::string& name : names(f)) {
      contract::expect_adjoint(make_case(f, FourierDirection::kForward), "x", "y", inverse, "x", "y",
                               DType::kF32, name, 2 * bounds(f).relative);
    }
  }
}

TEST(FourierGpu, ResultsOnEveryDeviceDoNotDependOnOtherPlanesThreadsOrOverwriting) {
  for (const Form& f : {Form{{3, 2, 12, 46}}, Form{{3, 2, 12, 46}, FourierAxes::kWidth},
                        Form{{3, 2, 33, 5}, FourierAxes::kHeight}}) {
    OpCase c = make_case(f, FourierDirection::kForward);
    contract::expect_repeatable(c, names(f));
    OpCase apart = c;
    apart.lanes = f.shape.n;
    apart.call = [f](const Arguments& a, Stream& stream) {
      fourier(as_complex(a.tensor("y")), as_complex(a.tensor("x")), f.axes, FourierDirection::kForward,
              stream);
    };
    std::vector<std::string> own = names(f);
    std::erase(own, "cufft");  // which may choose its kernels by the number of planes
    contract::expect_lanes_independent(apart, own);

    OpCase in_place = c;
    std::erase_if(in_place.operands, [](const contract::Operand& o) { return o.name == "y"; });
    in_place.operand("x").role = Role::kUpdated;
    in_place.call = [f](const Arguments& a, Stream& stream) {
      const ComplexView x = as_complex(a.tensor("x"));
      fourier(x, x, f.axes, FourierDirection::kForward, stream);
    };
    for (const std::string& name : names(f)) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("x"),
                contract::run_case(c, DType::kF32, name).at("y"));
    }
  }
}

// Nothing but the sum of equal numbers: rounding that adds up in one direction would show here.
TEST(FourierGpu, AConstantOnEveryDeviceIsOnePointInTheCentre) {
  for (const std::int64_t n : {23, 64, 251, 368}) {
    const Form f{{1, 1, 1, n}, FourierAxes::kWidth};
    OpCase c = make_case(f, FourierDirection::kForward);
    for (double& v : c.operand("x").values) {
      v = static_cast<double>(0.1f);
    }
    contract::expect_parity(c, names(f), {{"*", bounds(f)}});
  }
}

}  // namespace
}  // namespace selfsame
