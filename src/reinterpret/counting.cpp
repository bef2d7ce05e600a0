// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// With m = mu s + b, variance V and rate r = m + theta, -ln L as a deviance is
//
//   f(m) = min over r >= 0 of  r - n - n ln(r/n) + (r - m)^2 / (2 V)
//
// whose minimum is the larger root of r^2 + (V - m) r - n V = 0. Its slope in m is (m - r)/V = 1 - n/r (envelope
// theorem). Everything below is written as differences from a point where r is known, so that no digits are lost at
// large counts, and the sums have terms of one sign only.
#include "relume/reinterpret/counting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "infer/root_finder.hpp"
#include "relume/base/parallel.hpp"

namespace relume::reinterpret {

namespace {

using infer::Asimov;
using infer::RootFinder;
using infer::Status;
using infer::TestStatistic;

/// Of limits, relative.
constexpr double tolerance = 1e-10;
/// Points that a thread takes at a time: a fraction of a millisecond.
constexpr std::size_t chunk = 256;

/// x - ln(1 + x), x >= 0, to rounding: with r = x/(2 + x), ln(1 + x) is 2 artanh(r), and x - 2 r = x r.
double x_minus_log1p(double x) {
  constexpr double small = 0.125;  // r^2 below 0.0035: the first term left out is below 1e-17 of the sum
  if (x > small) return x - std::log1p(x);
  const double r = x / (2.0 + x), r2 = r * r;
  const double series =
      1.0 / 3.0 + r2 * (1.0 / 5.0 + r2 * (1.0 / 7.0 + r2 * (1.0 / 9.0 + r2 * (1.0 / 11.0 + r2 / 13.0))));
  return x * r - 2.0 * r * r2 * series;
}

/// sqrt((m - V)^2 + 4 n V) and the profiled rate at m, without cancellation.
std::pair<double, double> profiled_rate(double n, double variance, double m) {
  const double p = m - variance, root = std::sqrt(p * p + 4.0 * n * variance);
  return {root, p >= 0.0 ? 0.5 * (p + root) : 2.0 * n * variance / (root - p)};
}

/// f along the signal, from a base at or above the minimum on.
class Ascent {
 public:
  /// From the minimum, m = n.
  Ascent(double n, double variance) : n_(n), variance_(variance), rate_(n), root_(n + variance), slope_(0.0) {}
  /// From m > n.
  Ascent(double n, double variance, double m) : n_(n), variance_(variance) {
    std::tie(root_, rate_) = profiled_rate(n, variance, m);
    // 1 - n/rate, from the quadratic equation for rate - n.
    const double excess = m - n, p = n + variance - excess;
    const double above = p >= 0.0 ? 2.0 * excess * n / (p + root_) : 0.5 * (root_ - p);
    slope_ = n > 0.0 ? above / rate_ : rate_ > 0.0 ? 1.0 : variance > 0.0 ? m / variance : 0.0;
  }

  struct Value {
    double rise = 0.0;   ///< f(base + x) - f(base)
    double slope = 0.0;  ///< df/dx
  };
  /// x >= 0 events of signal above the base.
  Value at(double x) const {
    if (n_ == 0.0) {
      // The rate stays at zero as long as the constraint can hold it there, then f is the rate and a constant.
      const double held = rate_ > 0.0 ? 0.0 : std::min(x, root_);
      const double parabola = held > 0.0 ? held * (slope_ + 0.5 * held / variance_) : 0.0;
      return held < x ? Value{parabola + (x - held), 1.0}
                      : Value{parabola, slope_ + (held > 0.0 ? x / variance_ : 0.0)};
    }
    // The quadratic equation for the growth of the rate.
    const double p = root_ - x, root = std::sqrt(p * p + 4.0 * x * rate_);
    const double growth = x == 0.0 ? 0.0 : p >= 0.0 ? 2.0 * x * rate_ / (p + root) : 0.5 * (root - p);
    const double steeper = n_ * (growth / rate_) / (rate_ + growth);
    return {growth * slope_ + n_ * x_minus_log1p(growth / rate_) + 0.5 * variance_ * steeper * (2.0 * slope_ + steeper),
            slope_ + steeper};
  }

