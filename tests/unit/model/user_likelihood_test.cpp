// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/user_likelihood.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "relume/infer/contour.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/goodness.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/posterior.hpp"
#include "relume/infer/toys.hpp"
#include "relume/infer/yields.hpp"
#include "relume/model/channel_mask.hpp"
#include "support/dense_hessian.hpp"

namespace relume::model {
namespace {

using math::Derivatives;

/// Gradient and exact Hessian beside central differences of value and gradient.
void expect_exact_derivatives(const Likelihood& l, const Data& data, const std::vector<double>& point,
                              const math::Relaxation& relaxation = {}) {
  constexpr double step = 1e-5;
  const auto scratch = l.make_scratch(), other = l.make_scratch();
  const auto e = l.evaluate(point, data, Derivatives::curvature, relaxation, *scratch);
  ASSERT_EQ(e.status, math::EvaluationStatus::ok) << l.explain(point, *scratch);
  EXPECT_NEAR(e.value, l.evaluate(point, data, Derivatives::none, relaxation, *other).value,
              1e-13 * (1.0 + std::fabs(e.value)));
  const Eigen::MatrixXd h = test::dense_hessian(scratch->curvature, math::Form::exact);
  const std::size_t n = point.size();
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> moved = point;
    moved[i] += step;
    const double up = l.evaluate(moved, data, Derivatives::gradient, relaxation, *other).value;
    const std::vector<double> gradient_up = other->gradient;
    moved[i] -= 2.0 * step;
    const double down = l.evaluate(moved, data, Derivatives::gradient, relaxation, *other).value;
    const double slope = (up - down) / (2.0 * step);
    EXPECT_NEAR(scratch->gradient[i], slope, 1e-6 * (1.0 + std::fabs(slope))) << l.parameters()[i].name;
    for (std::size_t j = 0; j < n; ++j) {
      const double second = (gradient_up[j] - other->gradient[j]) / (2.0 * step);
      EXPECT_NEAR(h.data()[i * n + j], second, 1e-6 * (1.0 + std::fabs(second) + std::fabs(h.data()[i * n + i])))
          << l.parameters()[i].name << ", " << l.parameters()[j].name;
    }
  }
}

/// Two channels that mix all kinds of parameters; nothing in it is linear.
struct Wild {
  static constexpr std::size_t slots = 4;
  template <class T>
  void rates(std::size_t channel, std::span<const T> shared, std::span<const T> own, std::span<T> out) const {
    using std::exp, std::pow;
    const std::size_t n = out.size() / 2;
    T sum = 1.0;
    for (std::size_t k = 0; k < shared.size(); ++k) sum += 0.1 * static_cast<double>(k + 1) * shared[k] * shared[0];
    for (std::size_t b = 0; b < n; ++b) {
      const double size = 3.0 + static_cast<double>(b + channel);
      out[b] = size * shared[0] * exp(0.2 * shared[1]);
      out[n + b] = size * sum * exp(0.3 * own[b] + 0.1 * own[b] * shared[1]) + pow(own[b], 2.0);
    }
  }
};

UserModel wild_model() {
  std::vector<double> correlation = {1.0, 0.4, 0.4, 1.0};
  return {
      .parameters =
          {{.name = "mu", .initial = 1.0, .lower = -5.0, .upper = 10.0},
           {.name = "a", .lower = -5.0, .upper = 5.0, .constraint = UserConstraint::normal(0.1, 0.9)},
           {.name = "b", .lower = -5.0, .upper = 5.0, .constraint = UserConstraint::normal()},
           {.name = "gamma", .initial = 1.0, .lower = 1e-6, .upper = 10.0, .constraint = UserConstraint::poisson(9.0)},
           {.name = "v", .constraint = UserConstraint::gamma_variance(0.0, 1.0, 0.3)},
           {.name = "free", .initial = 0.5},
           {.name = "eps", .constraint = UserConstraint::normal(), .size = 5}},
      // eps[1] is own to bins of both channels, and so private to none; b and eps[4] are correlated.
      .channels = {{.name = "one",
                    .observed = {7.0, 0.0, 12.0},
                    .shared = {"mu", "b", "a"},
                    .own = {"eps[0]", "eps[1]", "eps[2]"},
                    .samples = {"signal", "background"}},
                   {.name = "two",
                    .observed = {9.0, 4.0, 11.0},
                    .shared = {"mu", "gamma", "v", "free", "a", "b"},
                    .own = {"eps[1]", "eps[3]", "eps[4]"},
                    .samples = {"signal", "background"}}},
      .poi = "mu",
      .correlations = {{{"eps[4]", "b"}, {2, correlation}}}};
}

std::vector<double> wild_point(const Likelihood& l) {
  std::vector<double> point;
  for (std::size_t i = 0; i < l.parameters().size(); ++i) {
    point.push_back(l.parameters()[i].initial + 0.1 * std::sin(static_cast<double>(3 * i + 1)));
  }
  return point;
}

TEST(UserLikelihood, DerivativesAreExact) {
  const auto built = binned(Wild{}, wild_model());
  ASSERT_TRUE(built) << to_string(built.errors());
  const Likelihood& l = *built->likelihood;
  expect_exact_derivatives(l, built->observed, wild_point(l));
  // Beyond the domain, as the search sees it: rates below zero in bins with and without events.
  std::vector<double> outside = wild_point(l);
  outside[0] = -3.0;
  expect_exact_derivatives(l, built->observed, outside, {.penalty = 1.0, .floor = 0.1});
  std::size_t n_private = l.layout().privates.size();
  EXPECT_EQ(n_private, 3u);  // eps[0], eps[2], eps[3]
}

TEST(UserLikelihood, DerivativesAreExactWithMaskedChannels) {
  const auto built = binned(Wild{}, wild_model());
  const Likelihood& l = *built->likelihood;
  const std::vector<std::string> names = {"one"};
  const Data data = mask_channels(l, built->observed, names).value();
  const auto scratch = l.make_scratch();
  l.evaluate(wild_point(l), built->observed, Derivatives::curvature, {}, *scratch);  // leaves nothing behind
  expect_exact_derivatives(l, data, wild_point(l));
  const auto e = l.evaluate(wild_point(l), data, Derivatives::curvature, {}, *scratch);
  ASSERT_EQ(e.status, math::EvaluationStatus::ok);
  const Eigen::MatrixXd again = test::dense_hessian(scratch->curvature, math::Form::exact);
  const auto fresh = l.make_scratch();
  l.evaluate(wild_point(l), data, Derivatives::curvature, {}, *fresh);
  EXPECT_EQ(again, test::dense_hessian(fresh->curvature, math::Form::exact));
  const std::vector<std::string> other = {"two"};
  const auto idle = l.idle_parameters(mask_channels(l, built->observed, other).value());
  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(l.parameters()[idle[0]].name, "free");
}

TEST(UserLikelihood, SemidefiniteFormHasNoNegativeCurvature) {
  const auto built = binned(Wild{}, wild_model());
  const Likelihood& l = *built->likelihood;
  const auto scratch = l.make_scratch();
  l.evaluate(wild_point(l), built->observed, Derivatives::curvature, {}, *scratch);
  const std::size_t n = l.parameters().size();
  std::vector<double> v(n), out(n);
  for (int k = 0; k < 200; ++k) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i)
      v[i] = std::sin(1.7 * static_cast<double>(i) + 0.9 * k * static_cast<double>(i + 1));
    scratch->curvature.multiply(v, out, math::Form::semidefinite);
    for (std::size_t i = 0; i < n; ++i) sum += v[i] * out[i];
    EXPECT_GE(sum, 0.0);
  }
}

