// SPDX-License-Identifier: Apache-2.0
// One call of an op on guarded operands: the first half of tests/support/op_contract.hpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "kernels/device/philox.hpp"
#include "tests/support/op_contract.hpp"
#include "tests/support/op_values.hpp"

namespace selfsame::contract {
std::size_t count_of(const Operand& o) {
  return static_cast<std::size_t>(o.lanes > 0 ? o.lanes * o.dims[0] * o.dims[1] * o.dims[2] * o.dims[3]
                                              : o.shape.count());
}

std::vector<double> normals(std::size_t count, std::uint64_t seed, std::uint32_t which) {
  const RandomStream random(seed, RandomPurpose::kTest, which, 0);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = random.normal(i);
  }
  return values;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Owns the operands of one call.
class CaseRunner {
 public:
  CaseRunner(const OpCase& op_case, DType dtype, DeviceKind device) : case_(op_case), device_(device) {
    for (const Operand& o : case_.operands) {
      o.lanes > 0 ? add_parameter(o, stored_type(o, dtype)) : add_tensor(o, stored_type(o, dtype));
    }
  }
  Values run(Stream& stream) {
    stream.reserve_workspace(case_.workspace_bytes);
    std::map<std::string, std::vector<double>> before;
    for (const Operand& o : case_.operands) {
      before[o.name] = values(o);
      buffer(o).upload(stream);
    }
    stream.synchronize();
    case_.call(arguments_, stream);
    for (const Operand& o : case_.operands) {
      buffer(o).download(stream);
    }
    stream.synchronize();
    Values results;
    for (const Operand& o : case_.operands) {
      const std::string damage = o.lanes > 0 ? arguments_.parameters_.at(o.name)->damage()
                                             : arguments_.tensors_.at(o.name)->damage();
      EXPECT_EQ(damage, "") << case_.op << ": " << o.name;
      std::vector<double> after = values(o);
      if (o.role == Role::kInput) {
        EXPECT_TRUE(same_bits(after, before[o.name])) << case_.op << " changed its input " << o.name;
        continue;
      }
      const auto bad = std::find_if(after.begin(), after.end(), [](double v) { return std::isnan(v); });
      EXPECT_EQ(bad, after.end()) << case_.op << " left element " << bad - after.begin() << " of " << o.name
                                  << " unset or NaN";
      results[o.name] = std::move(after);
    }
    return results;
  }

 private:
  void add_parameter(const Operand& o, DType dtype) {
    auto parameter = std::make_unique<GuardedParameter>(o.lanes, o.dims, dtype, o.gap, device_);
    parameter->fill(o.role == Role::kOutput ? std::vector<double>(count_of(o), std::nan("")) : o.values);
    arguments_.parameters_[o.name] = std::move(parameter);
  }
  void add_tensor(const Operand& o, DType dtype) {
    auto tensor = std::make_unique<GuardedTensor>(o.shape, dtype, o.block, o.split, o.gap, device_);
    if (o.role == Role::kOutput) {
      tensor->poison();
    } else {
      tensor->fill(o.values);
    }
    arguments_.tensors_[o.name] = std::move(tensor);
  }
  const GuardedBuffer& buffer(const Operand& o) const {
    return o.lanes > 0 ? arguments_.parameters_.at(o.name)->buffer()
                       : arguments_.tensors_.at(o.name)->buffer();
  }
  std::vector<double> values(const Operand& o) const {
    return o.lanes > 0 ? arguments_.parameters_.at(o.name)->values()
                       : arguments_.tensors_.at(o.name)->values();
  }

  const OpCase& case_;
  DeviceKind device_;
  Arguments arguments_;
};

TensorView Arguments::tensor(std::string_view name) const {
  const auto it = tensors_.find(name);
  SELFSAME_CHECK(it != tensors_.end(), "no tensor '{}'", name);
  return it->second->view();
}

ParameterView Arguments::parameter(std::string_view name) const {
  const auto it = parameters_.find(name);
  SELFSAME_CHECK(it != parameters_.end(), "no parameter '{}'", name);
  return it->second->view();
}

OpCase& OpCase::tensor(std::string name, Role role, Shape4 shape, int block, std::int64_t split,
                       std::int64_t gap) {
  Operand o;
  o.name = std::move(name), o.role = role, o.shape = shape, o.block = block, o.split = split, o.gap = gap;
  operands.push_back(std::move(o));
  return *this;
}

OpCase& OpCase::parameter(std::string name, Role role, std::array<std::int64_t, 4> dims, std::int64_t gap) {
  Operand o;
  o.name = std::move(name), o.role = role, o.lanes = lanes, o.dims = dims, o.gap = gap;
  operands.push_back(std::move(o));
  return *this;
}

OpCase& OpCase::stored_as(std::string_view name, DType dtype) {
  operand(name).dtype = dtype;
  return *this;
}

OpCase& OpCase::statistic(std::string_view name) {
  operand(name).statistic = true;
  return *this;
}

OpCase& OpCase::randomize(std::uint64_t seed) {
  std::uint32_t which = 0;
  for (Operand& o : operands) {
    if (o.role != Role::kOutput) {
      o.values = normals(count_of(o), seed, which++);
    }
  }
  return *this;
}

const Operand& OpCase::operand(std::string_view name) const {
  for (const Operand& o : operands) {
    if (o.name == name) {
      return o;
    }
  }
  fail(ErrorKind::kInternal, "{}: no operand '{}'", op, name);
}

Operand& OpCase::operand(std::string_view name) {
  return const_cast<Operand&>(static_cast<const OpCase*>(this)->operand(name));
}

OpCase OpCase::lane(std::int64_t l) const {
  OpCase one = *this;
  one.lanes = 1;
  for (Operand& o : one.operands) {
    if (o.lanes > 0) {
      o.lanes = 1;
    } else {
      SELFSAME_CHECK(o.shape.n % lanes == 0, "{}: {} in {} lanes", o.name, o.shape.text(), lanes);
      o.shape.n /= lanes;
    }
    if (o.role != Role::kOutput) {
      const std::size_t size = count_of(o);
      const auto first = o.values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(l) * size);
      o.values = std::vector<double>(first, first + static_cast<std::ptrdiff_t>(size));
    }
  }
  return one;
}

Values run_case(const OpCase& op_case, DType dtype, Stream& stream) {
  return CaseRunner(op_case, dtype, stream.device()).run(stream);
}

Values run_case(const OpCase& op_case, DType dtype, std::string_view implementation, int threads) {
  Stream stream(implementation == "reference" ? DeviceKind::kCpu : test_device(), threads);
  if (!implementation.empty()) {
    stream.request(op_case.op, implementation);
  }
  return run_case(op_case, dtype, stream);
}

DType stored_type(const Operand& operand, DType run) {
  if (operand.dtype) {
    return *operand.dtype;
  }
  return operand.lanes > 0 || operand.statistic ? parameter_type(run) : activation_type(run, operand.block);
}

DeviceKind test_device() {
  static const DeviceKind device = [] {
    const char* name = std::getenv("SELFSAME_TEST_DEVICE");
    for (const DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kCuda, DeviceKind::kSimulated}) {
      if (name == nullptr || std::string_view(name) == name_of(kind)) {
        return kind;
      }
    }
    fail(ErrorKind::kUsage, "SELFSAME_TEST_DEVICE={}: expected cpu, cuda or simulated", name);
  }();
  return device;
}

}  // namespace selfsame::contract
