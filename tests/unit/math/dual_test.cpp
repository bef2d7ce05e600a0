// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/math/dual.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

using Two = Dual<2>;

/// f(x, y) and its derivatives beside central differences of f in plain numbers.
template <class F>
void expect_derivatives(const std::string& name, F f, double x, double y) {
  constexpr double h = 1e-4;  // errors: h^2 in truncation, 1e-16 / h^2 in rounding
  const Two dual = f(Two::variable(x, 0), Two::variable(y, 1));
  const auto at = [&](double dx, double dy) { return f(x + dx, y + dy); };
  EXPECT_DOUBLE_EQ(dual.value, at(0.0, 0.0)) << name;  // products and sums may be contracted here and not there
  const double xx = (at(h, 0) - 2.0 * at(0, 0) + at(-h, 0)) / (h * h);
  const double yy = (at(0, h) - 2.0 * at(0, 0) + at(0, -h)) / (h * h);
  const double xy = (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4.0 * h * h);
  EXPECT_NEAR(dual.first[0], (at(h, 0) - at(-h, 0)) / (2.0 * h), 1e-6) << name;
  EXPECT_NEAR(dual.first[1], (at(0, h) - at(0, -h)) / (2.0 * h), 1e-6) << name;
  EXPECT_NEAR(dual.second[Two::place(0, 0)], xx, 1e-5) << name;
  EXPECT_NEAR(dual.second[Two::place(1, 1)], yy, 1e-5) << name;
  EXPECT_NEAR(dual.second[Two::place(0, 1)], xy, 1e-5) << name;
  const Dual<2, 1> only_first = f(Dual<2, 1>::variable(x, 0), Dual<2, 1>::variable(y, 1));
  EXPECT_DOUBLE_EQ(only_first.value, dual.value) << name;
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(only_first.first[i], dual.first[i], 1e-14) << name;
}

// The names as generic code finds them, for plain and for dual numbers.
using std::abs, std::exp, std::expm1, std::log, std::log1p, std::sqrt, std::pow, std::sin, std::cos, std::tan,
    std::asin, std::acos, std::atan, std::sinh, std::cosh, std::tanh, std::erf, std::erfc;

TEST(Dual, DerivativesAreThoseOfDifferences) {
  const double x = 0.7, y = 0.4;
  expect_derivatives(
      "+-*/", [](auto a, auto b) { return (2.0 * a - b * 3.0 + 1.0) / (a * b + 2.0) - 1.0 / a + b / 4.0; }, x, y);
  expect_derivatives(
      "in place",
      [](auto a, auto b) {
        auto s = a;
        s += b;
        s *= a;
        s -= 0.5;
        s /= b;
        s *= 2.0;
        s -= a * b;
        s += 1.0;
        s /= 3.0;
        return -s + +a;
      },
      x, y);
  expect_derivatives(
      "exp", [](auto a, auto b) { return exp(a * b) + expm1(a - b); }, x, y);
  expect_derivatives(
      "log", [](auto a, auto b) { return log(a * b) + log1p(a + b); }, x, y);
  expect_derivatives(
      "sqrt", [](auto a, auto b) { return sqrt(a * a + b); }, x, y);
  expect_derivatives(
      "pow", [](auto a, auto b) { return pow(a, 2.5) * pow(1.3, b) + pow(a, b) + pow(a * b, 3); }, x, y);
  expect_derivatives(
      "sin", [](auto a, auto b) { return sin(a) * cos(b) + tan(a * b); }, x, y);
  expect_derivatives(
      "asin", [](auto a, auto b) { return asin(a * b) + acos(b) * atan(a); }, x, y);
  expect_derivatives(
      "sinh", [](auto a, auto b) { return sinh(a) * cosh(b) + tanh(a * b); }, x, y);
  expect_derivatives(
      "erf", [](auto a, auto b) { return erf(a * b) + erfc(a) * b; }, x, y);
  expect_derivatives(
      "abs", [](auto a, auto b) { return abs(b - a) * a; }, x, y);
}

TEST(Dual, ComparesByValue) {
  const Two small = Two::variable(1.0, 0), large = Two::variable(2.0, 1);
  EXPECT_TRUE(small < large && large > 1.0 && 1 < large && small <= 1.0 && small == Two(1.0) && small != large);
  EXPECT_EQ(max(small, large).first[1], 1.0);
  EXPECT_EQ(min(small, large).first[0], 1.0);
  EXPECT_TRUE(signbit(Two(-0.0)));
  EXPECT_FALSE(isfinite(Two(std::numeric_limits<double>::infinity())));
  EXPECT_EQ(value_of(large), value_of(2.0));
}

TEST(Dual, PowersWithConstantExponentsOfAnySignHaveDerivatives) {
  // As generic code writes them: the exponent has the type of the parameters.
  const auto powers = [](auto a, auto b) {
    using T = decltype(a);
    return pow(a, T(2.0)) * b + pow(a, T(3.0)) + pow(b, T(-1.0));
  };
  expect_derivatives("base < 0", powers, -0.7, -0.4);
  expect_derivatives("base > 0", powers, 0.7, 0.4);
  expect_derivatives("base = 0", powers, 0.0, 0.4);
  // Whether the exponent moves is a matter of both orders.
  const Two z = Two::variable(0.0, 1);
  EXPECT_NEAR(pow(Two::variable(2.0, 0), z * z).second[Two::place(1, 1)], 2.0 * std::log(2.0), 1e-15);
}

TEST(Dual, PowersOfZeroHaveTheDerivativesOfPolynomials) {
  const Dual<1> zero = Dual<1>::variable(0.0, 0);
  EXPECT_EQ(pow(zero, 0.0).first[0], 0.0);
  EXPECT_EQ(pow(zero, 1.0).first[0], 1.0);
  EXPECT_EQ(pow(zero, 1.0).second[0], 0.0);
  EXPECT_EQ(pow(zero, 2.0).second[0], 2.0);
}

}  // namespace
}  // namespace relume::math
