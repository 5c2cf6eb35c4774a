// SPDX-License-Identifier: Apache-2.0
#include "mri/fourier/fourier.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mri/fourier/fourier_fftw.hpp"
#include "tests/support/fixture.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::Bounds;
using contract::OpCase;
using contract::Role;

constexpr FourierAxes kAllAxes[] = {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight};
constexpr FourierDirection kDirections[] = {FourierDirection::kForward, FourierDirection::kInverse};

const char* name_of_axes(FourierAxes axes) {
  return axes == FourierAxes::kBoth ? "both" : axes == FourierAxes::kWidth ? "width" : "height";
}

/// `shape` in complex numbers; the operands are the real tensors of the same memory.
OpCase fourier_case(Shape4 shape, FourierAxes axes, FourierDirection direction) {
  const Shape4 real{shape.n, shape.c, shape.h, 2 * shape.w};
  OpCase c;
  c.op = "fourier";
  c.tensor("y", Role::kOutput, real, 1).tensor("x", Role::kInput, real, 1);
  c.call = [=](const Arguments& a, Stream& s) {
    const ConstTensorView x = a.tensor("x");
    s.reserve_workspace(prepare_fourier(shape, x.dtype, axes, s));
    fourier(as_complex(a.tensor("y")), as_complex(x), axes, direction, s);
  };
  return c.randomize(11);
}

OpCase in_place_case(Shape4 shape, FourierAxes axes, FourierDirection direction) {
  OpCase c = fourier_case(shape, axes, direction);
  c.operands.erase(c.operands.begin());
  c.operand("x").role = Role::kUpdated;
  c.call = [=](const Arguments& a, Stream& s) {
    const ComplexView x = as_complex(a.tensor("x"));
    s.reserve_workspace(prepare_fourier(shape, x.dtype, axes, s));
    fourier(x, x, axes, direction, s);
  };
  return c;
}

std::vector<std::string> names(Shape4 shape, FourierAxes axes, DType dtype = DType::kF32) {
  return contract::supported_names(fourier_implementations(), FourierProblem{dtype, shape.h, shape.w, axes});
}

/// A device for which the list has no entry at all is skipped, and counted.
bool nothing_on_this_device() {
  const auto list = fourier_implementations();
  return std::none_of(list.begin(), list.end(),
                      [](const auto& entry) { return entry.device == contract::test_device(); });
}
#define SELFSAME_NEEDS_AN_ENTRY()                                  \
  if (nothing_on_this_device()) {                                  \
    GTEST_SKIP() << "no implementation of fourier on this device"; \
  }

double transformed_points(Shape4 shape, FourierAxes axes) {
  return static_cast<double>(axes == FourierAxes::kWidth    ? shape.w
                             : axes == FourierAxes::kHeight ? shape.h
                                                            : shape.h * shape.w);
}

/// Higham's bound of a transform of n points is log2(n) (1 + 4 sqrt 2) roundings of 2^-24 (Accuracy and
/// Stability of Numerical Algorithms, theorem 24.2), and one more for the scale; every element's share of the
/// error is that of the largest element at most. Sums over a prime p have errors like p / 2 terms in a row,
/// which random signs make sqrt(p / 2) < 7 log2(p) for all sizes here.
std::map<std::string, Bounds> bounds(Shape4 shape, FourierAxes axes) {
  const double roundings = 1 + 6.7 * std::log2(std::max(transformed_points(shape, axes), 2.0));
  return {{"*", {roundings * 0x1p-24, roundings * 0x1p-24}}};
}

// All radices there are, powers, products of every kind, primes with and without a codelet.
const std::int64_t kSizes[] = {1,  2,  3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15, 16,
                               17, 19, 20,  21,  23,  24,  25,  28,  29,  31,  32,  37,  49,  53,  64, 74,
                               97, 99, 101, 121, 128, 180, 202, 230, 257, 320, 322, 368, 372, 384, 640};
std::int64_t largest_size() { return contract::test_device() == DeviceKind::kSimulated ? 64 : 640; }

/// Without FFTW, which would measure plans for every size; the planes below are for it too.
std::vector<std::string> own_names(Shape4 shape, FourierAxes axes) {
  std::vector<std::string> own = names(shape, axes);
  std::erase(own, "fftw");
  return own;
}

TEST(Fourier, EveryVersionOnEveryDeviceMatchesTheReferenceAlongLines) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const std::int64_t n : kSizes) {
    if (n > largest_size()) {
      continue;
    }
    // 19 lines: a whole block of 16 lanes, and an edge. The two axes differ in how lines are loaded, the two
    // directions in which part is which: large sizes, where the reference is slow, take one of each.
    const Shape4 rows{1, 1, 19, n}, columns{1, 1, n, 19};
    for (const FourierDirection direction : kDirections) {
      if (n < 150 || direction == FourierDirection::kForward) {
        contract::expect_parity(fourier_case(rows, FourierAxes::kWidth, direction),
                                own_names(rows, FourierAxes::kWidth), bounds(rows, FourierAxes::kWidth));
      }
      if (n < 150 || direction == FourierDirection::kInverse) {
        contract::expect_parity(fourier_case(columns, FourierAxes::kHeight, direction),
                                own_names(columns, FourierAxes::kHeight),
                                bounds(columns, FourierAxes::kHeight));
      }
    }
  }
}

