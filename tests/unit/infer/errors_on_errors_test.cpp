// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "math/gamma_variance.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/toys.hpp"
#include "support/counting.hpp"
#include "support/measurements.hpp"

namespace relume::infer {
namespace {

model::CompileOptions with_errors(std::size_t n, double e) {
  model::CompileOptions options;
  for (std::size_t i = 0; e > 0.0 && i < n; ++i) options.errors_on_errors["theta" + std::to_string(i)] = e;
  return options;
}

// The counts of these models are large enough to leave the printed digits alone.
constexpr double exact = 1e9;

Interval mean_of(const std::vector<double>& y, double e) {
  const auto compiled = model::compile(test::measurements(y, exact, 11.0), with_errors(y.size(), e)).value();
  const ParamId mean = *compiled.likelihood->poi();
  const Intervals found = intervals(*compiled.likelihood, compiled.observed, {{mean}});
  EXPECT_TRUE(found.is_usable()) << found.reason;
  EXPECT_TRUE(found.intervals.front().lower && found.intervals.front().upper);
  return found.intervals.front();
}

// Means of five measurements with sigma = 1 and their intervals at -2 ln L + 1, computed apart from this program from
// the formula of arXiv:1809.05778, section 3.
TEST(ErrorsOnErrors, ConsistentMeasurements) {
  const std::vector<double> y = {8, 9, 10, 11, 12};
  for (const auto& [e, half_width] : {std::pair{0.0, 0.44721}, {0.001, 0.44721}, {0.2, 0.52618}, {0.4, 0.67407}}) {
    const Interval i = mean_of(y, e);
    EXPECT_NEAR(i.best, 10.0, 1e-5);
    EXPECT_NEAR(*i.upper - i.best, half_width, 1e-5) << e;
    EXPECT_NEAR(i.best - *i.lower, half_width, 1e-5) << e;
  }
}

TEST(ErrorsOnErrors, EqualMeasurements) {
  const std::vector<double> y(5, 10.0);
  for (const auto& [e, half_width] : {std::pair{0.2, 0.43193}, {0.4, 0.39402}}) {
    const Interval i = mean_of(y, e);
    EXPECT_NEAR(i.best, 10.0, 1e-5);
    EXPECT_NEAR(*i.upper - i.best, half_width, 1e-5) << e;
    EXPECT_NEAR(i.best - *i.lower, half_width, 1e-5) << e;
  }
}

TEST(ErrorsOnErrors, AnOutlierIsLetGo) {
  const std::vector<double> y = {10, 10, 10, 10, 20};
  const Interval normal = mean_of(y, 0.0), some = mean_of(y, 0.2), more = mean_of(y, 0.4);
  EXPECT_NEAR(normal.best, 12.0, 1e-4);
  EXPECT_NEAR(*normal.upper - normal.best, 0.4472, 1e-4);
  EXPECT_NEAR(some.best, 10.2859, 1e-4);
  EXPECT_NEAR(*some.lower, 9.7977, 1e-4);
  EXPECT_NEAR(*some.upper, 10.7858, 1e-4);
  EXPECT_NEAR(more.best, 10.0764, 1e-4);
  EXPECT_NEAR(*more.lower, 9.6365, 1e-4);
  EXPECT_NEAR(*more.upper, 10.5263, 1e-4);
}

/// Value of the mean alone, every theta where its measurement puts it.
double value_of_mean(const std::vector<double>& y, double e, double mean) {
  double value = 0.0;
  for (const double one : y) value += math::gamma_variance_term(one - mean, 1.0, e).value;
  return value;
}

TEST(ErrorsOnErrors, TheLowestOfSeveralMinimaIsFound) {
  std::mt19937_64 random(11);
  const auto uniform = [&](double from, double to) { return std::uniform_real_distribution<>(from, to)(random); };
  // The counts' own uncertainty, sqrt(y / events) < 0.02, blurs the value by less than 1e-2; minima are further apart.
  constexpr double events = 1e5, blur = 5e-3;
  int several = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const double centres[] = {uniform(2, 30), uniform(2, 30), uniform(2, 30)};
    std::vector<double> y(2 + random() % 6);
    for (double& one : y) one = centres[random() % 3] + uniform(-1, 1);
    const double e = uniform(0.1, 1.0);
    double lowest = std::numeric_limits<double>::infinity();
    int n_minima = 0;
    double before = lowest, middle = lowest;
    for (double mean = 0.0; mean < 32.0; mean += 1e-2) {
      const double value = value_of_mean(y, e, mean);
      n_minima += middle < before && middle <= value ? 1 : 0;
      before = std::exchange(middle, value);
      lowest = std::min(lowest, value);
    }
    several += n_minima > 1 ? 1 : 0;
    const auto compiled =
        model::compile(test::measurements(y, events, uniform(2, 30)), with_errors(y.size(), e)).value();
    const FitResult result = fit(*compiled.likelihood, compiled.observed);
    ASSERT_TRUE(result.minimum.is_converged()) << trial << ": " << result.minimum.reason;
    const double mean = result.minimum.x[compiled.likelihood->poi()->index];
    EXPECT_LT(value_of_mean(y, e, mean), lowest + blur) << "trial " << trial << ", mean " << mean;
  }
  EXPECT_GT(several, 15);  // or the test asks for nothing
}

/// A counting experiment whose background has an uncertain constraint.
spec::Workspace uncertain_background(double background, double shift, double observed) {
  spec::Workspace ws = test::counting(5.0, background, observed);
  ws.channels[0].samples[0].modifiers.push_back(
      {"theta0", spec::ModifierType::histosys, spec::HistoSysData{{background - shift}, {background + shift}}});
  ws.measurements[0].parameters.push_back({.name = "theta0", .bounds = {{{-50.0, 50.0}}}});
  return ws;
}

TEST(ErrorsOnErrors, AMinimumFarFromTheStartIsFound) {
  // A weak pull over a long way: the constraint holds near its centre, and lets go at a lower value far away.
  std::mt19937_64 random(12);
  const auto uniform = [&](double from, double to) { return std::uniform_real_distribution<>(from, to)(random); };
  int far = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const double background = 400.0, shift = uniform(3.0, 8.0), e = uniform(0.3, 1.0);
    const double observed = std::round(background + shift * uniform(5.0, 30.0));
    const auto compiled = model::compile(uncertain_background(background, shift, observed), with_errors(1, e)).value();
    const FitResult result =
        fit(*compiled.likelihood, compiled.observed, {.fixed = {{*compiled.likelihood->poi(), 0.0}}});
    ASSERT_TRUE(result.minimum.is_converged()) << result.minimum.reason;
    double lowest = std::numeric_limits<double>::infinity(), at = 0.0;
    for (double theta = -10.0; theta < 45.0; theta += 1e-2) {
      const double value =
          math::poisson_deviance(observed, background + shift * theta) + math::gamma_variance_term(theta, 1.0, e).value;
      if (value < lowest) {
        lowest = value;
        at = theta;
      }
    }
    far += at > 3.0 ? 1 : 0;
    EXPECT_NEAR(result.minimum.value, lowest, 1e-4) << "trial " << trial << ", theta " << at;
  }
  EXPECT_GT(far, 20);
  EXPECT_LT(far, 180);
}