struct Wide : Wild {
  static constexpr std::size_t slots = 8;
};

TEST(UserLikelihood, MoreSlotsChangeNothing) {
  const auto narrow = binned(Wild{}, wild_model()), wide = binned(Wide{}, wild_model());
  const std::vector<double> point = wild_point(*narrow->likelihood);
  const auto one = narrow->likelihood->make_scratch(), other = wide->likelihood->make_scratch();
  narrow->likelihood->evaluate(point, narrow->observed, Derivatives::curvature, {}, *one);
  wide->likelihood->evaluate(point, wide->observed, Derivatives::curvature, {}, *other);
  for (std::size_t i = 0; i < point.size(); ++i) EXPECT_NEAR(one->gradient[i], other->gradient[i], 1e-12);
  const Eigen::MatrixXd a = test::dense_hessian(one->curvature, math::Form::exact),
                        b = test::dense_hessian(other->curvature, math::Form::exact);
  EXPECT_TRUE(((a - b).array().abs() <= 1e-12 * (1.0 + a.array().abs())).all()) << a << "\n\n" << b;
}

TEST(UserLikelihood, PredictionSlopesAreThoseOfDifferences) {
  const auto built = binned(Wild{}, wild_model());
  const Likelihood& l = *built->likelihood;
  const std::vector<double> point = wild_point(l), steps(point.size(), 1e-5);
  const std::vector<double> by_sample = l.expected_by_sample(point), total = l.expected_data(point).values;
  ASSERT_EQ(by_sample.size(), 12u);
  for (std::size_t b = 0; b < 3; ++b) {
    EXPECT_NEAR(total[b], by_sample[b] + by_sample[3 + b], 1e-12);
    EXPECT_NEAR(total[3 + b], by_sample[6 + b] + by_sample[9 + b], 1e-12);
  }
  const auto as_matrix = [&](const PredictionSlopes& slopes) {
    std::vector<double> matrix(by_sample.size() * point.size(), 0.0);
    for (std::size_t r = 0; r < by_sample.size(); ++r) {
      for (std::size_t k = slopes.rows[r]; k < slopes.rows[r + 1]; ++k) {
        matrix[r * point.size() + slopes.parameters[k]] += slopes.slopes[k];
      }
    }
    return matrix;
  };
  const std::vector<double> exact = as_matrix(l.prediction_slopes(point)),
                            differences = as_matrix(l.difference_slopes(point, steps));
  for (std::size_t k = 0; k < exact.size(); ++k) EXPECT_NEAR(exact[k], differences[k], 1e-7);
}

