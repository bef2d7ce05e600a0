// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Roots of functions that grow with a positive variable and are nearly linear in it.
//
//   RootFinder root;
//   const auto mu = root.find([](double x) { return std::optional(std::pair{x * x - 2.0, 2.0 * x}); }, 1.0, 1e-9);
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace relume::infer {

/// Finds the root of a function that increases through zero on mu > 0, given value and slope, to relative `tolerance`.
/// Newton with a growing bracket; bisection (geometric) when Newton leaves it, or crawls where the slope diverges.
/// Values are of order one; infinity says that the function ends before there.
class RootFinder {
 public:
  static constexpr double smallest = 1e-9, largest = 1e12;
  enum class Failure { none, function, not_bracketed, not_settled };
  Failure failure = Failure::none;

  /// `f` gives value and slope, or nothing when it has failed: std::optional<std::pair<double, double>>(double).
  template <class Function>
  std::optional<double> find(const Function& f, double guess, double tolerance) {
    double low = 0.0, high = std::numeric_limits<double>::infinity();  // f(low) < 0 <= f(high)
    double x = std::clamp(guess, smallest, largest);
    constexpr int max_steps = 100;
    for (int step = 0; step < max_steps; ++step) {
      const auto y = f(x);
      if (!y) {
        failure = Failure::function;
        return std::nullopt;
      }
      const auto [value, slope] = *y;
      if (std::isnan(value)) break;
      (value < 0.0 ? low : high) = x;
      double next = slope > 0.0 ? x - value / slope : std::numeric_limits<double>::quiet_NaN();
      constexpr double close = 0.01;  // of a value: a short step from farther away says that the slope diverges
      if (std::fabs(value) <= close) {
        if (std::isfinite(next) && std::fabs(next - x) <= tolerance * std::fabs(x)) return next;
      } else if (std::isfinite(high) && std::fabs(next - x) <= close * (high - low)) {
        next = std::numeric_limits<double>::quiet_NaN();
      }
      if (std::isfinite(high) && high - low <= tolerance * high) return 0.5 * (low + high);
      constexpr double max_factor = 30.0;  // per step, while the scale of the limit is still unknown
      if (!(next > low && next < high)) {
        next = !std::isfinite(high) ? x * max_factor
               : low > 0.0          ? std::sqrt(low * high)
                                    : high / (std::isfinite(value) ? max_factor : 2.0);
      }
      next = std::clamp(next, x / max_factor, x * max_factor);
      if (next > largest || next < smallest) {
        failure = Failure::not_bracketed;
        return std::nullopt;
      }
      x = next;
    }
    failure = Failure::not_settled;
    return std::nullopt;
  }
};

}  // namespace relume::infer
