// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/measurements.hpp"

#include <cmath>
#include <numbers>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "relume/infer/asimov.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/goodness.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/toys.hpp"

namespace relume {
namespace {

using math::Derivatives;
using spec::ErrorModel;

constexpr std::array<ErrorModel, 5> all_models = {ErrorModel::gaussian, ErrorModel::split_normal,
                                                  ErrorModel::variable_gaussian_1, ErrorModel::variable_gaussian_2,
                                                  ErrorModel::generalised_poisson};

model::Compiled compile(const spec::Measurements& m) {
  auto compiled = model::compile(m);
  EXPECT_TRUE(compiled) << to_string(compiled.errors());
  return std::move(compiled.value());
}

std::string problem_of(const spec::Measurements& m, const model::MeasurementsOptions& options = {}) {
  const auto compiled = model::compile(m, options);
  return compiled ? "none" : to_string(compiled.errors());
}

/// One value, or several, each a parameter of its own.
spec::Measurements plain(ErrorModel model, std::vector<spec::MeasuredValue> values, spec::SquareMatrix rho = {}) {
  spec::Measurements m;
  m.measured = {{model, std::move(values), std::move(rho)}};
  return m;
}

double chi2(const model::Compiled& c, const std::vector<double>& point) {
  const auto scratch = c.likelihood->make_scratch();
  const auto e = c.likelihood->evaluate(point, c.observed, Derivatives::none, {}, *scratch);
  EXPECT_EQ(e.status, math::EvaluationStatus::ok) << c.likelihood->explain(point, *scratch);
  return 2.0 * e.value;
}

std::string why_infeasible(const model::Compiled& c, const std::vector<double>& point) {
  const auto scratch = c.likelihood->make_scratch();
  const auto e = c.likelihood->evaluate(point, c.observed, Derivatives::none, {}, *scratch);
  return e.status == math::EvaluationStatus::infeasible ? c.likelihood->explain(point, *scratch) : "feasible";
}

TEST(Measurements, OneStandardDeviationIsOneUnit) {
  for (const ErrorModel model : all_models) {
    for (const auto& [lower, upper] : {std::pair{0.2, 0.3}, {0.5, 0.1}, {1.0, 1.0000001}, {2.0, 2.0}, {0.1, 1.5}}) {
      const model::Compiled c = compile(plain(model, {{"x", 1.2, lower, upper}}));
      EXPECT_EQ(chi2(c, {1.2}), 0.0);
      if (model == ErrorModel::gaussian) {
        EXPECT_NEAR(chi2(c, {1.2 + 0.5 * (lower + upper)}), 1.0, 1e-12);
        continue;
      }
      EXPECT_NEAR(chi2(c, {1.2 + upper}), 1.0, 1e-9) << to_string(model);
      EXPECT_NEAR(chi2(c, {1.2 - lower}), 1.0, 1e-9) << to_string(model);
    }
  }
}

TEST(Measurements, AgreesWithTheFormulasOfBarlow) {
  // physics/0406120; numbers by hand for 1.2 +0.3 -0.2.
  const double up = 0.3, down = 0.2;
  const auto value = [&](ErrorModel model, double r) {
    return chi2(compile(plain(model, {{"x", 1.2, down, up}})), {1.2 + r});
  };
  for (const double r : {-0.3, -0.1, 0.05, 0.4, 1.0}) {
    const double width = (2.0 * up * down + (up - down) * r) / (up + down);  // eq. 15
    EXPECT_NEAR(value(ErrorModel::variable_gaussian_1, r), r * r / (width * width), 1e-12 * (1.0 + r * r));
    EXPECT_NEAR(value(ErrorModel::variable_gaussian_2, r), r * r / (up * down + (up - down) * r), 1e-12);  // eq. 18
    EXPECT_NEAR(value(ErrorModel::split_normal, r), r < 0.0 ? r * r / (down * down) : r * r / (up * up), 1e-12);
    EXPECT_NEAR(value(ErrorModel::gaussian, r), r * r / 0.0625, 1e-12);
    // The non-zero root of (1 - g s-) exp(g (s+ + s-)) = 1 + g s+, by Newton's method from its leading order.
    double g = 1.5 * (up * up - down * down) / (up * up * up + down * down * down);
    for (int i = 0; i < 50; ++i) {
      const double f = std::log1p(g * up) - std::log1p(-g * down) - g * (up + down);
      g -= f / (up / (1.0 + g * up) + down / (1.0 - g * down) - (up + down));
    }
    const double nu = 0.5 / (g * up - std::log1p(g * up));
    if (1.0 + g * r > 0.0) {
      EXPECT_NEAR(value(ErrorModel::generalised_poisson, r), 2.0 * nu * (g * r - std::log1p(g * r)), 1e-11);
    }
  }
  EXPECT_NEAR(value(ErrorModel::variable_gaussian_2, -0.5), 25.0, 1e-11);
}

TEST(Measurements, PoissonCountsAreGeneralisedPoissons) {
  // For -ln L = nu (g r - ln(1 + g r)) with nu = n, g = 1/n a count of n: its own errors give it back.
  const double n = 25.0;
  const auto twice_nll = [&](double lambda) { return 2.0 * (lambda - n - n * std::log(lambda / n)); };
  const auto distance = [&](double direction) {
    double low = 0.0, high = 10.0;
    for (int i = 0; i < 100; ++i) {
      const double middle = 0.5 * (low + high);
      (twice_nll(n + direction * middle) < 1.0 ? low : high) = middle;
    }
    return low;
  };
  const model::Compiled c =
      compile(plain(ErrorModel::generalised_poisson, {{"count", n, distance(-1.0), distance(1.0)}}));
  for (const double lambda : {5.0, 15.0, 24.0, 26.0, 40.0, 80.0}) {
    EXPECT_NEAR(chi2(c, {lambda}), twice_nll(lambda), 1e-9 * (1.0 + twice_nll(lambda)));
  }
}

TEST(Measurements, FormsEndAtTheirPolesByName) {
  const auto why = [](ErrorModel model, double at) {
    return why_infeasible(compile(plain(model, {{"mu", 1.2, 0.2, 0.3}})), {at});
  };
  EXPECT_EQ(why(ErrorModel::variable_gaussian_2, 0.61), "feasible");
  EXPECT_EQ(
      why(ErrorModel::variable_gaussian_2, 0.0),
      "the prediction 0 of 'mu' at mu = 0 lies beyond the pole of its variable_gaussian_2 (-0.6 from the measured "
      "value)");
  EXPECT_EQ(why(ErrorModel::variable_gaussian_1, 0.01), "feasible");  // r = -2 s+ s- / (s+ - s-) = -1.2
  EXPECT_NE(why(ErrorModel::variable_gaussian_1, -0.01), "feasible");
  EXPECT_NE(why(ErrorModel::generalised_poisson, 0.0), "feasible");
  EXPECT_EQ(why(ErrorModel::split_normal, -50.0), "feasible");
  // The other side, where the lower error is the larger one.
  EXPECT_NE(why_infeasible(compile(plain(ErrorModel::variable_gaussian_2, {{"mu", 1.2, 0.3, 0.2}})), {1.81}),
            "feasible");
}

TEST(Measurements, EqualErrorsAreGaussian) {
  for (const ErrorModel model : all_models) {
    const model::Compiled same = compile(plain(model, {{"x", 1.0, 0.4, 0.4}}));
    const model::Compiled nearly = compile(plain(model, {{"x", 1.0, 0.4, 0.4 * (1.0 + 1e-9)}}));
    for (const double x : {-1.0, 0.3, 1.1, 2.5}) {
      const double wanted = (x - 1.0) * (x - 1.0) / 0.16;
      EXPECT_NEAR(chi2(same, {x}), wanted, 1e-12 * (1.0 + wanted)) << to_string(model);
      EXPECT_NEAR(chi2(nearly, {x}), wanted, 1e-7 * (1.0 + wanted)) << to_string(model);
    }
  }
}

TEST(Measurements, CorrelatedValuesAreMatrixAlgebra) {
  const std::vector<spec::MeasuredValue> values = {{"a", 1.0, 0.2, 0.3}, {"b", 0.5, 0.4, 0.25}, {"c", 2.0, 0.5, 0.5}};
  const spec::SquareMatrix rho{3, {1.0, -0.3, 0.2, -0.3, 1.0, 0.4, 0.2, 0.4, 1.0}};
  const std::vector<double> point = {1.15, 0.3, 2.4};
  for (const ErrorModel model : all_models) {
    const model::Compiled c = compile(plain(model, values, rho));
    // C = S rho S with S_i the width that gives the value's own chi-square.
    Eigen::Vector3d r;
    Eigen::Matrix3d covariance;
    std::array<double, 3> width{};
    for (std::size_t i = 0; i < 3; ++i) {
      r[static_cast<Eigen::Index>(i)] = point[i] - values[i].value;
      const double own = chi2(compile(plain(model, {values[i]})), {point[i]});
      width[i] = std::fabs(point[i] - values[i].value) / std::sqrt(own);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = width[i] * rho(i, j) * width[j];
      }
    }
    EXPECT_NEAR(chi2(c, point), r.dot(covariance.inverse() * r), 1e-10) << to_string(model);
  }
  // A correlation of zero is none.
  const spec::SquareMatrix unit{3, {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0}};
  EXPECT_EQ(chi2(compile(plain(ErrorModel::gaussian, values, unit)), point),
            chi2(compile(plain(ErrorModel::gaussian, values)), point));
}

TEST(Measurements, ConstantsAreThoseOfNormalisedDensities) {
  const spec::SquareMatrix rho{2, {1.0, 0.6, 0.6, 1.0}};
  const model::Compiled c = compile(plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2}, {"b", 2.0, 0.5, 0.5}}, rho));
  const double determinant = 0.04 * 0.25 * (1.0 - 0.36);
  EXPECT_NEAR(c.likelihood->constant(c.observed), std::log(2.0 * std::numbers::pi) + 0.5 * std::log(determinant),
              1e-13);
  // Two half normals of widths 0.2 and 0.3: sqrt(pi / 2) (0.2 + 0.3).
  const model::Compiled split = compile(plain(ErrorModel::split_normal, {{"a", 1.0, 0.2, 0.3}}));
  EXPECT_NEAR(split.likelihood->constant(split.observed), std::log(std::sqrt(std::numbers::pi / 2.0) * 0.5), 1e-13);
  const model::Compiled variable = compile(plain(ErrorModel::variable_gaussian_2, {{"a", 1.0, 0.2, 0.3}}));
  EXPECT_EQ(variable.likelihood->constant(variable.observed), 0.0);
}