TEST(ErrorsOnErrors, SmallOnesAreNormalConstraints) {
  const spec::Workspace ws = uncertain_background(50.0, 5.0, 63.0);
  const auto normal = test::compile(ws);
  const auto gamma = model::compile(ws, with_errors(1, 1e-9)).value();
  const FitResult a = fit(*normal.likelihood, normal.observed), b = fit(*gamma.likelihood, gamma.observed);
  EXPECT_DOUBLE_EQ(a.minimum.value, b.minimum.value);
  for (std::size_t i = 0; i < a.minimum.x.size(); ++i) {
    EXPECT_DOUBLE_EQ(a.minimum.x[i], b.minimum.x[i]);
    EXPECT_NEAR(a.uncertainties[i], b.uncertainties[i], 1e-9 * a.uncertainties[i]);
  }
}

/// All kinds of constraints that can have an error.
spec::Workspace all_kinds() {
  spec::Workspace ws;
  using spec::ModifierType;
  ws.channels.push_back({"channel",
                         {{"background",
                           {50.0, 60.0},
                           {{"lumi", ModifierType::lumi, {}},
                            {"norm", ModifierType::normsys, spec::NormSysData{0.9, 1.2}},
                            {"shape", ModifierType::histosys, spec::HistoSysData{{45.0, 62.0}, {54.0, 59.0}}},
                            {"stat", ModifierType::staterror, spec::Numbers{4.0, 5.0}},
                            {"poisson", ModifierType::shapesys, spec::Numbers{3.0, 6.0}}}},
                          {"signal", {5.0, 12.0}, {{"mu", ModifierType::normfactor, {}}}}}});
  ws.observations.push_back({"channel", {55.0, 80.0}});
  ws.measurements.push_back({"measurement",
                             "mu",
                             {{.name = "lumi",
                               .inits = spec::Numbers{1.0},
                               .bounds = {{{0.5, 1.5}}},
                               .auxdata = spec::Numbers{1.0},
                               .sigmas = spec::Numbers{0.02}}}});
  return ws;
}

const model::CompileOptions every_error{
    .errors_on_errors = {{"lumi", 0.3}, {"norm", 0.2}, {"shape", 0.6}, {"stat", 0.4}}};

