// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/gamma_variance.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/minima.hpp>
#include <gtest/gtest.h>

namespace relume::math {
namespace {

struct Case {
  double d, v, e;
};

const Case cases[] = {{0.0, 1.0, 0.3},  {0.5, 1.0, 0.1}, {-2.0, 0.3, 0.5},
                      {10.0, 1.7, 0.9}, {3.0, 4.0, 1.0}, {1e-9, 1.0, 0.2}};

/// -ln of the densities of u and v, with sigma^2 where they are largest: by search.
double profiled(const Case& c) {
  const double a = 0.25 / (c.e * c.e);
  const auto minus_log = [&](double log_variance) {
    const double variance = std::exp(log_variance);
    return -std::log(boost::math::pdf(boost::math::normal(0.0, std::sqrt(variance)), c.d)) -
           std::log(boost::math::pdf(boost::math::gamma_distribution<>(a, variance / a), c.v));
  };
  // From -3 on, so that no density underflows.
  return boost::math::tools::brent_find_minima(minus_log, -3.0, 8.0, 50).second;
}

TEST(GammaVariance, IsTheDensityOfBothDataWithTheVarianceProfiled) {
  for (const Case& c : cases) {
    const double ours = gamma_variance_term(c.d, c.v, c.e).value + gamma_variance_saturated(c.v, c.e);
    EXPECT_NEAR(ours, profiled(c), 1e-10) << c.d << " " << c.v << " " << c.e;
  }
}

TEST(GammaVariance, IsStudentsT) {
  for (const Case& c : cases) {
    const boost::math::students_t t(0.5 / (c.e * c.e));
    const double expected = -std::log(boost::math::pdf(t, c.d / std::sqrt(c.v)) / boost::math::pdf(t, 0.0));
    EXPECT_NEAR(gamma_variance_term(c.d, c.v, c.e).value, expected, 1e-12 * (1.0 + expected));
  }
}

TEST(GammaVariance, NormOfStudentsTBecomesThatOfTheNormalDistribution) {
  constexpr double rounding = 1e-13;  // of poisson_saturated, 230 at the smallest e
  for (const Case& c : cases) {
    const boost::math::students_t t(0.5 / (c.e * c.e));
    const double expected = -std::log(boost::math::pdf(t, 0.0) / std::sqrt(c.v));
    EXPECT_NEAR(student_t_norm(c.v, c.e), expected, rounding) << c.e;
  }
  // 1/(8 a) = e^2/2 is the first term of ln(sqrt(a) Gamma(a) / Gamma(a + 1/2)) for large a.
  for (const double e : {1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-20, 1e-100}) {
    EXPECT_NEAR(student_t_norm(4.0, e), std::log(2.0) + 0.5 * std::log(2.0 * M_PI) + 0.5 * e * e, rounding) << e;
  }
}

TEST(GammaVariance, DerivativesAreThoseOfTheValue) {
  for (const Case& c : cases) {
    const double h = 1e-5 * std::sqrt(c.v);
    const auto at = [&](double d) { return gamma_variance_term(d, c.v, c.e); };
    const GammaVarianceTerm here = at(c.d), up = at(c.d + h), down = at(c.d - h);
    EXPECT_NEAR(here.slope, (up.value - down.value) / (2.0 * h), 1e-8 * (1.0 + std::fabs(here.slope)));
    EXPECT_NEAR(here.safe + here.bend, (up.slope - down.slope) / (2.0 * h), 1e-8 * here.safe);
    EXPECT_GT(here.safe, 0.0);
    EXPECT_LE(here.bend, 0.0);
    // The parabola of the safe curvature lies above the term.
    for (const double to : {-3.0, -0.1, 0.2, 5.0}) {
      const double step = to - c.d;
      EXPECT_LE(at(to).value, here.value + here.slope * step + 0.5 * here.safe * step * step + 1e-12);
    }
  }
}

TEST(GammaVariance, BendsDownwardsBeyondTheInflection) {
  const double e = 0.4, v = 2.0, inflection = std::sqrt(v) / (e * std::sqrt(2.0));
  const auto curvature = [&](double d) {
    const GammaVarianceTerm t = gamma_variance_term(d, v, e);
    return t.safe + t.bend;
  };
  EXPECT_GT(curvature(0.999 * inflection), 0.0);
  EXPECT_LT(curvature(1.001 * inflection), 0.0);
}

TEST(GammaVariance, BecomesAParabolaWithoutLossOfDigits) {
  for (const double d : {1e-6, 0.3, 7.0}) {
    for (const double e : {1e-9, 1e-20, 1e-150, 0.0}) {
      const GammaVarianceTerm t = gamma_variance_term(d, 2.0, e);
      EXPECT_DOUBLE_EQ(t.value, 0.25 * d * d);
      EXPECT_DOUBLE_EQ(t.slope, 0.5 * d);
      EXPECT_DOUBLE_EQ(t.safe + t.bend, 0.5);
    }
    // The first terms of the series in k = 2 e^2; the next is 1e-15.
    const double e = 1e-4, k = 2.0 * e * e, x = d * d / 2.0;
    EXPECT_NEAR(gamma_variance_term(d, 2.0, e).value, 0.5 * x * (1.0 + k * (1.0 - 0.5 * x)), 1e-13 * (x + x * x * x));
  }
}

TEST(GammaVariance, EstimatesOfTheVarianceFluctuateAsTheyShould) {
  // v has mean sigma^2 and standard deviation 2 e sigma^2 (arXiv:1809.05778, equation 8): that of sigma is e sigma for
  // small e.
  const RandomSpace space(5, 0);
  constexpr int n = 20000;
  for (const double e : {0.05, 0.3, 0.7}) {
    const double mean = 2.5;
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < n; ++i) {
      RandomStream s = space.at(static_cast<std::uint64_t>(i), 3);
      const double v = draw_variance(mean, e, s) / mean;
      EXPECT_GT(v, 0.0);
      sum += v;
      squares += v * v;
    }
    const double average = sum / n, variance = squares / n - average * average;
    // Four standard deviations; the fourth moment of a gamma distribution has excess kurtosis 24 e^2.
    EXPECT_NEAR(average, 1.0, 4.0 * 2.0 * e / std::sqrt(n)) << e;
    EXPECT_NEAR(variance, 4.0 * e * e, 4.0 * 4.0 * e * e * std::sqrt((2.0 + 24.0 * e * e) / n)) << e;
  }
}

TEST(GammaVariance, WhatAMeasurementLeavesOfItsParameterIsStudentsT) {
  const RandomSpace space(6, 0);
  constexpr int n = 20000;
  const double e = 0.4, u = 3.0, v = 4.0;
  const boost::math::students_t t(0.5 / (e * e));
  for (const double p : {0.05, 0.5, 0.8, 0.99}) {
    const double quantile = u + std::sqrt(v) * boost::math::quantile(t, p);
    int below = 0;
    for (int i = 0; i < n; ++i) {
      RandomStream s = space.at(static_cast<std::uint64_t>(i), 1);
      below += draw_from_gamma_variance(u, v, e, s) < quantile ? 1 : 0;
    }
    EXPECT_NEAR(below / double(n), p, 4.0 * std::sqrt(p * (1.0 - p) / n)) << p;
  }
}

}  // namespace
}  // namespace relume::math