TEST(Measurements, FitsAreWeightedMeans) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"first", 1.0, 0.2, 0.2, "x"}, {"second", 2.0, 0.4, 0.4, "x"}});
  m.parameters = {{.name = "x", .initial = 0.0}};
  const model::Compiled c = compile(m);
  const infer::FitResult fit = infer::fit(*c.likelihood, c.observed, {});
  ASSERT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], (25.0 * 1.0 + 6.25 * 2.0) / 31.25, 1e-9);
  EXPECT_NEAR(fit.uncertainties[0], 1.0 / std::sqrt(31.25), 1e-9);
  EXPECT_NEAR(2.0 * fit.minimum.value, 1.0 / 0.2, 1e-9);  // (x1 - x2)^2 / (s1^2 + s2^2)
  // Correlated: the best linear unbiased estimate, Lyons et al., NIM A 270 (1988) 110.
  m.measured[0].correlation = {2, {1.0, 0.8, 0.8, 1.0}};
  const model::Compiled both = compile(m);
  const infer::FitResult blue = infer::fit(*both.likelihood, both.observed, {});
  const double v1 = 0.04, v2 = 0.16, cov = 0.8 * 0.08, weight = (v2 - cov) / (v1 + v2 - 2.0 * cov);
  EXPECT_NEAR(blue.minimum.x[0], weight * 1.0 + (1.0 - weight) * 2.0, 1e-9);
  EXPECT_NEAR(blue.uncertainties[0], std::sqrt((v1 * v2 - cov * cov) / (v1 + v2 - 2.0 * cov)), 1e-9);
  const infer::Goodness g = infer::goodness(*both.likelihood, both.observed, {});
  ASSERT_TRUE(g.status == infer::Status::ok) << g.reason;
  EXPECT_NEAR(g.t, 1.0 / (v1 + v2 - 2.0 * cov), 1e-9);
  EXPECT_EQ(g.degrees, 1);
  for (const std::string& note : g.notes) EXPECT_EQ(note.find("events"), std::string::npos) << note;
}

