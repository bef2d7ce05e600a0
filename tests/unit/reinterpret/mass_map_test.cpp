// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/mass_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "reinterpret/delaunay.hpp"

namespace relume::reinterpret {
namespace {

using spec::MapCoordinate;
using Status = GridPlace::Status;

std::vector<MapCoordinate> masses(std::size_t n) {
  std::vector<MapCoordinate> coordinates;
  for (std::size_t i = 0; i < n; ++i) {
    coordinates.push_back({.name = "mass " + std::to_string(i + 1) + " of branch 1", .branch = 1, .particle = i + 1});
  }
  return coordinates;
}

std::vector<double> values_of(const std::vector<double>& points, std::size_t n,
                              const std::function<double(std::span<const double>)>& f) {
  std::vector<double> values;
  for (std::size_t i = 0; i < points.size(); i += n) values.push_back(f(std::span(points).subspan(i, n)));
  return values;
}

TEST(MassGrid, OneDirectionIsLinearBetweenNeighbours) {
  const std::vector<double> points{300, 100, 200};
  const MassGrid grid = MassGrid::make(masses(1), points).value();
  EXPECT_EQ(grid.n_directions(), 1u);
  const std::vector<double> values{9.0, 1.0, 4.0};
  const auto at = [&](double m) { return interpolate(grid.place(std::array{m}), values); };
  EXPECT_DOUBLE_EQ(at(150), 2.5);
  EXPECT_DOUBLE_EQ(at(290), 8.5);
  EXPECT_EQ(at(200), 4.0);
  EXPECT_EQ(grid.place(std::array{99.0}).status, Status::outside);
  EXPECT_EQ(grid.place(std::array{301.0}).status, Status::outside);
  EXPECT_NE(grid.place(std::array{301.0}).reason.find("100 to 300 GeV"), std::string::npos);
}

TEST(MassGrid, OnePointHasItsValueOnly) {
  const MassGrid grid = MassGrid::make(masses(2), std::vector<double>{100, 50}).value();
  EXPECT_EQ(grid.n_directions(), 0u);
  EXPECT_EQ(interpolate(grid.place(std::array{100.0, 50.0}), std::array{7.0}), 7.0);
  EXPECT_EQ(grid.place(std::array{101.0, 50.0}).status, Status::off_plane);
}

TEST(MassGrid, EqualBranchesAreOnePlane) {
  std::vector<double> points;
  for (const double m : {100.0, 200.0, 300.0}) {
    for (const double l : {0.0, 50.0}) points.insert(points.end(), {m, l, m, l});
  }
  const MassGrid grid = MassGrid::make(masses(4), points).value();
  EXPECT_EQ(grid.n_directions(), 2u);
  EXPECT_EQ(grid.n_simplices(), 4u);
  EXPECT_TRUE(grid.place(std::array{130.0, 20.0, 130.0, 20.0}).is_inside());
  const GridPlace unequal = grid.place(std::array{130.0, 20.0, 131.0, 20.0});
  EXPECT_EQ(unequal.status, Status::off_plane);
  EXPECT_NE(unequal.reason.find("by 0.707 GeV"), std::string::npos) << unequal.reason;
}

// Whatever the triangulation, linear functions are reproduced, weights are not negative, and points of the grid have
// their own values to the last bit.
TEST(MassGrid, LinearFunctionsAreExactInAnyNumberOfDirections) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0.0, 1000.0);
  for (std::size_t n = 1; n <= 5; ++n) {
    std::vector<double> points(60 * n);
    for (double& x : points) x = uniform(random);
    const MassGrid grid = MassGrid::make(masses(n), points).value();
    EXPECT_EQ(grid.n_directions(), n);
    const auto linear = [](std::span<const double> x) {
      double sum = 3.0;
      for (std::size_t i = 0; i < x.size(); ++i) sum += (1.0 + static_cast<double>(i)) * x[i];
      return sum;
    };
    const std::vector<double> values = values_of(points, n, linear);
    for (std::size_t i = 0; i < 60; ++i) {
      EXPECT_EQ(interpolate(grid.place(std::span(points).subspan(i * n, n)), values), values[i]);
    }
    std::size_t n_inside = 0;
    for (int trial = 0; trial < 200; ++trial) {
      // Towards the centre, where the hull of few points is.
      std::vector<double> x(n);
      for (double& c : x) c = 500.0 + 0.5 * (uniform(random) - 500.0);
      const GridPlace place = grid.place(x);
      if (!place.is_inside()) continue;
      ++n_inside;
      for (const double w : place.weights) EXPECT_GE(w, 0.0);
      EXPECT_NEAR(interpolate(place, values), linear(x), 1e-9 * linear(x));
    }
    EXPECT_GT(n_inside, 100u) << n;
  }
}

