// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/test_statistic.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::infer {
namespace {

using enum TestStatistic;

TEST(NormalCdf, LogarithmContinuesIntoTheTail) {
  EXPECT_NEAR(log_normal_cdf(-29.999999), log_normal_cdf(-30.000001), 1e-4);
  EXPECT_NEAR(log_normal_cdf(-29.9999999999), std::log(0.5 * std::erfc(29.9999999999 / std::sqrt(2.0))), 1e-10);
  EXPECT_NEAR(log_normal_cdf(-40.0), -804.608442, 1e-6);  // ln Phi(-40): mpmath 1.3, 50 digits
  EXPECT_NEAR(normal_quantile(normal_cdf(-3.2)), -3.2, 1e-12);
}

TEST(AsymptoticPValues, OneSidedFormulas) {
  // CCGV 57 and 66 by hand: q = 4, q_A = 9.
  for (const TestStatistic s : {q, qtilde}) {
    const PValues p = asymptotic_p_values(s, 4.0, 9.0);
    EXPECT_NEAR(p.clsb, normal_cdf(-2.0), 1e-15);
    EXPECT_NEAR(p.clb, normal_cdf(1.0), 1e-15);
    EXPECT_NEAR(p.cls, normal_cdf(-2.0) / normal_cdf(1.0), 1e-15);
  }
  // Beyond mu-hat = 0 only q-tilde changes: q = 16, q_A = 4.
  const PValues beyond = asymptotic_p_values(qtilde, 16.0, 4.0);
  EXPECT_NEAR(beyond.clsb, normal_cdf(-5.0), 1e-15);
  EXPECT_NEAR(beyond.clb, normal_cdf(-3.0), 1e-15);
  EXPECT_NEAR(asymptotic_p_values(q, 16.0, 4.0).clsb, normal_cdf(-4.0), 1e-15);
}

// Differs from pyhf: 0/0 there.
TEST(AsymptoticPValues, WithoutSensitivityNothingIsExcluded) {
  for (const TestStatistic s : {q, qtilde, t, ttilde}) EXPECT_NEAR(asymptotic_p_values(s, 0.0, 0.0).cls, 1.0, 1e-12);
}

TEST(AsymptoticPValues, KeepTheirLogarithmWhereTheyUnderflow) {
  const PValues p = asymptotic_p_values(qtilde, 3000.0, 3000.0);
  EXPECT_EQ(p.cls, 0.0);
  EXPECT_TRUE(std::isfinite(p.log_cls));
  EXPECT_LT(p.log_cls, -1400.0);
}

TEST(ExpectedPValues, AscendAndMatchTheObservedAtTheMedian) {
  for (const TestStatistic s : {q, qtilde, t, ttilde}) {
    double last = -1.0;
    for (const double n : band_sigmas) {
      const double cls = expected_p_values(s, 3.0, n).cls;
      EXPECT_GT(cls, last) << to_string(s) << " at " << n;
      last = cls;
    }
    EXPECT_NEAR(expected_p_values(s, 3.0, 0.0).cls, asymptotic_p_values(s, 3.0, 3.0).cls, 1e-12);
  }
}

TEST(ExpectedPValues, RootOfTheBandIsClosed) {
  for (const double n : band_sigmas) {
    const double a = asimov_significance_at(0.05, n);
    EXPECT_NEAR(expected_p_values(qtilde, a * a, n).cls, 0.05, 1e-12);
  }
  EXPECT_NEAR(asimov_significance_at(0.05, 0.0), 1.959964, 1e-6);
}

TEST(TwoSided, AgreesWithTheNormalDistribution) {
  // CCGV 35: t = chi2 with one degree of freedom under mu' = mu.
  EXPECT_NEAR(asymptotic_p_values(t, 4.0, 9.0).clsb, 2.0 * normal_cdf(-2.0), 1e-14);
  EXPECT_NEAR(asymptotic_p_values(t, 4.0, 9.0).clb, normal_cdf(-5.0) + normal_cdf(1.0), 1e-14);
  // CCGV 45: the same below mu^2/sigma^2, a longer tail beyond.
  EXPECT_NEAR(asymptotic_p_values(ttilde, 4.0, 9.0).clsb, 2.0 * normal_cdf(-2.0), 1e-14);
  EXPECT_NEAR(asymptotic_p_values(ttilde, 16.0, 4.0).clsb, normal_cdf(-4.0) + normal_cdf(-5.0), 1e-14);
}

}  // namespace
}  // namespace relume::infer