// A HistFactory model written again as a user's template.

/// Per channel and bin: signal mu, background with a normsys (code 1, one-sided factors), a histosys (code 0) and a
/// shapesys.
struct Rewritten {
  template <class T>
  void rates(std::size_t channel, std::span<const T> shared, std::span<const T> own, std::span<T> out) const {
    using std::pow, std::signbit;
    const T mu = shared[0], norm = shared[1], shape = shared[2];
    const T factor = signbit(norm) ? pow(0.85, -norm) : pow(1.1, norm);
    const std::size_t n = out.size() / 2;
    for (std::size_t b = 0; b < n; ++b) {
      const std::size_t i = 2 * channel + b;
      const T shift = signbit(shape) ? shape * (background[i] - down[i]) : shape * (up[i] - background[i]);
      out[b] = factor * own[b] * (background[i] + shift);
      out[n + b] = mu * signal[i];
    }
  }
  std::array<double, 4> background = {40.0, 21.0, 9.0, 3.0}, up = {43.0, 23.0, 10.5, 2.5},
                        down = {38.5, 18.0, 8.0, 3.7};
  std::array<double, 4> signal = {2.0, 5.0, 4.0, 3.0}, uncertainty = {5.0, 3.0, 2.0, 1.0};
};

struct Twins {
  Compiled histfactory, user;
};

