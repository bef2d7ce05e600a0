// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A curve through the origin and ascending points that rises everywhere and whose value, slope and curvature are
// continuous.
//
//   const MonotoneCurve curve({1.0, 2.0, 4.0}, {0.9, 1.7, 2.9});
//   const Jet g = curve(1.5);
//
// Between points a quintic with given slopes and curvatures at both ends, first those of the parabola through a point
// and its neighbours. The slope of a quintic is a quartic; where its Bernstein coefficients are not negative it is not
// negative either. Slopes and curvatures of a point are scaled down until that holds on both sides: with both at zero
// it does. Below the origin the parabola goes on that touches it there, above the last point a square root (or a line,
// where the curve does not bend down). Thread-safety: immutable.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "math/interpolation.hpp"

namespace relume::math {

class MonotoneCurve {
 public:
  /// Precondition: at least one point; both lists ascend strictly and start above 0.
  MonotoneCurve(std::vector<double> x, std::vector<double> y) : x_(std::move(x)), y_(std::move(y)) {
    x_.insert(x_.begin(), 0.0);
    y_.insert(y_.begin(), 0.0);
    const std::size_t n = x_.size();
    slope_.assign(n, y_[1] / x_[1]);
    curvature_.assign(n, 0.0);
    if (n == 2) return;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = std::clamp<std::size_t>(i, 1, n - 2);
      const double h0 = x_[k] - x_[k - 1], h1 = x_[k + 1] - x_[k];
      const double d0 = (y_[k] - y_[k - 1]) / h0, d1 = (y_[k + 1] - y_[k]) / h1;
      const double bend = (d1 - d0) / (h0 + h1);
      slope_[i] = d0 + bend * (2.0 * x_[i] - x_[k - 1] - x_[k]);
      curvature_[i] = 2.0 * bend;
    }
    // Beyond both ends the curve must rise as well: upwards only with a curvature that does not turn it back. At the
    // origin the slope is that of the likelihood at no signal, and never zero.
    const double least = 0.1 * y_[1] / x_[1];
    if (slope_[0] < least || curvature_[0] > 0.0) {
      slope_[0] = std::max(slope_[0], least);
      curvature_[0] = 0.0;
    }
    curvature_[n - 1] = std::min(curvature_[n - 1], 0.0);
    const double least_end = 0.1 * (y_[n - 1] - y_[n - 2]) / (x_[n - 1] - x_[n - 2]);
    if (slope_[n - 1] < least_end) {
      slope_[n - 1] = least_end;
      curvature_[n - 1] = 0.0;
    }
    limit();
  }

  Jet operator()(double x) const {
    const std::size_t n = x_.size();
    if (x <= 0.0) {
      return {x * (slope_[0] + 0.5 * curvature_[0] * x), slope_[0] + curvature_[0] * x, curvature_[0]};
    }
    if (x >= x_[n - 1]) return beyond(x - x_[n - 1]);
    const std::size_t i = static_cast<std::size_t>(std::upper_bound(x_.begin(), x_.end(), x) - x_.begin()) - 1;
    const double h = x_[i + 1] - x_[i], t = (x - x_[i]) / h;
    // y, y', y'' at both ends in units of h: Hermite's form in powers of t.
    const double d0 = slope_[i] * h, d1 = slope_[i + 1] * h;
    const double s0 = curvature_[i] * h * h, s1 = curvature_[i + 1] * h * h;
    const double rise = y_[i + 1] - y_[i] - d0 - 0.5 * s0, slopes = d1 - d0 - s0, bend = s1 - s0;
    const double c3 = 10.0 * rise - 4.0 * slopes + 0.5 * bend, c4 = -15.0 * rise + 7.0 * slopes - bend,
                 c5 = 6.0 * rise - 3.0 * slopes + 0.5 * bend;
    return {y_[i] + t * (d0 + t * (0.5 * s0 + t * (c3 + t * (c4 + t * c5)))),
            (d0 + t * (s0 + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))) / h,
            (s0 + t * (6.0 * c3 + t * (12.0 * c4 + t * 20.0 * c5))) / (h * h)};
  }

 private:
  Jet beyond(double t) const {
    const double y = y_.back(), d = slope_.back(), s = curvature_.back();
    if (s == 0.0) return {y + d * t, d, 0.0};
    // y + b (sqrt(1 + 2 d t / b) - 1) with b = -d^2 / s has slope d and curvature s at t = 0.
    const double b = -d * d / s, root = std::sqrt(1.0 + 2.0 * d * t / b);
    return {y + b * (root - 1.0), d / root, s / (root * root * root)};
  }

  bool rises(std::size_t i) const {
    const double h = x_[i + 1] - x_[i], mean = (y_[i + 1] - y_[i]) / h;
    const double b0 = slope_[i], b1 = b0 + 0.25 * h * curvature_[i];
    const double b4 = slope_[i + 1], b3 = b4 - 0.25 * h * curvature_[i + 1];
    return b0 >= 0.0 && b1 >= 0.0 && b3 >= 0.0 && b4 >= 0.0 && 5.0 * mean - b0 - b1 - b3 - b4 >= 0.0;
  }

  void limit() {
    constexpr double shrink = 0.8;
    constexpr int max_rounds = 200;
    for (int round = 0; round < max_rounds; ++round) {
      std::vector<char> too_steep(x_.size(), 0);
      bool all = true;
      for (std::size_t i = 0; i + 1 < x_.size(); ++i) {
        if (rises(i)) continue;
        too_steep[i] = too_steep[i + 1] = 1;
        all = false;
      }
      if (all) return;
      for (std::size_t i = 0; i < x_.size(); ++i) {
        if (too_steep[i] == 0) continue;
        slope_[i] = std::max(0.0, shrink * slope_[i]);
        curvature_[i] *= shrink;
      }
    }
  }

  std::vector<double> x_, y_, slope_, curvature_;
};

}  // namespace relume::math