 private:
  double n_, variance_;
  double rate_ = 0.0, root_ = 0.0, slope_ = 0.0;  ///< at the base
};

/// A number and its slope in x.
struct WithSlope {
  double value = 0.0, slope = 0.0;
};

WithSlope square_root_of_twice(Ascent::Value v) {
  const double root = std::sqrt(2.0 * v.rise);
  return {root, root > 0.0 ? v.slope / root : 0.0};
}

/// ln Phi(x), its slope phi(x)/Phi(x) by the chain rule.
WithSlope log_normal_cdf(double x, double slope) {
  const double log = infer::log_normal_cdf(x);
  constexpr double log_sqrt_two_pi = 0.91893853320467274178;
  return {log, slope * std::exp(-0.5 * x * x - log - log_sqrt_two_pi)};
}

WithSlope operator-(WithSlope a, WithSlope b) { return {a.value - b.value, a.slope - b.slope}; }

/// ln CLs from sqrt(q) and sqrt(q_A): infer::asymptotic_p_values with slopes.
WithSlope log_cls(TestStatistic statistic, WithSlope r, WithSlope a) {
  if (statistic == TestStatistic::q || r.value <= a.value || a.value == 0.0) {
    return log_normal_cdf(-r.value, -r.slope) - log_normal_cdf(a.value - r.value, a.slope - r.slope);
  }
  // CCGV 65, with (q +- q_A)/(2 sqrt(q_A)) = (r^2/a +- a)/2.
  const double ratio = r.value / a.value, square = r.value * ratio;
  const double slope = ratio * (2.0 * r.slope - ratio * a.slope);
  return log_normal_cdf(-0.5 * (square + a.value), -0.5 * (slope + a.slope)) -
         log_normal_cdf(-0.5 * (square - a.value), -0.5 * (slope - a.slope));
}

/// Half the test statistic of n events along the number of signal events x = mu s: zero below the best fit.
class HalfStatistic {
 public:
  HalfStatistic(double n, double background, double variance, TestStatistic statistic)
      : best_(n >= background || statistic == TestStatistic::q ? n - background : 0.0),
        ascent_(best_ == n - background ? Ascent(n, variance) : Ascent(n, variance, background)) {}

  double best() const { return best_; }
  Ascent::Value at(double x) const { return x > best_ ? ascent_.at(x - best_) : Ascent::Value{}; }

 private:
  double best_;
  Ascent ascent_;
};

constexpr std::string_view no_number = "no limit that is a number: the yields are too large or the signal is too small";
/// Only with q, whose best fit may be negative: CLs may be below alpha without any signal.
constexpr std::string_view not_positive =
    "a limit lies at or below zero: the data are so far below the published background that q excludes every signal; "
    "qtilde does not";

/// All that one point answers.
class Experiment {
 public:
  Experiment(const CountingPoint& p, const CountingOptions& options)
      : statistic_(options.statistic),
        variance_(p.uncertainty * p.uncertainty),
        asimov_events_(options.asimov == Asimov::a_priori ? p.background
                                                          : profiled_rate(p.observed, variance_, p.background).second),
        observed_(p.observed, p.background, variance_, statistic_),
        asimov_(asimov_events_, options.constraint == BackgroundConstraint::prior ? p.background : asimov_events_,
                variance_, statistic_) {}

  double best() const { return observed_.best(); }
  double asimov_events() const { return asimov_events_; }
  double q_observed(double x) const { return 2.0 * observed_.at(x).rise; }
  double q_asimov(double x) const { return 2.0 * asimov_.at(x).rise; }

  /// In events, or why there is none.
  struct Root {
    std::optional<double> events;
    std::string_view problem = {};
  };