Twins make_twins(const std::array<double, 4>& observed) {
  using enum spec::ModifierType;
  const Rewritten r;
  spec::Workspace ws;
  UserModel model;
  model.parameters = {
      {.name = "mu", .initial = 1.0, .lower = 0.0, .upper = 10.0},
      {.name = "norm", .lower = -5.0, .upper = 5.0, .constraint = UserConstraint::normal(), .has_kink = true},
      {.name = "shape", .lower = -5.0, .upper = 5.0, .constraint = UserConstraint::normal(), .has_kink = true}};
  const auto number = [&](const std::array<double, 4>& of, std::size_t c) {
    return spec::Numbers{of[2 * c], of[2 * c + 1]};
  };
  for (std::size_t c = 0; c < 2; ++c) {
    const std::string name = c == 0 ? "first" : "second";
    spec::Sample background{"background", number(r.background, c), {}}, signal{"signal", number(r.signal, c), {}};
    background.modifiers = {
        {"norm", normsys, spec::NormSysData{0.85, 1.1}},
        {"shape", histosys, spec::HistoSysData{{r.down[2 * c], r.down[2 * c + 1]}, {r.up[2 * c], r.up[2 * c + 1]}}},
        {"bins_" + name, shapesys, number(r.uncertainty, c)}};
    signal.modifiers = {{"mu", normfactor, {}}};
    ws.channels.push_back({name, {background, signal}});
    ws.observations.push_back({name, number(observed, c)});
    for (std::size_t b = 0; b < 2; ++b) {
      const double ratio = r.background[2 * c + b] / r.uncertainty[2 * c + b];
      model.parameters.push_back({.name = "bins_" + name + std::to_string(b),
                                  .initial = 1.0,
                                  .lower = 1e-10,
                                  .upper = 10.0,
                                  .constraint = UserConstraint::poisson(ratio * ratio)});
    }
    model.channels.push_back({.name = name,
                              .observed = {observed[2 * c], observed[2 * c + 1]},
                              .shared = {"mu", "norm", "shape"},
                              .own = {"bins_" + name + "0", "bins_" + name + "1"},
                              .samples = {"background", "signal"}});
  }
  ws.measurements.push_back({"measurement", "mu", {}});
  model.poi = "mu";
  CompileOptions options;
  options.normsys = InterpolationCode::code1;
  options.histosys = InterpolationCode::code0;
  return {std::move(compile(ws, options).value()), std::move(binned(r, model).value())};
}

/// The user's name of a parameter of the workspace: "bins_first[0]" is "bins_first0".
std::size_t place_in_user(const Twins& twins, std::size_t i) {
  std::string name = twins.histfactory.likelihood->parameters()[i].name;
  std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
  return twins.user.likelihood->find_parameter(name).value().index;
}

