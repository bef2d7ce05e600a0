// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/toy_limit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "infer/asimov_rates.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"

namespace relume::infer {

namespace {

/// Where no toy is as far out as the data, the p-value counts as half a toy: its logarithm is finite then.
double at_least_half_a_toy(double p, std::size_t n) {
  return std::max(p, 0.5 / static_cast<double>(std::max<std::size_t>(1, n)));
}

/// Tests of values, each made once.
class Tests {
 public:
  Tests(const model::Likelihood& likelihood, const model::Data& data, const ToyLimitOptions& options)
      : options_(options.toys), ask_(options.ask) {
    if (!ask_) {
      ask_ = [&likelihood, &data](const ToyOptions& toys, double mu) { return toy_test(likelihood, data, mu, toys); };
    }
  }

  Status status = Status::ok;
  std::string reason;
  double mu_hat = 0.0;
  std::map<double, ToyPoint> points;

  const ToyPoint* at(double mu) {
    if (const auto found = points.find(mu); found != points.end()) return &found->second;
    const ToyTest test = ask_(options_, mu);
    if (!test.is_usable()) {
      // A value that cannot be fitted ends the search on its side; the others go on.
      if (test.status != Status::fit_failed) status = test.status;
      reason = fmt::format("toys at {:.6g}: {}", mu, test.reason);
      return nullptr;
    }
    mu_hat = test.mu_hat;
    ToyPoint point{mu, test.observed, test.expected, test.tested.q.size() + test.alternative.q.size(),
                   test.tested.n_failed + test.alternative.n_failed};
    return &points.emplace(mu, std::move(point)).first->second;
  }

  std::vector<ToyPoint> in_order() const {
    std::vector<ToyPoint> all;
    for (const auto& [mu, point] : points) all.push_back(point);
    return all;
  }

 private:
  const ToyOptions& options_;
  std::function<ToyTest(const ToyOptions&, double)> ask_;
};

/// A p-value of a point.
using Choice = std::function<ToyProbability(const ToyPoint&)>;

/// Where p crosses alpha on one side of the best fit: it falls with the distance from `origin`, in `direction`. Linear
/// interpolation of ln p between the nearest values on both sides, then ever nearer ones (regula falsi with a guard).
class Crossing {
 public:
  Crossing(Tests& tests, double origin, double direction, double alpha, Choice choice)
      : tests_(tests), origin_(origin), direction_(direction), target_(std::log(alpha)), choice_(std::move(choice)) {}

  std::string reason;

  std::optional<ToyCrossing> find(double guess, double farthest) {
    constexpr int max_tests = 40;
    for (int i = 0; i < max_tests; ++i) {
      bracket();
      double next = guess;
      if (inside_ > 0.0 && !outside_) next = std::max(guess, 1.6 * inside_);
      if (outside_ && inside_ == 0.0) next = std::min(guess, 0.5 * *outside_);
      if (outside_ && inside_ > 0.0) {
        if (const auto found = settled()) return found;
        next = root_between();
      }
      if (next < 1e-6 * guess) {
        reason = "the p-value is below 1 - level next to the best fit";
        return std::nullopt;
      }
      const bool is_beyond = next >= farthest;
      if (!ask(is_beyond ? farthest : next)) return std::nullopt;
      bracket();
      if (is_beyond && !outside_) {
        reason = at_bound;
        return std::nullopt;
      }
    }
    reason = "the search did not settle: more toys are needed";
    return std::nullopt;
  }

  static constexpr const char* at_bound = "at the bound of the parameter";

 private:
  struct Y {
    double value = 0.0, uncertainty = 0.0;  ///< of ln p - ln alpha
  };

  double distance_of(double mu) const { return direction_ * (mu - origin_); }
  double value_at(double distance) const { return origin_ + direction_ * distance; }

  std::optional<Y> y(const ToyPoint& point) const {
    const ToyProbability p = choice_(point);
    if (!std::isfinite(p.value)) return std::nullopt;
    const double floor = at_least_half_a_toy(p.value, point.n_toys);
    return Y{std::log(floor) - target_, p.uncertainty / floor};
  }

  bool ask(double distance) {
    const ToyPoint* point = tests_.at(value_at(distance));
    if (point == nullptr) {
      reason = tests_.reason;
      return false;
    }
    if (!y(*point)) {
      reason = fmt::format("no toy of the alternative is as far out as the data at {:.6g}: more toys are needed",
                           point->poi);
      return false;
    }
    return true;
  }