  /// Where sqrt(q_A) is c > 0.
  Root expected_limit(double c) const {
    return root(expected_guess(c), [&](double x) {
      const WithSlope a = square_root_of_twice(asimov_.at(x));
      return WithSlope{a.value - c, a.slope};
    });
  }

  /// Where CLs is alpha: solved for sqrt(-ln CLs), which is nearly linear in x.
  Root observed_limit(double alpha, double median) const {
    const double target = std::sqrt(-std::log(alpha));
    return root(std::max(best(), 0.0) + median, [&](double x) {
      const WithSlope cls =
          log_cls(statistic_, square_root_of_twice(observed_.at(x)), square_root_of_twice(asimov_.at(x)));
      const double y = std::sqrt(std::max(-cls.value, 1e-12));
      return WithSlope{y - target, -0.5 * cls.slope / y};
    });
  }

 private:
  /// From the first two terms of the series of sqrt(q_A) in x: x/sqrt(T) (1 - N x/(3 T^2)) with T = N + V; without
  /// events q_A is x^2/V up to x = V and 2 x - V from there on, which is inverted as it is.
  double expected_guess(double c) const {
    const double total = asimov_events_ + variance_, best = std::max(asimov_.best(), 0.0);
    if (asimov_events_ == 0.0) return best + (c * c < variance_ ? c * std::sqrt(variance_) : 0.5 * (c * c + variance_));
    return best + c * (std::sqrt(total) + asimov_events_ * c / (3.0 * total));
  }

  /// In units of the guess: the finder knows what is small and large there.
  template <class F>
  static Root root(double guess, F&& f) {
    RootFinder finder;
    const auto found = finder.find(
        [&](double z) {
          const WithSlope y = f(z * guess);
          return std::optional(std::pair{y.value, y.slope * guess});
        },
        1.0, tolerance);
    if (found) return {*found * guess};
    return {std::nullopt, f(0.0).value >= 0.0 ? not_positive : no_number};
  }

  TestStatistic statistic_;
  double variance_, asimov_events_;
  HalfStatistic observed_, asimov_;
};

/// Why a point has no answer at all.
std::pair<Status, std::string_view> problem_of(const CountingPoint& p, TestStatistic statistic) {
  const auto is_number = [](double v) { return v >= 0.0 && std::isfinite(v); };
  if (statistic != TestStatistic::q && statistic != TestStatistic::qtilde) {
    return {Status::not_defined, "counting experiments are tested with q or qtilde"};
  }
  if (!is_number(p.observed)) return {Status::not_defined, "the observed count is negative or no number"};
  if (!is_number(p.background)) return {Status::not_defined, "the background is negative or no number"};
  if (!is_number(p.uncertainty)) return {Status::not_defined, "the uncertainty is negative or no number"};
  if (!is_number(p.signal)) return {Status::not_defined, "the signal is negative or no number"};
  if (p.signal == 0.0) return {Status::no_sensitivity, "the signal changes no rate: there is nothing to limit"};
  return {Status::ok, {}};
}

/// What is the same for all points of a batch.
struct Question {
  explicit Question(const CountingOptions& asked) : options(asked), alpha(1.0 - asked.level) {
    for (std::size_t i = 0; i < significances.size(); ++i) {
      significances[i] = infer::asimov_significance_at(alpha, infer::band_sigmas[i]);
    }
  }
  static constexpr std::size_t median = 2;

