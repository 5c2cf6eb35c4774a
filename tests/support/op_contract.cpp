// SPDX-License-Identifier: Apache-2.0
#include "tests/support/op_contract.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/device/isa.hpp"
#include "tests/support/op_values.hpp"
#if defined(SELFSAME_SIMULATED)
#include "kernels/device/sim/simulator.hpp"
#endif

namespace selfsame::contract {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

double norm(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

void zero_accumulated(OpCase& op_case) {
  for (Operand& operand : op_case.operands) {
    if (operand.role == Role::kAccumulated) {
      operand.values.assign(count_of(operand), 0.0);
    }
  }
}

/// What `forward` reads and writes becomes what `backward` reads under the same name.
OpCase backward_at(const GradientCheck& check) {
  const Values saved = run_case(check.forward, DType::kF64, "reference");
  OpCase backward = check.backward;
  zero_accumulated(backward);
  for (Operand& operand : backward.operands) {
    if (operand.role != Role::kInput) {
      continue;
    }
    if (const auto it = saved.find(operand.name); it != saved.end() && operand.name != check.cotangent) {
      operand.values = it->second;
      continue;
    }
    for (const Operand& given : check.forward.operands) {
      if (given.name == operand.name && given.role == Role::kInput) {
        operand.values = given.values;
      }
    }
  }
  return backward;
}

/// L = <cotangent, output of the forward>.
double objective(const GradientCheck& check, const OpCase& forward) {
  return dot(check.backward.operand(check.cotangent).values,
             run_case(forward, DType::kF64, "reference").at(check.output));
}

}  // namespace

void expect_close(const std::vector<double>& got, const std::vector<double>& want, Bounds bounds,
                  const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  double error = 0, size = 0, largest_error = 0, largest = 0;
  std::size_t worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double difference = std::abs(got[i] - want[i]);
    error += difference * difference;
    size += want[i] * want[i];
    largest = std::max(largest, std::abs(want[i]));
    if (!(difference <= largest_error)) {
      largest_error = difference, worst = i;
    }
  }
  EXPECT_LE(std::sqrt(error), bounds.relative * std::sqrt(size))
      << what << ": relative error of " << want.size();
  EXPECT_LE(largest_error, bounds.largest * largest)
      << what << ": element " << worst << " is " << got[worst] << ", expected " << want[worst];
}

void expect_bitwise(const Values& got, const Values& want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (const auto& [name, values] : want) {
    EXPECT_TRUE(same_bits(got.at(name), values)) << what << ": " << name << " differs";
  }
}

namespace {

/// The values that the run will really hold.
OpCase rounded_to(const OpCase& op_case, DType dtype) {
  OpCase rounded = op_case;
  for (Operand& o : rounded.operands) {
    if (stored_type(o, dtype) == DType::kBF16) {
      for (double& v : o.values) {
        v = static_cast<double>(to_float(to_bf16(static_cast<float>(v))));
      }
    }
  }
  return rounded;
}

/// On the simulated device in three orders of the threads, which must give the same bits.
Values run_in_every_order(const OpCase& op_case, DType dtype, const std::string& implementation) {
#if defined(SELFSAME_SIMULATED)
  if (test_device() == DeviceKind::kSimulated && implementation != "reference") {
    const Values want = run_case(op_case, dtype, implementation);
    for (const simulated::ThreadOrder order :
         {simulated::ThreadOrder::kReverse, simulated::ThreadOrder::kShuffled}) {
      simulated::set_thread_order(order, 7);
      const Values got = run_case(op_case, dtype, implementation);
      simulated::set_thread_order(simulated::ThreadOrder::kForward);
      expect_bitwise(got, want, op_case.op + " " + implementation + " in another order of threads");
    }
    return want;
  }
#endif
  return run_case(op_case, dtype, implementation);
}

}  // namespace

void expect_parity(const OpCase& op_case, const std::vector<std::string>& implementations,
                   const std::map<std::string, Bounds>& bounds, DType dtype) {
  const OpCase rounded = rounded_to(op_case, dtype);
  const Values want = run_case(rounded, DType::kF64, "reference");
  ASSERT_FALSE(want.empty());
  for (const std::string& implementation : implementations) {
    const Values got = run_in_every_order(rounded, dtype, implementation);
    for (const auto& [name, values] : want) {
      const auto it = bounds.find(name);
      expect_close(got.at(name), values, it != bounds.end() ? it->second : bounds.at("*"),
                   op_case.op + " " + implementation + " " + name_of(dtype) + " " + name);
    }
  }
}