TEST(Measurements, SignalsAndDefinitionsArePredicted) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"rate", 3.0, 0.5, 0.5, "base * 2", 0.25}});
  m.poi = "mu";
  m.parameters = {{.name = "kappa", .initial = 1.0, .is_fixed = true}};
  m.definitions = {{"base", "kappa^2 + 0.1"}};
  const model::Compiled c = compile(m);
  ASSERT_EQ(c.likelihood->parameters().size(), 2U);
  EXPECT_EQ(c.likelihood->parameters()[1].name, "mu");
  EXPECT_EQ(c.likelihood->poi()->index, 1U);
  EXPECT_DOUBLE_EQ(c.likelihood->expected_data(std::vector<double>{1.2, 2.0}).values[0], 2.0 * 1.54 + 0.5);
  EXPECT_NEAR(chi2(c, {1.2, 2.0}), std::pow((3.58 - 3.0) / 0.5, 2.0), 1e-12);
}

TEST(Measurements, LimitsAreThoseOfAGaussian) {
  // x = 1.2 +- 0.5 of a signal strength: CLs(mu) = (1 - Phi((mu - 1.2)/0.5)) / Phi(1.2/0.5) = 0.05.
  spec::Measurements m = plain(ErrorModel::gaussian, {{"x", 1.2, 0.5, 0.5, "0", 1.0}});
  m.poi = "mu";
  const model::Compiled c = compile(m);
  infer::LimitOptions options;
  options.test.statistic = infer::TestStatistic::q;
  const infer::Limit limit = infer::upper_limit(*c.likelihood, c.observed, options);
  ASSERT_TRUE(limit.status == infer::Status::ok) << limit.reason;
  EXPECT_NEAR(*limit.observed, 1.2 - 0.5 * infer::normal_quantile(0.05 * infer::normal_cdf(2.4)), 1e-6);
  EXPECT_NEAR(*limit.expected[2], 0.5 * 1.959963984540054, 1e-6);
}

