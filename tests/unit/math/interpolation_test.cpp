// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/interpolation.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

constexpr double near_join = 1e-7;

TEST(Code4, MeetsTheVariationsAtOneSigma) {
  const MultiplicativeResponse r = multiplicative_response(0.8, 1.3);
  EXPECT_DOUBLE_EQ(multiplicative_code4(r, 0.0).value, 1.0);
  EXPECT_NEAR(multiplicative_code4(r, 1.0).value, 1.3, 1e-15);
  EXPECT_NEAR(multiplicative_code4(r, -1.0).value, 0.8, 1e-15);
  EXPECT_NEAR(multiplicative_code4(r, 2.0).value, 1.69, 1e-14);
  EXPECT_NEAR(multiplicative_code4(r, -2.0).value, 0.64, 1e-14);
}

TEST(Code4, ValueSlopeAndCurvatureAreContinuousAtTheJoins) {
  for (const auto& [lo, hi] : {std::pair{0.8, 1.3}, {1.1, 1.2}, {0.5, 3.0}, {1.0, 1.0}}) {
    const MultiplicativeResponse r = multiplicative_response(lo, hi);
    for (const double join : {-1.0, 1.0}) {
      const Jet inside = multiplicative_code4(r, join * (1.0 - near_join)),
                outside = multiplicative_code4(r, join * (1.0 + near_join));
      EXPECT_NEAR(inside.value, outside.value, 1e-5);
      EXPECT_NEAR(inside.slope, outside.slope, 1e-5);
      EXPECT_NEAR(inside.curvature, outside.curvature, 1e-5);
    }
  }
}

TEST(Code4, PolynomialIsTheOneOfPyhf) {
  // Independent form of the coefficients: pyhf's six-by-six inverse, applied to (hi-1, lo-1, hi ln hi, -lo ln lo, hi
  // ln^2 hi, lo ln^2 lo).
  const double hi = 1.25, lo = 0.9, lu = std::log(hi), ld = std::log(lo);
  const double b[6] = {hi - 1, lo - 1, hi * lu, -lo * ld, hi * lu * lu, lo * ld * ld};
  const double m[6][6] = {{15. / 16, -15. / 16, -7. / 16, -7. / 16, 1. / 16, -1. / 16},
                          {3. / 2, 3. / 2, -9. / 16, 9. / 16, 1. / 16, 1. / 16},
                          {-5. / 8, 5. / 8, 5. / 8, 5. / 8, -1. / 8, 1. / 8},
                          {-3. / 2, -3. / 2, 7. / 8, -7. / 8, -1. / 8, -1. / 8},
                          {3. / 16, -3. / 16, -3. / 16, -3. / 16, 1. / 16, -1. / 16},
                          {1. / 2, 1. / 2, -5. / 16, 5. / 16, 1. / 16, 1. / 16}};
  const MultiplicativeResponse r = multiplicative_response(lo, hi);
  for (int i = 0; i < 6; ++i) {
    double c = 0.0;
    for (int j = 0; j < 6; ++j) c += m[i][j] * b[j];
    EXPECT_NEAR(r.polynomial[static_cast<std::size_t>(i)], c, 1e-14) << "alpha^" << i + 1;
  }
}

// Differs from pyhf: which gives NaN for |alpha| < 1.
TEST(Code4, AFactorOfZeroIsTakenInTheLimit) {
  const MultiplicativeResponse zero = multiplicative_response(0.0, 2.0), tiny = multiplicative_response(1e-12, 2.0);
  for (const double alpha : {-3.0, -1.0, -0.9, -0.3, 0.0, 0.4, 1.0, 2.0}) {
    const Jet a = multiplicative_code4(zero, alpha), b = multiplicative_code4(tiny, alpha);
    EXPECT_NEAR(a.value, b.value, 1e-8) << alpha;
    EXPECT_TRUE(std::isfinite(a.slope) && std::isfinite(a.curvature));
  }
  EXPECT_EQ(multiplicative_code4(zero, -1.0).value, 0.0);
}

TEST(Code1, TheSignBitOfZeroSelectsTheSide) {
  const MultiplicativeResponse r = multiplicative_response(0.8, 1.3);
  EXPECT_DOUBLE_EQ(multiplicative_code1(r, 0.0).slope, std::log(1.3));
  EXPECT_DOUBLE_EQ(multiplicative_code1(r, -0.0).slope, -std::log(0.8));
  EXPECT_DOUBLE_EQ(additive_code0(0.0).symmetric.slope, 1.0);
  EXPECT_DOUBLE_EQ(additive_code0(-0.0).symmetric.slope, -1.0);
}

TEST(AdditiveCodes, AgreeWithTheTextbookForms) {
  const double nominal = 10.0, lo = 9.2, hi = 11.5, up = hi - nominal, down = nominal - lo;
  const double d = 0.5 * (hi - lo), m = 0.5 * (hi + lo) - nominal;
  const auto delta = [&](const AdditiveShape& s) { return s.linear.value * d + s.symmetric.value * m; };
  for (double alpha = -3.0; alpha <= 3.0; alpha += 0.37) {
    EXPECT_NEAR(delta(additive_code0(alpha)), alpha > 0 ? alpha * up : alpha * down, 1e-13);
    const double a = 0.5 * (hi + lo) - nominal, b = 0.5 * (hi - lo);
    const double inside = a * alpha * alpha + b * alpha;
    // The tangents at +-1 continue the parabola; pyhf drops their offsets.
    const double tangent = alpha > 1 ? (b + 2 * a) * (alpha - 1) + (a + b) : (b - 2 * a) * (alpha + 1) + (a - b);
    EXPECT_NEAR(delta(additive_code2(alpha)), std::fabs(alpha) > 1 ? tangent : inside, 1e-13);
    const double pyhf = alpha > 1 ? (b + 2 * a) * (alpha - 1) : alpha < -1 ? (b - 2 * a) * alpha : inside;
    EXPECT_NEAR(delta(additive_code2_pyhf(alpha)), pyhf, 1e-13);
    const double s = 0.5 * (up + down), asym = (up - down) / 16.0, a2 = alpha * alpha;
    const double code4p = alpha > 1    ? alpha * up
                          : alpha < -1 ? alpha * down
                                       : alpha * s + asym * a2 * (15 - 10 * a2 + 3 * a2 * a2);
    EXPECT_NEAR(delta(additive_code4p(alpha)), code4p, 1e-13);
  }
}

TEST(AdditiveCodes, SlopesMatchDifferences) {
  constexpr double h = 1e-6;
  for (const auto code : {additive_code0, additive_code2, additive_code4p}) {
    for (double alpha = -2.05; alpha <= 2.05; alpha += 0.3) {
      EXPECT_NEAR(code(alpha).symmetric.slope,
                  (code(alpha + h).symmetric.value - code(alpha - h).symmetric.value) / (2 * h), 1e-8);
      EXPECT_NEAR(code(alpha).symmetric.curvature,
                  (code(alpha + h).symmetric.slope - code(alpha - h).symmetric.slope) / (2 * h), 1e-8);
    }
  }
}

}  // namespace
}  // namespace relume::math
