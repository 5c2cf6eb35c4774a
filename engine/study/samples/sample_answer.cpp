// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_answer.hpp"

#include <algorithm>
#include <cmath>

#include "engine/study/samples/extra_examples.hpp"
#include "engine/study/samples/monotone_curve.hpp"
#include "engine/study/samples/risk_draws.hpp"
#include "engine/study/samples/sample_laws.hpp"
#include "engine/study/samples/sample_words.hpp"
#include "engine/study/samples/score_table.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class Answerer {
 public:
  Answerer(const SampleResults& results, const AnswerOptions& options)
      : results_(results),
        options_(options),
        sizes_(results.sizes.size()),
        table_(results),
        resampling_(results.seeds.size(), results.images.size(), options.resamples, options.seed) {}

  SampleAnswer run() {
    for (std::size_t m = 0; m < results_.methods.size(); ++m) {
      describe(m);
    }
    std::vector<RiskDraws> methods;  // as they enter the laws
    for (std::size_t m = 0; m < results_.methods.size(); ++m) {
      methods.push_back(draw_risks(risk_cells(table_, m, 0, sizes_), resampling_));
    }
    answer_.factors.resize(results_.methods.size());
    for (std::size_t m = 1; m < results_.methods.size(); ++m) {
      compare(m);
    }
    if (options_.laws) {
      for (std::size_t m = 0; m < results_.methods.size(); ++m) {
        answer_.laws.push_back(law_of(results_.sizes, methods[m], resampling_.size()));
        answer_.laws.back().method = m;
      }
      answer_.joint = joint_law_of(results_.sizes, methods, resampling_.size(), options_.offset);
    } else {
      answer_.joint.missing = "power laws were not asked for";
    }
    for (ExtraExamples& extra : answer_.extras) {
      extra.sentence = extra_sentence(results_, extra);
    }
    answer_.sentence = answer_sentence(results_, answer_);
    answer_.notes = answer_notes(results_, table_, answer_);
    return std::move(answer_);
  }

 private:
  /// value_of(what the cell's mean moves by) for the mean itself and every resample.
  template <typename ValueOf>
  SampleInterval interval(bool repeated, ValueOf&& value_of) const {
    std::vector<double> values;
    for (std::size_t i = 0; repeated && i < resampling_.size(); ++i) {
      values.push_back(value_of([&](const ScoreCell& cell) { return resampling_.shift(cell, i); }));
    }
    return interval_of(value_of([](const ScoreCell& /*cell*/) { return 0.0; }), std::move(values));
  }

  /// Points and the falling curve of one method, from all its runs.
  void describe(std::size_t method) {
    std::vector<double> logs, weights;
    for (std::size_t size = 0; size < sizes_; ++size) {
      const std::vector<std::size_t> seeds = table_.seeds(method, size);
      SamplePoint point{method, size, static_cast<std::int64_t>(seeds.size()), {}, {}, {}};
      if (!seeds.empty()) {
        const bool repeated = seeds.size() >= 2;
        const ScoreCell risk = table_.cell(method, size, seeds, &SampleScore::mse);
        point.risk =
            interval(repeated, [&](auto&& shift) { return risk.mean * std::exp(shift(risk) / risk.mean); });
        point.psnr = linear(table_.cell(method, size, seeds, &SampleScore::psnr));
        point.ssim = linear(table_.cell(method, size, seeds, &SampleScore::ssim));
        logs.push_back(std::log(risk.mean));
        weights.push_back(static_cast<double>(seeds.size()));
      }
      answer_.points.push_back(point);
    }
    const std::vector<double> falling = falling_fit(logs, weights);
    std::vector<double> curve(sizes_, kNaN);
    for (std::size_t size = 0, k = 0; size < sizes_; ++size) {
      if (answer_.points[method * sizes_ + size].runs > 0) {
        curve[size] = std::exp(falling[k++]);
      }
    }
    answer_.curves.push_back(std::move(curve));
  }

  SampleInterval linear(const ScoreCell& cell) const {
    return std::isnan(cell.mean)
               ? SampleInterval{}
               : interval(cell.seeds >= 2, [&](auto&& shift) { return cell.mean + shift(cell); });
  }

  /// One method against the first, by the seeds that they share.
  void compare(std::size_t method) {
    const std::vector<ScoreCell> first = risk_cells(table_, 0, method, sizes_),
                                 other = risk_cells(table_, method, 0, sizes_);
    const auto gap = [&](std::size_t size, auto&& shift) {
      const auto moved = [&](const ScoreCell& cell) { return cell.mean * std::exp(shift(cell) / cell.mean); };
      return moved(other[size]) - moved(first[size]);
    };
    std::vector<bool> significant;
    std::vector<std::size_t> compared;
    for (std::size_t size = 0; size < sizes_; ++size) {
      const std::vector<std::size_t> seeds = table_.shared(0, method, size);
      SampleGap found{method, size, static_cast<std::int64_t>(seeds.size()), {}, {}, false};
      if (!seeds.empty()) {
        compared.push_back(size);
        found.risk = interval(seeds.size() >= 2, [&](auto&& shift) { return gap(size, shift); });
        found.significant = found.risk.excludes_zero();
        const ScoreCell theirs = table_.cell(0, size, seeds, &SampleScore::psnr),
                        ours = table_.cell(method, size, seeds, &SampleScore::psnr);
        if (!std::isnan(theirs.mean) && !std::isnan(ours.mean)) {
          found.psnr = interval(seeds.size() >= 2, [&](auto&& shift) {
            return ours.mean - theirs.mean + shift(ours) - shift(theirs);
          });
        }
      }
      significant.push_back(found.significant);
      answer_.gaps.push_back(found);
    }
    add_trend(method, compared, significant, first, gap);
    answer_.trends.back().clear = clear_gap(compared, first, other);
    ExtraFactors factors = extra_factors(results_.sizes, draw_risks(first, resampling_),
                                         draw_risks(other, resampling_), significant, resampling_.size());
    for (ExtraExamples& extra : factors.extras) {
      extra.method = method;
      answer_.extras.push_back(std::move(extra));
    }
    const bool single = results_.seeds.size() < 2;
    if (single || answer_.trends.back().clear) {
      answer_.factors[method] = factors.together;
    }
  }

  /// SampleTrend::clear.
  bool clear_gap(const std::vector<std::size_t>& compared, const std::vector<ScoreCell>& first,
                 const std::vector<ScoreCell>& other) const {
    std::vector<std::size_t> repeated;
    for (const std::size_t size : compared) {
      if (first[size].seeds >= 2) {
        repeated.push_back(size);
      }
    }
    const auto ratio = [&](std::size_t size, auto&& shift) {
      return std::log(other[size].mean / first[size].mean) + shift(other[size]) / other[size].mean -
             shift(first[size]) / first[size].mean;
    };
    const SampleInterval mean = interval(!repeated.empty(), [&](auto&& shift) {
      double sum = 0;
      for (const std::size_t size : repeated) {
        sum += ratio(size, shift);
      }
      return sum;
    });
    return mean.excludes_zero() || std::ranges::any_of(repeated, [&](std::size_t size) {
             std::size_t below = 0;
             for (std::size_t i = 0; i < resampling_.size(); ++i) {
               below += ratio(size, [&](const ScoreCell& c) { return resampling_.shift(c, i); }) < 0 ? 1 : 0;
             }
             const auto rarer = static_cast<double>(std::min(below, resampling_.size() - below));
             return 2 * rarer * static_cast<double>(repeated.size()) <=
                    0.05 * static_cast<double>(resampling_.size());
           });
  }

  template <typename Gap>
  void add_trend(std::size_t method, const std::vector<std::size_t>& compared,
                 const std::vector<bool>& significant, const std::vector<ScoreCell>& cells, Gap&& gap) {
    SampleTrend trend;
    trend.method = method;
    if (!compared.empty()) {
      trend.smallest = compared.front();
      trend.largest = compared.back();
    }
    if (compared.size() >= 2) {
      const std::size_t small = trend.smallest, large = trend.largest;
      const bool repeated = cells[small].seeds >= 2 && cells[large].seeds >= 2;
      trend.change = interval(repeated, [&](auto&& shift) { return gap(small, shift) - gap(large, shift); });
      if (significant[small]) {
        trend.remaining =
            interval(repeated, [&](auto&& shift) { return gap(large, shift) / gap(small, shift); });
      }
    }
    answer_.trends.push_back(trend);
  }

  const SampleResults& results_;
  const AnswerOptions& options_;
  std::size_t sizes_;
  ScoreTable table_;
  Resampling resampling_;
  SampleAnswer answer_;
};

}  // namespace

const SamplePoint& SampleAnswer::point(std::size_t method, std::size_t size) const {
  return points[method * curves[0].size() + size];
}

const SampleGap& SampleAnswer::gap(std::size_t method, std::size_t size) const {
  SELFSAME_CHECK(method >= 1, "the gap of the first method to itself");
  return gaps[(method - 1) * curves[0].size() + size];
}

const ExtraExamples& SampleAnswer::extra(std::size_t method, std::size_t size) const {
  SELFSAME_CHECK(method >= 1, "the extra examples of the first method");
  return extras[(method - 1) * curves[0].size() + size];
}

SampleAnswer answer_of(const SampleResults& results, const AnswerOptions& options) {
  return Answerer(results, options).run();
}

}  // namespace selfsame