TEST(UserLikelihood, HistFactoryWrittenAgainHasTheSameValues) {
  const Twins twins = make_twins({44.0, 25.0, 13.0, 0.0});
  const Likelihood &h = *twins.histfactory.likelihood, &u = *twins.user.likelihood;
  ASSERT_EQ(h.parameters().size(), u.parameters().size());
  const auto in_h = h.make_scratch(), in_u = u.make_scratch();
  for (const double size : {-1.3, -0.0, 0.0, 0.4, 2.1}) {
    std::vector<double> at_h, at_u(u.parameters().size());
    for (std::size_t i = 0; i < h.parameters().size(); ++i) {
      const Parameter& p = h.parameters()[i];
      at_h.push_back(p.name == "mu" ? 0.8 : p.initial + size * (p.initial == 0.0 ? 1.0 : 0.1));
      at_u[place_in_user(twins, i)] = at_h.back();
    }
    const auto of_h = h.evaluate(at_h, twins.histfactory.observed, Derivatives::curvature, {}, *in_h);
    const auto of_u = u.evaluate(at_u, twins.user.observed, Derivatives::curvature, {}, *in_u);
    EXPECT_NEAR(of_h.value, of_u.value, 1e-12 * std::fabs(of_h.value));
    EXPECT_NEAR(of_h.main, of_u.main, 1e-12 * std::fabs(of_h.main));
    EXPECT_NEAR(h.constant(twins.histfactory.observed), u.constant(twins.user.observed), 1e-12);
    const Eigen::MatrixXd hessian_h = test::dense_hessian(in_h->curvature, math::Form::exact),
                          hessian_u = test::dense_hessian(in_u->curvature, math::Form::exact);
    const std::size_t n = at_h.size();
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = place_in_user(twins, i);
      EXPECT_NEAR(in_h->gradient[i], in_u->gradient[k], 1e-11 * (1.0 + std::fabs(in_h->gradient[i])));
      for (std::size_t j = 0; j < n; ++j) {
        EXPECT_NEAR(hessian_h.data()[i * n + j], hessian_u.data()[k * n + place_in_user(twins, j)],
                    1e-11 * (1.0 + std::fabs(hessian_h.data()[i * n + i])));
      }
    }
  }
}

TEST(UserLikelihood, HistFactoryWrittenAgainHasTheSameFitsLimitsAndYields) {
  // Data with an empty bin, data that pull the kinked parameters, and data that hold them at zero.
  for (const auto& observed : {std::array{44.0, 25.0, 13.0, 0.0}, {30.0, 15.0, 5.0, 2.0}, {40.0, 21.0, 9.0, 3.0}}) {
    const Twins twins = make_twins(observed);
    const Likelihood &h = *twins.histfactory.likelihood, &u = *twins.user.likelihood;
    const auto fit_h = infer::fit(h, twins.histfactory.observed), fit_u = infer::fit(u, twins.user.observed);
    ASSERT_TRUE(fit_h.minimum.is_usable()) << fit_h.minimum.reason;
    ASSERT_TRUE(fit_u.minimum.is_usable()) << fit_u.minimum.reason;
    EXPECT_NEAR(fit_h.twice_nll, fit_u.twice_nll, 1e-9);
    for (std::size_t i = 0; i < h.parameters().size(); ++i) {
      EXPECT_NEAR(fit_h.minimum.x[i], fit_u.minimum.x[place_in_user(twins, i)], 2e-5) << h.parameters()[i].name;
      EXPECT_NEAR(fit_h.uncertainties[i], fit_u.uncertainties[place_in_user(twins, i)], 2e-4);
    }
    const auto limit_h = infer::upper_limit(h, twins.histfactory.observed),
               limit_u = infer::upper_limit(u, twins.user.observed);
    ASSERT_TRUE(limit_h.is_usable()) << limit_h.reason;
    ASSERT_TRUE(limit_u.is_usable()) << limit_u.reason;
    EXPECT_NEAR(*limit_h.observed, *limit_u.observed, 1e-5);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(*limit_h.expected[k], *limit_u.expected[k], 1e-5);
    const auto yields_h = infer::postfit_yields(h, infer::fit(h, twins.histfactory.observed, {.covariance = true}));
    const auto yields_u = infer::postfit_yields(u, infer::fit(u, twins.user.observed, {.covariance = true}));
    ASSERT_TRUE(yields_u.is_usable()) << yields_u.reason;
    ASSERT_EQ(yields_h.samples.size(), yields_u.samples.size());
    const auto goodness = infer::goodness(u, twins.user.observed);
    ASSERT_TRUE(goodness.status == infer::Status::ok) << goodness.reason;
    EXPECT_NEAR(goodness.t, infer::goodness(h, twins.histfactory.observed).t, 1e-8);
  }
}

