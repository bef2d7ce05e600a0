// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The standard normal distribution, with its tails.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/erf.hpp>

namespace relume::math {

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

inline double normal_quantile(double p) {
  if (p <= 0.0) return -std::numeric_limits<double>::infinity();
  if (p >= 1.0) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2.0 * p);
}

inline double log_normal_cdf(double x) {
  // erfc loses nothing before it becomes subnormal near x = -37; beyond -30 the asymptotic series (Abramowitz,
  // Stegun 26.2.12) has relative errors below 1e-12.
  constexpr double tail = -30.0;
  if (x > tail) return std::log(normal_cdf(x));
  const double i2 = 1.0 / (x * x);
  return -0.5 * x * x - std::log(-x) - 0.5 * std::log(2.0 * std::numbers::pi) +
         std::log1p(i2 * (-1.0 + i2 * (3.0 - i2 * (15.0 - 105.0 * i2))));
}

}  // namespace relume::math
