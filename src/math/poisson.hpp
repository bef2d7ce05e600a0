// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Poisson terms as deviances against the saturated reference, so that differences keep their digits at 1e11 events; n
// need not be an integer (Asimov data).
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/gamma.hpp>

namespace relume::math {

/// rate - n - n ln(rate/n); n = 0: rate. Needs rate > 0 where n > 0. Near rate = n, where the terms cancel, in the form
/// n (d - ln(1 + d)) with d = (rate - n)/n; far from it, where 1 + d would lose the digits of a small rate, as it
/// stands. Absolute error: about 1e-16 |rate - n|.
inline double poisson_deviance(double n, double rate) {
  if (n == 0.0) return rate;
  const double d = (rate - n) / n;
  if (d > -0.5 && d < 1.0) return n * (d - std::log1p(d));
  const double ratio = rate / n;
  if (!(ratio <= std::numeric_limits<double>::max())) return rate;  // n so small that n ln n is nothing
  return rate - n - n * std::log(ratio);
}

/// Boost's default goes through long double, five times slower and no better here.
using double_only = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

/// -ln Poisson(n | n), the saturated reference: n - n ln n + ln Gamma(n + 1), without cancellation. Stirling's series
/// (Abramowitz, Stegun 6.1.41) from 30 on: the first term left out is 1/(1188 n^9), below 1e-16.
inline double poisson_saturated(double n) {
  if (n == 0.0) return 0.0;
  // Not std::lgamma: it writes a global sign, a data race between threads.
  if (n < 30.0) return n - n * std::log(n) + boost::math::lgamma(n + 1.0, double_only{});
  const double i = 1.0 / n, i2 = i * i;
  return 0.5 * std::log(2.0 * std::numbers::pi * n) +
         i * (1.0 / 12.0 + i2 * (-1.0 / 360.0 + i2 * (1.0 / 1260.0 - i2 / 1680.0)));
}

}  // namespace relume::math