TEST(MassGrid, AnIndependentCircumcircleTestHoldsForRandomPoints) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.0, 100.0);
  std::vector<double> points(2 * 40);
  for (double& x : points) x = uniform(random);
  const std::vector<std::size_t> simplices = delaunay(points, 2).value();
  // Euler: 2 n - 2 - h triangles, h on the hull.
  EXPECT_GT(simplices.size() / 3, 40u);
  const auto at = [&](std::size_t i) { return std::array{points[2 * i], points[2 * i + 1]}; };
  for (std::size_t s = 0; s < simplices.size(); s += 3) {
    const auto a = at(simplices[s]), b = at(simplices[s + 1]), c = at(simplices[s + 2]);
    // Centre of the circle through three points.
    const double d = 2.0 * (a[0] * (b[1] - c[1]) + b[0] * (c[1] - a[1]) + c[0] * (a[1] - b[1]));
    const auto square = [](const auto& p) { return p[0] * p[0] + p[1] * p[1]; };
    const double x = (square(a) * (b[1] - c[1]) + square(b) * (c[1] - a[1]) + square(c) * (a[1] - b[1])) / d;
    const double y = (square(a) * (c[0] - b[0]) + square(b) * (a[0] - c[0]) + square(c) * (b[0] - a[0])) / d;
    const double radius = std::hypot(a[0] - x, a[1] - y);
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_GE(std::hypot(at(i)[0] - x, at(i)[1] - y), radius * (1.0 - 1e-9));
    }
  }
}

