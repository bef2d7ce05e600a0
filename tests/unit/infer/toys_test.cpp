// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toys against closed forms. In a counting experiment the statistic falls with the number of events, so that its tail
// is that of the count.
#include "relume/infer/toys.hpp"

#include <cmath>
#include <functional>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <gtest/gtest.h>

#include "support/correlated_backgrounds.hpp"
#include "support/counting.hpp"
#include "support/failing.hpp"

namespace relume::infer {
namespace {

using test::compile;
using test::counting;

/// P(N <= n) of a Poisson count.
double poisson_cdf(double n, double mean) { return boost::math::gamma_q(n + 1.0, mean); }

void expect_near(const ToyProbability& p, double expected, double n_toys) {
  EXPECT_NEAR(p.value, expected, 4.0 * std::sqrt(expected * (1.0 - expected) / n_toys));
  EXPECT_NEAR(p.uncertainty, std::sqrt(expected * (1.0 - expected) / n_toys), 0.1 * p.uncertainty);
}

TEST(ToyTest, CountingExperimentHasThePoissonTails) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  constexpr double n_toys = 20000;
  const ToyTest t = toy_test(*c.likelihood, c.observed, 1.0, {.n_toys = static_cast<std::size_t>(n_toys), .seed = 3});
  ASSERT_TRUE(t.is_usable()) << t.reason;
  expect_near(t.observed.clsb, poisson_cdf(3.0, 9.0), n_toys);
  expect_near(t.observed.clb, poisson_cdf(3.0, 5.0), n_toys);
  EXPECT_DOUBLE_EQ(t.observed.cls.value, t.observed.clsb.value / t.observed.clb.value);
  // The median background-only count is 5, its -1 and -2 sigma quantiles (few events) are 3 and 1.
  expect_near(t.expected[2].clsb, poisson_cdf(5.0, 9.0), n_toys);
  expect_near(t.expected[1].clsb, poisson_cdf(3.0, 9.0), n_toys);
  expect_near(t.expected[0].clsb, poisson_cdf(1.0, 9.0), n_toys);
}

// The Gamma posterior of a background with a Poisson auxiliary count, folded with the main Poisson term, is a negative
// binomial distribution.
TEST(ToyTest, PriorPredictiveToysAreNegativeBinomial) {
  auto ws = counting(20.0, 50.0, 45.0);
  ws.channels[0].samples[0].modifiers.push_back({"u", spec::ModifierType::shapesys, spec::Numbers{10.0}});
  const auto c = compile(ws);
  constexpr double n_toys = 20000;
  const ToyTest t = toy_test(*c.likelihood, c.observed, 1.0,
                             {.ensemble = Ensemble::prior_predictive, .n_toys = static_cast<std::size_t>(n_toys)});
  ASSERT_TRUE(t.is_usable()) << t.reason;
  const double m = 25.0, rate = m / 50.0;  // (b / delta)^2 auxiliary events
  expect_near(t.observed.clb, boost::math::ibeta(m + 1.0, 45.0 + 1.0, rate / (1.0 + rate)), n_toys);
  // A frequentist ensemble differs: auxiliary counts fluctuate too, and the statistic uses them.
  const ToyTest f = toy_test(*c.likelihood, c.observed, 1.0, {.n_toys = static_cast<std::size_t>(n_toys)});
  EXPECT_GT(std::fabs(f.observed.clb.value - t.observed.clb.value), 5.0 * t.observed.clb.uncertainty);
}

// A held background says something about one that it is correlated with, in draws as in the likelihood: 118 +- 4.36
// events, and t of a signal among them has one degree of freedom.
TEST(ToyTest, PriorPredictiveToysKnowWhatIsHeld) {
  const auto c = compile(test::correlated_backgrounds({2, {1.0, 0.9, 0.9, 1.0}}));
  constexpr double n_toys = 4000;
  const TestOptions test{.statistic = TestStatistic::t, .fixed = {{*c.likelihood->find_parameter("b0"), 2.0}}};
  const ToyTest t =
      toy_test(*c.likelihood, c.observed, 1.0,
               {.test = test, .ensemble = Ensemble::prior_predictive, .n_toys = static_cast<std::size_t>(n_toys)});
  ASSERT_TRUE(t.is_usable()) << t.reason;
  double mean = 0.0;
  for (const double q : t.tested.q) mean += q / n_toys;
  EXPECT_NEAR(mean, 1.0, 4.5 * std::sqrt(2.0 / n_toys));
}

TEST(ToyTest, IsTheSameForAnyThreadsAndShards) {
  auto ws = counting(4.0, 12.0, 10.0);
  ws.channels[0].samples[0].modifiers.push_back({"u", spec::ModifierType::shapesys, spec::Numbers{3.0}});
  const auto c = compile(ws);
  const auto ask = [&](std::size_t n, std::uint64_t first, int threads) {
    return toy_test(*c.likelihood, c.observed, 1.5, {.n_toys = n, .seed = 5, .first = first, .threads = threads});
  };
  const ToyTest whole = ask(300, 0, 1);
  const std::vector<ToyTest> shards = {ask(150, 100, 3), ask(50, 250, 2), ask(100, 0, 1)};
  const ToyTest merged = std::move(merge(shards).value());
  EXPECT_EQ(merged.tested.q, whole.tested.q);
  EXPECT_EQ(merged.alternative.q, whole.alternative.q);
  EXPECT_EQ(merged.observed.cls.value, whole.observed.cls.value);
  EXPECT_EQ(merged.expected[3].clsb.uncertainty, whole.expected[3].clsb.uncertainty);
  EXPECT_NE(ask(100, 0, 1).tested.q, ask(100, 100, 1).tested.q);
}

TEST(ToyTest, ShardsThatDoNotFitAreRefused) {
  const auto c = compile(counting(4.0, 12.0, 10.0));
  const auto ask = [&](double mu, std::uint64_t first, std::uint64_t seed) {
    return toy_test(*c.likelihood, c.observed, mu, {.n_toys = 10, .seed = seed, .first = first});
  };
  const ToyTest begin = ask(1.0, 0, 0);
  for (const ToyTest& other : {ask(1.0, 0, 0), ask(1.0, 20, 0), ask(1.0, 10, 1), ask(1.1, 10, 0)}) {
    EXPECT_FALSE(merge(std::vector{begin, other}));
  }
  EXPECT_TRUE(merge(std::vector{begin, ask(1.0, 10, 0)}));
  EXPECT_FALSE(merge({}));
}

TEST(ToyTest, StopsWhenItIsAccurateEnough) {
  const auto c = compile(counting(4.0, 12.0, 10.0));
  const ToyOptions whole{.n_toys = 20000};
  ToyOptions adaptive = whole;
  adaptive.accuracy = 0.02;
  adaptive.batch = 500;
  const ToyTest t = toy_test(*c.likelihood, c.observed, 1.0, adaptive);
  const ToyTest all = toy_test(*c.likelihood, c.observed, 1.0, whole);
  EXPECT_LE(t.observed.cls.uncertainty, 0.02);
  EXPECT_EQ(t.tested.q.size() % 500, 0u);
  ASSERT_LT(t.tested.q.size(), all.tested.q.size());
  EXPECT_TRUE(std::equal(t.tested.q.begin(), t.tested.q.end(), all.tested.q.begin()));
  // One batch less was not enough.
  const ToyTest before = toy_test(*c.likelihood, c.observed, 1.0, {.n_toys = t.tested.q.size() - 500});
  EXPECT_GT(before.observed.cls.uncertainty, 0.02);
}

/// Fails on data sets with certain counts.
test::FailsWhere fails_at(const model::Likelihood& likelihood, std::function<bool(double)> fails) {
  return {likelihood, "a count it dislikes",
          [fails = std::move(fails)](std::span<const double>, const model::Data& d) { return fails(d.values[0]); }};
}

TEST(ToyTest, ToysThatFailAreCountedAndNamed) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  const test::FailsWhere likelihood = fails_at(*c.likelihood, [](double count) { return count == 7.0; });
  const ToyTest t = toy_test(likelihood, c.observed, 1.0, {.n_toys = 2000});
  ASSERT_TRUE(t.is_usable()) << t.reason;
  const auto share = [](double mean) { return poisson_cdf(7.0, mean) - poisson_cdf(6.0, mean); };
  EXPECT_NEAR(static_cast<double>(t.tested.n_failed), 2000.0 * share(9.0), 4.0 * std::sqrt(2000.0 * share(9.0)));
  EXPECT_NEAR(static_cast<double>(t.alternative.n_failed), 2000.0 * share(5.0), 4.0 * std::sqrt(2000.0 * share(5.0)));
  EXPECT_EQ(static_cast<std::size_t>(
                std::count_if(t.tested.q.begin(), t.tested.q.end(), [](double q) { return std::isnan(q); })),
            t.tested.n_failed);
  expect_near(t.observed.clsb, poisson_cdf(3.0, 9.0) / (1.0 - share(9.0)), 2000.0 * (1.0 - share(9.0)));
  const std::vector<std::string> told = failed_toys(t);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].find("a count it dislikes"), std::string::npos) << told[0];
  EXPECT_EQ(told[0].find(std::to_string(t.tested.n_failed) + " of 2000 toys with 1 as"), 0u) << told[0];
}