const Shape4 kPlanes[] = {{1, 1, 1, 1},   {2, 3, 2, 3},    {1, 2, 5, 7},    {1, 3, 8, 12},  {1, 2, 16, 23},
                          {1, 1, 31, 25}, {1, 2, 37, 49},  {2, 1, 17, 64},  {1, 1, 64, 97}, {1, 1, 101, 20},
                          {1, 2, 20, 37}, {1, 1, 121, 33}, {1, 1, 18, 372}, {1, 3, 33, 16}, {1, 1, 80, 368},
                          {1, 1, 640, 6}, {1, 1, 1, 40},   {1, 1, 40, 1},   {1, 5, 32, 48}, {1, 1, 230, 180}};

TEST(Fourier, EveryVersionOnEveryDeviceMatchesTheReferenceOnPlanes) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Shape4& shape : kPlanes) {
    if (std::max(shape.h, shape.w) > largest_size()) {
      continue;
    }
    contract::expect_ran_at_least(names(shape, FourierAxes::kBoth), 1 + contract::simd_versions());
    for (const FourierAxes axes : kAllAxes) {
      for (const FourierDirection direction : kDirections) {
        contract::expect_parity(fourier_case(shape, axes, direction), names(shape, axes),
                                bounds(shape, axes));
      }
    }
  }
}

TEST(Fourier, InverseOnEveryDeviceIsAdjointOfForward) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Shape4& shape :
       {Shape4{1, 2, 16, 23}, Shape4{2, 1, 7, 12}, Shape4{1, 1, 1, 5}, Shape4{1, 1, 37, 20}}) {
    for (const FourierAxes axes : kAllAxes) {
      OpCase forward = fourier_case(shape, axes, FourierDirection::kForward);
      OpCase adjoint = fourier_case(shape, axes, FourierDirection::kInverse);
      adjoint.randomize(12);
      contract::expect_adjoint(forward, "x", "y", adjoint, "x", "y", DType::kF64, "reference", 1e-12);
      for (const std::string& name : names(shape, axes)) {
        contract::expect_adjoint(forward, "x", "y", adjoint, "x", "y", DType::kF32, name,
                                 2 * bounds(shape, axes).at("*").relative);
      }
    }
  }
}

TEST(Fourier, ForwardThenInverseOnEveryDeviceIsTheIdentityAndKeepsTheNorm) {
  SELFSAME_NEEDS_AN_ENTRY();
  const auto norm = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) {
      sum += v * v;
    }
    return std::sqrt(sum);
  };
  for (const Shape4& shape : {Shape4{1, 2, 40, 23}, Shape4{1, 1, 21, 64}}) {
    for (const FourierAxes axes : kAllAxes) {
      const Bounds bound = bounds(shape, axes).at("*");
      const OpCase there = fourier_case(shape, axes, FourierDirection::kForward);
      const std::vector<double>& x = there.operand("x").values;
      for (const std::string& name : names(shape, axes)) {
        OpCase back = fourier_case(shape, axes, FourierDirection::kInverse);
        back.operand("x").values = contract::run_case(there, DType::kF32, name).at("y");
        EXPECT_NEAR(norm(back.operand("x").values), norm(x), bound.relative * norm(x));
        // The values of x are drawn as doubles and stored as floats: one rounding more.
        contract::expect_close(contract::run_case(back, DType::kF32, name).at("y"), x,
                               {2 * bound.relative + 0x1p-24, 2 * bound.largest + 0x1p-24}, name);
      }
    }
  }
}

TEST(Fourier, OnEveryDeviceTheOutputMayBeTheInput) {
  SELFSAME_NEEDS_AN_ENTRY();
  for (const Shape4& shape : {Shape4{1, 3, 40, 23}, Shape4{1, 2, 21, 48}, Shape4{1, 1, 53, 19}}) {
    for (const FourierAxes axes : kAllAxes) {
      for (const FourierDirection direction : kDirections) {
        for (const std::string& name : names(shape, axes)) {
          EXPECT_EQ(contract::run_case(in_place_case(shape, axes, direction), DType::kF32, name).at("x"),
                    contract::run_case(fourier_case(shape, axes, direction), DType::kF32, name).at("y"))
              << name << " " << shape.text() << " " << name_of_axes(axes);
        }
      }
    }
  }
}

TEST(Fourier, ResultsOnEveryDeviceDoNotDependOnThreads) {
  SELFSAME_NEEDS_AN_ENTRY();
  const Shape4 shape{1, 5, 40, 37};
  for (const FourierAxes axes : kAllAxes) {
    contract::expect_repeatable(fourier_case(shape, axes, FourierDirection::kForward), names(shape, axes));
  }
}

