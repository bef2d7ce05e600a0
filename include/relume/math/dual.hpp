// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Dual numbers: a value with its first and second derivatives in up to N variables, carried through arithmetic by the
// chain rule. A function template over its scalar type gets exact derivatives by being called with them.
//
//   using T = math::Dual<2>;
//   const T x = T::variable(3.0, 0), y = T::variable(2.0, 1);
//   const T f = x * exp(y);
//   f.value; f.first[1]; f.second[T::place(1, 0)];  // f, df/dy, d2f/dx dy
//
// Generic code calls functions as `using std::exp; exp(x)`, so that it also takes double. Comparisons are by value.
// Cost: a product takes about N^2 multiplications; nothing is allocated. Thread-safety: values.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <cstddef>
#include <numbers>

namespace relume::math {

/// With `order` 1, first derivatives alone.
template <std::size_t N, int order = 2>
struct Dual {
  static_assert(N > 0 && (order == 1 || order == 2));
  static constexpr std::size_t n_variables = N;
  static constexpr std::size_t n_second = order == 2 ? N * (N + 1) / 2 : 0;

  double value = 0.0;
  std::array<double, N> first = {};
  std::array<double, n_second> second = {};  ///< lower triangle, row by row

  constexpr Dual() = default;
  constexpr Dual(double constant) : value(constant) {}
  static constexpr Dual variable(double value, std::size_t i) {
    Dual x(value);
    x.first[i] = 1.0;
    return x;
  }
  /// Without derivatives: a number, or where all of them vanish.
  constexpr bool is_constant() const {
    const auto is_zero = [](double d) { return d == 0.0; };
    return std::all_of(first.begin(), first.end(), is_zero) && std::all_of(second.begin(), second.end(), is_zero);
  }
  /// Of d2/dx_i dx_j in `second`.
  static constexpr std::size_t place(std::size_t i, std::size_t j) {
    return i < j ? j * (j + 1) / 2 + i : i * (i + 1) / 2 + j;
  }

  /// f(x), given f and its derivatives at the value of x.
  static constexpr Dual chain(const Dual& x, double f, double slope, double curvature) {
    Dual r(f);
    for (std::size_t i = 0; i < N; ++i) r.first[i] = slope * x.first[i];
    if constexpr (order == 2) {
      for (std::size_t k = 0; k < n_second; ++k) r.second[k] = slope * x.second[k];
      for (std::size_t i = 0, k = 0; i < N; ++i) {
        const double bend = curvature * x.first[i];
        for (std::size_t j = 0; j <= i; ++j, ++k) r.second[k] += bend * x.first[j];
      }
    }
    return r;
  }
  /// f(x, y), given f and its derivatives there.
  static constexpr Dual chain(const Dual& x, const Dual& y, double f, double in_x, double in_y, double in_xx,
                              double in_xy, double in_yy) {
    Dual r(f);
    for (std::size_t i = 0; i < N; ++i) r.first[i] = in_x * x.first[i] + in_y * y.first[i];
    if constexpr (order == 2) {
      for (std::size_t k = 0; k < n_second; ++k) r.second[k] = in_x * x.second[k] + in_y * y.second[k];
      for (std::size_t i = 0, k = 0; i < N; ++i) {
        const double bend_x = in_xx * x.first[i] + in_xy * y.first[i];
        const double bend_y = in_xy * x.first[i] + in_yy * y.first[i];
        for (std::size_t j = 0; j <= i; ++j, ++k) r.second[k] += bend_x * x.first[j] + bend_y * y.first[j];
      }
    }
    return r;
  }

