// SPDX-License-Identifier: Apache-2.0
// The versions of the SENSE operator that a device has: every pass, along every axis, with weights of both
// forms and without, in blocks that are not full and over coils in one block or in several.
#include <gtest/gtest.h>

#include <cmath>

#include "mri/fourier/fourier_line_plan.hpp"
#include "mri/sense/sense.hpp"
#include "tests/support/op_contract.hpp"

namespace selfsame {
namespace {

using contract::Arguments;
using contract::OpCase;
using contract::Role;

enum class WeightRows { kNone, kOne, kAll };

struct Form {
  Shape4 maps;
  FourierAxes axes = FourierAxes::kBoth;
  WeightRows rows = WeightRows::kAll;
};

/// Every axis with every form of the weights. The last two have more coils than a block takes together.
std::vector<Form> forms() {
  std::vector<Form> all;
  for (const Shape4& maps : {Shape4{1, 1, 1, 1}, Shape4{2, 3, 12, 10}, Shape4{1, 4, 23, 9}}) {
    for (const FourierAxes axes : {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight}) {
      for (const WeightRows rows : {WeightRows::kNone, WeightRows::kOne, WeightRows::kAll}) {
        all.push_back({maps, axes, rows});
      }
    }
  }
  all.push_back({{1, 7, 2, 368}, FourierAxes::kWidth, WeightRows::kOne});
  all.push_back({{1, 5, 320, 3}, FourierAxes::kHeight, WeightRows::kAll});
  return all;
}

std::vector<std::string> names(const Form& f) {
  return contract::supported_names(sense_implementations(), SenseProblem{DType::kF32, f.maps.h, f.maps.w,
                                                                         f.axes, f.rows != WeightRows::kAll});
}

Shape4 parts(Shape4 s) { return {s.n, s.c, s.h, 2 * s.w}; }
Shape4 image_of(Shape4 s) { return {s.n, 1, s.h, s.w}; }

/// A call with maps and, unless there are none, weights of 0 and 1.
template <typename Call>
OpCase with_maps(OpCase c, const Form& f, std::uint64_t seed, Call&& call) {
  c.op = "sense";
  c.workspace_bytes =
      static_cast<std::size_t>(f.maps.count()) * 64 + (std::size_t{16} << 20);  // more than any version needs
  c.tensor("maps", Role::kInput, parts(f.maps), 1);
  if (f.rows != WeightRows::kNone) {
    const std::int64_t rows = f.rows == WeightRows::kOne ? 1 : f.maps.h;
    c.tensor("weights", Role::kInput, {f.maps.n, 1, rows, f.maps.w}, 1);
  }
  c.call = [f, call](const Arguments& a, Stream& stream) {
    const ComplexView maps = as_complex(a.tensor("maps"));
    static_cast<void>(prepare_sense(maps.shape, maps.dtype, f.axes, stream));
    call(a, maps, f.rows == WeightRows::kNone ? ConstTensorView{} : ConstTensorView(a.tensor("weights")),
         stream);
  };
  c.randomize(seed);
  if (f.rows != WeightRows::kNone) {
    for (double& w : c.operand("weights").values) {
      w = w > -0.3 ? 1 : 0;
    }
    c.operand("weights").values[0] = 1;
  }
  return c;
}

OpCase make_forward(const Form& f, std::uint64_t seed = 61) {
  OpCase c;
  c.tensor("kspace", Role::kOutput, parts(f.maps), 1)
      .tensor("image", Role::kInput, parts(image_of(f.maps)), 1);
  return with_maps(
      std::move(c), f, seed, [f](const Arguments& a, ComplexView maps, ConstTensorView w, Stream& s) {
        sense_forward(as_complex(a.tensor("kspace")), as_complex(a.tensor("image")), maps, w, f.axes, s);
      });
}

OpCase make_adjoint(const Form& f, std::uint64_t seed = 62) {
  OpCase c;
  c.tensor("image", Role::kOutput, parts(image_of(f.maps)), 1)
      .tensor("kspace", Role::kInput, parts(f.maps), 1);
  return with_maps(
      std::move(c), f, seed, [f](const Arguments& a, ComplexView maps, ConstTensorView w, Stream& s) {
        sense_adjoint(as_complex(a.tensor("image")), as_complex(a.tensor("kspace")), maps, w, f.axes, s);
      });
}

OpCase make_normal(const Form& f, std::uint64_t seed = 63) {
  OpCase c;
  c.tensor("y", Role::kOutput, parts(image_of(f.maps)), 1)
      .tensor("x", Role::kInput, parts(image_of(f.maps)), 1);
  return with_maps(std::move(c), f, seed,
                   [f](const Arguments& a, ComplexView maps, ConstTensorView w, Stream& s) {
                     sense_normal(as_complex(a.tensor("y")), as_complex(a.tensor("x")), maps, w, f.axes, s);
                   });
}

/// The roundings of products with maps and of `transforms` transforms, which take a few for each doubling of
/// the points; those of the sum over the coils; in norm. No number is off by more than five times that.
contract::Bounds bounds(const Form& f, int transforms) {
  const double transform = 3 * (2 + std::log2(static_cast<double>(f.maps.h * f.maps.w)));
  const double bound = 0x1p-24 * (6 + transforms * transform + static_cast<double>(f.maps.c));
  return {bound, 5 * bound};
}

TEST(SenseGpu, EveryVersionOnEveryDeviceMatchesTheReference) {
  for (const Form& f : forms()) {
    SCOPED_TRACE(f.maps.text() + " axes " + std::to_string(static_cast<int>(f.axes)) + " weights " +
                 std::to_string(static_cast<int>(f.rows)));
    contract::expect_ran_at_least(names(f), 1);
    contract::expect_parity(make_forward(f), names(f), {{"*", bounds(f, 1)}});
    contract::expect_parity(make_adjoint(f), names(f), {{"*", bounds(f, 1)}});
    contract::expect_parity(make_normal(f), names(f), {{"*", bounds(f, 2)}});
  }
}

TEST(SenseGpu, LinesThatAreTooLongForSharedMemoryOnEveryDeviceMatchTheReference) {
  const Form f{{1, 2, 1, 3083}, FourierAxes::kWidth, WeightRows::kOne};
  ASSERT_FALSE(line_fits(f.maps.w));
  contract::expect_ran_at_least(names(f), 1);
  contract::expect_parity(make_normal(f), names(f), {{"*", bounds(f, 2)}});
}

TEST(SenseGpu, AdjointOnEveryDeviceIsTheAdjointOfForward) {
  for (const Form& f : forms()) {
    OpCase forward = make_forward(f), adjoint = make_adjoint(f);
    for (const char* shared : {"maps", "weights"}) {
      if (shared != std::string("weights") || f.rows != WeightRows::kNone) {
        adjoint.operand(shared).values = forward.operand(shared).values;
      }
    }
    for (const std::string& name : names(f)) {
      contract::expect_adjoint(forward, "image", "kspace", adjoint, "kspace", "image", DType::kF32, name,
                               2 * bounds(f, 1).relative);
    }
  }
}

TEST(SenseGpu, ResultsOnEveryDeviceDoNotDependOnOtherSamplesThreadsOrOverwriting) {
  for (const FourierAxes axes : {FourierAxes::kBoth, FourierAxes::kWidth, FourierAxes::kHeight}) {
    const Form f{{3, 2, 10, 46}, axes, WeightRows::kAll};
    const OpCase normal = make_normal(f);
    for (OpCase c : {make_forward(f), make_adjoint(f), normal}) {
      contract::expect_repeatable(c, names(f));
      c.lanes = f.maps.n;
      contract::expect_lanes_independent(c, names(f));
    }
    OpCase in_place = normal;
    std::erase_if(in_place.operands, [](const contract::Operand& o) { return o.name == "y"; });
    in_place.operand("x").role = Role::kUpdated;
    in_place.call = [axes](const Arguments& a, Stream& stream) {
      const ComplexView x = as_complex(a.tensor("x"));
      sense_normal(x, x, as_complex(a.tensor("maps")), a.tensor("weights"), axes, stream);
    };
    for (const std::string& name : names(f)) {
      EXPECT_EQ(contract::run_case(in_place, DType::kF32, name).at("x"),
                contract::run_case(normal, DType::kF32, name).at("y"));
    }
  }
}

TEST(SenseGpu, WeightsOfColumnsOnEveryDeviceGiveTheTwoDimensionalOperator) {
  const Form by_column{{2, 3, 12, 10}, FourierAxes::kBoth, WeightRows::kOne};
  const Form full{{2, 3, 12, 10}, FourierAxes::kBoth, WeightRows::kAll};
  OpCase short_cut = make_normal(by_column), plain = make_normal(full);
  const std::vector<double>& row = short_cut.operand("weights").values;
  std::vector<double>& all = plain.operand("weights").values;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = row[i / 120 * 10 + i % 10];
  }
  plain.operand("maps").values = short_cut.operand("maps").values;
  plain.operand("x").values = short_cut.operand("x").values;
  for (const std::string& name : names(full)) {
    contract::expect_close(contract::run_case(short_cut, DType::kF32, name).at("y"),
                           contract::run_case(plain, DType::kF32, name).at("y"),
                           {2 * bounds(full, 2).relative, 2 * bounds(full, 2).largest}, name);
  }
}

}  // namespace
}  // namespace selfsame
