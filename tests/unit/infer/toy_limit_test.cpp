// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Limits and intervals of a counting experiment from toys, against sums over counts.
#include "relume/infer/toy_limit.hpp"

#include <cmath>

#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/roots.hpp>
#include <gtest/gtest.h>

#include "support/counting.hpp"

namespace relume::infer {
namespace {

using test::compile;
using test::counting;

double poisson_cdf(double n, double mean) { return boost::math::gamma_q(n + 1.0, mean); }

/// The exact limit of n events on b: CLs = P(N <= n | mu s + b) / P(N <= n | b) = alpha.
double exact_limit(double n, double s, double b, double alpha) {
  const auto f = [&](double mu) { return poisson_cdf(n, mu * s + b) / poisson_cdf(n, b) - alpha; };
  auto steps = std::uintmax_t{100};
  return boost::math::tools::toms748_solve(f, 0.0, 100.0, boost::math::tools::eps_tolerance<double>(40), steps).first;
}

TEST(ToyLimit, OneBinHasTheExactLimit) {
  constexpr double s = 4.0, b = 5.0;
  for (const double n : {0.0, 3.0, 12.0}) {
    const auto c = compile(counting(s, b, n));
    const ToyLimit limit =
        toy_limit(*c.likelihood, c.observed, {.toys = {.n_toys = 4000, .seed = 1, .threads = 2}, .expected = n == 3.0});
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    const double exact = exact_limit(n, s, b, 0.05);
    ASSERT_TRUE(limit.observed);
    EXPECT_NEAR(limit.observed->value, exact, 4.0 * limit.observed->uncertainty + 2e-3 * exact) << n;
    EXPECT_LT(limit.observed->uncertainty, 0.3 * exact);  // without events CLs+b rests on one toy
    if (n != 3.0) continue;
    // Quantiles of a Poisson count of mean 5: 1, 3, 5, 7, 10; more events, weaker limits.
    constexpr std::array counts = {1.0, 3.0, 5.0, 7.0, 10.0};
    for (std::size_t i = 0; i < 5; ++i) {
      ASSERT_TRUE(limit.expected[i]);
      const double expected = exact_limit(counts[i], s, b, 0.05);
      EXPECT_NEAR(limit.expected[i]->value, expected, 4.0 * limit.expected[i]->uncertainty + 2e-3 * expected) << i;
    }
  }
}

TEST(ToyLimit, IsTheSameForAnyThreads) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  const auto ask = [&](int threads) {
    return toy_limit(*c.likelihood, c.observed, {.toys = {.n_toys = 500, .threads = threads}});
  };
  const ToyLimit one = ask(1), three = ask(3);
  ASSERT_TRUE(one.observed && three.observed);
  EXPECT_EQ(one.observed->value, three.observed->value);
  EXPECT_EQ(one.expected[4]->value, three.expected[4]->value);
}

TEST(ToyLimit, QuestionsWithoutAnAnswer) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  EXPECT_EQ(toy_limit(*c.likelihood, c.observed, {.level = 1.0}).status, Status::not_defined);
  EXPECT_EQ(toy_limit(*c.likelihood, c.observed, {.toys = {.test = {.statistic = TestStatistic::q0}}}).status,
            Status::not_defined);
  EXPECT_EQ(toy_limit(*c.likelihood, c.observed, {.toys = {.n_toys = 0}}).status, Status::not_defined);
  const auto nothing = compile(counting(0.0, 5.0, 3.0));
  EXPECT_EQ(toy_limit(*nothing.likelihood, nothing.observed).status, Status::no_sensitivity);
  std::atomic<bool> stop = true;
  EXPECT_EQ(toy_limit(*c.likelihood, c.observed, {.toys = {.test = {.stop = &stop}}}).status, Status::interrupted);
  EXPECT_EQ(feldman_cousins(*c.likelihood, c.observed, {.toys = {.test = {.statistic = TestStatistic::qtilde}}}).status,
            Status::not_defined);
}

/// P(t >= t of n) of a Poisson count on background b, ordered by the likelihood ratio with mu >= 0.
double exact_p(double n, double mu, double b) {
  const auto nll = [&](double k, double m) { return m + b - (k > 0.0 ? k * std::log(m + b) : 0.0); };
  const auto t = [&](double k) { return nll(k, mu) - nll(k, std::max(0.0, k - b)); };
  double sum = 0.0;
  for (double k = 0.0; k < 100.0; ++k) {
    if (t(k) >= t(n) - 1e-9) sum += std::exp(-(mu + b) + k * std::log(mu + b) - std::lgamma(k + 1.0));
  }
  return sum;
}

// Feldman, Cousins, Phys. Rev. D 57 (1998) 3873, table IV (90 %, background 3.0): events, lower and upper end. Counts
// are discrete: p-values jump, and stay near 0.1 over whole stretches for other counts than these.
TEST(FeldmanCousins, TableOfThePaper) {
  constexpr double b = 3.0, alpha = 0.1, n_toys = 4000.0;
  struct Row {
    double n, lower, upper;
  };
  for (const Row& row : {Row{2.0, 0.0, 3.04}, Row{3.0, 0.0, 4.42}, Row{8.0, 1.51, 10.99}}) {
    const auto c = compile(counting(1.0, b, row.n));
    ToyLimitOptions options{.toys = {.test = {.statistic = TestStatistic::ttilde},
                                     .n_toys = static_cast<std::size_t>(n_toys),
                                     .threads = 2},
                            .level = 1.0 - alpha};
    const ToyInterval interval = feldman_cousins(*c.likelihood, c.observed, options);
    ASSERT_TRUE(interval.is_usable()) << interval.reason;
    const double noise = 4.0 * std::sqrt(alpha * (1.0 - alpha) / n_toys);
    const auto expect_crossing = [&](double end, double inwards) {
      constexpr double beside = 2e-3;
      EXPECT_GT(exact_p(row.n, end + beside * inwards * end, b), alpha - noise) << row.n;
      EXPECT_LT(exact_p(row.n, end - beside * inwards * end, b), alpha + noise) << row.n;
    };
    ASSERT_TRUE(interval.upper) << interval.upper_reason;
    expect_crossing(interval.upper->value, -1.0);
    EXPECT_NEAR(interval.upper->value, row.upper, 0.02 * row.upper) << row.n;
    if (row.lower == 0.0) {
      EXPECT_FALSE(interval.lower);
      EXPECT_EQ(interval.lower_reason, "at the bound of the parameter");
    } else {
      ASSERT_TRUE(interval.lower) << interval.lower_reason;
      expect_crossing(interval.lower->value, 1.0);
      EXPECT_NEAR(interval.lower->value, row.lower, 0.02 * row.lower) << row.n;
    }
  }
}

}  // namespace
}  // namespace relume::infer
