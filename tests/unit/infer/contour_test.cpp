// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Profile likelihoods of two counting experiments, against their closed form.
#include "relume/infer/contour.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/counting.hpp"

namespace relume::infer {
namespace {

/// Channels a and b count independently; nu scales the background of both, so that mu_a and mu_b are correlated.
spec::Workspace two_channels(double n_a, double n_b, bool with_background_factor = false) {
  spec::Workspace ws;
  const auto add = [&](const char* name, const char* mu, double signal, double background, double n) {
    spec::Channel channel{name, {}};
    channel.samples.push_back({"background", {background}, {}});
    if (with_background_factor) {
      channel.samples.back().modifiers.push_back(
          {"nu", spec::ModifierType::normsys, spec::NormSysData{.lo = 0.9, .hi = 1.1}});
    }
    channel.samples.push_back({"signal", {signal}, {{mu, spec::ModifierType::normfactor, {}}}});
    ws.channels.push_back(channel);
    ws.observations.push_back({name, {n}});
  };
  add("a", "mu_a", 4.0, 12.0, n_a);
  add("b", "mu_b", 6.0, 20.0, n_b);
  ws.measurements.push_back({"measurement", "mu_a", {}});
  return ws;
}

double t_of(double mu, double signal, double background, double n) {
  const auto nll = [&](double m) { return m * signal + background - n * std::log(m * signal + background); };
  return 2.0 * (nll(mu) - nll((n - background) / signal));
}

struct Fixture {
  model::Compiled compiled = test::compile(two_channels(25.0, 38.0));
  const model::Likelihood& likelihood = *compiled.likelihood;
  ParamId a = likelihood.find_parameter("mu_a").value(), b = likelihood.find_parameter("mu_b").value();
  static double t(double x, double y) { return t_of(x, 4.0, 12.0, 25.0) + t_of(y, 6.0, 20.0, 38.0); }
};

TEST(ScanGrid, TwoCountingExperiments) {
  const Fixture f;
  const std::vector<double> points = {3.25, 3.0, 0.0, 0.0, 5.0, 1.0, -1.0, 2.0};
  const ProfileGrid grid = scan_grid(f.likelihood, f.compiled.observed, std::array{f.a, f.b}, points);
  ASSERT_TRUE(grid.is_usable()) << grid.reason;
  EXPECT_NEAR(grid.best[0], 13.0 / 4.0, 1e-6);
  EXPECT_NEAR(grid.best[1], 18.0 / 6.0, 1e-6);
  ASSERT_EQ(grid.points.size(), 4u);
  for (const GridPoint& p : grid.points) {
    EXPECT_NEAR(p.twice_delta_nll, Fixture::t(p.values[0], p.values[1]), 1e-8) << p.values[0] << " " << p.values[1];
  }
}

TEST(Contours, LieAtTheirHeight) {
  const Fixture f;
  const Contours c = contours(f.likelihood, f.compiled.observed, {f.a, f.b}, {.levels = {0.3, 0.9}, .n_points = 17});
  ASSERT_TRUE(c.is_usable()) << c.reason;
  ASSERT_EQ(c.contours.size(), 2u);
  for (const Contour& contour : c.contours) {
    EXPECT_NEAR(contour.height, -2.0 * std::log(1.0 - contour.level), 1e-12);  // chi-squared, two degrees of freedom
    ASSERT_EQ(contour.points.size(), 17u);
    double area = 0.0;  // twice the area, positive counter-clockwise
    for (std::size_t i = 0; i < 17; ++i) {
      const ContourPoint &p = contour.points[i], &next = contour.points[(i + 1) % 17];
      EXPECT_FALSE(p.is_at_bound);
      EXPECT_NEAR(Fixture::t(p.x, p.y), contour.height, 1e-3 * contour.height);
      area += p.x * next.y - next.x * p.y;
    }
    EXPECT_GT(area, 0.0);
  }
}

// A shared normsys makes the two strengths anti-correlated; the height comes from conditional fits of another door.
TEST(Contours, ProfileWhatIsNotNamed) {
  const auto c = test::compile(two_channels(25.0, 38.0, true));
  const ParamId a = c.likelihood->find_parameter("mu_a").value(), b = c.likelihood->find_parameter("mu_b").value();
  const Contours result = contours(*c.likelihood, c.observed, {a, b}, {.levels = {0.68}, .n_points = 9});
  ASSERT_TRUE(result.is_usable()) << result.reason;
  const double best = fit(*c.likelihood, c.observed).twice_nll;
  for (const ContourPoint& p : result.contours[0].points) {
    FitOptions held;
    held.fixed = {{a, p.x}, {b, p.y}};
    EXPECT_NEAR(fit(*c.likelihood, c.observed, held).twice_nll - best, result.contours[0].height, 2e-3);
  }
}

TEST(Contours, FollowBounds) {
  const auto c = test::compile(two_channels(14.0, 38.0));
  const ParamId a = c.likelihood->find_parameter("mu_a").value(), b = c.likelihood->find_parameter("mu_b").value();
  const Contours result = contours(*c.likelihood, c.observed, {a, b}, {.levels = {0.95}, .n_points = 32});
  ASSERT_TRUE(result.is_usable()) << result.reason;
  EXPECT_GT(result.contours[0].points.size(), 32u);  // corners
  std::size_t n_held = 0;
  for (const ContourPoint& p : result.contours[0].points) {
    EXPECT_GE(p.x, 0.0);
    if (!p.is_at_bound) continue;
    ++n_held;
    EXPECT_EQ(p.x, 0.0);
    EXPECT_LT(t_of(0.0, 4.0, 12.0, 14.0) + t_of(p.y, 6.0, 20.0, 38.0), result.contours[0].height);
  }
  EXPECT_GT(n_held, 2u);
}

TEST(RatioTest, TwoCountingExperiments) {
  const Fixture f;
  const RatioTest r =
      ratio_test(f.likelihood, f.compiled.observed, std::array{FixedParameter{f.b, 1.0}, FixedParameter{f.a, 2.0}});
  ASSERT_TRUE(r.is_usable()) << r.reason;
  const double t = Fixture::t(2.0, 1.0);
  EXPECT_NEAR(r.t, t, 1e-8);
  EXPECT_NEAR(r.p_value, std::exp(-0.5 * t), 1e-9);  // chi-squared with two degrees of freedom
  EXPECT_NEAR(r.twice_nll_tested - r.twice_nll, t, 1e-8);
  const RatioTest one = ratio_test(f.likelihood, f.compiled.observed, std::array{FixedParameter{f.a, 0.0}});
  EXPECT_NEAR(one.t, t_of(0.0, 4.0, 12.0, 25.0), 1e-8);
  EXPECT_NEAR(one.p_value, std::erfc(std::sqrt(0.5 * one.t)), 1e-9);  // one degree of freedom
}

TEST(RatioTest, QuestionsWithoutAnAnswer) {
  const Fixture f;
  const model::Data& data = f.compiled.observed;
  const FixedParameter at{f.a, 1.0};
  EXPECT_EQ(ratio_test(f.likelihood, data, {}).status, Status::not_defined);
  EXPECT_EQ(ratio_test(f.likelihood, data, std::array{at, at}).status, Status::not_defined);
  EXPECT_EQ(ratio_test(f.likelihood, data, std::array{FixedParameter{f.a, HUGE_VAL}}).status, Status::not_defined);
  EXPECT_EQ(ratio_test(f.likelihood, data, std::array{at}, {.fixed = {at}}).status, Status::not_defined);
  EXPECT_EQ(contours(f.likelihood, data, {f.a, f.a}).status, Status::not_defined);
  EXPECT_EQ(contours(f.likelihood, data, {f.a, f.b}, {.levels = {1.0}}).status, Status::not_defined);
  EXPECT_EQ(contours(f.likelihood, data, {f.a, f.b}, {.n_points = 2}).status, Status::not_defined);
  EXPECT_EQ(scan_grid(f.likelihood, data, std::array{f.a, f.b}, std::array{1.0, std::nan("")}).status,
            Status::not_defined);
}

TEST(HeightAt, IsTheQuantileOfChiSquared) {
  // Tables of the chi-squared distribution.
  EXPECT_NEAR(height_at(0.95), 3.841458820694124, 1e-9);
  EXPECT_NEAR(height_at(0.95, 2), 5.991464547107979, 1e-9);
  EXPECT_NEAR(height_at(0.99, 3), 11.344866730144373, 1e-9);
  for (const int k : {1, 2, 5, 40}) EXPECT_NEAR(probability_above(height_at(0.9, k), k), 0.1, 1e-12);
}

}  // namespace
}  // namespace relume::infer
