// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Derivatives of measurements against differences, their fits against the value around them.
#include "relume/model/measurements.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "math/symmetric_matrix.hpp"
#include "relume/infer/fit.hpp"
#include "support/dense_hessian.hpp"
#include "support/random_measurements.hpp"

namespace relume {
namespace {

using math::Derivatives;
using test::RandomMeasurements;

constexpr unsigned n_models = 150;

struct Case {
  model::Compiled compiled;
  std::vector<double> point;
};

Case make_case(unsigned seed) {
  RandomMeasurements random(seed);
  Case c{std::move(model::compile(random.make()).value()), {}};
  for (const model::Parameter& p : c.compiled.likelihood->parameters()) {
    c.point.push_back(std::clamp(p.initial + random.uniform(-0.3, 0.3), p.lower + 0.01, p.upper - 0.01));
  }
  return c;
}

/// Step of central differences: truncation h^2 and rounding 1e-16 / h are alike.
constexpr double h = 1e-5;

TEST(Measurements, DerivativesAreThoseOfDifferences) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed);
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch(), other = l.make_scratch();
    const auto e = l.evaluate(c.point, c.compiled.observed, Derivatives::curvature, {}, *scratch);
    if (e.status != math::EvaluationStatus::ok) {
      EXPECT_FALSE(l.explain(c.point, *scratch).empty());
      continue;
    }
    ++compared;
    EXPECT_EQ(e.value, l.evaluate(c.point, c.compiled.observed, Derivatives::none, {}, *other).value);
    EXPECT_EQ(e.value, l.evaluate(c.point, c.compiled.observed, Derivatives::gradient, {}, *other).value);
    EXPECT_EQ(scratch->gradient, other->gradient);
    const Eigen::MatrixXd exact = test::dense_hessian(scratch->curvature, math::Form::exact),
                          safe = test::dense_hessian(scratch->curvature, math::Form::semidefinite);
    EXPECT_LT((exact - exact.transpose()).cwiseAbs().maxCoeff(), 1e-12 * (1.0 + exact.cwiseAbs().maxCoeff()));
    const auto eigen = math::eigen_decomposition({safe.data(), static_cast<std::size_t>(safe.size())}, c.point.size());
    EXPECT_GE(eigen.values.front(), -1e-9 * eigen.values.back()) << "seed " << seed;
    const std::vector<double> gradient = scratch->gradient;
    for (std::size_t i = 0; i < c.point.size(); ++i) {
      std::vector<double> up = c.point, down = c.point;
      up[i] += h;
      down[i] -= h;
      const double above = l.evaluate(up, c.compiled.observed, Derivatives::gradient, {}, *other).value;
      const std::vector<double> gradient_above = other->gradient;
      const double below = l.evaluate(down, c.compiled.observed, Derivatives::gradient, {}, *other).value;
      const double scale = 1.0 + std::fabs(e.value) + exact.cwiseAbs().maxCoeff();
      EXPECT_NEAR(gradient[i], (above - below) / (2.0 * h), 1e-6 * scale)
          << "seed " << seed << " " << l.parameters()[i].name;
      for (std::size_t j = 0; j < c.point.size(); ++j) {
        EXPECT_NEAR(exact(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)),
                    (gradient_above[j] - other->gradient[j]) / (2.0 * h), 1e-5 * scale)
            << "seed " << seed << " " << l.parameters()[i].name << " " << l.parameters()[j].name;
      }
    }
  }
  EXPECT_GT(compared, n_models * 9 / 10);
}

TEST(Measurements, SearchesOutsideOfTheDomainHaveContinuousSlopes) {
  unsigned compared = 0;
  const math::Relaxation relaxed{.penalty = 1.0, .floor = 0.05};
  for (unsigned seed = 0; seed < n_models; ++seed) {
    Case c = make_case(seed);
    const model::Likelihood& l = *c.compiled.likelihood;
    const auto scratch = l.make_scratch();
    for (std::size_t i = 0; i < c.point.size(); ++i) c.point[i] *= seed % 3 == 0 ? -3.0 : 4.0;
    const bool is_outside =
        l.evaluate(c.point, c.compiled.observed, Derivatives::none, {}, *scratch).status != math::EvaluationStatus::ok;
    if (!is_outside) continue;
    ++compared;
    const auto e = l.evaluate(c.point, c.compiled.observed, Derivatives::gradient, relaxed, *scratch);
    ASSERT_EQ(e.status, math::EvaluationStatus::ok) << l.explain(c.point, *scratch);
    const std::vector<double> gradient = scratch->gradient;
    for (std::size_t i = 0; i < c.point.size(); ++i) {
      std::vector<double> up = c.point, down = c.point;
      up[i] += h;
      down[i] -= h;
      const double above = l.evaluate(up, c.compiled.observed, Derivatives::none, relaxed, *scratch).value;
      const double below = l.evaluate(down, c.compiled.observed, Derivatives::none, relaxed, *scratch).value;
      EXPECT_NEAR(gradient[i], (above - below) / (2.0 * h), 1e-6 * (1.0 + std::fabs(e.value) + std::fabs(gradient[i])))
          << "seed " << seed << " " << l.parameters()[i].name;
    }
  }
  EXPECT_GT(compared, 20U);
}

TEST(Measurements, PredictionSlopesAreThoseOfDifferences) {
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed);
    const model::Likelihood& l = *c.compiled.likelihood;
    const model::PredictionSlopes mine = l.prediction_slopes(c.point);
    std::vector<double> steps(c.point.size(), h);
    const model::PredictionSlopes differences = l.difference_slopes(c.point, steps);
    ASSERT_EQ(mine.rows.size(), differences.rows.size());
    for (std::size_t row = 0; row + 1 < mine.rows.size(); ++row) {
      std::vector<double> a(c.point.size()), b(c.point.size());
      for (std::size_t k = mine.rows[row]; k < mine.rows[row + 1]; ++k) a[mine.parameters[k]] += mine.slopes[k];
      for (std::size_t k = differences.rows[row]; k < differences.rows[row + 1]; ++k) {
        b[differences.parameters[k]] += differences.slopes[k];
      }
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-7 * (1.0 + std::fabs(a[i])));
    }
  }
}

TEST(Measurements, FitsAreCertifiedMinima) {
  unsigned usable = 0, kinked = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    const Case c = make_case(seed);
    const model::Likelihood& l = *c.compiled.likelihood;
    const infer::FitResult fit = infer::fit(l, c.compiled.observed, {});
    if (!fit.minimum.is_usable()) {
      // The one kind without a slope everywhere says so.
      bool may_have_kinks = false;
      for (const std::string& notice : c.compiled.notices) may_have_kinks |= notice.find("kinks") != std::string::npos;
      EXPECT_TRUE(may_have_kinks) << "seed " << seed << ": " << fit.minimum.reason;
      ++kinked;
      continue;
    }
    ++usable;
    const auto scratch = l.make_scratch();
    RandomMeasurements random(seed + 5000);
    for (int trial = 0; trial < 30; ++trial) {
      std::vector<double> x = fit.minimum.x;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const model::Parameter& p = l.parameters()[i];
        if (!p.is_fixed) x[i] = std::clamp(x[i] + random.uniform(-0.2, 0.2), p.lower, p.upper);
      }
      const auto e = l.evaluate(x, c.compiled.observed, Derivatives::none, {}, *scratch);
      if (e.status == math::EvaluationStatus::ok) {
        EXPECT_GE(e.value, fit.minimum.value - 1e-9) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(usable, n_models * 9 / 10);
  RecordProperty("kinked", static_cast<int>(kinked));
}

}  // namespace
}  // namespace relume
