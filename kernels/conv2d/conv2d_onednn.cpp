// SPDX-License-Identifier: Apache-2.0
// kernels/conv2d/conv2d.hpp with oneDNN: the yardstick of our own kernels, and an alternative to be asked for
// by name.
//
// One primitive per pass, shape and number of threads, kept in a map of the process with the memory that it
// needs: unlike our own versions this one allocates, when a shape is first seen. Calls are serialised by one
// lock. Lanes are a loop. Backward over the weights divides the sum over pixels among its threads: its last
// bits depend on their number.
#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernels/conv2d/conv2d_versions.hpp"
#include "kernels/conv2d/onednn_adapter.hpp"

namespace selfsame::conv2d_onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

enum class Pass { kForward, kBackwardData, kBackwardWeight };

/// All that a primitive depends on.
struct Problem {
  Pass pass = Pass::kForward;
  bool bias = false;
  int threads = 1;
  std::int64_t samples = 1, c = 1, k = 1, h = 1, w = 1, filter = 1;
  int x_block = 1, y_block = 1;
  auto operator<=>(const Problem&) const = default;
};

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& queue() {
  static dnnl::stream stream(engine());
  return stream;
}

memory::desc descriptor(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

Tag activation_tag(int block) { return block == 16 ? Tag::nChw16c : Tag::nchw; }

/// An operand as the caller stores it and as the primitive wants it.
class Operand {
 public:
  Operand() = default;
  Operand(const memory::desc& user, const memory::desc& inner) : user_(user, engine(), nullptr) {
    if (user != inner) {
      inner_.emplace(inner, engine());
    }
  }
  memory& inner() { return inner_ ? *inner_ : user_; }
  void point_to(const void* data) { user_.set_data_handle(const_cast<void*>(data)); }
  void read(const void* data) {
    point_to(data);
    if (inner_) {
      dnnl::reorder(user_, *inner_).execute(queue(), user_, *inner_);
    }
  }
  void finish_write() {
    if (inner_) {
      dnnl::reorder(*inner_, user_).execute(queue(), *inner_, user_);
    }
  }

 private:
  memory user_;
  std::optional<memory> inner_;
};

/// A primitive with its operands. `weights` and `bias` are gradients in the backward pass over the weights.
struct Convolution {
  dnnl::primitive primitive;
  Operand src, weights, bias, dst;
  bool has_bias = false;
  std::vector<float> weight_sum, bias_sum;  ///< what that pass writes, before it is added to the caller's

  explicit Convolution(const Problem& problem);
  void run(Pass pass);
};

Convolution::Convolution(const Problem& p) : has_bias(p.bias) {
  const memory::dims x{p.samples, p.c, p.h, p.w}, y{p.samples, p.k, p.h, p.w},
      w{p.k, p.c, p.filter, p.filter};
  const memory::desc user_x = descriptor(x, activation_tag(p.x_block)),
                     user_y = descriptor(y, activation_tag(p.y_block)), user_w = descriptor(w, Tag::oihw),
                     user_b = descriptor({p.k}, Tag::x);
  // Between two layouts oneDNN has slow paths only: let it choose, and convert.
  const bool fixed = p.x_block == 16 && p.y_block == 16;
  onednn::ConvolutionMemory m;
  m.src = fixed ? user_x : descriptor(x, Tag::any);
  m.dst = fixed ? user_y : descriptor(y, Tag::any);
  m.weights = descriptor(w, Tag::any);
  m.bias = p.bias ? user_b : memory::desc();
  m.padding = p.filter / 2;
  const auto bind = [&](const memory::desc& inner_x, const memory::desc& inner_w,
                        const memory::desc& inner_y) {
    src = Operand(user_x, inner_x);
    weights = Operand(user_w, inner_w);
    dst = Operand(user_y, inner_y);
    if (p.bias) {
      bias = Operand(user_b, user_b);
    }
  };
  if (p.pass == Pass::kForward) {
    const auto d = onednn::forward_descriptor(engine(), m);
    bind(d.src_desc(), d.weights_desc(), d.dst_desc());
    primitive = onednn::Forward(d);
  } else if (p.pass == Pass::kBackwardData) {
    const auto d = onednn::backward_data_descriptor(engine(), m);
    bind(d.diff_src_desc(), d.weights_desc(), d.diff_dst_desc());
    primitive = onednn::BackwardData(d);
  } else {
    const auto d = onednn::backward_weights_descriptor(engine(), m);
    bind(d.src_desc(), d.diff_weights_desc(), d.diff_dst_desc());
    primitive = onednn::BackwardWeights(d);
    weight_sum.resize(static_cast<std::size_t>(p.k * p.c * p.filter * p.filter));
    bias_sum.resize(static_cast<std::size_t>(p.k));
    weights.point_to(weight_sum.data());
    if (p.bias) {
      bias.point_to(bias_sum.data());
    }
  }
}

void Convolution::run(Pass pass) {
  const bool data = pass == Pass::kBackwardData, weight = pass == Pass::kBackwardWeight;
  std::unordered_map<int, memory> arguments{
      {data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, src.inner()},
      {weight ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, weights.inner()},
      {pass == Pass::kForward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, dst.inner()},
  };
  if (has_bias) {
    arguments.insert({weight ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS, bias.inner()});
  }
  primitive.execute(queue(), arguments);
}

/// The lock, and the primitives behind it.
struct Cache {
  std::mutex lock;
  std::map<Problem, std::unique_ptr<Convolution>> convolutions;
};

/// Calls body(convolution, first sample, lane, is first of its lane) for all samples: a lane at a time, or
/// one sample where samples do not follow each other without a gap.
template <typename Body>
void for_each_part(Pass pass, ConstTensorView x, ConstTensorView y, const ConstParameterView& w, bool bias,
                   Stream& stream, const Body& body) {
  static Cache cache;
  const std::scoped_lock guard(cache.lock);
  const std::int64_t batch = x.shape.n / w.lanes;
  const bool dense = x.sample_stride == x.sample_size() && y.sample_stride == y.sample_size();
  Problem problem{pass,
                  bias,
                  stream.pool().threads(),
                  dense ? batch : 1,
                  x.shape.c,
                  y.shape.c,
                  x.shape.h,
                  x.shape.w,
                  w.dims[2],
                  x.block,
                  y.block};
  onednn::set_threads(problem.threads);
  try {
    std::unique_ptr<Convolution>& convolution = cache.convolutions[problem];
    if (convolution == nullptr) {
      convolution = std::make_unique<Convolution>(problem);
    }
    for (std::int64_t n = 0; n < x.shape.n; n += problem.samples) {
      body(*convolution, n, n / batch, n % batch == 0);
    }
    queue().wait();
  } catch (const dnnl::error& error) {
    fail(ErrorKind::kDevice, "oneDNN, convolution {} -> {}: {} (status {})", x.shape.text(), y.shape.text(),
         error.what(), static_cast<int>(error.status));
  }
}

const float* sample(const ConstTensorView& t, std::int64_t n) { return t.as<float>() + n * t.sample_stride; }

void add(float* to, const std::vector<float>& from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    to[i] += from[i];
  }
}

}  // namespace

