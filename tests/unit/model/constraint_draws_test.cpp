// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Draws of parameters against the closed forms of conditional and truncated normal distributions.
#include "model/constraint_draws.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "support/correlated_backgrounds.hpp"
#include "support/counting.hpp"

namespace relume::model {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr int n_draws = 40000;
/// Standard errors of moments of unit variance are 1/200 and sqrt(2)/200; seeds are fixed.
constexpr double tolerance = 4.5 * 1.5 / 200.0;

const spec::SquareMatrix correlation{
    4, {1.0, 0.6, 0.3, -0.4, 0.6, 1.0, 0.5, -0.2, 0.3, 0.5, 1.0, 0.1, -0.4, -0.2, 0.1, 1.0}};

struct Sample {
  Vector mean;
  Matrix covariance;
  std::size_t n_redrawn = 0, n_clipped = 0;
};

Sample sample(const ConstraintDraws& draws, std::vector<double> x, const std::vector<std::size_t>& of) {
  const math::RandomSpace space(5, 0);
  const auto n = static_cast<Eigen::Index>(of.size());
  Sample s{Vector::Zero(n), Matrix::Zero(n, n)};
  for (std::uint64_t k = 0; k < n_draws; ++k) {
    const auto outcome = draws.draw(space, k, x);
    s.n_redrawn += outcome.is_redrawn;
    s.n_clipped += outcome.is_clipped;
    Vector v(n);
    for (Eigen::Index a = 0; a < n; ++a) v[a] = x[of[static_cast<std::size_t>(a)]];
    s.mean += v / n_draws;
    s.covariance += v * v.transpose() / n_draws;
  }
  s.covariance -= s.mean * s.mean.transpose();
  return s;
}

std::size_t index_of(const Likelihood& likelihood, std::string_view name) {
  return likelihood.find_parameter(name)->index;
}

// Normal(R_DH R_HH^-1 u_H, R_DD - R_DH R_HH^-1 R_HD): here from the correlations, in the library from their inverse.
TEST(ConstraintDraws, AreConditionedOnWhatIsHeld) {
  const Compiled c = test::compile(test::correlated_backgrounds(correlation));
  std::vector<double> point(c.likelihood->parameters().size(), 0.0);
  std::vector<char> is_drawn(point.size(), 1);
  const std::vector<std::size_t> held = {1, 3}, drawn = {0, 2};
  const Vector pulls = (Vector(2) << 2.0, -1.0).finished();
  std::vector<std::size_t> places;
  for (const std::size_t k : drawn) places.push_back(index_of(*c.likelihood, "b" + std::to_string(k)));
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t i = index_of(*c.likelihood, "b" + std::to_string(held[k]));
    is_drawn[i] = 0;
    point[i] = pulls[static_cast<Eigen::Index>(k)];
  }
  const Matrix r = Eigen::Map<const Matrix>(correlation.values.data(), 4, 4);
  const Matrix gain = r(drawn, held) * Matrix(r(held, held)).inverse();
  const Vector mean = gain * pulls;
  const Matrix covariance = r(drawn, drawn) - gain * r(held, drawn);

  const Sample s = sample({*c.likelihood, c.observed, point, is_drawn, {}}, point, places);
  for (Eigen::Index a = 0; a < 2; ++a) {
    EXPECT_NEAR(s.mean[a], mean[a], tolerance);
    for (Eigen::Index b = 0; b < 2; ++b) EXPECT_NEAR(s.covariance(a, b), covariance(a, b), tolerance);
  }
  EXPECT_EQ(s.n_redrawn, 0u);
}

// Both members of a pair of equal signs at least: redrawn together they keep what correlates them, E(b0) is
// (1 + r) / (2 sqrt(2 pi) P) with P = 1/4 + asin(r) / (2 pi) (S. Rosenbaum, J. R. Stat. Soc. B 23 (1961) 405).
TEST(ConstraintDraws, StayWithinBoundsTogether) {
  constexpr double r = 0.8;
  spec::Workspace ws = test::correlated_backgrounds({2, {1.0, r, r, 1.0}});
  for (const char* name : {"b0", "b1"})
    ws.measurements[0].parameters.push_back({.name = name, .bounds = {{{0.0, 9.0}}}});
  const Compiled c = test::compile(ws);
  const std::vector<double> point(c.likelihood->parameters().size(), 0.0);
  const std::vector<char> is_drawn(point.size(), 1);
  const std::vector<std::size_t> places = {index_of(*c.likelihood, "b0"), index_of(*c.likelihood, "b1")};
  const double inside = 0.25 + std::asin(r) / (2.0 * M_PI);
  const Sample s = sample({*c.likelihood, c.observed, point, is_drawn, {}}, point, places);
  for (const double mean : s.mean) EXPECT_NEAR(mean, (1.0 + r) / (2.0 * std::sqrt(2.0 * M_PI) * inside), tolerance);
  EXPECT_NEAR(static_cast<double>(s.n_redrawn) / n_draws, 1.0 - inside, tolerance);
  EXPECT_EQ(s.n_clipped, 0u);
  const Sample everywhere =
      sample({*c.likelihood, c.observed, point, is_drawn, {.within_bounds = false}}, point, places);
  EXPECT_EQ(everywhere.n_redrawn, 0u);
  EXPECT_NEAR(everywhere.covariance(0, 1), r, tolerance);
}

TEST(ConstraintDraws, AreMovedToBoundsThatLeaveNothing) {
  spec::Workspace ws = test::correlated_backgrounds({2, {1.0, 0.5, 0.5, 1.0}});
  ws.measurements[0].parameters.push_back({.name = "b1", .inits = spec::Numbers{20.0}, .bounds = {{{20.0, 30.0}}}});
  const Compiled c = test::compile(ws);
  std::vector<double> x(c.likelihood->parameters().size(), 0.0);
  const std::vector<char> is_drawn(x.size(), 1);
  const ConstraintDraws draws(*c.likelihood, c.observed, x, is_drawn, {});
  math::RandomStream stream = math::RandomSpace(1, 0).at(0, 0);
  const auto outcome = draws.draw(stream, x);
  EXPECT_TRUE(outcome.is_redrawn && outcome.is_clipped);
  EXPECT_EQ(x[index_of(*c.likelihood, "b1")], 20.0);
  EXPECT_NE(x[index_of(*c.likelihood, "b0")], 0.0);
}

}  // namespace
}  // namespace relume::model