TEST(Fourier, APlaneOnEveryDeviceHasTheSameBitsAmongOthers) {
  SELFSAME_NEEDS_AN_ENTRY();
  const Shape4 all{2, 3, 21, 23}, one{1, 1, 21, 23};
  const std::size_t plane = 2 * 21 * 23;
  for (const FourierAxes axes : kAllAxes) {
    const OpCase together = fourier_case(all, axes, FourierDirection::kInverse);
    for (const std::string& name : names(all, axes)) {
      const std::vector<double> y = contract::run_case(together, DType::kF32, name).at("y");
      for (std::size_t p = 0; p < 6; ++p) {
        OpCase alone = fourier_case(one, axes, FourierDirection::kInverse);
        const auto part = [&](const std::vector<double>& v) {
          const auto first = v.begin() + static_cast<std::ptrdiff_t>(p * plane);
          return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(plane));
        };
        alone.operand("x").values = part(together.operand("x").values);
        EXPECT_EQ(contract::run_case(alone, DType::kF32, name).at("y"), part(y)) << name << ", plane " << p;
      }
    }
  }
}

TEST(Fourier, EveryVersionOnEveryDeviceAgreesWithNumPy) {
  SELFSAME_NEEDS_AN_ENTRY();
  const test::Fixture fixture = test::Fixture::load("fourier");
  const std::vector<std::string> planes = fixture.names_below("x/");
  ASSERT_EQ(planes.size(), 7u);
  for (const std::string& plane : planes) {
    const test::Fixture::Tensor& x = fixture.tensor("x/" + plane);
    const Shape4 shape{1, x.shape[0], x.shape[1], x.shape[2] / 2};
    for (const FourierAxes axes : kAllAxes) {
      for (const FourierDirection direction : kDirections) {
        OpCase c = fourier_case(shape, axes, direction);
        c.operand("x").values = x.values;
        const std::string key =
            fmt::format("{}/{}/{}", direction == FourierDirection::kForward ? "forward" : "inverse",
                        name_of_axes(axes), plane);
        const std::vector<double>& want = fixture.tensor(key).values;
        contract::expect_close(contract::run_case(c, DType::kF64, "reference").at("y"), want, {1e-14, 1e-14},
                               key);
        const Bounds bound = bounds(shape, axes).at("*");
        for (const std::string& name : names(shape, axes)) {
          contract::expect_close(contract::run_case(c, DType::kF32, name).at("y"), want,
                                 {bound.relative + 0x1p-24, bound.largest + 0x1p-24}, key + " " + name);
        }
      }
    }
  }
}

// The sizes of fastMRI, against another library: the reference would take too long.
TEST(Fourier, WholeImagesAgreeWithFftw) {
  if (!fourier_fftw::available()) {
    GTEST_SKIP() << "libfftw3f.so.3 cannot be loaded";
  }
  for (const Shape4& shape : {Shape4{1, 1, 320, 320}, Shape4{1, 1, 640, 368}, Shape4{1, 1, 640, 372}}) {
    const OpCase c = fourier_case(shape, FourierAxes::kBoth, FourierDirection::kForward);
    const std::vector<double> want = contract::run_case(c, DType::kF32, "fftw").at("y");
    for (const std::string& name : names(shape, FourierAxes::kBoth)) {
      if (name != "reference" && name != "fftw") {
        const Bounds bound = bounds(shape, FourierAxes::kBoth).at("*");
        contract::expect_close(contract::run_case(c, DType::kF32, name).at("y"), want,
                               {2 * bound.relative, 2 * bound.largest}, name);
      }
    }
  }
}

TEST(Fourier, PreparingAgainGivesTheSameWorkspace) {
  Stream stream(DeviceKind::kCpu, 2);
  const Shape4 shape{1, 2, 48, 23};
  const std::size_t bytes = prepare_fourier(shape, DType::kF32, FourierAxes::kBoth, stream);
  EXPECT_EQ(prepare_fourier(shape, DType::kF32, FourierAxes::kBoth, stream), bytes);
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(prepare_fourier(shape, DType::kF64, FourierAxes::kBoth, stream), 0u);  // the reference
}

TEST(Fourier, WithoutItsWorkspaceItIsAnError) {
  const Shape4 shape{1, 1, 20, 20};
  OpCase c = fourier_case(shape, FourierAxes::kBoth, FourierDirection::kForward);
  c.call = [](const Arguments& a, Stream& s) {
    fourier(as_complex(a.tensor("y")), as_complex(a.tensor("x")), FourierAxes::kBoth,
            FourierDirection::kForward, s);
  };
  Stream stream(DeviceKind::kCpu, 1);
  EXPECT_THROW(contract::run_case(c, DType::kF32, stream), Error);
}

TEST(Fourier, ShapesThatDoNotFitAreErrors) {
  Stream stream(DeviceKind::kCpu, 1);
  OpCase wrong = fourier_case({1, 1, 4, 6}, FourierAxes::kBoth, FourierDirection::kForward);
  wrong.operand("y").shape.h = 5;
  EXPECT_THROW(contract::run_case(wrong, DType::kF32, stream), Error);
}

}  // namespace
}  // namespace selfsame