TEST(ErrorsOnErrors, DerivativesOfAWholeModelAreThoseOfItsValue) {
  const auto compiled = model::compile(all_kinds(), every_error).value();
  const model::Likelihood& likelihood = *compiled.likelihood;
  const std::size_t n = likelihood.parameters().size();
  std::vector<double> x = initial_point(likelihood);
  for (std::size_t i = 0; i < n; ++i) x[i] += (i % 2 == 0 ? 3.0 : -2.5) * likelihood.parameters()[i].prefit_sigma();
  const auto scratch = likelihood.make_scratch(), other = likelihood.make_scratch();
  likelihood.evaluate(x, compiled.observed, math::Derivatives::curvature, {}, *scratch);
  for (std::size_t i = 0; i < n; ++i) {
    const double h = 1e-5;
    std::vector<double> up = x, down = x, unit(n, 0.0), column(n);
    up[i] += h;
    down[i] -= h;
    const auto at = [&](const std::vector<double>& point) {
      return likelihood.evaluate(point, compiled.observed, math::Derivatives::gradient, {}, *other).value;
    };
    const double above = at(up);
    const std::vector<double> gradient_above = other->gradient;
    const double below = at(down);
    const std::vector<double> gradient_below = other->gradient;
    EXPECT_NEAR(scratch->gradient[i], (above - below) / (2.0 * h), 1e-5 * (1.0 + std::fabs(scratch->gradient[i])));
    unit[i] = 1.0;
    scratch->curvature.multiply(unit, column, math::Form::exact);
    for (std::size_t k = 0; k < n; ++k) {
      EXPECT_NEAR(column[k], (gradient_above[k] - gradient_below[k]) / (2.0 * h), 1e-4 * (1.0 + std::fabs(column[k])));
    }
    EXPECT_GE(scratch->curvature.constraint[i], 0.0);
  }
}

TEST(ErrorsOnErrors, TheirEstimatesAreDataAfterAllOthers) {
  const auto without = test::compile(all_kinds());
  const auto with = model::compile(all_kinds(), every_error).value();
  const std::size_t n = without.observed.values.size();
  ASSERT_EQ(with.observed.values.size(), n + 5);
  EXPECT_TRUE(std::equal(without.observed.values.begin(), without.observed.values.end(), with.observed.values.begin()));
  const model::DataBlock& last = with.likelihood->data_blocks().back();
  EXPECT_EQ(last.name, "stat.variance");
  EXPECT_EQ(last.kind, model::BlockKind::variances);
  EXPECT_EQ(last.size, 2u);
  EXPECT_TRUE(last.is_auxiliary);
  EXPECT_DOUBLE_EQ(with.observed.values[last.first], std::pow(4.0 / 50.0, 2));
}

TEST(ErrorsOnErrors, AsimovDataGiveTheirPointBack) {
  const auto compiled = model::compile(all_kinds(), every_error).value();
  const model::Likelihood& likelihood = *compiled.likelihood;
  std::vector<double> truth = initial_point(likelihood);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const model::Parameter& p = likelihood.parameters()[i];
    if (!p.is_fixed) truth[i] += 0.7 * p.prefit_sigma();
  }
  const model::Data asimov = likelihood.expected_data(truth);
  const FitResult result = fit(likelihood, asimov);
  ASSERT_TRUE(result.minimum.is_converged());
  EXPECT_NEAR(result.minimum.value, 0.0, 1e-12);
  for (std::size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(result.minimum.x[i], truth[i], 1e-6);
}

TEST(ErrorsOnErrors, ToysFluctuateBothEstimates) {
  const auto compiled = model::compile(all_kinds(), every_error).value();
  const model::Likelihood& likelihood = *compiled.likelihood;
  const ParamId norm = *likelihood.find_parameter("norm");
  const model::Constraint& c = likelihood.parameters()[norm.index].constraint;
  std::vector<double> truth = initial_point(likelihood);
  truth[norm.index] = 0.5;
  const model::Data expected = likelihood.expected_data(truth);
  constexpr int n = 5000;
  double u = 0.0, uu = 0.0, v = 0.0, vv = 0.0, uv = 0.0;
  model::Data toy;
  for (int i = 0; i < n; ++i) {
    likelihood.fluctuate(expected, {.seed = 3, .stream = 0, .index = static_cast<std::uint64_t>(i)}, toy);
    const double a = toy.values[c.data_index] - 0.5, b = toy.values[c.variance_index] - 1.0;
    u += a / n;
    uu += a * a / n;
    v += b / n;
    vv += b * b / n;
    uv += a * b / n;
  }
  // Width 1, error 0.2: v = 1 +- 0.4. Four standard deviations each.
  EXPECT_NEAR(u, 0.0, 4.0 / std::sqrt(n));
  EXPECT_NEAR(uu, 1.0, 4.0 * std::sqrt(2.0 / n));
  EXPECT_NEAR(v, 0.0, 4.0 * 0.4 / std::sqrt(n));
  EXPECT_NEAR(vv, 0.16, 4.0 * 0.16 * std::sqrt((2.0 + 24.0 * 0.04) / n));
  EXPECT_NEAR(uv, 0.0, 4.0 * 0.4 / std::sqrt(n));
}