TEST(Measurements, ConstraintsMayBeCorrelated) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"x", 1.0, 0.1, 0.1, "a + b"}});
  m.parameters = {{.name = "a", .initial = 0.0, .constraint = {{0.5, 1.0}}},
                  {.name = "b", .initial = 0.0, .constraint = {{0.0, 0.5}}}};
  m.correlations = {{{"b", "a"}, {2, {1.0, -0.4, -0.4, 1.0}}}};
  const model::Compiled c = compile(m);
  Eigen::Matrix2d covariance;
  covariance << 1.0, -0.2, -0.2, 0.25;
  const Eigen::Vector2d pull(0.3 - 0.5, 0.2);
  EXPECT_NEAR(chi2(c, {0.3, 0.2}), pull.dot(covariance.inverse() * pull) + 25.0, 1e-11);
}

TEST(Measurements, TablesAreInterpolatedAndHaveEnds) {
  spec::Measurements m;
  spec::LikelihoodGrid grid;
  grid.name = "scan";
  grid.axes = {{"x", "", {}}};
  for (int i = 0; i <= 20; ++i) {
    const double x = -1.0 + 0.2 * i;
    grid.axes[0].points.push_back(x);
    grid.values.push_back(7.0 + std::pow((x - 0.6) / 0.5, 2.0));  // 0.6 is one of the points
  }
  m.grids = {grid};
  const model::Compiled c = compile(m);
  EXPECT_EQ(c.likelihood->parameters()[0].lower, -1.0);
  EXPECT_EQ(c.likelihood->parameters()[0].upper, 3.0);
  const infer::FitResult fit = infer::fit(*c.likelihood, c.observed, {});
  ASSERT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], 0.6, 1e-7);
  EXPECT_NEAR(fit.uncertainties[0], 0.5, 1e-7);
  EXPECT_NEAR(chi2(c, {2.1}), 9.0, 1e-11);
  EXPECT_EQ(why_infeasible(c, {3.1}),
            "the prediction 3.1 of axis 'x' of table 'scan' at x = 3.1 lies outside of what was published, -1 to 3");
  EXPECT_EQ(c.likelihood->why_no_expected_data(), "the table 'scan' was published at observed data only");
  const infer::AsimovData asimov = infer::asimov_data(*c.likelihood, c.observed, {});
  EXPECT_EQ(asimov.status, infer::Status::not_defined);
  EXPECT_NE(asimov.reason.find("published at observed data only"), std::string::npos) << asimov.reason;
  // -ln L instead of -2 ln L.
  m.grids[0].quantity = spec::LikelihoodGrid::Quantity::minus_log_likelihood;
  EXPECT_NEAR(chi2(compile(m), {2.1}), 18.0, 1e-11);
  // A best fit at the end of the table is a bound.
  spec::Measurements cut = m;
  cut.grids[0].axes[0].points.erase(cut.grids[0].axes[0].points.begin(), cut.grids[0].axes[0].points.begin() + 10);
  cut.grids[0].values.erase(cut.grids[0].values.begin(), cut.grids[0].values.begin() + 10);
  const model::Compiled at_end = compile(cut);
  const infer::FitResult held = infer::fit(*at_end.likelihood, at_end.observed, {});
  ASSERT_TRUE(held.minimum.is_usable()) << held.minimum.reason;
  EXPECT_NEAR(held.minimum.x[0], 1.0, 1e-12);
}