void expect_repeatable(const OpCase& op_case, const std::vector<std::string>& implementations, DType dtype) {
  const std::vector<int> threads =
      test_device() == DeviceKind::kCpu ? std::vector<int>{1, 2, 4} : std::vector<int>{1};
  for (const std::string& implementation : implementations) {
    const Values want = run_case(op_case, dtype, implementation, 1);
    for (const int count : threads) {
      expect_bitwise(run_case(op_case, dtype, implementation, count), want,
                     op_case.op + " " + implementation + ", " + std::to_string(count) + " threads");
    }
  }
}

void expect_lanes_independent(const OpCase& op_case, const std::vector<std::string>& implementations,
                              DType dtype) {
  ASSERT_GT(op_case.lanes, 1);
  for (const std::string& implementation : implementations) {
    const Values all = run_case(op_case, dtype, implementation, 2);
    for (std::int64_t l = 0; l < op_case.lanes; ++l) {
      const Values alone = run_case(op_case.lane(l), dtype, implementation, 2);
      for (const auto& [name, values] : alone) {
        const auto first = all.at(name).begin() + l * static_cast<std::ptrdiff_t>(values.size());
        const std::vector<double> among(first, first + static_cast<std::ptrdiff_t>(values.size()));
        EXPECT_TRUE(same_bits(among, values))
            << op_case.op << " " << implementation << ": " << name << " of lane " << l;
      }
    }
  }
}

void expect_adjoint(const OpCase& forward, const std::string& x_name, const std::string& y_name,
                    const OpCase& backward, const std::string& dy_name, const std::string& dx_name,
                    DType dtype, std::string_view implementation, double bound) {
  OpCase clean_forward = forward, clean_backward = backward;
  zero_accumulated(clean_forward);
  zero_accumulated(clean_backward);
  const std::vector<double>& x = forward.operand(x_name).values;
  const std::vector<double>& dy = backward.operand(dy_name).values;
  const std::vector<double> y = run_case(clean_forward, dtype, implementation).at(y_name);
  const std::vector<double> dx = run_case(clean_backward, dtype, implementation).at(dx_name);
  ASSERT_EQ(y.size(), dy.size());
  ASSERT_EQ(x.size(), dx.size());
  EXPECT_GT(norm(y), 0.0);
  EXPECT_NEAR(dot(y, dy), dot(x, dx), bound * norm(y) * norm(dy)) << forward.op << " " << implementation;
}

void expect_central_differences(const GradientCheck& check, double h, double bound) {
  const Values gradients = run_case(backward_at(check), DType::kF64, "reference");
  OpCase moved = check.forward;
  for (const auto& [input, gradient] : check.wanted) {
    const std::vector<double>& got = gradients.at(gradient);
    std::vector<double>& values = moved.operand(input).values;
    ASSERT_EQ(got.size(), values.size()) << input;
    std::vector<double> want(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double value = values[i];
      values[i] = value + h;
      const double above = objective(check, moved);
      values[i] = value - h;
      want[i] = (above - objective(check, moved)) / (2 * h);
      values[i] = value;
    }
    expect_close(got, want, {bound, bound},
                 check.forward.op + " " + gradient + " against central differences");
  }
}

void expect_taylor(const GradientCheck& check, double h, double floor) {
  const Values gradients = run_case(backward_at(check), DType::kF64, "reference");
  double slope = 0;
  std::map<std::string, std::vector<double>> direction;
  std::uint32_t which = 1000;
  for (const auto& [input, gradient] : check.wanted) {
    direction[input] = normals(check.forward.operand(input).values.size(), 7, which++);
    slope += dot(direction[input], gradients.at(gradient));
  }
  const double start = objective(check, check.forward);
  const auto remainder = [&](double step) {
    OpCase moved = check.forward;
    for (const auto& [input, v] : direction) {
      std::vector<double>& values = moved.operand(input).values;
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] += step * v[i];
      }
    }
    return std::abs(objective(check, moved) - start - step * slope);
  };
  const double whole = remainder(h), half = remainder(h / 2);
  EXPECT_TRUE(half <= floor || (whole / half > 3.5 && whole / half < 4.5))
      << check.forward.op << ": remainders " << whole << " and " << half << ", slope " << slope;
}

void expect_ran_at_least(const std::vector<std::string>& names, std::size_t count) {
  if (test_device() != DeviceKind::kCpu) {
    EXPECT_GE(names.size(), 1u) << "no implementation ran on device " << name_of(test_device());
    return;
  }
  EXPECT_GE(names.size(), count) << "too few implementations ran";
  EXPECT_NE(std::find(names.begin(), names.end(), "reference"), names.end());
}

std::size_t simd_versions() {
  return 1 + (isa_available(Isa::kAvx2) ? 1 : 0) + (isa_available(Isa::kAvx512) ? 1 : 0);
}

}  // namespace selfsame::contract
