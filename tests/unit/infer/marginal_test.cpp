// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Averages over nuisance parameters against sums on fine grids, closed forms, and finite differences.
#include "relume/infer/marginal.hpp"

#include <cmath>
#include <functional>
#include <numbers>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "infer/marginal_nodes.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/infer/goodness.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/limit_gradient.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/model/product.hpp"
#include "support/counting.hpp"
#include "support/normal_likelihood.hpp"
#include "support/random_workspace.hpp"

namespace relume::infer {
namespace {

using spec::ModifierType;

model::Compiled simplified(const spec::SimplifiedLikelihood& likelihood, const std::vector<double>& signal) {
  const spec::Workspace background = edit::as_workspace(likelihood).value().workspace;
  spec::SignalSample sample{.name = "signal"};
  for (std::size_t i = 0; i < signal.size(); ++i) {
    sample.channels.push_back({.channel = likelihood.regions[i].name, .yields = {signal[i]}});
  }
  return test::compile(edit::add_signal(background, {.name = "signal", .samples = {sample}}).value());
}

Marginal marginal_of(model::Compiled compiled, const MarginalOptions& options = {}) {
  auto result = marginalise(std::move(compiled.likelihood), compiled.observed, options);
  EXPECT_TRUE(result) << to_string(result.errors());
  EXPECT_TRUE(result->is_usable()) << result->reason;
  return std::move(*result);
}

/// -ln L of the marginal likelihood of one parameter, with all constants.
double nll(const Marginal& m, double mu) {
  const auto scratch = m.likelihood->make_scratch();
  const std::vector<double> point = {mu};
  const auto e = m.likelihood->evaluate(point, m.observed, math::Derivatives::none, {}, *scratch);
  EXPECT_EQ(e.status, math::EvaluationStatus::ok) << m.likelihood->explain(point, *scratch);
  return e.value + m.likelihood->constant(m.observed);
}

double poisson(double n, double rate) {
  if (rate <= 0.0) return n == 0.0 ? 1.0 : 0.0;
  return std::exp(n * std::log(rate) - rate - std::lgamma(n + 1.0));
}

/// Average of f(z) over independent standard normals: trapezoids on a fine grid, which for functions that fall off like
/// these are exact to all digits, kinks apart.
double average(int dimension, double step, const std::function<double(const Eigen::VectorXd&)>& f) {
  constexpr double reach = 8.5;
  const int n = static_cast<int>(std::ceil(reach / step));
  Eigen::VectorXd z(dimension);
  std::function<double(int)> sum = [&](int j) {
    double total = 0.0;
    for (int i = -n; i <= n; ++i) {
      z[j] = i * step;
      const double weight = step * std::exp(-0.5 * z[j] * z[j]) / std::sqrt(2.0 * std::numbers::pi);
      total += weight * (j + 1 == dimension ? f(z) : sum(j + 1));
    }
    return total;
  };
  return sum(0);
}

TEST(MarginalNodes, GaussHermiteIntegratesPolynomials) {
  // Moments of the standard normal: (2 k - 1)!!.
  for (const std::size_t order : {1u, 5u, 16u, 64u, 128u}) {
    const Nodes nodes = gauss_hermite(2, order);
    EXPECT_EQ(nodes.size, order * order);
    double norm = 0.0, fourth = 0.0, mixed = 0.0;
    for (std::size_t k = 0; k < nodes.size; ++k) {
      const double x = nodes.z[2 * k], y = nodes.z[2 * k + 1];
      const double w = std::exp(nodes.log_weights[k] - 0.5 * (x * x + y * y)) / (2.0 * std::numbers::pi);
      norm += w;
      fourth += w * x * x * x * x;
      mixed += w * x * x * y * y;
    }
    EXPECT_NEAR(norm, 1.0, 1e-11);
    if (order < 5) continue;
    EXPECT_NEAR(fourth, 3.0, 1e-10);
    EXPECT_NEAR(mixed, 1.0, 1e-10);
  }
}

TEST(MarginalNodes, SlicesDrawFromTheirDensity) {
  // Two exponentials back to back: the logarithm is linear, so that all is exact.
  std::vector<double> values;
  for (double z = -3.0; z <= 3.0; z += 0.5) values.push_back(z < 0.0 ? 2.0 * z : -1.5 * z);
  const SliceDensity slice(-3.0, 0.5, values);
  const double norm = 1.0 / 2.0 + 1.0 / 1.5;
  for (const double u : {1e-9, 0.001, 0.2, 0.42, 0.43, 0.6, 0.99, 1.0 - 1e-9}) {
    const SliceDensity::Draw draw = slice.at(u);
    const double z = u * norm < 0.5 ? 0.5 * std::log(2.0 * u * norm) : -std::log(1.5 * (norm - u * norm)) / 1.5;
    EXPECT_NEAR(draw.z, z, 1e-6);
    EXPECT_NEAR(draw.log_density, (z < 0.0 ? 2.0 * z : -1.5 * z) - std::log(norm), 1e-6);
  }
}

TEST(MarginalNodes, ImportanceNodesIntegrateNormals) {
  constexpr std::size_t dimension = 20, n = 4096;
  const Nodes nodes = importance_nodes(dimension, n, 3);
  std::vector<double> values;
  for (double z = -7.0; z <= 7.0; z += 0.25) values.push_back(-0.45 * z * z);
  const SliceDensity slice(-7.0, 0.25, values);
  double norm = 0.0, variance = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    double squared = 0.0, log_weight = -std::log(static_cast<double>(n));
    for (std::size_t j = 0; j < dimension; ++j) {
      const SliceDensity::Draw draw = slice.at(nodes.u[k * dimension + j]);
      squared += draw.z * draw.z;
      log_weight -= draw.log_density;
    }
    const double w = std::exp(log_weight - 0.5 * squared - 0.5 * dimension * std::log(2.0 * std::numbers::pi));
    norm += w;
    squares += w * w;
    variance += w * squared / dimension;
  }
  // Plain draws would be good to 1/sqrt(4096).
  EXPECT_NEAR(norm, 1.0, 0.01);
  EXPECT_NEAR(variance, 1.0, 0.01);
  EXPECT_GT(1.0 / squares, 0.8 * n);
  EXPECT_NE(importance_nodes(3, 64, 1).u, importance_nodes(3, 64, 2).u);
  EXPECT_EQ(importance_nodes(3, 64, 1).u, importance_nodes(3, 64, 1).u);
}

TEST(Marginal, OfANormalIsTheWiderNormal) {
  const double sigma = 0.5, width = 0.3, y = 1.2;
  const auto m = marginalise(std::make_shared<test::NormalLikelihood>(sigma, width), {.values = {y, 0.1}}, {});
  ASSERT_TRUE(m && m->is_usable());
  EXPECT_EQ(m->integrated, std::vector<std::string>{"theta"});
  EXPECT_EQ(m->rule, MarginalRule::gauss_hermite);
  EXPECT_LT(m->accuracy, 1e-8);
  const double variance = sigma * sigma + width * width;
  for (const double mu : {-1.0, 0.0, 1.0, 4.0}) {
    const double r = y - 0.1 - mu;
    EXPECT_NEAR(nll(*m, mu), 0.5 * r * r / variance + 0.5 * std::log(2.0 * std::numbers::pi * variance), 1e-9);
  }
  const FitResult fit = infer::fit(*m->likelihood, m->observed);
  ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], y - 0.1, 1e-8);
  EXPECT_NEAR(fit.uncertainties[0], std::sqrt(variance), 1e-8);
}