  const CountingOptions& options;
  double alpha;
  std::array<double, 5> significances;  ///< sqrt(q_A) at the expected limits
};

CountingLimits limits_of(const CountingPoint& p, const Question& question) {
  CountingLimits limits;
  std::tie(limits.status, limits.reason) = problem_of(p, question.options.statistic);
  if (limits.status != Status::ok) return limits;
  const Experiment experiment(p, question.options);
  limits.asimov_events = experiment.asimov_events();
  limits.mu_hat = experiment.best() / p.signal;
  if (question.options.statistic == TestStatistic::q) {
    limits.poi_bounds[0] = p.uncertainty > 0.0 ? -std::numeric_limits<double>::infinity() : -p.background / p.signal;
  }
  const auto scaled = [&](const Experiment::Root& root) {
    if (root.events && std::isfinite(*root.events / p.signal)) return std::optional(*root.events / p.signal);
    limits.status = Status::not_bracketed;
    limits.reason = root.events ? no_number : root.problem;
    return std::optional<double>();
  };
  const auto median = experiment.expected_limit(question.significances[Question::median]);
  if (question.options.expected) {
    for (std::size_t i = 0; i < limits.expected.size(); ++i) {
      limits.expected[i] =
          scaled(i == Question::median ? median : experiment.expected_limit(question.significances[i]));
    }
  }
  limits.observed = scaled(median.events ? experiment.observed_limit(question.alpha, *median.events) : median);
  if (limits.status != Status::ok) {
    limits.observed.reset();
    limits.expected = {};
  }
  return limits;
}

CountingTest test_of(const CountingPoint& p, double mu, const CountingOptions& options) {
  CountingTest test;
  std::tie(test.status, test.reason) = problem_of(p, options.statistic);
  // Without a signal there is still a test: CLs is 1.
  if (test.status == Status::not_defined) return test;
  if (!(mu >= 0.0) || !std::isfinite(mu)) {
    test.status = Status::not_defined;
    test.reason = "only signal strengths of at least 0 are tested";
    return test;
  }
  test.status = Status::ok;
  test.reason = {};
  const Experiment experiment(p, options);
  if (p.signal > 0.0) test.mu_hat = experiment.best() / p.signal;
  const double x = mu * p.signal;
  test.q_asimov = p.signal > 0.0 ? experiment.q_asimov(x) : 0.0;
  test.q = p.signal > 0.0 ? experiment.q_observed(x) : 0.0;
  test.observed = infer::asymptotic_p_values(options.statistic, test.q, test.q_asimov);
  for (std::size_t i = 0; i < test.expected.size(); ++i) {
    test.expected[i] = infer::expected_p_values(options.statistic, test.q_asimov, infer::band_sigmas[i]);
  }
  return test;
}

template <class Answer, class Ask>
std::vector<Answer> ask_all(std::span<const CountingPoint> points, const CountingOptions& options, Ask&& ask) {
  std::vector<Answer> answers(points.size());
  for_each_in_parallel(
      points.size(), static_cast<std::size_t>(std::max(1, options.threads)),
      [&] {
        return [&](std::size_t i) {
          if (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) {
            answers[i].status = Status::interrupted;
            answers[i].reason = "interrupted";
          } else {
            answers[i] = ask(points[i]);
          }
        };
      },
      chunk);
  return answers;
}

}  // namespace

std::vector<CountingLimits> counting_limits(std::span<const CountingPoint> points, const CountingOptions& options) {
  const Question question(options);
  return ask_all<CountingLimits>(points, options, [&](const CountingPoint& p) { return limits_of(p, question); });
}

std::vector<CountingTest> counting_tests(std::span<const CountingPoint> points, double mu,
                                         const CountingOptions& options) {
  return ask_all<CountingTest>(points, options, [&](const CountingPoint& p) { return test_of(p, mu, options); });
}

RegionChoice most_sensitive_region(std::span<const CountingPoint> regions, const CountingOptions& options) {
  RegionChoice choice;
  choice.regions = counting_limits(regions, options);
  const double c = Question(options).significances[Question::median];
  CountingOptions a_priori = options;
  a_priori.asimov = Asimov::a_priori;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    auto& expected = choice.expected.emplace_back();
    if (!choice.regions[i].is_usable()) continue;
    const auto events = Experiment(regions[i], a_priori).expected_limit(c).events;
    if (!events || !std::isfinite(*events / regions[i].signal)) continue;
    expected = *events / regions[i].signal;
    if (!choice.best || *expected < *choice.expected[*choice.best]) choice.best = i;
  }
  return choice;
}

}  // namespace relume::reinterpret