TEST(Measurements, LinearTablesSayWhatTheyCannot) {
  spec::Measurements m;
  m.grids = {{.name = "scan", .axes = {{"x", "", {0.0, 1.0, 2.0}}}, .values = {2.0, 0.0, 3.0}}};
  m.grids[0].interpolation = spec::LikelihoodGrid::Interpolation::linear;
  const model::Compiled c = compile(m);
  ASSERT_EQ(c.notices.size(), 1U);
  EXPECT_NE(c.notices[0].find("kinks"), std::string::npos);
  EXPECT_NEAR(chi2(c, {1.5}), 1.5, 1e-12);
}

TEST(Measurements, AsimovDataFitWhereTheyWereMade) {
  for (const ErrorModel model : all_models) {
    spec::Measurements m = plain(model, {{"a", 1.0, 0.2, 0.3, "x"}, {"b", 1.5, 0.4, 0.3, "x + 0.2"}});
    m.parameters = {{.name = "x"}};
    const model::Compiled c = compile(m);
    const model::Data asimov = c.likelihood->expected_data(std::vector<double>{0.7});
    EXPECT_EQ(asimov.values, (std::vector<double>{0.7, 0.7 + 0.2}));
    const infer::FitResult fit = infer::fit(*c.likelihood, asimov, {});
    ASSERT_TRUE(fit.minimum.is_usable()) << to_string(model) << fit.minimum.reason;
    EXPECT_NEAR(fit.minimum.x[0], 0.7, 1e-6);
    EXPECT_NEAR(fit.minimum.value, 0.0, 1e-12);
  }
}

