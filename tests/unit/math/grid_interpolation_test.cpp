// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/grid_interpolation.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::math {
namespace {

/// Cubic in every variable.
double cubic(double x, double y, double z) {
  return 1.0 + x - 0.5 * x * x + 0.2 * x * x * x + y * (2.0 - x + y * y) + z * z * (x - 0.3 * y * z);
}

const std::vector<std::vector<double>> axes = {
    {-1.0, 0.0, 0.4, 1.5, 2.0}, {0.0, 1.0, 1.1, 3.0}, {-2.0, -1.0, 0.5, 1.0, 2.5, 3.0, 4.0}};

std::vector<double> tabulate() {
  std::vector<double> values;
  for (const double x : axes[0]) {
    for (const double y : axes[1]) {
      for (const double z : axes[2]) values.push_back(cubic(x, y, z));
    }
  }
  return values;
}

TEST(GridInterpolation, GivesCubicsBackExactly) {
  const GridInterpolation grid(axes, tabulate(), true);
  for (const double x : {-1.0, -0.3, 0.4, 1.0, 1.9, 2.0}) {
    for (const double y : {0.0, 0.7, 1.1, 2.5, 3.0}) {
      for (const double z : {-2.0, -1.5, 0.0, 2.0, 4.0}) {
        std::vector<double> gradient(3), hessian(9);
        const double value = grid.evaluate(std::vector<double>{x, y, z}, gradient, hessian);
        constexpr double rounding = 1e-11;  // of tables with numbers up to a few hundred
        EXPECT_NEAR(value, cubic(x, y, z), rounding);
        EXPECT_NEAR(gradient[0], 1.0 - x + 0.6 * x * x - y + z * z, rounding);
        EXPECT_NEAR(gradient[1], 2.0 - x + 3.0 * y * y - 0.3 * z * z * z, rounding);
        EXPECT_NEAR(gradient[2], 2.0 * z * x - 0.9 * y * z * z, rounding);
        EXPECT_NEAR(hessian[0], -1.0 + 1.2 * x, 10 * rounding);
        EXPECT_NEAR(hessian[4], 6.0 * y, 10 * rounding);
        EXPECT_NEAR(hessian[8], 2.0 * x - 1.8 * y * z, 10 * rounding);
        EXPECT_NEAR(hessian[1], -1.0, 10 * rounding);
        EXPECT_NEAR(hessian[2], 2.0 * z, 10 * rounding);
        EXPECT_NEAR(hessian[5], -0.9 * z * z, 10 * rounding);
        EXPECT_EQ(hessian[1], hessian[3]);
        EXPECT_EQ(hessian[2], hessian[6]);
        EXPECT_EQ(hessian[5], hessian[7]);
      }
    }
  }
}

TEST(GridInterpolation, CubicIsCloseToSmoothFunctionsAndSmooth) {
  std::vector<double> points, values;
  for (int i = 0; i <= 20; ++i) {
    points.push_back(0.1 * i);
    values.push_back(std::exp(points.back()));
  }
  const GridInterpolation grid({points}, values, true);
  std::vector<double> gradient(1), hessian(1), before(1);
  for (double x = 0.0; x <= 2.0; x += 0.013) {
    // (5/384) h^4 f'''' in the middle of an interval, a few times that next to the ends; one order less per
    // derivative.
    EXPECT_NEAR(grid.evaluate(std::vector<double>{x}, gradient, hessian), std::exp(x), 2e-5);
    EXPECT_NEAR(gradient[0], std::exp(x), 2e-3);
    EXPECT_NEAR(hessian[0], std::exp(x), 1e-1);
  }
  for (const double x : points) {
    if (x == 0.0 || x == points.back()) continue;
    grid.evaluate(std::vector<double>{x - 1e-12}, gradient, before);
    grid.evaluate(std::vector<double>{x + 1e-12}, gradient, hessian);
    EXPECT_NEAR(before[0], hessian[0], 1e-9) << "the curvature is continuous at " << x;
  }
}

TEST(GridInterpolation, FewPointsHaveFewDegrees) {
  std::vector<double> gradient(1), hessian(1);
  const GridInterpolation line({{1.0, 3.0}}, {2.0, 8.0}, true);
  EXPECT_DOUBLE_EQ(line.evaluate(std::vector<double>{1.5}, gradient, hessian), 3.5);
  EXPECT_DOUBLE_EQ(gradient[0], 3.0);
  EXPECT_EQ(hessian[0], 0.0);
  const GridInterpolation parabola({{0.0, 1.0, 3.0}}, {1.0, 2.0, 10.0}, true);  // 1 + x^2
  EXPECT_DOUBLE_EQ(parabola.evaluate(std::vector<double>{2.0}, gradient, hessian), 5.0);
  EXPECT_DOUBLE_EQ(gradient[0], 4.0);
  EXPECT_DOUBLE_EQ(hessian[0], 2.0);
  const GridInterpolation cube({{0.0, 1.0, 2.0, 3.0}}, {0.0, 1.0, 8.0, 27.0}, true);
  EXPECT_NEAR(cube.evaluate(std::vector<double>{2.5}, gradient, hessian), 15.625, 1e-13);
}

TEST(GridInterpolation, LinearIsMultilinear) {
  const GridInterpolation grid({{0.0, 1.0, 3.0}, {0.0, 2.0}}, {1.0, 2.0, 3.0, 5.0, 4.0, 0.0}, false);
  std::vector<double> gradient(2), hessian(4);
  EXPECT_DOUBLE_EQ(grid.evaluate(std::vector<double>{1.0, 2.0}, gradient, hessian), 5.0);
  EXPECT_DOUBLE_EQ(grid.evaluate(std::vector<double>{0.5, 1.0}, gradient, hessian), (1.0 + 2.0 + 3.0 + 5.0) / 4.0);
  EXPECT_DOUBLE_EQ(gradient[0], 2.5);   // ((3 - 1) + (5 - 2)) / 2
  EXPECT_DOUBLE_EQ(gradient[1], 0.75);  // ((2 - 1) + (5 - 3)) / 2 / 2
  EXPECT_DOUBLE_EQ(hessian[1], 0.5);
  EXPECT_EQ(hessian[0], 0.0);
}

}  // namespace
}  // namespace relume::math
