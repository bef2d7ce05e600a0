// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/upper_limits.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/toys.hpp"

namespace relume {
namespace {

using infer::TestStatistic;
using spec::UpperLimits;

UpperLimits limits_of(double observed, std::array<std::optional<double>, 5> expected, double level = 0.95) {
  UpperLimits limits;
  limits.observed = observed;
  limits.expected = expected;
  limits.level = level;
  return limits;
}

model::Compiled compile(const UpperLimits& limits, const model::UpperLimitsOptions& options = {}) {
  auto compiled = model::compile(limits, options);
  EXPECT_TRUE(compiled) << to_string(compiled.errors());
  return std::move(compiled.value());
}

infer::Limit limit_of(const model::Compiled& c, TestStatistic statistic, double level = 0.95) {
  infer::LimitOptions options;
  options.test.statistic = statistic;
  options.level = level;
  options.tolerance = 1e-10;
  return infer::upper_limit(*c.likelihood, c.observed, options);
}

/// Best fit, where g is a line of slope 1 / sigma.
double best_fit(const model::Compiled& c) {
  const double slope = c.likelihood->expected_data(std::vector<double>{1.0}).values[0];
  return c.observed.values[0] / slope;
}

TEST(UpperLimits, TruncatedGaussiansOfThePaper) {
  // arXiv:1202.3415, appendix, with its 1.96 for the quantile 1.959964: 2e-5 in sigma, a few times that in the best
  // fit.
  constexpr double rounded_quantile = 1e-4;
  const auto check = [&](double observed, double widening, double mu_hat, double sigma) {
    const model::Compiled c = compile(limits_of(observed, {{{}, {}, 1.0, {}, {}}}), {.widening = widening});
    EXPECT_NEAR(best_fit(c), mu_hat, rounded_quantile);
    const double slope = c.likelihood->expected_data(std::vector<double>{1.0}).values[0];
    EXPECT_NEAR(1.0 / slope, sigma, rounded_quantile);
    // The equation of the paper.
    const double s = 1.0 / slope, d = std::sqrt(2.0) * s, m = best_fit(c);
    EXPECT_NEAR((std::erf((observed - m) / d) + std::erf(m / d)) / (1.0 + std::erf(m / d)), 0.95, 1e-12);
  };
  check(1.0, 0.6, 0.0, 0.510204);
  check(2.0, 0.6, 0.92777, 0.637755);
  check(2.0, 0.0, 1.15790, 0.510204);
  check(1.5, 0.6, 0.48442, 0.579777);
  check(0.7, 0.6, -0.55708, 0.510204);
  const model::Compiled clamped = compile(limits_of(0.7, {{{}, {}, 1.0, {}, {}}}), {.allow_negative_best_fit = false});
  EXPECT_EQ(best_fit(clamped), 0.0);
  ASSERT_EQ(clamped.notices.size(), 1U);
}

TEST(UpperLimits, AllPublishedLimitsComeBack) {
  const std::vector<UpperLimits> published = {
      limits_of(1.0, {{{}, {}, 1.0, {}, {}}}),
      limits_of(2.0, {{{}, {}, 1.0, {}, {}}}),
      limits_of(0.7, {{{}, {}, 1.0, {}, {}}}),
      limits_of(0.7, {{{}, {}, 1.0, {}, {}}}, 0.9),
      limits_of(1.7, {{0.6, 0.8, 1.1, 1.6, 2.2}}),
      limits_of(0.65, {{0.6, 0.8, 1.1, 1.6, 2.2}}),
      limits_of(0.45, {{0.6, 0.8, 1.1, 1.6, 2.2}}),
      limits_of(5.0, {{0.6, 0.8, 1.1, 1.6, 2.2}}),
      limits_of(1.3, {{{}, 0.8, 1.1, 1.6, {}}}),
      limits_of(1.3, {{{}, 0.8, 1.1, {}, {}}}),
      limits_of(3.2, {{3.01, 3.05, 3.1, 4.4, 6.0}}),  // few events: the band is cut off from below
      limits_of(1.3, {{0.2, 0.9, 1.0, 1.1, 9.0}}),    // as no experiment would publish it
      limits_of(0.0123, {{0.006, 0.008, 0.011, 0.016, 0.022}}, 0.9),
  };
  for (const UpperLimits& limits : published) {
    for (const TestStatistic statistic : {TestStatistic::q, TestStatistic::qtilde}) {
      const model::Compiled c = compile(limits);
      const infer::Limit limit = limit_of(c, statistic, limits.level);
      ASSERT_TRUE(limit.status == infer::Status::ok) << limit.reason;
      EXPECT_NEAR(*limit.observed, limits.observed, 1e-7 * limits.observed);
      for (std::size_t i = 0; i < 5; ++i) {
        if (!limits.expected[i]) continue;
        EXPECT_NEAR(*limit.expected[i], *limits.expected[i], 1e-7 * *limits.expected[i])
            << i << " of observed " << limits.observed;
      }
    }
  }
}

TEST(UpperLimits, ThePredictionScalesThem) {
  UpperLimits limits = limits_of(1.7, {{0.6, 0.8, 1.1, 1.6, 2.2}});
  limits.predicted = 0.5;
  limits.poi = "strength";
  const model::Compiled c = compile(limits);
  EXPECT_EQ(c.likelihood->parameters()[0].name, "strength");
  EXPECT_NEAR(*limit_of(c, TestStatistic::q).observed, 3.4, 1e-6);
}

TEST(UpperLimits, TheBestFitIsCutOffAtZero) {
  const model::Compiled c = compile(limits_of(0.7, {{{}, {}, 1.0, {}, {}}}));
  const infer::FitResult fit = infer::fit(*c.likelihood, c.observed, {});
  ASSERT_TRUE(fit.minimum.is_usable());
  EXPECT_EQ(fit.minimum.x[0], 0.0);
}

TEST(UpperLimits, ToysAgreeWithTheFormulas) {
  const model::Compiled c = compile(limits_of(1.7, {{0.6, 0.8, 1.1, 1.6, 2.2}}));
  infer::ToyOptions options;
  options.n_toys = 2000;
  options.test.statistic = TestStatistic::q;
  const infer::ToyTest test = infer::toy_test(*c.likelihood, c.observed, 1.7, options);
  ASSERT_TRUE(test.status == infer::Status::ok) << test.reason;
  // The formulas are exact here; CLs of 0.05 from 2000 toys is known to 0.006.
  EXPECT_NEAR(test.observed.cls.value, 0.05, 0.02);
}

TEST(UpperLimits, BadRequestsAreErrors) {
  const auto problem = [](const UpperLimits& limits, const model::UpperLimitsOptions& options = {}) {
    const auto compiled = model::compile(limits, options);
    return compiled ? "none" : to_string(compiled.errors());
  };
  EXPECT_NE(
      problem(limits_of(1.0, {{0.5, 0.5, 1.0, {}, {}}})).find("#/expected/1: the expected limit 0.5 is not above"),
      std::string::npos);
  EXPECT_EQ(problem(limits_of(1.0, {{0.5, 0.5, 1.0, {}, {}}}), {.only_median = true}), "none");
  EXPECT_NE(
      problem(limits_of(1e-9, {{{}, {}, 1.0, {}, {}}})).find("#/observed: the observed limit 1e-09 is too far away"),
      std::string::npos);
  EXPECT_NE(problem(limits_of(1.0, {{{}, {}, 1.0, {}, {}}}, 1e-9)).find("not enough to make a likelihood of"),
            std::string::npos);
  EXPECT_NE(problem(limits_of(1.0, {{{}, {}, 1e-320, {}, {}}})).find("not enough to make a likelihood of"),
            std::string::npos);
  EXPECT_NE(problem(limits_of(1.0, {{0.5, {}, 1.0, {}, {}}}), {.widening = 0.6}).find("only widened where the median"),
            std::string::npos);
  EXPECT_NE(problem(limits_of(1.0, {{{}, {}, 1.0, {}, {}}}), {.widening = 7.0}).find("not between 0 and 1"),
            std::string::npos);
}

}  // namespace
}  // namespace relume