TEST(Measurements, ToysHaveTheDistributionOfTheLikelihood) {
  constexpr int n_toys = 40'000;
  // A mean of n draws of standard deviation s is known to s / sqrt(n); five of those.
  const double rounding = 5.0 / std::sqrt(n_toys);
  const spec::SquareMatrix rho{2, {1.0, 0.5, 0.5, 1.0}};
  {
    const model::Compiled c = compile(plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2}, {"b", 2.0, 0.5, 0.5}}, rho));
    double sum = 0.0, product = 0.0, square = 0.0;
    for (int i = 0; i < n_toys; ++i) {
      const model::Data toy =
          c.likelihood->sample(std::vector<double>{1.0, 2.0}, {1, 0, static_cast<std::uint64_t>(i)});
      const double a = (toy.values[0] - 1.0) / 0.2, b = (toy.values[1] - 2.0) / 0.5;
      sum += a;
      product += a * b;
      square += b * b;
    }
    EXPECT_NEAR(sum / n_toys, 0.0, rounding);
    EXPECT_NEAR(product / n_toys, 0.5, 1.2 * rounding);
    EXPECT_NEAR(square / n_toys, 1.0, 1.5 * rounding);
  }
  {
    // A prediction of 1: values above it have it on their lower side.
    const model::Compiled c = compile(plain(ErrorModel::split_normal, {{"a", 1.0, 0.6, 0.2}}));
    double above = 0.0, distance = 0.0;
    for (int i = 0; i < n_toys; ++i) {
      const double a = c.likelihood->sample(std::vector<double>{1.0}, {2, 0, static_cast<std::uint64_t>(i)}).values[0];
      above += a > 1.0 ? 1.0 : 0.0;
      distance += a - 1.0;
    }
    EXPECT_NEAR(above / n_toys, 0.75, 0.5 * rounding);
    EXPECT_NEAR(distance / n_toys, std::sqrt(2.0 / std::numbers::pi) * 0.4, 0.5 * rounding);
  }
  {
    // Correlated split normals against sums over a fine grid of exp(-chi2 / 2).
    const model::Compiled c =
        compile(plain(ErrorModel::split_normal, {{"a", 1.0, 0.6, 0.2}, {"b", 1.0, 0.3, 0.4}}, rho));
    const std::vector<double> truth = {1.0, 1.0};
    double total = 0.0, mean_a = 0.0, mean_ab = 0.0;
    model::Data data = c.observed;
    const auto scratch = c.likelihood->make_scratch();
    for (double a = -2.0; a < 5.0; a += 0.02) {
      for (double b = -2.0; b < 4.0; b += 0.02) {
        data.values = {a, b};
        const double w = std::exp(-c.likelihood->evaluate(truth, data, Derivatives::none, {}, *scratch).value);
        total += w;
        mean_a += w * (a - 1.0);
        mean_ab += w * (a - 1.0) * (b - 1.0);
      }
    }
    double a_sum = 0.0, ab_sum = 0.0;
    for (int i = 0; i < n_toys; ++i) {
      const model::Data toy = c.likelihood->sample(truth, {3, 0, static_cast<std::uint64_t>(i)});
      a_sum += toy.values[0] - 1.0;
      ab_sum += (toy.values[0] - 1.0) * (toy.values[1] - 1.0);
    }
    EXPECT_NEAR(a_sum / n_toys, mean_a / total, 0.6 * rounding);
    EXPECT_NEAR(ab_sum / n_toys, mean_ab / total, 0.6 * rounding);
  }
}