  /// The farthest value before the crossing and the nearest one behind it.
  void bracket() {
    inside_ = 0.0;
    outside_.reset();
    for (const auto& [mu, point] : tests_.points) {
      const auto value = y(point);
      const double d = distance_of(mu);
      if (!value || d <= 0.0) continue;
      if (value->value < 0.0 && (!outside_ || d < *outside_)) outside_ = d;
    }
    for (const auto& [mu, point] : tests_.points) {
      const auto value = y(point);
      const double d = distance_of(mu);
      if (value && d > inside_ && value->value >= 0.0 && (!outside_ || d < *outside_)) inside_ = d;
    }
  }

  Y y_at(double distance) const { return *y(tests_.points.at(value_at(distance))); }

  double root_between() const {
    const Y low = y_at(inside_), high = y_at(*outside_);
    const double share = low.value / (low.value - high.value);
    // Away from the ends, so that both sides move.
    return inside_ + std::clamp(share, 0.2, 0.8) * (*outside_ - inside_);
  }

  /// The crossing, when it is known as well as the toys tell: both ends of the bracket are within their noise of 1 -
  /// level, or so close that nobody tells them apart (where counts are discrete p-values jump).
  std::optional<ToyCrossing> settled() const {
    const Y low = y_at(inside_), high = y_at(*outside_);
    const double width = *outside_ - inside_;
    const double at = inside_ + low.value / (low.value - high.value) * width;
    constexpr double finest = 1e-3;  // relative: nobody quotes more digits of a limit
    constexpr double noise = 2.0;    // standard deviations
    const bool is_noise = low.value <= noise * low.uncertainty && -high.value <= noise * high.uncertainty;
    if (!is_noise && width > finest * at) return std::nullopt;
    const double slope = slope_around().value_or((low.value - high.value) / width);
    return ToyCrossing{value_at(at), std::max(std::min(low.uncertainty, high.uncertainty) / slope, 0.5 * width)};
  }

  /// How fast ln p falls with the distance: of two noisy neighbours that the search has chosen it would be biased, so a
  /// line through all tested values that are not too far (weighted least squares).
  std::optional<double> slope_around() const {
    constexpr double farthest = 1.5;  // of ln p: beyond, it bends
    double sum = 0.0, sum_d = 0.0, sum_y = 0.0, sum_dd = 0.0, sum_dy = 0.0;
    int n = 0;
    for (const auto& [mu, point] : tests_.points) {
      const auto here = y(point);
      const double d = distance_of(mu);
      if (!here || d <= 0.0 || std::fabs(here->value) > farthest) continue;
      const double weight = 1.0 / (here->uncertainty * here->uncertainty);
      sum += weight;
      sum_d += weight * d;
      sum_y += weight * here->value;
      sum_dd += weight * d * d;
      sum_dy += weight * d * here->value;
      ++n;
    }
    const double slope = -(sum * sum_dy - sum_d * sum_y) / (sum * sum_dd - sum_d * sum_d);
    return n >= 3 && slope > 0.0 && std::isfinite(slope) ? std::optional(slope) : std::nullopt;
  }