// The cells of a regular grid can be cut along either diagonal. Ours is the one along which both masses grow, whatever
// the order of the points.
TEST(MassGrid, CellsAreCutAlongEqualMassDifferences) {
  std::vector<double> points;
  for (int m = 0; m < 8; ++m) {
    for (int l = 0; l < 6; ++l) points.insert(points.end(), {500.0 + 25.0 * m, 25.0 * l});
  }
  std::mt19937 random(3);
  for (int trial = 0; trial < 20; ++trial) {
    const MassGrid grid = MassGrid::make(masses(2), points).value();
    const std::vector<double> values = values_of(points, 2, [](auto x) { return std::exp(-0.01 * (x[0] - x[1])); });
    for (int m = 0; m < 7; ++m) {
      for (int l = 0; l < 5; ++l) {
        const std::array centre{512.5 + 25.0 * m, 12.5 + 25.0 * l};
        // Half way along the diagonal of constant difference: the value at its ends.
        EXPECT_NEAR(interpolate(grid.place(centre), values), std::exp(-0.01 * (centre[0] - centre[1])), 1e-9);
      }
    }
    std::vector<std::size_t> order(48);
    for (std::size_t i = 0; i < 48; ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    std::vector<double> shuffled;
    for (const std::size_t i : order) shuffled.insert(shuffled.end(), {points[2 * i], points[2 * i + 1]});
    points = shuffled;
  }
}

// The cube has triangulations of five and of six simplices; Freudenthal's has six, all along its main diagonal.
TEST(MassGrid, CubesAreCutByFreudenthal) {
  std::vector<double> points;
  for (const double x : {0.0, 1.0}) {
    for (const double y : {0.0, 1.0}) {
      for (const double z : {0.0, 1.0}) points.insert(points.end(), {100 * x, 100 * y, 100 * z});
    }
  }
  const MassGrid grid = MassGrid::make(masses(3), points).value();
  EXPECT_EQ(grid.n_simplices(), 6u);
  // Within x >= y >= z the corners are 000, 100, 110, 111, so the value is x v1 + …: here the sum over a path.
  const std::vector<double> values = values_of(points, 3, [](auto x) { return x[0] + 10 * x[1] + x[0] * x[1] * x[2]; });
  const double x = 80, y = 50, z = 20;
  const double expected = (x + 10 * y) + 1e6 * z / 100;
  EXPECT_NEAR(interpolate(grid.place(std::array{x, y, z}), values), expected, 1e-6 * expected);
}

TEST(MassGrid, TheBorderIsInside) {
  const std::vector<double> points{0, 0, 90, 0, 0, 70, 90, 70};
  const MassGrid grid = MassGrid::make(masses(2), points).value();
  for (const auto& [x, y] : {std::pair{0.0, 35.1}, {33.3, 0.0}, {90.0, 12.7}, {71.3, 70.0}}) {
    EXPECT_TRUE(grid.place(std::array{x, y}).is_inside()) << x << ' ' << y;
  }
  EXPECT_FALSE(grid.place(std::array{-0.01, 35.0}).is_inside());
}

TEST(MassGrid, WidthsAreInterpolatedInTheirLogarithm) {
  std::vector<MapCoordinate> coordinates = masses(1);
  coordinates.push_back({.name = "width 1 of branch 1", .is_width = true, .branch = 1, .particle = 1});
  const MassGrid grid =
      MassGrid::make(coordinates, std::vector<double>{100, 1e-16, 100, 1e-14, 200, 1e-16, 200, 1e-14}).value();
  const std::vector<double> values{1.0, 3.0, 1.0, 3.0};
  EXPECT_NEAR(interpolate(grid.place(std::array{150.0, 1e-15}), values), 2.0, 1e-12);
  EXPECT_EQ(scaled_width(0.0), 0.0);
  EXPECT_NEAR(scaled_width(1e-40), 1e-10, 1e-20);
  EXPECT_DOUBLE_EQ(scaled_width(1e-30), std::log(2.0));
  EXPECT_DOUBLE_EQ(scaled_width(std::numeric_limits<double>::infinity()), scaled_width(1e60));
}

TEST(MassGrid, WhatCannotBeTriangulatedIsAnError) {
  EXPECT_FALSE(MassGrid::make(masses(1), std::vector<double>{}));
  EXPECT_FALSE(MassGrid::make(masses(1), std::vector<double>{std::nan("")}));
  std::vector<double> many;
  for (int i = 0; i < 9; ++i) {
    for (int j = 0; j < 8; ++j) many.push_back(i == j ? 100.0 : 0.0);
  }
  const auto grid = MassGrid::make(masses(8), many);
  ASSERT_FALSE(grid);
  EXPECT_NE(grid.error().message.find("8 independent"), std::string::npos);
  // All but on one line.
  std::vector<double> flat;
  for (int i = 0; i < 50; ++i) flat.insert(flat.end(), {1e6 * i, i % 2 == 0 ? 0.0 : 3e-4});
  const auto thin = MassGrid::make(masses(2), flat);
  EXPECT_TRUE(thin || thin.error().code == ErrorCode::model);
}

TEST(MassGrid, RepeatedPointsDoNoHarm) {
  const MassGrid grid = MassGrid::make(masses(2), std::vector<double>{0, 0, 10, 0, 0, 10, 10, 0, 0, 0}).value();
  EXPECT_NEAR(interpolate(grid.place(std::array{2.0, 3.0}), std::array{1.0, 2.0, 3.0, 2.0, 1.0}), 1.8, 1e-12);
}

}  // namespace
}  // namespace relume::reinterpret