TEST(UserLikelihood, HistFactoryWrittenAgainHasTheSameToys) {
  const Twins twins = make_twins({44.0, 25.0, 13.0, 2.0});
  const Likelihood &h = *twins.histfactory.likelihood, &u = *twins.user.likelihood;
  // Main data draw from the same places; auxiliary data stand in the order of their parameters.
  const RandomKey key{7, 2, 11};
  const Data toy_h = h.sample(infer::initial_point(h), key), toy_u = u.sample(infer::initial_point(u), key);
  for (std::size_t b = 0; b < 4; ++b) EXPECT_EQ(toy_h.values[b], toy_u.values[b]);
  const infer::ToyOptions options{.n_toys = 300};
  const auto test = infer::toy_test(u, twins.user.observed, 2.0, options);
  ASSERT_TRUE(test.is_usable()) << test.reason;
  EXPECT_EQ(test.tested.n_failed + test.alternative.n_failed, 0u);
  const auto asymptotic = infer::hypotest(u, twins.user.observed, 2.0);
  EXPECT_NEAR(test.observed.clsb.value, asymptotic.observed.clsb, 0.05);  // sqrt(p (1 - p) / 300) is below 0.02
}

struct Counting {
  template <class T>
  void rates(std::size_t, std::span<const T> shared, std::span<const T>, std::span<T> out) const {
    out[0] = shared[0] * 4.0 + shared[1];
  }
};

UserModel counting_model(double observed) {
  return {.parameters = {{.name = "mu", .initial = 1.0, .lower = -10.0, .upper = 10.0},
                         {.name = "b", .initial = 2.0, .constraint = UserConstraint::normal(2.0, 0.5)}},
          .channels = {{.name = "SR", .observed = {observed}, .shared = {"mu", "b"}}},
          .poi = "mu"};
}

TEST(UserLikelihood, EmptyBinsHoldTheirRatesAtZero) {
  const auto built = binned(Counting{}, counting_model(0.0));
  ASSERT_TRUE(built);
  const Likelihood& l = *built->likelihood;
  const auto fit = infer::fit(l, built->observed);
  ASSERT_TRUE(fit.minimum.is_usable()) << fit.minimum.reason;
  EXPECT_NEAR(4.0 * fit.minimum.x[0] + fit.minimum.x[1], 0.0, 1e-7);  // b stays at 2, and mu makes the rate vanish
  EXPECT_NEAR(fit.minimum.x[1], 2.0, 1e-6);
  EXPECT_NE(fit.minimum.edge.find("in channel 'SR' bin 0 (observed 0)"), std::string::npos) << fit.minimum.edge;
}

TEST(UserLikelihood, SaysWhyAPointIsOutsideOfItsDomain) {
  const auto built = binned(Wild{}, wild_model());
  const Likelihood& l = *built->likelihood;
  const auto scratch = l.make_scratch();
  std::vector<double> point = infer::initial_point(l);
  point[0] = -5.0;
  const auto e = l.evaluate(point, built->observed, Derivatives::gradient, {}, *scratch);
  EXPECT_EQ(e.status, math::EvaluationStatus::infeasible);
  EXPECT_EQ(l.explain(point, *scratch),
            "rate -4.5 in channel 'one' bin 0 (observed 7); negative samples: 'signal' -15; pulled down by 'mu'");
}

TEST(UserLikelihood, MistakesAreNamed) {
  const auto first = [](UserModel model) {
    const auto built = binned(Counting{}, std::move(model));
    return built ? "" : to_string(built.error());
  };
  UserModel model = counting_model(3.0);
  model.channels[0].shared = {"mu", "bkg"};
  EXPECT_EQ(first(model), "channel 'SR': no parameter is called 'bkg' (there are: 'mu', 'b')");
  model = counting_model(3.0);
  model.channels[0].own = {"b"};
  EXPECT_EQ(first(model), "channel 'SR': 'b' is shared by all bins and own to one");
  model = counting_model(-3.0);
  EXPECT_EQ(first(model), "channel 'SR': -3 events cannot be observed");
  model = counting_model(3.0);
  model.parameters[1].name = "mu";
  EXPECT_EQ(first(model), "parameter 'mu': there are two parameters of this name");
  model = counting_model(3.0);
  model.parameters[1].constraint.width = 0.0;
  EXPECT_EQ(first(model), "parameter 'b': the width of its constraint must be positive");
  model = counting_model(3.0);
  model.parameters[0].initial = std::numeric_limits<double>::max();
  EXPECT_EQ(first(model), "channel 'SR': the rate of bin 0 is no finite number at the initial values");
}