TEST(Measurements, ToysThatHaveNoDistributionAreRefused) {
  spec::Measurements m = plain(ErrorModel::variable_gaussian_2, {{"x", 1.2, 0.2, 0.3, "1", 1.0}});
  m.poi = "mu";
  const model::Compiled c = compile(m);
  EXPECT_TRUE(c.likelihood->why_no_expected_data().empty());
  EXPECT_NE(c.likelihood->why_no_toys().find("variable_gaussian_2 of 'x'"), std::string::npos);
  infer::ToyOptions options;
  options.n_toys = 10;
  const infer::ToyTest test = infer::toy_test(*c.likelihood, c.observed, 1.0, options);
  EXPECT_EQ(test.status, infer::Status::not_defined);
  EXPECT_NE(test.reason.find("no toys can be made"), std::string::npos) << test.reason;
}

TEST(Measurements, ProblemsAreNamedAtTheirPlaces) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2, "kapa + 1"}, {"b", 1.0, 0.2, 0.2, "2 +"}});
  m.parameters = {{.name = "kappa"}};
  const std::string both = problem_of(m);
  EXPECT_NE(both.find("#/measured/0/values/0/prediction: nothing is called 'kapa'"), std::string::npos) << both;
  EXPECT_NE(both.find("did you mean 'kappa'?"), std::string::npos) << both;
  EXPECT_NE(both.find("#/measured/0/values/1/prediction: the expression ends"), std::string::npos) << both;

  EXPECT_NE(problem_of(plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2, "1", 0.5}})).find("no parameter of interest"),
            std::string::npos);
  EXPECT_NE(problem_of(plain(ErrorModel::gaussian, {{"a", 1.0, 1e-200, 0.2}})).find("no gaussian has the errors"),
            std::string::npos);
  EXPECT_NE(problem_of(plain(ErrorModel::generalised_poisson, {{"a", 1.0, 0.01, 2.0}}))
                .find("no generalised_poisson has the errors -0.01 and +2"),
            std::string::npos);
  EXPECT_NE(
      problem_of(plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2}, {"b", 1.0, 0.2, 0.2}}, {2, {1.0, 1.0, 1.0, 1.0}}))
          .find("#/measured/0/correlation: the matrix is not positive definite"),
      std::string::npos);
  EXPECT_NE(problem_of(plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2}, {"a", 2.0, 0.2, 0.2}}))
                .find("there is already a measured value 'a'"),
            std::string::npos);
  EXPECT_NE(problem_of(plain(ErrorModel::gaussian, {{"kappa", 1.0, 0.2, 0.2}}), {.poi = "kapa"})
                .find("did you mean 'kappa'?"),
            std::string::npos);
  spec::Measurements cycle = plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2, "d"}});
  cycle.definitions = {{"d", "e + 1"}, {"e", "d"}};
  EXPECT_NE(problem_of(cycle).find("#/definitions/0/expression: 'e' is defined later"), std::string::npos);
  spec::Measurements outside = plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2, "x"}});
  outside.parameters = {{.name = "x", .initial = 9.0, .is_fixed = true}};
  outside.grids = {{.name = "scan", .axes = {{"x", "", {0.0, 1.0}}}, .values = {0.0, 1.0}}};
  EXPECT_NE(problem_of(outside).find("cannot be inside of the table 'scan'"), std::string::npos);
}

TEST(Measurements, PredictionsThatAreNoNumbersAreNamed) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2, "sqrt(x)"}});
  m.parameters = {{.name = "x"}};
  const model::Compiled c = compile(m);
  EXPECT_EQ(why_infeasible(c, {-1.0}), "the prediction of 'a' at x = -1 is not a finite number");
  const infer::FitResult fit = infer::fit(*c.likelihood, c.observed, {});
  ASSERT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], 1.0, 1e-7);
}

TEST(Measurements, NothingMayDependOnAParameter) {
  spec::Measurements m = plain(ErrorModel::gaussian, {{"a", 1.0, 0.2, 0.2}});
  m.parameters = {{.name = "idle"}};
  const model::Compiled c = compile(m);
  ASSERT_EQ(c.notices.size(), 1U);
  EXPECT_EQ(c.notices[0], "nothing depends on 'idle'");
}

}  // namespace
}  // namespace relume