TEST(ToyTest, WhereNoToyCanBeFittedSaysSo) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  const test::FailsWhere at_signal = fails_at(*c.likelihood, [](double count) { return count != 3.0 && count != 5.0; });
  // The data and their Asimov data can be fitted, and of ten toys none.
  const ToyTest t = toy_test(at_signal, c.observed, 100.0, {.n_toys = 10, .accuracy = 0.5, .batch = 5});
  EXPECT_EQ(t.status, Status::fit_failed);
  EXPECT_NE(t.reason.find("no toy could be fitted"), std::string::npos) << t.reason;
  EXPECT_EQ(t.tested.q.size(), 10u);  // nothing is accurate enough without toys
  EXPECT_EQ(t.tested.n_failed, 10u);
  const ToyTest merged = std::move(merge(std::vector{t}).value());
  EXPECT_EQ(merged.status, Status::fit_failed);
  EXPECT_EQ(merged.tested.failures.size(), 5u);
}

// The file's bound on the parameter of interest does not hold mu-hat of a two-sided statistic, neither the data's nor
// the toys'.
TEST(ToyTest, TwoSidedStatisticsKnowNoUpperBound) {
  for (const TestStatistic statistic : {TestStatistic::t, TestStatistic::ttilde}) {
    std::vector<ToyTest> tests;
    for (const double bound : {10.0, 1000.0}) {
      auto ws = counting(10.0, 50.0, 130.0);
      spec::ParameterConfig mu{"mu"};
      mu.bounds = {{0.0, bound}};
      ws.measurements[0].parameters = {mu};
      const auto c = compile(ws);
      tests.push_back(toy_test(*c.likelihood, c.observed, 10.0, {.test = {.statistic = statistic}, .n_toys = 500}));
      ASSERT_TRUE(tests.back().is_usable()) << tests.back().reason;
    }
    for (std::size_t i = 0; i < 500; ++i) EXPECT_NEAR(tests[0].tested.q[i], tests[1].tested.q[i], 1e-6);
    EXPECT_EQ(tests[0].observed.clsb.value, tests[1].observed.clsb.value);
  }
}