struct Throws {
  template <class T>
  void rates(std::size_t, std::span<const T> shared, std::span<const T>, std::span<T> out) const {
    if (shared[0] > 1.5) throw std::domain_error("no table beyond 1.5");
    out[0] = shared[0] + shared[1];
  }
};

TEST(UserLikelihood, WhatTheUsersFunctionThrowsIsAReason) {
  const auto built = binned(Throws{}, counting_model(30.0));
  const Likelihood& l = *built->likelihood;
  const auto scratch = l.make_scratch();
  const std::vector<double> point = {2.0, 2.0};
  EXPECT_EQ(l.evaluate(point, built->observed, Derivatives::none, {}, *scratch).status,
            math::EvaluationStatus::not_finite);
  EXPECT_EQ(l.explain(point, *scratch), "the user's function threw: no table beyond 1.5");
  EXPECT_FALSE(infer::fit(l, built->observed).minimum.is_converged());  // the minimum lies beyond
}

/// Rosenbrock's valley in n dimensions, over two: its minimum is at (1, …, 1).
constexpr auto valley = [](auto p) {
  auto sum = 0.0 * p[0];
  for (std::size_t i = 0; i + 1 < p.size(); ++i) {
    const auto along = 1.0 - p[i], across = p[i + 1] - p[i] * p[i];
    sum += 0.5 * (along * along + 100.0 * across * across);
  }
  return sum;
};

TEST(FromValue, DerivativesAreExactForAnyNumberOfParameters) {
  for (const std::size_t n : {2u, 3u, 8u, 9u, 13u}) {
    std::vector<UserParameter> parameters;
    for (std::size_t i = 0; i < n; ++i) parameters.push_back({.name = "x" + std::to_string(i)});
    parameters[1].constraint = UserConstraint::normal(0.5, 2.0);
    const auto built = from_value(parameters, valley);
    ASSERT_TRUE(built) << to_string(built.errors());
    std::vector<double> point;
    for (std::size_t i = 0; i < n; ++i) point.push_back(0.3 * std::cos(static_cast<double>(i)));
    expect_exact_derivatives(*built->likelihood, built->observed, point);
  }
}

TEST(FromValue, IsFittedAndHasIntervals) {
  std::vector<UserParameter> parameters = {{.name = "x", .initial = -1.2, .lower = -10.0, .upper = 10.0},
                                           {.name = "y", .initial = 1.0, .lower = -10.0, .upper = 100.0}};
  const auto built = from_value(parameters, valley, {.poi = "x"});
  const Likelihood& l = *built->likelihood;
  const auto fit = infer::fit(l, built->observed);
  ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], 1.0, 1e-6);
  EXPECT_NEAR(fit.minimum.x[1], 1.0, 1e-5);
  EXPECT_NEAR(fit.uncertainties[0], 1.0, 1e-6);  // y follows x at no cost
  const auto found = infer::intervals(l, built->observed, std::array{*l.poi()});
  ASSERT_TRUE(found.is_usable()) << found.reason;
  EXPECT_NEAR(*found.intervals[0].lower, 0.0, 1e-5);
  EXPECT_NEAR(*found.intervals[0].upper, 2.0, 1e-5);
}