TEST(Marginal, OfAPoissonConstraintIsTheNegativeBinomial) {
  // n ~ Poisson(gamma b), m ~ Poisson(gamma tau): with a flat prior gamma is Gamma(m + 1, tau), and n is
  // C(n + m, n) (b / (b + tau))^n (tau / (b + tau))^(m + 1).
  const double b = 10.0, relative = 0.4, n = 14.0;
  spec::Workspace ws = test::counting(5.0, b, n);
  ws.channels[0].samples[0].modifiers.push_back({"gamma", ModifierType::shapesys, spec::Numbers{relative * b}});
  const double tau = 1.0 / (relative * relative), m = tau;
  const Marginal marginal = marginal_of(test::compile(ws));
  const double wanted = std::lgamma(n + m + 1.0) - std::lgamma(n + 1.0) - std::lgamma(m + 1.0) +
                        n * std::log(b / (b + tau)) + (m + 1.0) * std::log(tau / (b + tau));
  EXPECT_NEAR(nll(marginal, 0.0), -wanted, 1e-7);
}

TEST(Marginal, OfOneRegionIsTheIntegral) {
  // 1000 +- 100 has no rates below zero to speak of, 5 +- 2 has few, 0.2 +- 0.21 many.
  struct Region {
    double n, b, sigma, s, tolerance;
  };
  for (const Region& r :
       {Region{1040.0, 1000.0, 100.0, 50.0, 1e-8}, Region{7.0, 5.0, 1.0, 3.0, 1e-6}, Region{0.0, 5.0, 2.0, 3.0, 2e-3},
        Region{1.0, 0.2, 0.21, 1.0, 3e-3}, Region{0.0, 0.2, 0.21, 1.0, 3e-3}}) {
    SCOPED_TRACE(std::to_string(r.b) + " +- " + std::to_string(r.sigma));
    const Marginal m =
        marginal_of(simplified({.regions = {{"SR", r.n, r.b}}, .covariance = {1, {r.sigma * r.sigma}}}, {r.s}));
    for (const double mu : {0.0, 0.5, 1.0, 2.0}) {
      const double wanted =
          average(1, 1e-3, [&](const Eigen::VectorXd& z) { return poisson(r.n, mu * r.s + r.b + r.sigma * z[0]); });
      EXPECT_NEAR(nll(m, mu), -std::log(wanted), r.tolerance) << "mu = " << mu << ", " << to_string(m.rule);
    }
  }
}