  constexpr Dual& operator+=(const Dual& y) {
    value += y.value;
    for (std::size_t i = 0; i < N; ++i) first[i] += y.first[i];
    for (std::size_t k = 0; k < n_second; ++k) second[k] += y.second[k];
    return *this;
  }
  constexpr Dual& operator-=(const Dual& y) {
    value -= y.value;
    for (std::size_t i = 0; i < N; ++i) first[i] -= y.first[i];
    for (std::size_t k = 0; k < n_second; ++k) second[k] -= y.second[k];
    return *this;
  }
  constexpr Dual& operator+=(double y) {
    value += y;
    return *this;
  }
  constexpr Dual& operator-=(double y) {
    value -= y;
    return *this;
  }
  constexpr Dual& operator*=(double y) {
    value *= y;
    for (std::size_t i = 0; i < N; ++i) first[i] *= y;
    for (std::size_t k = 0; k < n_second; ++k) second[k] *= y;
    return *this;
  }
  constexpr Dual& operator*=(const Dual& y) { return *this = *this * y; }
  constexpr Dual& operator/=(const Dual& y) { return *this = *this / y; }
  constexpr Dual& operator/=(double y) { return *this = *this / y; }

  friend constexpr Dual operator+(Dual x) { return x; }
  friend constexpr Dual operator-(Dual x) {
    x.value = -x.value;
    for (double& d : x.first) d = -d;
    for (double& d : x.second) d = -d;
    return x;
  }
  friend constexpr Dual operator+(Dual x, const Dual& y) { return x += y; }
  friend constexpr Dual operator+(Dual x, double y) { return x += y; }
  friend constexpr Dual operator+(double x, Dual y) { return y += x; }
  friend constexpr Dual operator-(Dual x, const Dual& y) { return x -= y; }
  friend constexpr Dual operator-(Dual x, double y) { return x -= y; }
  friend constexpr Dual operator-(double x, const Dual& y) { return -y + x; }
  friend constexpr Dual operator*(Dual x, double y) { return x *= y; }
  friend constexpr Dual operator*(double x, Dual y) { return y *= x; }
  friend constexpr Dual operator*(const Dual& x, const Dual& y) {
    Dual r(x.value * y.value);
    for (std::size_t i = 0; i < N; ++i) r.first[i] = x.value * y.first[i] + y.value * x.first[i];
    if constexpr (order == 2) {
      for (std::size_t k = 0; k < n_second; ++k) r.second[k] = x.value * y.second[k] + y.value * x.second[k];
      for (std::size_t i = 0, k = 0; i < N; ++i) {
        for (std::size_t j = 0; j <= i; ++j, ++k) r.second[k] += x.first[i] * y.first[j] + x.first[j] * y.first[i];
      }
    }
    return r;
  }
  friend constexpr Dual operator/(const Dual& x, double y) { return chain(x, x.value / y, 1.0 / y, 0.0); }
  friend constexpr Dual operator/(const Dual& x, const Dual& y) {
    const double inverse = 1.0 / y.value, ratio = x.value / y.value;
    return chain(x, y, ratio, inverse, -ratio * inverse, 0.0, -inverse * inverse, 2.0 * ratio * inverse * inverse);
  }
  friend constexpr Dual operator/(double x, const Dual& y) {
    const double inverse = 1.0 / y.value, ratio = x / y.value;
    return chain(y, ratio, -ratio * inverse, 2.0 * ratio * inverse * inverse);
  }

  friend constexpr std::partial_ordering operator<=>(const Dual& x, const Dual& y) { return x.value <=> y.value; }
  friend constexpr bool operator==(const Dual& x, const Dual& y) { return x.value == y.value; }

  friend bool signbit(const Dual& x) { return std::signbit(x.value); }
  friend bool isfinite(const Dual& x) { return std::isfinite(x.value); }
  friend Dual abs(const Dual& x) { return std::signbit(x.value) ? -x : x; }
  friend Dual fabs(const Dual& x) { return abs(x); }
  friend Dual max(const Dual& x, const Dual& y) { return x.value < y.value ? y : x; }
  friend Dual min(const Dual& x, const Dual& y) { return y.value < x.value ? y : x; }