TEST(FromValue, HasContoursAndAPosterior) {
  // A normal distribution around (1, -2) with standard deviations 1 and 2 and correlation 0.6, of which x is also
  // measured as 1 +- 1 by its constraint.
  const auto normal = [](auto p) {
    constexpr double rho = 0.6;
    const auto u = p[0] - 1.0, v = (p[1] + 2.0) / 2.0;
    return 0.5 * (u * u - 2.0 * rho * u * v + v * v) / (1.0 - rho * rho);
  };
  const auto built =
      from_value({{.name = "x", .lower = -20.0, .upper = 20.0, .constraint = UserConstraint::normal(1.0, 1.0)},
                  {.name = "y", .lower = -40.0, .upper = 40.0}},
                 normal);
  const Likelihood& l = *built->likelihood;
  const auto contours = infer::contours(l, built->observed, {ParamId{0}, ParamId{1}});
  ASSERT_TRUE(contours.is_usable()) << contours.reason;
  for (const infer::ContourPoint& at : contours.contours[1].points) {
    const double u = at.x - 1.0, v = (at.y + 2.0) / 2.0;
    const double t = (u * u - 1.2 * u * v + v * v) / 0.64 + u * u;
    EXPECT_NEAR(t, contours.contours[1].height, 1e-3);
  }
  // Precision in u and v: that of the function, and 1 of the constraint.
  const double uu = 1.0 + 1.0 / 0.64, uv = -0.6 / 0.64, vv = 1.0 / 0.64, determinant = uu * vv - uv * uv;
  const auto posterior = infer::posterior(l, built->observed, {.n_samples = 2000});
  ASSERT_TRUE(posterior.is_usable()) << posterior.reason;
  EXPECT_NEAR(posterior.parameters[0].mean.value, 1.0, 5.0 * posterior.parameters[0].mean.error);
  EXPECT_NEAR(posterior.parameters[1].mean.value, -2.0, 5.0 * posterior.parameters[1].mean.error);
  // 8000 draws know a standard deviation to about 2 %.
  EXPECT_NEAR(posterior.parameters[0].sd, std::sqrt(vv / determinant), 0.08);
  EXPECT_NEAR(posterior.parameters[1].sd, 2.0 * std::sqrt(uu / determinant), 0.16);
}

TEST(FromValue, HasNoOtherData) {
  const auto built = from_value({{.name = "x", .constraint = UserConstraint::normal()}},
                                [](auto p) { return p[0] * p[0]; }, {.poi = "x"});
  const auto limit = infer::upper_limit(*built->likelihood, built->observed);
  EXPECT_EQ(limit.status, infer::Status::not_defined);
  EXPECT_EQ(limit.reason,
            "not available: the likelihood is a function of its parameters alone, whose data cannot be changed");
  EXPECT_EQ(infer::toy_test(*built->likelihood, built->observed, 1.0, {.n_toys = 5}).status,
            infer::Status::not_defined);
}

TEST(FromValue, InfinityIsOutsideOfItsDomain) {
  // -ln of an exponential distribution's density at 2, whose rate is positive: best at 1/2.
  const auto built = from_value({{.name = "rate", .initial = 3.0}}, [](auto p) {
    using std::log;
    using T = std::remove_cvref_t<decltype(p[0])>;
    return p[0] > 0.0 ? 2.0 * p[0] - log(p[0]) : T(std::numeric_limits<double>::infinity());
  });
  const Likelihood& l = *built->likelihood;
  const auto fit = infer::fit(l, built->observed);
  ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
  EXPECT_NEAR(fit.minimum.x[0], 0.5, 1e-7);
  const auto scratch = l.make_scratch();
  const std::vector<double> outside = {-1.0};
  EXPECT_EQ(l.evaluate(outside, built->observed, Derivatives::curvature, {}, *scratch).status,
            math::EvaluationStatus::infeasible);
  EXPECT_EQ(l.explain(outside, *scratch), "-ln L is infinite at rate = -1");
}

}  // namespace
}  // namespace relume::model