TEST(Marginal, OfCorrelatedRegionsIsTheIntegral) {
  // With third moments: a + b t + c t^2, whatever bounds fits keep t within (CMS-NOTE-2017-001).
  spec::SimplifiedLikelihood likelihood{.regions = {{"A", 36, 50.0}, {"B", 33, 48.0}, {"C", 9, 7.0}},
                                        .covariance = {3, {100.0, 40.0, 5.0, 40.0, 64.0, 6.0, 5.0, 6.0, 4.0}}};
  const std::vector<double> signal = {12.0, 15.0, 2.0};
  for (const bool is_quadratic : {false, true}) {
    if (is_quadratic) likelihood.third_moments = {400.0, -200.0, 3.0};
    const auto conversion = edit::as_workspace(likelihood).value();
    const spec::SquareMatrix& rho = conversion.workspace.correlations[0].matrix;
    Eigen::MatrixXd correlation(3, 3);
    for (Eigen::Index i = 0; i < 3; ++i) {
      for (Eigen::Index j = 0; j < 3; ++j) {
        correlation(i, j) = rho(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
      }
    }
    const Eigen::MatrixXd root = correlation.llt().matrixL();
    const Marginal m = marginal_of(simplified(likelihood, signal));
    for (const double mu : {0.0, 0.7}) {
      const double wanted = average(3, 0.25, [&](const Eigen::VectorXd& z) {
        const Eigen::VectorXd t = root * z;
        double product = 1.0;
        for (std::size_t i = 0; i < 3; ++i) {
          const auto& form = conversion.regions[i];
          const double x = t[static_cast<Eigen::Index>(i)];
          product *= poisson(likelihood.regions[i].observed, mu * signal[i] + form.a + form.b * x + form.c * x * x);
        }
        return product;
      });
      EXPECT_NEAR(nll(m, mu), -std::log(wanted), is_quadratic ? 1e-4 : 1e-5)
          << (is_quadratic ? "quadratic" : "linear") << ", mu = " << mu << ", " << to_string(m.rule);
    }
  }
}

TEST(Marginal, DerivativesMatchFiniteDifferences) {
  unsigned compared = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    auto compiled = model::compile(test::RandomWorkspace(seed).make());
    ASSERT_TRUE(compiled);
    // All orders of magnitude of accuracy have exact derivatives: few nodes will do.
    auto m = marginalise(std::move(compiled->likelihood), compiled->observed, {.accuracy = 1.0, .max_nodes = 1024});
    if (!m || !m->is_usable()) continue;
    const model::Likelihood& l = *m->likelihood;
    const FitResult fit = infer::fit(l, m->observed);
    if (!fit.minimum.is_usable()) continue;
    std::vector<double> x = fit.minimum.x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!l.parameters()[i].is_fixed) x[i] += 0.02;
    }
    const auto scratch = l.make_scratch(), other = l.make_scratch();
    const auto e = l.evaluate(x, m->observed, math::Derivatives::curvature, {}, *scratch);
    if (e.status != math::EvaluationStatus::ok) continue;
    ++compared;
    const std::vector<double> gradient = scratch->gradient;
    std::vector<double> unit(x.size(), 0.0), column(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      constexpr double step = 1e-4;
      std::vector<double> up = x, down = x;
      up[i] += step;
      down[i] -= step;
      const double above = l.evaluate(up, m->observed, math::Derivatives::gradient, {}, *other).value;
      const std::vector<double> g_up = other->gradient;
      const double below = l.evaluate(down, m->observed, math::Derivatives::gradient, {}, *other).value;
      const double slope = (above - below) / (2.0 * step);
      EXPECT_NEAR(gradient[i], slope, 1e-5 * (1.0 + std::fabs(slope))) << "seed " << seed;
      unit[i] = 1.0;
      scratch->curvature.multiply(unit, column, math::Form::exact);
      unit[i] = 0.0;
      for (std::size_t j = 0; j < x.size(); ++j) {
        const double second = (g_up[j] - other->gradient[j]) / (2.0 * step);
        EXPECT_NEAR(column[j], second, 1e-4 * (1.0 + std::fabs(second) + std::fabs(column[i]))) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(compared, 20u);
}

TEST(Marginal, IsLaplacesFormulaForManyEvents) {
  // -ln L_marginal = -ln L_profile + 1/2 ln det(H V) up to terms of relative order 1/n (Tierney, Kadane, J. Am. Stat.
  // Assoc. 81 (1986) 82): the profile without the constant of its constraint.
  const double n = 1e6, b = 1e6, sigma = 5e3, s = 1e3;
  const auto make = [&] { return simplified({.regions = {{"SR", n, b}}, .covariance = {1, {sigma * sigma}}}, {s}); };
  const model::Compiled compiled = make();
  const Marginal m = marginal_of(make());
  for (const double mu : {0.0, 2.0}) {
    const FitResult fit =
        infer::fit(*compiled.likelihood, compiled.observed, {.fixed = {{*compiled.likelihood->poi(), mu}}});
    const std::size_t theta = compiled.likelihood->poi()->index == 0 ? 1 : 0;
    const double rate = mu * s + b + sigma * fit.minimum.x[theta];
    const double hessian = 1.0 + sigma * sigma * n / (rate * rate);
    const double wanted = 0.5 * fit.twice_nll - 0.5 * std::log(2.0 * std::numbers::pi) + 0.5 * std::log(hessian);
    EXPECT_NEAR(nll(m, mu), wanted, 10.0 / n);
  }
}

TEST(Marginal, BayesianLimitWithAFlatPriorIsCLs) {
  // Of a count n with uncertain background, the posterior of s >= 0 has the tail E_b P(N <= n | s + b) over its value
  // at s = 0, which is CLs of the prior-predictive ensemble (Zech, Nucl. Instrum. Meth. A 277 (1989) 608; O. Helene
  // 1983).
  const double n = 4.0, b = 3.0, sigma = 0.5;
  const Marginal m = marginal_of(simplified({.regions = {{"SR", n, b}}, .covariance = {1, {sigma * sigma}}}, {1.0}));
  const auto at_most = [&](double s) {
    return average(1, 0.01, [&](const Eigen::VectorXd& z) {
      double sum = 0.0;
      for (double k = 0.0; k <= n; ++k) sum += poisson(k, s + b + sigma * z[0]);
      return sum;
    });
  };
  const double s_up = 6.5, cls = at_most(s_up) / at_most(0.0);
  // Simpson's rule over the marginal likelihood.
  const auto integral = [&](double low, double high) {
    constexpr int steps = 400;
    const double h = (high - low) / steps;
    double sum = 0.0;
    for (int i = 0; i <= steps; ++i) {
      sum += (i == 0 || i == steps ? 1.0 : i % 2 == 1 ? 4.0 : 2.0) * std::exp(-nll(m, low + i * h));
    }
    return sum * h / 3.0;
  };
  EXPECT_NEAR(integral(s_up, 30.0) / integral(0.0, 30.0), cls, 1e-5);
}

TEST(Marginal, ToysArePriorPredictive) {
  const double b = 50.0, sigma = 12.0;
  const auto make = [&] {
    spec::SimplifiedLikelihood two{.regions = {{"A", 36, b}, {"B", 60, 70.0}},
                                   .covariance = {2, {sigma * sigma, 60.0, 60.0, 100.0}}};
    return simplified(two, {10.0, 5.0});
  };
  const Marginal m = marginal_of(make());
  const std::vector<double> point = {1.0};
  const model::Data expected = m.likelihood->expected_data(point);
  EXPECT_EQ(expected.values.size(), 2u);
  constexpr int n_toys = 40000;
  Eigen::MatrixXd draws(n_toys, 2);
  model::Data toy;
  for (int k = 0; k < n_toys; ++k) {
    m.likelihood->fluctuate(expected, {5, 0, static_cast<std::uint64_t>(k)}, toy);
    draws.row(k) << toy.values[0], toy.values[1];
  }
  const Eigen::RowVectorXd mean = draws.colwise().mean();
  const Eigen::MatrixXd centred = draws.rowwise() - mean;
  const Eigen::MatrixXd covariance = centred.transpose().lazyProduct(centred) / n_toys;
  const double rates[] = {b + 10.0, 75.0}, variances[] = {sigma * sigma + b + 10.0, 100.0 + 75.0};
  for (Eigen::Index i = 0; i < 2; ++i) {
    EXPECT_NEAR(mean[i], rates[i], 4.0 * std::sqrt(variances[i] / n_toys));
    EXPECT_NEAR(covariance(i, i), variances[i], 5.0 * variances[i] * std::sqrt(2.0 / n_toys));
  }
  EXPECT_NEAR(covariance(0, 1), 60.0, 5.0 * std::sqrt((variances[0] * variances[1] + 3600.0) / n_toys));
}

TEST(Marginal, AsimovDataAreWhereTheFitOrTheFilePutsNuisanceParameters) {
  const auto make = [] { return simplified({.regions = {{"SR", 60, 50.0}}, .covariance = {1, {64.0}}}, {10.0}); };
  const std::vector<double> point = {0.0};
  const Marginal nominal = marginal_of(make(), {.asimov = Asimov::a_priori});
  EXPECT_DOUBLE_EQ(nominal.likelihood->expected_data(point).values[0], 50.0);
  // Conditional fit: theta = -p/2 + sqrt(p^2/4 - q), p = b + V, q = V (b - n).
  const double v = 64.0, b = 50.0, p = b + v, q = v * (b - 60.0);
  const Marginal fitted = marginal_of(make());
  EXPECT_NEAR(fitted.likelihood->expected_data(point).values[0], b - 0.5 * p + std::sqrt(0.25 * p * p - q), 1e-6);
}

TEST(Marginal, AsimovDataOfAFitThatFailsAreNone) {
  // 20 background events, 25 seen: no nuisance parameter within its bounds makes up for -200 events of signal.
  const auto m = marginal_of(simplified({.regions = {{"SR", 25.0, 20.0}}, .covariance = {1, {4.0}}}, {100.0}),
                             {.asimov = Asimov::a_posteriori});
  const std::vector<double> point = {-2.0};
  EXPECT_FALSE(std::isfinite(m.likelihood->expected_data(point).values[0]));
  for (const double yield : m.likelihood->expected_by_sample(point)) EXPECT_FALSE(std::isfinite(yield));
}

TEST(Marginal, LimitsComeNearProfiledOnesForManyEvents) {
  // Two regions with many events: both treatments agree to the order of 1/n; with few events they differ.
  const auto many = [] {
    return simplified(
        {.regions = {{"A", 3600, 3550.0}, {"B", 3300, 3320.0}}, .covariance = {2, {14400.0, 1900.0, 1900.0, 25600.0}}},
        {120.0, 150.0});
  };
  const model::Compiled compiled = many();
  const Limit profiled = upper_limit(*compiled.likelihood, compiled.observed);
  const Marginal m = marginal_of(many());
  const Limit marginal = upper_limit(*m.likelihood, m.observed);
  ASSERT_TRUE(profiled.is_usable()) << profiled.reason;
  ASSERT_TRUE(marginal.is_usable()) << marginal.reason;
  EXPECT_NEAR(*marginal.observed, *profiled.observed, 0.01 * *profiled.observed);
  EXPECT_NEAR(*marginal.expected[2], *profiled.expected[2], 0.02 * *profiled.expected[2]);
}

TEST(Marginal, LimitFromTheIntegralItself) {
  // q-tilde and its Asimov data from integrals on a grid, and CLs by the asymptotic formulas (CCGV), for the example
  // that spey documents.
  const spec::SimplifiedLikelihood likelihood{.regions = {{"SR1", 36, 50.0}, {"SR2", 33, 48.0}},
                                              .covariance = {2, {144.0, 19.0, 19.0, 256.0}}};
  const std::vector<double> signal = {12.0, 15.0};
  const Marginal m = marginal_of(simplified(likelihood, signal), {.asimov = Asimov::a_priori});
  const LimitOptions options{.test = {.asimov = Asimov::a_priori}};
  const Limit limit = upper_limit(*m.likelihood, m.observed, options);
  ASSERT_TRUE(limit.is_usable()) << limit.reason;
  Eigen::MatrixXd covariance(2, 2);
  covariance << 144.0, 19.0, 19.0, 256.0;
  const Eigen::MatrixXd root = covariance.llt().matrixL();
  const auto minus_log = [&](double mu, double n1, double n2) {
    return -std::log(average(2, 0.1, [&](const Eigen::VectorXd& z) {
      const Eigen::VectorXd t = root * z;
      return poisson(n1, mu * 12.0 + 50.0 + t[0]) * poisson(n2, mu * 15.0 + 48.0 + t[1]);
    }));
  };
  const auto q = [&](double mu, double n1, double n2) {
    double best = minus_log(0.0, n1, n2), at = 0.0;
    for (double trial = 0.02; trial < 1.0; trial += 0.02) {
      const double value = minus_log(trial, n1, n2);
      if (value < best) best = value, at = trial;
    }
    EXPECT_LE(at, mu);
    return 2.0 * (minus_log(mu, n1, n2) - best);
  };
  const double mu = *limit.observed;
  const double observed = q(mu, 36.0, 33.0), asimov = q(mu, 50.0, 48.0);
  const PValues p = asymptotic_p_values(TestStatistic::qtilde, observed, asimov);
  EXPECT_NEAR(p.cls, 0.05, 2e-4);
}

TEST(Marginal, IsAComponentOfProducts) {
  const auto make = [](double n) {
    return simplified({.regions = {{"SR", n, 50.0}}, .covariance = {1, {64.0}}}, {10.0});
  };
  Marginal a = marginal_of(make(60.0)), b = marginal_of(make(45.0));
  const double wanted = nll(a, 0.4) + nll(b, 0.4);
  const std::string poi = a.likelihood->parameters()[0].name;
  const auto product =
      model::multiply({{"a", std::move(a.likelihood), a.observed}, {"b", std::move(b.likelihood), b.observed}},
                      {.shared = {{"mu", {{"a", poi}, {"b", poi}}}}, .poi = "mu"});
  ASSERT_TRUE(product) << to_string(product.errors());
  const auto scratch = product->likelihood->make_scratch();
  const std::vector<double> point = {0.4};
  const auto e = product->likelihood->evaluate(point, product->observed, math::Derivatives::none, {}, *scratch);
  EXPECT_NEAR(e.value + product->likelihood->constant(product->observed), wanted, 1e-10);
  const Limit limit = upper_limit(*product->likelihood, product->observed);
  EXPECT_TRUE(limit.is_usable()) << limit.reason;
}

TEST(Marginal, WithATinyErrorOnTheErrorIsThatOfANormalPrior) {
  std::vector<Marginal> marginals;
  for (const bool has_error_on_error : {false, true}) {
    spec::Workspace ws = test::counting(5.0, 50.0, 55.0);
    ws.channels[0].samples[0].modifiers.push_back({"JES", ModifierType::histosys, spec::HistoSysData{{45.0}, {55.0}}});
    spec::ParameterConfig jes{.name = "JES"};
    if (has_error_on_error) jes.error_on_error = 1e-6;
    ws.measurements[0].parameters.push_back(jes);
    marginals.push_back(marginal_of(test::compile(ws)));
  }
  for (const double mu : {0.0, 1.0, 3.0}) EXPECT_NEAR(nll(marginals[0], mu), nll(marginals[1], mu), 1e-9) << mu;
}

TEST(Marginal, TellsWhatIsNotDefinedForAverages) {
  const Marginal m = marginal_of(simplified({.regions = {{"SR", 60, 50.0}}, .covariance = {1, {64.0}}}, {10.0}));
  const Goodness g = goodness(*m.likelihood, m.observed);
  EXPECT_EQ(g.status, Status::not_defined) << "a chi-squared would need a saturated model";
  const LimitGradient gradient = limit_gradient(*m.likelihood, m.observed);
  EXPECT_TRUE(gradient.limit.is_usable());
  EXPECT_NE(gradient.limit.notes.back().find("no derivative"), std::string::npos) << gradient.limit.notes.back();
}

TEST(Marginal, TellsWhatCannotBeAveraged) {
  model::Compiled plain = test::compile(test::counting(5.0, 50.0, 55.0));
  const auto nothing = marginalise(std::move(plain.likelihood), plain.observed);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("nothing to marginalise"), std::string::npos);
  model::Compiled pair = simplified(
      {.regions = {{"A", 36, 50.0}, {"B", 33, 48.0}}, .covariance = {2, {144.0, 19.0, 19.0, 256.0}}}, {12.0, 15.0});
  const std::uint32_t first = pair.likelihood->correlated_constraints()[0].parameters[0];
  const auto torn = marginalise(std::move(pair.likelihood), pair.observed, {.keep = {ParamId{first}}});
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find("cannot be kept without"), std::string::npos) << torn.error().message;
}