  friend Dual exp(const Dual& x) {
    const double f = std::exp(x.value);
    return chain(x, f, f, f);
  }
  friend Dual expm1(const Dual& x) {
    const double slope = std::exp(x.value);
    return chain(x, std::expm1(x.value), slope, slope);
  }
  friend Dual log(const Dual& x) {
    const double inverse = 1.0 / x.value;
    return chain(x, std::log(x.value), inverse, -inverse * inverse);
  }
  friend Dual log1p(const Dual& x) {
    const double inverse = 1.0 / (1.0 + x.value);
    return chain(x, std::log1p(x.value), inverse, -inverse * inverse);
  }
  friend Dual sqrt(const Dual& x) {
    const double f = std::sqrt(x.value), slope = 0.5 / f;
    return chain(x, f, slope, -0.5 * slope / x.value);
  }
  friend Dual pow(const Dual& x, double power) {
    const double f = std::pow(x.value, power);
    // Where x vanishes, a power of it that the factor in front of it removes must not become 0 * infinity.
    const double slope = power == 0.0 ? 0.0 : power * std::pow(x.value, power - 1.0);
    const double factor = power * (power - 1.0);
    return chain(x, f, slope, factor == 0.0 ? 0.0 : factor * std::pow(x.value, power - 2.0));
  }
  friend Dual pow(double base, const Dual& x) {
    const double f = std::pow(base, x.value);
    const double rate = base > 0.0 ? std::log(base) : 0.0;  // 0^x does not move where x > 0
    return chain(x, f, f * rate, f * rate * rate);
  }
  friend Dual pow(const Dual& x, const Dual& y) {
    // ln x is asked for where the exponent moves only: a number written as Dual has powers of what is not positive too.
    if (y.is_constant()) return pow(x, y.value);
    const double f = std::pow(x.value, y.value), log_x = std::log(x.value), share = y.value / x.value;
    const double below = f / x.value;  // x^(y - 1)
    return chain(x, y, f, f * share, f * log_x, below * share * (y.value - 1.0), below * (1.0 + y.value * log_x),
                 f * log_x * log_x);
  }
  friend Dual sin(const Dual& x) {
    const double f = std::sin(x.value);
    return chain(x, f, std::cos(x.value), -f);
  }
  friend Dual cos(const Dual& x) {
    const double f = std::cos(x.value);
    return chain(x, f, -std::sin(x.value), -f);
  }
  friend Dual tan(const Dual& x) {
    const double f = std::tan(x.value), slope = 1.0 + f * f;
    return chain(x, f, slope, 2.0 * f * slope);
  }
  friend Dual asin(const Dual& x) {
    const double slope = 1.0 / std::sqrt(1.0 - x.value * x.value);
    return chain(x, std::asin(x.value), slope, x.value * slope * slope * slope);
  }
  friend Dual acos(const Dual& x) {
    const double slope = -1.0 / std::sqrt(1.0 - x.value * x.value);
    return chain(x, std::acos(x.value), slope, x.value * slope * slope * slope);
  }
  friend Dual atan(const Dual& x) {
    const double slope = 1.0 / (1.0 + x.value * x.value);
    return chain(x, std::atan(x.value), slope, -2.0 * x.value * slope * slope);
  }
  friend Dual sinh(const Dual& x) {
    const double f = std::sinh(x.value);
    return chain(x, f, std::cosh(x.value), f);
  }
  friend Dual cosh(const Dual& x) {
    const double f = std::cosh(x.value);
    return chain(x, f, std::sinh(x.value), f);
  }
  friend Dual tanh(const Dual& x) {
    const double f = std::tanh(x.value), slope = 1.0 - f * f;
    return chain(x, f, slope, -2.0 * f * slope);
  }
  friend Dual erf(const Dual& x) {
    const double slope = 2.0 * std::numbers::inv_sqrtpi * std::exp(-x.value * x.value);
    return chain(x, std::erf(x.value), slope, -2.0 * x.value * slope);
  }
  friend Dual erfc(const Dual& x) {
    const double slope = -2.0 * std::numbers::inv_sqrtpi * std::exp(-x.value * x.value);
    return chain(x, std::erfc(x.value), slope, -2.0 * x.value * slope);
  }
};

/// For generic code, of plain numbers too.
constexpr double value_of(double x) { return x; }
template <std::size_t N, int order>
constexpr double value_of(const Dual<N, order>& x) {
  return x.value;
}

}  // namespace relume::math
