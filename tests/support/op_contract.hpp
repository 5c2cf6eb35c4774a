// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device/implementation.hpp"
#include "kernels/device/stream.hpp"
#include "kernels/device/tensor.hpp"
#include "tests/support/guarded.hpp"

// The contract that every op keeps, checked from a description of one call (OpCase): which operands it has,
// in which layout, with which values, and how it is called. Values are drawn as floats, so the fp64 reference
// and an fp32 implementation see the same numbers; for a bf16 implementation both see the numbers rounded to
// bf16.
//
// The same tests run on every device: SELFSAME_TEST_DEVICE names it (cpu if it is not set), `supported_names`
// lists the implementations there, and "reference" always runs on the CPU. On the simulated device every
// comparison with the reference runs in three orders of the threads, which must agree to the bit. Tests whose
// name contains EveryDevice are registered once per device (tests/CMakeLists.txt).

namespace selfsame::contract {

enum class Role {
  kInput,        ///< must be left as it was
  kOutput,       ///< filled with NaN before the call: must be overwritten everywhere
  kAccumulated,  ///< filled with its values before the call: the op adds to them
  kUpdated,      ///< read and written (running statistics); counts as an input and as an output
};

struct Operand {
  std::string name;
  Role role = Role::kInput;
  Shape4 shape;                        ///< of a tensor
  int block = 1;                       ///< of a tensor
  std::int64_t split = 0;              ///< of a tensor
  std::int64_t lanes = 0;              ///< > 0: a parameter (lanes, dims)
  std::array<std::int64_t, 4> dims{};  ///< of a parameter
  std::int64_t gap = 0;                ///< unused elements behind every sample or lane
  std::vector<double> values;          ///< logical order; empty for outputs
  std::optional<DType> dtype;          ///< absent: that of the run, see stored_type()
  bool statistic = false;              ///< of a tensor: see OpCase::statistic
};

/// A run in bf16 stores blocked tensors in bf16; tensors of block 1 and parameters in float.
[[nodiscard]] DType stored_type(const Operand& operand, DType run);

/// Where implementations are tested in this process.
[[nodiscard]] DeviceKind test_device();

using Values = std::map<std::string, std::vector<double>>;

/// The operands of a running call.
class Arguments {
 public:
  [[nodiscard]] TensorView tensor(std::string_view name) const;
  [[nodiscard]] ParameterView parameter(std::string_view name) const;

 private:
  friend class CaseRunner;
  std::map<std::string, std::unique_ptr<GuardedTensor>, std::less<>> tensors_;
  std::map<std::string, std::unique_ptr<GuardedParameter>, std::less<>> parameters_;
};

/// One call of an op. `call` uses the arguments by name; it may pass views on, alias them, or leave some out.
struct OpCase {
  std::string op;  ///< name for Stream::request
  std::vector<Operand> operands;
  std::function<void(const Arguments&, Stream&)> call;
  std::int64_t lanes = 1;  ///< sample counts of all tensors are multiples of it
  std::size_t workspace_bytes = 0;

  OpCase& tensor(std::string name, Role role, Shape4 shape, int block, std::int64_t split = 0,
                 std::int64_t gap = 0);
  OpCase& parameter(std::string name, Role role, std::array<std::int64_t, 4> dims, std::int64_t gap = 0);
  /// The operand is stored in this type whatever the run's type is.
  OpCase& stored_as(std::string_view name, DType dtype);
  /// The tensor is float in a run in bf16, whatever its block.
  OpCase& statistic(std::string_view name);
  /// Draws standard normals for all operands that are not outputs. Accumulated ones start from them too.
  OpCase& randomize(std::uint64_t seed);
  [[nodiscard]] Operand& operand(std::string_view name);
  [[nodiscard]] const Operand& operand(std::string_view name) const;
  /// The same call for one lane alone.
  [[nodiscard]] OpCase lane(std::int64_t l) const;
};

/// Runs the call once, checks guard bands, gaps, padding channels, that inputs are unchanged and that no
/// output holds NaN, and returns everything that is not an input.
Values run_case(const OpCase& op_case, DType dtype, Stream& stream);
/// With a stream of its own on the tested device, on the CPU for "reference"; `implementation` empty = the
/// op's choice.
Values run_case(const OpCase& op_case, DType dtype, std::string_view implementation, int threads = 1);

/// ||got - want|| / ||want|| <= relative and max |got - want| <= largest * max |want|; reports index, values,
/// bound.
struct Bounds {
  double relative, largest;
};
void expect_close(const std::vector<double>& got, const std::vector<double>& want, Bounds bounds,
                  const std::string& what);
void expect_bitwise(const Values& got, const Values& want, const std::string& what);

/// Every named implementation in fp32 (or bf16) against the fp64 reference. `bounds` by output name, "*" for
/// the others.
void expect_parity(const OpCase& op_case, const std::vector<std::string>& implementations,
                   const std::map<std::string, Bounds>& bounds, DType dtype = DType::kF32);
/// Twice, and with 1, 2 and 4 threads: the same bits.
void expect_repeatable(const OpCase& op_case, const std::vector<std::string>& implementations,
                       DType dtype = DType::kF32);
/// Every lane alone: the same bits as among the others.
void expect_lanes_independent(const OpCase& op_case, const std::vector<std::string>& implementations,
                              DType dtype = DType::kF32);
/// <A x, y> = <x, At y> for random x and y; `forward` maps x_name to y_name, `backward` maps dy_name to
/// dx_name.
void expect_adjoint(const OpCase& forward, const std::string& x_name, const std::string& y_name,
                    const OpCase& backward, const std::string& dy_name, const std::string& dx_name,
                    DType dtype, std::string_view implementation, double bound);

/// A forward call, an output of it, and the backward call that claims to know its gradients.
struct GradientCheck {
  OpCase forward;
  std::string output;     ///< of the forward
  OpCase backward;        ///< its operands named like the forward's are given the same values
  std::string cotangent;  ///< backward's input that holds dL/d(output); L = <cotangent, output>
  std::map<std::string, std::string> wanted;  ///< forward's input -> backward's output
};
/// Every element of every wanted gradient against central differences of the fp64 reference with step h.
void expect_central_differences(const GradientCheck& check, double h, double bound);
/// L(x + hv) - L(x) - h <dL/dx, v> falls by 4 when h halves, in fp64, all inputs moving along a random
/// direction. `floor` is the remainder below which rounding rules (a piecewise linear op has remainder 0).
void expect_taylor(const GradientCheck& check, double h, double floor);

/// Names of the implementations in an op's list that run on the tested device and support the problem.
template <typename Implementation, typename Problem>
std::vector<std::string> supported_names(std::span<const Implementation> list, const Problem& problem) {
  std::vector<std::string> names;
  for (const Implementation& implementation : list) {
    if (implementation.device == test_device() && implementation.supports(problem)) {
      names.emplace_back(implementation.name);
    }
  }
  return names;
}
/// A test that silently tests nothing must fail: on the CPU at least `count`, the reference among them; on a
/// GPU at least one.
void expect_ran_at_least(const std::vector<std::string>& names, std::size_t count);
/// The number of *_simd versions that this processor runs.
std::size_t simd_versions();

}  // namespace selfsame::contract