// Each density of the mixture counts with the nodes that it has. The best fit is at no signal: three densities share
// 256 nodes of a replicate, which equal weights would bias by 0.001.
TEST(Marginal, DrawnNodesAreWithoutBias) {
  spec::SimplifiedLikelihood six{.covariance = {6, std::vector<double>(36, 10.0)}};
  std::vector<double> signal;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto k = static_cast<double>(i);
    six.regions.push_back({"R" + std::to_string(i), 8.0 + k, 10.0 + k});
    six.covariance(i, i) = 25.0;
    signal.push_back(2.0 + k);
  }
  constexpr int n_seeds = 100;
  double sum = 0.0, squares = 0.0;
  for (int seed = 0; seed < n_seeds; ++seed) {
    constexpr double any = 10.0;
    const Marginal m =
        marginal_of(simplified(six, signal), {.accuracy = any, .seed = static_cast<std::uint64_t>(seed)});
    EXPECT_EQ(m.n_nodes, 2048u);
    const double value = nll(m, 0.0);
    sum += value / n_seeds;
    squares += value * value / n_seeds;
  }
  const double error = std::sqrt((squares - sum * sum) / n_seeds);
  EXPECT_LT(error, 3e-4);
  EXPECT_NEAR(sum, 15.950815, 2.5 * error);  // of 48 times 32768 nodes: +- 0.00003
}

TEST(Marginal, SaysWhenTooFewNodesCount) {
  // Far from the fit that places them the nodes are nowhere near the integrand.
  spec::SimplifiedLikelihood many;
  std::vector<double> signal;
  for (int i = 0; i < 8; ++i) {
    many.regions.push_back({"SR" + std::to_string(i), 100.0, 100.0});
    signal.push_back(1.0);
  }
  many.covariance = {8, std::vector<double>(64, 0.0)};
  for (std::size_t i = 0; i < 8; ++i) many.covariance(i, i) = 900.0;
  const Marginal m = marginal_of(simplified(many, signal));
  EXPECT_EQ(m.rule, MarginalRule::importance);
  const auto scratch = m.likelihood->make_scratch();
  const std::vector<double> far = {3000.0};
  const auto e = m.likelihood->evaluate(far, m.observed, math::Derivatives::none, {}, *scratch);
  EXPECT_NE(e.status, math::EvaluationStatus::ok);
  EXPECT_FALSE(m.likelihood->explain(far, *scratch).empty());
}

}  // namespace
}  // namespace relume::infer
