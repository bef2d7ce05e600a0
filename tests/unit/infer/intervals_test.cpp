// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Profile likelihoods of a counting experiment, against its closed form.
#include "relume/infer/intervals.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/counting.hpp"

namespace relume::infer {
namespace {

using test::compile;
using test::counting;

constexpr double signal = 4.0, background = 12.0, observed = 25.0;

double t_closed(double mu) {
  const auto nll = [](double m) { return m * signal + background - observed * std::log(m * signal + background); };
  return 2.0 * (nll(mu) - nll((observed - background) / signal));
}

TEST(Scan, CountingExperiment) {
  const auto c = compile(counting(signal, background, observed));
  const std::vector<double> values = {9.0, 0.0, 3.0, -1.0, 3.25, 1.5};
  const ProfileScan s = scan(*c.likelihood, c.observed, *c.likelihood->poi(), values);
  ASSERT_TRUE(s.is_usable()) << s.reason;
  EXPECT_NEAR(s.best, 3.25, 1e-6);
  ASSERT_EQ(s.points.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(s.points[i].value, values[i]);
    EXPECT_NEAR(s.points[i].twice_delta_nll, t_closed(values[i]), 1e-8) << values[i];
  }
}

TEST(Scan, IsNegativeBeyondABoundThatHoldsTheMinimum) {
  const auto c = compile(counting(signal, background, 4.0));
  const ProfileScan s = scan(*c.likelihood, c.observed, *c.likelihood->poi(), std::vector{-1.0, 0.0, 1.0});
  ASSERT_TRUE(s.is_usable()) << s.reason;
  EXPECT_LT(s.points[0].twice_delta_nll, 0.0);
  EXPECT_EQ(s.points[1].twice_delta_nll, 0.0);
  EXPECT_GT(s.points[2].twice_delta_nll, 0.0);
}

TEST(Scan, ValuesReachWhereItIsNineHigh) {
  const auto c = compile(counting(signal, background, observed));
  const ParamId mu = *c.likelihood->poi();
  const std::vector<double> values = scan_values(*c.likelihood, c.observed, mu, 5);
  ASSERT_EQ(values.size(), 5u);
  EXPECT_NEAR(t_closed(values.front()), 9.0, 0.1);
  EXPECT_NEAR(t_closed(values.back()), 9.0, 0.1);
  EXPECT_NEAR(values[2], 0.5 * (values.front() + values.back()), 1e-12);
  const auto low = compile(counting(signal, background, 14.0));
  EXPECT_EQ(scan_values(*low.likelihood, low.observed, mu, 5).front(), 0.0);  // the bound is nearer
}

TEST(Intervals, CountingExperiment) {
  const auto c = compile(counting(signal, background, observed));
  const ParamId mu = *c.likelihood->poi();
  for (const double height : {0.1, 1.0, 3.84, 8.0}) {
    const Intervals r = intervals(*c.likelihood, c.observed, std::array{mu}, {.height = height});
    ASSERT_TRUE(r.is_usable()) << r.reason;
    const Interval& i = r.intervals[0];
    ASSERT_TRUE(i.lower && i.upper);
    EXPECT_LT(*i.lower, i.best);
    EXPECT_GT(*i.upper, i.best);
    EXPECT_NEAR(t_closed(*i.lower), height, 1e-5 * height);
    EXPECT_NEAR(t_closed(*i.upper), height, 1e-5 * height);
  }
}

TEST(Intervals, EndsAtBoundsHaveNone) {
  const auto c = compile(counting(signal, background, 14.0));
  const Intervals r = intervals(*c.likelihood, c.observed, std::array{*c.likelihood->poi()});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_FALSE(r.intervals[0].lower);
  EXPECT_EQ(r.intervals[0].lower_reason, "at the bound of the parameter");
  EXPECT_TRUE(r.intervals[0].upper);
  EXPECT_EQ(r.intervals[0].upper_reason, "");
}

/// The same with room below zero, where the rate vanishes at mu = -background / signal.
model::Compiled with_room(double s, double b, double n) {
  auto ws = counting(s, b, n);
  spec::ParameterConfig mu;
  mu.name = "mu";
  mu.bounds = {{-10.0, 50.0}};
  ws.measurements[0].parameters.push_back(mu);
  return compile(ws);
}

// Next to a rate of zero the slope diverges, and beyond it there is no likelihood.
TEST(Intervals, EndBeforeTheRateVanishes) {
  struct Case {
    double n, s, b, level;
  };
  for (const Case& k :
       {Case{1.0, 1.0, 3.0, 0.6826894921370859}, Case{2.0, 1.0, 4.0, 0.95}, Case{5.0, 2.0, 3.0, 0.95}}) {
    const auto c = with_room(k.s, k.b, k.n);
    const double height = height_at(k.level);
    const Intervals r = intervals(*c.likelihood, c.observed, std::array{*c.likelihood->poi()}, {.height = height});
    ASSERT_TRUE(r.is_usable()) << r.reason;
    const auto t = [&](double mu) {
      const double rate = mu * k.s + k.b;
      return 2.0 * (rate - k.n - k.n * std::log(rate / k.n));
    };
    ASSERT_TRUE(r.intervals[0].lower && r.intervals[0].upper) << k.n;
    EXPECT_NEAR(t(*r.intervals[0].lower), height, 1e-4 * height) << k.n;
    EXPECT_NEAR(t(*r.intervals[0].upper), height, 1e-4 * height) << k.n;
  }
}

// Without events the likelihood falls towards a rate of zero, and the model ends there.
TEST(Intervals, EndWhereTheModelDoes) {
  const auto c = with_room(1.0, 3.0, 0.0);
  const ParamId mu = *c.likelihood->poi();
  const Intervals r = intervals(*c.likelihood, c.observed, std::array{mu});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  EXPECT_NEAR(r.intervals[0].best, -3.0, 1e-6);
  EXPECT_FALSE(r.intervals[0].lower);
  EXPECT_NE(r.intervals[0].lower_reason.find("a rate would be negative"), std::string::npos);
  ASSERT_TRUE(r.intervals[0].upper);
  EXPECT_NEAR(*r.intervals[0].upper, -2.5, 1e-5);  // t = 2 (mu + 3)
  const ProfileScan s = scan(*c.likelihood, c.observed, mu, std::vector{-3.1, -2.0});
  EXPECT_TRUE(std::isnan(s.points[0].twice_delta_nll));
  EXPECT_NE(s.points[0].reason.find("rate"), std::string::npos) << s.points[0].reason;
  EXPECT_NEAR(s.points[1].twice_delta_nll, 2.0, 1e-8);
}

TEST(Intervals, QuestionsWithoutAnAnswer) {
  const auto c = compile(counting(signal, background, observed));
  const ParamId mu = *c.likelihood->poi();
  EXPECT_EQ(intervals(*c.likelihood, c.observed, std::array{mu}, {.height = 0.0}).status, Status::not_defined);
  IntervalOptions held;
  held.profile.fixed = {{mu, 1.0}};
  EXPECT_EQ(intervals(*c.likelihood, c.observed, std::array{mu}, held).status, Status::not_defined);
  EXPECT_EQ(scan(*c.likelihood, c.observed, mu, std::array{std::nan("")}).status, Status::not_defined);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(scan(*c.likelihood, c.observed, mu, std::array{1.0}, {.stop = &stop}).status, Status::interrupted);
  EXPECT_TRUE(scan_values(*c.likelihood, c.observed, mu, 5, held.profile).empty());
}

// Two minima, and the start leads into the upper one: the search on the other side of the shape finds the lower.
TEST(Scan, HasItsZeroAtTheLowerOfTwoMinima) {
  auto ws = counting(signal, background, observed);
  spec::HistoSysData both_sides{{17.0}, {20.0}};  // the background rises on either side
  ws.channels[0].samples[0].modifiers.push_back({"shape", spec::ModifierType::histosys, both_sides});
  const auto c = compile(ws);
  const ParamId shape = *c.likelihood->find_parameter("shape");
  ProfileOptions options;
  options.fixed = {{*c.likelihood->poi(), 0.0}};
  options.start = initial_point(*c.likelihood);
  options.start[shape.index] = -1.5;
  const ProfileScan s = scan(*c.likelihood, c.observed, shape, std::vector{-2.0, -1.0, 0.0, 1.0, 2.0}, options);
  ASSERT_TRUE(s.is_usable()) << s.reason;
  EXPECT_GT(s.best, 0.5);
  for (const ScanPoint& p : s.points) EXPECT_GE(p.twice_delta_nll, 0.0);
}

TEST(HeightAt, IsTheChiSquaredQuantile) {
  EXPECT_NEAR(height_at(0.6826894921370859), 1.0, 1e-12);
  EXPECT_NEAR(height_at(0.95), 3.841458820694124, 1e-12);
}

}  // namespace
}  // namespace relume::infer