bool supports(const ConvShape& shape) {
  const auto known = [](int block) { return block == 1 || block == 16; };
  return shape.dtype == DType::kF32 && known(shape.x_block) && known(shape.y_block) &&
         shape.x_split % shape.x_block == 0;  // no padding channels between the two parts
}

void forward(TensorView y, ConstTensorView x, ConstParameterView w, ConstParameterView b, Stream& stream) {
  for_each_part(Pass::kForward, x, y, w, !b.empty(), stream,
                [&](Convolution& convolution, std::int64_t n, std::int64_t lane, bool first) {
                  if (first) {
                    convolution.weights.read(w.lane<float>(lane));
                    if (!b.empty()) {
                      convolution.bias.read(b.lane<float>(lane));
                    }
                  }
                  convolution.src.read(sample(x, n));
                  convolution.dst.point_to(sample(y, n));
                  convolution.run(Pass::kForward);
                  convolution.dst.finish_write();
                });
}

void backward_data(TensorView dx, ConstTensorView dy, ConstParameterView w, Stream& stream) {
  for_each_part(Pass::kBackwardData, dx, dy, w, false, stream,
                [&](Convolution& convolution, std::int64_t n, std::int64_t lane, bool first) {
                  if (first) {
                    convolution.weights.read(w.lane<float>(lane));
                  }
                  convolution.dst.read(sample(dy, n));
                  convolution.src.point_to(sample(dx, n));
                  convolution.run(Pass::kBackwardData);
                  convolution.src.finish_write();
                });
}

void backward_weight(ParameterView dw, ParameterView db, ConstTensorView dy, ConstTensorView x,
                     Stream& stream) {
  for_each_part(Pass::kBackwardWeight, x, dy, dw, !db.empty(), stream,
                [&](Convolution& convolution, std::int64_t n, std::int64_t lane, bool) {
                  convolution.src.read(sample(x, n));
                  convolution.dst.read(sample(dy, n));
                  convolution.run(Pass::kBackwardWeight);
                  convolution.weights.finish_write();
                  queue().wait();
                  add(dw.lane<float>(lane), convolution.weight_sum);
                  if (!db.empty()) {
                    add(db.lane<float>(lane), convolution.bias_sum);
                  }
                });
}

}  // namespace selfsame::conv2d_onednn