  Tests& tests_;
  double origin_, direction_, target_;
  Choice choice_;
  double inside_ = 0.0;
  std::optional<double> outside_;
};

template <class Result>
void finish(Result& result, Tests& tests, std::chrono::steady_clock::time_point begin) {
  result.points = tests.in_order();
  result.mu_hat = tests.mu_hat;
  std::size_t n_failed = 0, n_toys = 0;
  for (const ToyPoint& p : result.points) {
    n_failed += p.n_failed;
    n_toys += p.n_toys;
  }
  if (n_failed > 0)
    result.notes.push_back(fmt::format("{} of {} toys could not be fitted and are left out", n_failed, n_toys));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

constexpr const char* no_level = "a confidence level lies between 0 and 1";
bool is_level(double level) { return level > 0.0 && level < 1.0; }

template <class Result>
Result failed(Result result, Status status, std::string reason, std::chrono::steady_clock::time_point begin) {
  result.status = status;
  result.reason = std::move(reason);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

template <class Result>
void take_over(Result& result, const ToyLimitOptions& options) {
  result.level = options.level;
  result.statistic = options.toys.test.statistic;
  result.ensemble = options.toys.ensemble;
  result.seed = options.toys.seed;
}

}  // namespace

ToyLimit toy_limit(const model::Likelihood& likelihood, const model::Data& data, const ToyLimitOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  ToyLimit result;
  take_over(result, options);
  const auto fail = [&](Status status, std::string reason) { return failed(result, status, std::move(reason), begin); };
  if (!is_level(options.level)) return fail(Status::not_defined, no_level);
  if (std::string why = why_not_available(likelihood); !why.empty()) return fail(Status::not_defined, std::move(why));
  if (result.statistic == TestStatistic::q0) return fail(Status::not_defined, "q0 sets no limits");
  // Where to look.
  LimitOptions guesses{.test = options.toys.test, .level = options.level, .expected = true, .tolerance = 1e-3};
  const Limit guess = upper_limit(likelihood, data, guesses);
  if (!guess.is_usable()) return fail(guess.status, "the asymptotic limit, where the search starts: " + guess.reason);

  Tests tests(likelihood, data, options);
  const double alpha = 1.0 - options.level;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto cross = [&](double start, const Choice& choice, const char* name) -> std::optional<ToyCrossing> {
    Crossing crossing(tests, 0.0, 1.0, alpha, choice);
    const auto found = crossing.find(start, infinity);
    if (!found && tests.status == Status::ok)
      result.notes.push_back(fmt::format("no {} limit: {}", name, crossing.reason));
    return found;
  };
  // From the middle outwards: neighbours find most of their values tested.
  constexpr std::array<std::size_t, 5> order = {2, 3, 1, 4, 0};
  constexpr std::array<const char*, 5> names = {"-2 sigma", "-1 sigma", "median", "+1 sigma", "+2 sigma"};
  for (const std::size_t i : order) {
    if (!options.expected || tests.status != Status::ok) break;
    result.expected[i] = cross(
        *guess.expected[i], [i](const ToyPoint& p) { return p.expected[i].cls; }, names[i]);
  }
  if (tests.status == Status::ok) {
    result.observed = cross(
        *guess.observed, [](const ToyPoint& p) { return p.observed.cls; }, "observed");
  }
  finish(result, tests, begin);
  if (tests.status != Status::ok) {
    result.observed.reset();
    result.expected = {};
    return fail(tests.status, tests.reason);
  }
  if (!result.observed) return fail(Status::not_bracketed, result.notes.back());
  return result;
}

ToyInterval feldman_cousins(const model::Likelihood& likelihood, const model::Data& data,
                            const ToyLimitOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  ToyInterval result;
  take_over(result, options);
  const auto fail = [&](Status status, std::string reason) { return failed(result, status, std::move(reason), begin); };
  if (!is_level(options.level)) return fail(Status::not_defined, no_level);
  if (std::string why = why_not_available(likelihood); !why.empty()) return fail(Status::not_defined, std::move(why));
  const bool is_bounded = result.statistic == TestStatistic::ttilde;
  if (!is_bounded && result.statistic != TestStatistic::t) {
    return fail(Status::not_defined, "Feldman-Cousins intervals take ttilde (not below zero) or t");
  }
  // Where to look: the asymptotic interval.
  const ParamId poi = likelihood.poi().value();
  const IntervalOptions where{.profile = {.fixed = options.toys.test.fixed, .stop = options.toys.test.stop},
                              .height = height_at(options.level),
                              .tolerance = 1e-2};
  const Intervals guess = intervals(likelihood, data, std::array{poi}, where);
  if (!guess.is_usable())
    return fail(guess.status, "the asymptotic interval, where the search starts: " + guess.reason);
  const Interval& around = guess.intervals[0];

  ToyLimitOptions without_alternative = options;
  without_alternative.toys.alternative = false;
  Tests tests(likelihood, data, without_alternative);
  const double width = around.upper ? *around.upper - around.best : std::max(1.0, std::fabs(around.best));
  // The statistic's own best fit may lie lower than the parameter's bound, or at zero.
  if (tests.at(std::max(around.best, is_bounded ? 0.0 : around.best)) == nullptr)
    return fail(tests.status == Status::ok ? Status::fit_failed : tests.status, tests.reason);
  const double best = is_bounded ? std::max(0.0, tests.mu_hat) : tests.mu_hat;
  const Choice p = [](const ToyPoint& point) { return point.observed.clsb; };
  const auto find_end = [&](double direction, double distance, double farthest, std::string& why) {
    Crossing crossing(tests, best, direction, 1.0 - options.level, p);
    std::optional<ToyCrossing> found;
    if (tests.status == Status::ok) found = crossing.find(distance, farthest);
    why = crossing.reason;
    return found;
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (is_bounded && best <= 0.0) {
    result.lower_reason = Crossing::at_bound;
  } else {
    const double distance = around.lower ? best - *around.lower : width;
    result.lower = find_end(-1.0, distance, is_bounded ? best : infinity, result.lower_reason);
  }
  if (tests.status == Status::ok) {
    result.upper = find_end(1.0, std::max(width, 1e-9), infinity, result.upper_reason);
  }
  finish(result, tests, begin);
  if (tests.status != Status::ok) {
    result.lower.reset();
    result.upper.reset();
    return fail(tests.status, tests.reason);
  }
  return result;
}

}  // namespace relume::infer
