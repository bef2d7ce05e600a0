// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Diagnostics beside those of ArviZ 0.23.4 (az.rhat, az.ess, az.mcse, az.hdi, az.bfmi) on the same numbers.
#include "infer/chain_diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

namespace relume::infer {
namespace {

/// Autoregressive chains from a congruential generator: the same doubles in any language.
std::vector<double> chains_of(std::size_t length, double memory, double shift) {
  std::vector<double> values;
  for (std::uint64_t c = 0; c < 4; ++c) {
    std::uint64_t state = 12345 + c;
    double x = 0.0;
    for (std::size_t i = 0; i < length; ++i) {
      state = (1103515245 * state + 12345) % (std::uint64_t{1} << 31);
      x = memory * x + (static_cast<double>(state) / 2147483648.0 - 0.5);
      values.push_back(x + shift * static_cast<double>(c));
    }
  }
  return values;
}

struct Case {
  double memory;
  std::size_t length;
  double shift;
  double r_hat, bulk, tail, mean, mean_error, q05_error, median_error, hdi_lower, hdi_upper, bfmi, sd;
};

TEST(ChainDiagnostics, AreThoseOfArviz) {
  const Case cases[] = {
      {0.7, 50, 0.0, 1.07604534992, 49.9214907727, 81.3447976041, 49.5768047081, 0.0544864180351, 0.067340150141,
       0.0747259595283, -0.5816633597760874, 0.644549410983241, 0.6722056545891585, 0.383643217239},
      {-0.4, 51, 0.0, 0.998091440191, 460.205999133, 215.983999432, 460.205999133, 0.0139249806298, 0.0252912382331,
       0.0513212915033, -0.4095247451949897, 0.5012637458731056, 2.897139947178982, 0.298724427572},
      {0.9, 40, 0.3, 1.36933479342, 10.7045126874, 45.1269536038, 10.1591036773, 0.204113832671, 0.0782544830027,
       0.258895420463, -0.6787349197554732, 1.212622508333803, 0.30360963308213373, 0.650579139643},
  };
  for (const Case& expected : cases) {
    const std::vector<double> values = chains_of(expected.length, expected.memory, expected.shift);
    const Chains chains{values, 4};
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    constexpr double rounding = 1e-9;  // of numbers printed with twelve digits
    EXPECT_NEAR(r_hat(chains), expected.r_hat, rounding);
    EXPECT_NEAR(bulk_ess(chains), expected.bulk, rounding * expected.bulk);
    EXPECT_NEAR(tail_ess(chains), expected.tail, rounding * expected.tail);
    EXPECT_NEAR(mean_ess(chains), expected.mean, rounding * expected.mean);
    EXPECT_NEAR(mean_error(chains), expected.mean_error, rounding);
    EXPECT_NEAR(quantile_error(chains, sorted, 0.05), expected.q05_error, rounding);
    EXPECT_NEAR(quantile_error(chains, sorted, 0.5), expected.median_error, rounding);
    const auto [lower, upper] = shortest_of_sorted(sorted, 0.9);
    EXPECT_NEAR(lower, expected.hdi_lower, rounding);
    EXPECT_NEAR(upper, expected.hdi_upper, rounding);
    EXPECT_NEAR(bfmi(std::span(values).first(expected.length)), expected.bfmi, rounding);
    EXPECT_NEAR(standard_deviation(values), expected.sd, rounding);
  }
}

TEST(ChainDiagnostics, OfNextToNothing) {
  const std::vector<double> constant(40, 2.0), two = {1.0, 2.0};
  EXPECT_EQ(mean_ess({constant, 4}), 40.0);  // as ArviZ
  EXPECT_TRUE(std::isnan(r_hat({constant, 4})));
  EXPECT_TRUE(std::isnan(r_hat({two, 1})));
  EXPECT_TRUE(std::isnan(bulk_ess({two, 1})));
  EXPECT_TRUE(std::isnan(tail_ess({two, 1})));
}

TEST(ChainDiagnostics, ChainsThatDisagreeInScaleOnlyAreSeen) {
  std::vector<double> values = chains_of(200, 0.0, 0.0);
  for (std::size_t i = 0; i < 200; ++i) values[i] *= 5.0;
  EXPECT_GT(r_hat({values, 4}), 1.1);
}

}  // namespace
}  // namespace relume::infer
