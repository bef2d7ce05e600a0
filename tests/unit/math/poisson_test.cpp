// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/poisson.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

double minus_log_poisson(double n, double rate) { return rate - n * std::log(rate) + std::lgamma(n + 1.0); }

TEST(Poisson, DevianceAndSaturatedTermMakeTheLogDensity) {
  for (const double n : {0.5, 1.0, 3.7, 29.9, 30.1, 400.0, 1e5}) {
    for (const double share : {0.5, 0.99, 1.0, 1.3}) {
      const double rate = n * share;
      EXPECT_NEAR(poisson_deviance(n, rate) + poisson_saturated(n), minus_log_poisson(n, rate), 1e-10 * (1.0 + n));
    }
  }
  EXPECT_EQ(poisson_deviance(0.0, 2.5), 2.5);
  EXPECT_EQ(poisson_deviance(1e-320, 2.5), 2.5);  // rate / n overflows
  EXPECT_EQ(poisson_saturated(0.0), 0.0);
}

// A gamma at its lower bound: 1 + d would be 1e-10 with six digits.
TEST(Poisson, KeepsItsDigitsAtTinyRates) {
  const double n = 159.0, rate = 6.1e-9;
  EXPECT_NEAR(poisson_deviance(n, rate) + poisson_saturated(n), minus_log_poisson(n, rate), 1e-11 * 4000);
}

// The published term that breaks -2lnL by cancellation: tau = 1.9e11, where one sigma is 2.3e-6.
TEST(Poisson, KeepsItsDigitsAtHugeCounts) {
  const double n = 1.9e11, sigma = std::sqrt(n);
  EXPECT_NEAR(poisson_deviance(n, n + sigma), 0.5, 1e-6);  // 1/2 - 1/(3 sqrt(n)) + …
  EXPECT_NEAR(poisson_deviance(n, n + sigma) - poisson_deviance(n, n - sigma), -2.0 / (3.0 * std::sqrt(n)), 1e-9);
  EXPECT_NEAR(poisson_saturated(n), 0.5 * std::log(2.0 * M_PI * n), 1e-12 * 14);
}

}  // namespace
}  // namespace relume::math
