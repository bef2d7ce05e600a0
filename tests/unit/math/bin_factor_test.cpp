// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/bin_factor.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

struct Bin {
  double n, a, b, m, share;  ///< share: relative uncertainty of the factor
};

constexpr Bin bins[] = {{12.0, 10.0, 0.0, 1.0, 0.1}, {0.0, 10.0, 0.0, 1.0, 0.3},   {7.0, 10.0, 3.0, 1.1, 0.2},
                        {25.0, 2.0, 14.0, 0.9, 0.5}, {3.0, 8.0, -1.5, 1.0, 0.4},   {1e6, 1.1e6, 2e4, 1.0, 1e-3},
                        {5.0, 1e-3, 6.0, 1.0, 0.05}, {40.0, 30.0, 1e-9, 1.2, 0.01}};

/// The slope of the function at its minimum, relative to the sizes of the slope's terms.
TEST(BinFactor, HasNoSlopeAtTheMinimum) {
  for (const Bin& bin : bins) {
    const double tau = 1.0 / (bin.share * bin.share), count = bin.m * tau;
    const double g = best_factor_poisson(bin.n, bin.a, bin.b, count, tau);
    const double rate = bin.a * g + bin.b;
    ASSERT_GT(rate, 0.0);
    EXPECT_NEAR(bin.a - bin.n * bin.a / rate + tau - count / g, 0.0, 1e-12 * (bin.a + tau)) << bin.n << " " << bin.a;

    const double h = best_factor_normal(bin.n, bin.a, bin.b, bin.m, bin.share);
    const double normal_rate = bin.a * h + bin.b;
    if (bin.n == 0.0) continue;  // the minimum may want a negative rate
    ASSERT_GT(normal_rate, 0.0);
    EXPECT_NEAR(bin.a - bin.n * bin.a / normal_rate + (h - bin.m) * tau, 0.0, 1e-12 * (bin.a + tau))
        << bin.n << " " << bin.a;
  }
}

// One sample under a Poisson constraint is a second counting experiment: the counts add up, and so do the rates.
TEST(BinFactor, AddsCountsWithoutOtherSamples) {
  EXPECT_DOUBLE_EQ(best_factor_poisson(12.0, 10.0, 0.0, 100.0, 100.0), 112.0 / 110.0);
  EXPECT_DOUBLE_EQ(best_factor_poisson(0.0, 10.0, 0.0, 25.0, 25.0), 25.0 / 35.0);
}

// Without events a normal factor goes down by a width^2.
TEST(BinFactor, GoesDownByItsVarianceWithoutEvents) {
  EXPECT_DOUBLE_EQ(best_factor_normal(0.0, 10.0, 2.0, 1.0, 0.1), 1.0 - 10.0 * 0.1 * 0.1);
}

}  // namespace
}  // namespace relume::math