TEST(ErrorsOnErrors, ToysOfBothEnsemblesCanBeFitted) {
  const auto compiled = model::compile(all_kinds(), every_error).value();
  for (const Ensemble ensemble : {Ensemble::frequentist, Ensemble::prior_predictive}) {
    const ToyTest test = toy_test(*compiled.likelihood, compiled.observed, 1.0, {.ensemble = ensemble, .n_toys = 100});
    ASSERT_TRUE(test.is_usable()) << test.reason;
    EXPECT_EQ(test.tested.n_failed + test.alternative.n_failed, 0u);
  }
}

TEST(ErrorsOnErrors, ConstantsAreThoseOfTheDensities) {
  // value + constant is -ln of the Poisson, normal and gamma densities, the variance profiled.
  const auto compiled = model::compile(uncertain_background(50.0, 5.0, 63.0), with_errors(1, 0.3)).value();
  const model::Likelihood& likelihood = *compiled.likelihood;
  const std::vector<double> x = {1.4, 0.2};  // theta0, mu
  ASSERT_EQ(likelihood.parameters()[0].name, "theta0");
  const auto scratch = likelihood.make_scratch();
  const double nll = likelihood.evaluate(x, compiled.observed, math::Derivatives::none, {}, *scratch).value +
                     likelihood.constant(compiled.observed);
  const double rate = 50.0 + 5.0 * 1.4 + 5.0 * 0.2, k = 2.0 * 0.09, a = 1.0 / 0.36;
  const double variance = (1.0 + k * 1.4 * 1.4) / (1.0 + k);
  const double expected = rate - 63.0 * std::log(rate) + std::lgamma(64.0) +
                          0.5 * std::log(2.0 * std::numbers::pi * variance) + 0.5 * 1.4 * 1.4 / variance -
                          a * std::log(a / variance) + std::lgamma(a) + a / variance;
  EXPECT_NEAR(nll, expected, 1e-12 * expected);
}

TEST(ErrorsOnErrors, CanStandInTheWorkspace) {
  spec::Workspace ws = uncertain_background(50.0, 5.0, 63.0);
  ws.measurements[0].parameters[0].error_on_error = 0.25;
  const std::string text = formats::write_json(formats::workspace_to_json(ws));
  EXPECT_NE(text.find("\"error_on_error\": 0.25"), std::string::npos) << text;
  const spec::Workspace again = formats::read_workspace(text, "again").value();
  EXPECT_EQ(again, ws);
  const auto compiled = test::compile(again);
  EXPECT_EQ(compiled.likelihood->parameters()[0].constraint.error_on_error, 0.25);
  const auto other = model::compile(again, with_errors(1, 0.5)).value();
  EXPECT_EQ(other.likelihood->parameters()[0].constraint.error_on_error, 0.5);
}

TEST(ErrorsOnErrors, AreRefusedWhereTheyMeanNothing) {
  const auto complaints = [](const std::map<std::string, double>& errors) {
    model::CompileOptions options;
    options.errors_on_errors = errors;
    const auto compiled = model::compile(all_kinds(), options);
    return compiled ? Errors{} : compiled.errors();
  };
  const Errors all = complaints({{"mu", 0.1}, {"poisson", 0.1}, {"norm", 0.0}, {"shape", 1.5}, {"nothing", 0.1}});
  ASSERT_EQ(all.size(), 5u);
  for (const Error& error : all) {
    EXPECT_EQ(error.where, "errors_on_errors");
    EXPECT_FALSE(error.message.empty());
  }
  EXPECT_TRUE(complaints({{"norm", 1.0}}).empty());
  spec::Workspace ws = all_kinds();
  ws.measurements[0].parameters.push_back({.name = "poisson", .error_on_error = 0.1});
  const auto in_document = model::compile(ws);
  ASSERT_FALSE(in_document);
  EXPECT_EQ(in_document.errors()[0].where, "#/measurements/0/config/parameters/1/error_on_error");
  ws.measurements[0].parameters[1] = {.name = "norm", .error_on_error = 2.0};
  const std::string text = formats::write_json(formats::workspace_to_json(ws));
  const auto read = formats::read_workspace(text, "file");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.errors()[0].where, "file#/measurements/0/config/parameters/1/error_on_error");
}

}  // namespace
}  // namespace relume::infer