TEST(ToyTest, QuestionsWithoutAnAnswer) {
  const auto c = compile(counting(4.0, 5.0, 3.0));
  EXPECT_EQ(toy_test(*c.likelihood, c.observed, -1.0, {.n_toys = 10}).status, Status::not_defined);
  EXPECT_EQ(toy_test(*c.likelihood, c.observed, std::nan(""), {.n_toys = 10}).status, Status::not_defined);
  EXPECT_EQ(toy_test(*c.likelihood, c.observed, 1.0, {.n_toys = 0}).status, Status::not_defined);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(toy_test(*c.likelihood, c.observed, 1.0, {.test = {.stop = &stop}, .n_toys = 10}).status,
            Status::interrupted);
}

TEST(TailProbability, IsNeverCertain) {
  const std::vector<double> q = {0.0, 0.0, 1.0, 2.0};
  EXPECT_EQ(tail_probability(q, 0.0).value, 1.0);
  EXPECT_EQ(tail_probability(q, 1.0 + 1e-10).value, 0.5);
  EXPECT_EQ(tail_probability(q, 3.0).value, 0.0);
  // Wilson's interval at one sigma for 0 of 4 is [0, 1/5].
  EXPECT_NEAR(tail_probability(q, 3.0).uncertainty, 0.1, 1e-12);
}

}  // namespace
}  // namespace relume::infer
