// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/monotone_curve.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

TEST(MonotoneCurve, OnePointIsALine) {
  const MonotoneCurve curve({2.0}, {1.0});
  for (const double x : {-3.0, 0.0, 1.0, 2.0, 50.0}) {
    EXPECT_DOUBLE_EQ(curve(x).value, 0.5 * x);
    EXPECT_DOUBLE_EQ(curve(x).slope, 0.5);
    EXPECT_EQ(curve(x).curvature, 0.0);
  }
}

TEST(MonotoneCurve, RisesSmoothlyThroughAllPoints) {
  std::mt19937 random(1);
  std::exponential_distribution<double> step(1.0);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> x, y;
    const int n = 1 + trial % 5;
    for (int i = 0; i < n; ++i) {
      x.push_back((x.empty() ? 0.0 : x.back()) + 0.05 + step(random));
      y.push_back((y.empty() ? 0.0 : y.back()) + 0.01 + std::pow(step(random), 3.0));
    }
    const MonotoneCurve curve(x, y);
    EXPECT_EQ(curve(0.0).value, 0.0);
    for (int i = 0; i < n; ++i) {
      const double size = 1.0 + y.back();
      EXPECT_NEAR(curve(x[static_cast<std::size_t>(i)]).value, y[static_cast<std::size_t>(i)], 1e-13 * size);
    }
    const double end = 1.5 * x.back();
    double before = curve(-end).value;
    for (double at = -end; at < end; at += 0.01 * end) {
      const Jet g = curve(at);
      EXPECT_GE(g.slope, 0.0) << trial << " at " << at;
      EXPECT_GE(g.value, before);
      before = g.value;
      // Central differences over h; truncation h^2 y''' with y''' up to a few hundred here.
      const double h = 1e-6;
      const Jet up = curve(at + h), down = curve(at - h);
      const double size = 1.0 + std::fabs(g.value) + std::fabs(g.slope) + std::fabs(g.curvature);
      EXPECT_NEAR(g.slope, (up.value - down.value) / (2.0 * h), 1e-6 * size);
    }
    // Value, slope and curvature are continuous everywhere, at the origin and the last point too.
    x.insert(x.begin(), 0.0);
    for (const double at : x) {
      const Jet left = curve(at - 1e-12), right = curve(at + 1e-12);
      const double size = 1.0 + y.back() + std::fabs(right.slope) + std::fabs(right.curvature);
      EXPECT_NEAR(left.value, right.value, 1e-7 * size);
      EXPECT_NEAR(left.slope, right.slope, 1e-6 * size);
      EXPECT_NEAR(left.curvature, right.curvature, 1e-4 * size) << trial << " at " << at;
    }
  }
}

TEST(MonotoneCurve, IsCloseToWhatItIsTakenFrom) {
  // sqrt(q_A) of a counting experiment with a background of b, exactly known.
  const double b = 20.0;
  const auto exact = [&](double s) { return std::sqrt(2.0 * (s - b * std::log1p(s / b))); };
  const std::vector<double> x = {5.0, 7.0, 10.0, 14.0, 19.0};
  std::vector<double> y;
  for (const double s : x) y.push_back(exact(s));
  const MonotoneCurve curve(x, y);
  for (double s = 0.5; s <= 28.0; s += 0.5) EXPECT_NEAR(curve(s).value, exact(s), 5e-3 * (1.0 + exact(s))) << s;
}

}  // namespace
}  // namespace relume::math
