// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Posteriors against their closed forms. Monte Carlo: a number must lie within five of its own standard errors, which a
// right sampler misses once in two million, and seeds are fixed.
#include "relume/infer/posterior.hpp"

#include <cmath>

#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/normal.hpp>
#include <gtest/gtest.h>

#include "infer/chain_diagnostics.hpp"
#include "infer/posterior_density.hpp"
#include "relume/model/channel_mask.hpp"
#include "support/counting.hpp"
#include "support/measurements.hpp"

namespace relume::infer {
namespace {

using test::compile;
using test::counting;

constexpr double sigmas = 5.0;

void expect_number(const PosteriorNumber& n, double truth, const char* what) {
  EXPECT_GT(n.error, 0.0) << what;
  EXPECT_NEAR(n.value, truth, sigmas * n.error) << what;
}

Prior prior(ParamId parameter, std::string_view text) { return prior_from_string(parameter, text).value(); }

/// mu * 1 expected, n observed: with a flat prior, mu is Gamma(n + 1) distributed (cut at the bound of 10 mu).
spec::Workspace pure_signal(double n, double upper) {
  spec::Workspace ws = counting(1.0, 0.0, n);
  ws.channels[0].samples.erase(ws.channels[0].samples.begin());
  spec::ParameterConfig config;
  config.name = "mu";
  config.bounds = {{0.0, upper}};
  ws.measurements[0].parameters.push_back(config);
  return ws;
}

TEST(Posterior, OfAPoissonCountIsAGammaDistribution) {
  for (const double n : {0.0, 3.0, 50.0}) {
    const auto c = compile(pure_signal(n, 500.0));
    const Posterior p = posterior(*c.likelihood, c.observed, {.n_samples = 4000});
    ASSERT_TRUE(p.is_usable()) << n << ": " << p.reason;
    const boost::math::gamma_distribution<> truth(n + 1.0);
    const PosteriorParameter& mu = p.parameters[0];
    expect_number(mu.mean, n + 1.0, "mean");
    expect_number(mu.median, quantile(truth, 0.5), "median");
    expect_number(mu.lower, quantile(truth, 0.025), "lower");
    expect_number(mu.upper, quantile(truth, 0.975), "upper");
    EXPECT_NEAR(mu.sd, std::sqrt(n + 1.0), 0.05 * std::sqrt(n + 1.0));
    ASSERT_TRUE(p.upper_limit);
    expect_number(*p.upper_limit, quantile(truth, 0.95), "limit");  // without events: -ln(0.05)
    EXPECT_EQ(mu.prior, "flat on [0, 500]");
    // The shortest interval of Gamma(1) begins at zero.
    if (n == 0.0) {
      EXPECT_LT(mu.shortest_lower, 0.01);
      EXPECT_NEAR(mu.shortest_upper, quantile(truth, 0.95), 0.2);
    }
  }
}

TEST(Posterior, KnowsTheLogDensity) {
  const auto c = compile(pure_signal(3.0, 500.0));
  const Posterior p = posterior(*c.likelihood, c.observed, {.n_samples = 50});
  for (std::size_t i = 0; i < 50; ++i) {
    const double mu = p.draw(2, i, 0);
    EXPECT_NEAR(p.stats.log_density[2 * 50 + i], 3.0 * std::log(mu) - mu - std::log(6.0), 1e-12);
  }
}

TEST(Posterior, OfPriorsAlone) {
  // No expected signal: the data say nothing, and the posterior is the prior within its range.
  const auto c = compile(counting(1e-9, 5.0, 5.0));
  const ParamId mu = *c.likelihood->poi();
  const auto sample = [&](std::string_view text) {
    return posterior(*c.likelihood, c.observed, {.priors = {prior(mu, text)}, .n_samples = 4000});
  };
  const Posterior flat = sample("flat:-3,5");
  ASSERT_TRUE(flat.is_usable()) << flat.reason;
  expect_number(flat.parameters[0].mean, 1.0, "flat");
  expect_number(flat.parameters[0].lower, -3.0 + 8.0 * 0.025, "flat");
  const Posterior log_flat = sample("log-flat:0.1,10");
  ASSERT_TRUE(log_flat.is_usable()) << log_flat.reason;
  expect_number(log_flat.parameters[0].median, 1.0, "log-flat");
  expect_number(log_flat.parameters[0].upper, 0.1 * std::pow(100.0, 0.975), "log-flat");
  const Posterior exponential = sample("exponential:0.5");
  ASSERT_TRUE(exponential.is_usable()) << exponential.reason;
  expect_number(exponential.parameters[0].mean, 0.5, "exponential");
  expect_number(*exponential.upper_limit, 0.5 * std::log(20.0), "exponential");
  const boost::math::normal_distribution<> standard;
  const Posterior half = sample("half-normal:2");
  ASSERT_TRUE(half.is_usable()) << half.reason;
  expect_number(*half.upper_limit, 2.0 * quantile(standard, 0.975), "half-normal");
  const Posterior cut = sample("normal:-1,1");  // what is left above the bound at 0
  ASSERT_TRUE(cut.is_usable()) << cut.reason;
  const double above = 1.0 - cdf(standard, 1.0);
  expect_number(cut.parameters[0].median, quantile(standard, 1.0 - 0.5 * above) - 1.0, "cut");
  EXPECT_EQ(cut.parameters[0].prior, "normal(-1, 1) on [0, 10]");
}

/// Without data in the way, a constrained parameter keeps the density that its auxiliary measurement gives it.
TEST(Posterior, OfConstraints) {
  spec::Workspace ws = counting(1.0, 1e-6, 0.0);
  ws.channels[0].samples[0].modifiers.push_back({"sys", spec::ModifierType::normsys, spec::NormSysData{0.9, 1.1}});
  ws.channels[0].samples[0].modifiers.push_back({"mc", spec::ModifierType::shapesys, spec::Numbers{0.5e-6}});
  const auto c = compile(ws);
  const Posterior p = posterior(*c.likelihood, c.observed, {.n_samples = 4000});
  ASSERT_TRUE(p.is_usable()) << p.reason;
  ASSERT_EQ(p.parameters.size(), 3u);
  for (const PosteriorParameter& q : p.parameters) {
    const std::string& name = c.likelihood->parameters()[q.parameter.index].name;
    if (name == "sys") {
      expect_number(q.mean, 0.0, "normal");
      expect_number(q.upper, 1.959963984540054, "normal");
      EXPECT_EQ(q.prior, "normal(0, 1) of its constraint on [-5, 5]");
    } else if (name != "mu") {  // relative uncertainty 0.5: a count of 4, and Gamma(5) / 4
      const boost::math::gamma_distribution<> truth(5.0, 0.25);
      expect_number(q.mean, 1.25, "gamma");
      expect_number(q.lower, quantile(truth, 0.025), "gamma");
      expect_number(q.upper, quantile(truth, 0.975), "gamma");
      EXPECT_EQ(q.prior, "gamma(shape 5, rate 4) of its constraint on [1e-10, 10]");
    }
  }
}

TEST(Posterior, DoesNotDependOnThreads) {
  const auto c = compile(counting(4.0, 12.0, 14.0));
  const Posterior one = posterior(*c.likelihood, c.observed, {.n_samples = 200, .threads = 1});
  const Posterior three = posterior(*c.likelihood, c.observed, {.n_samples = 200, .threads = 3});
  EXPECT_EQ(one.draws, three.draws);
  EXPECT_EQ(one.stats.energy, three.stats.energy);
  const Posterior other = posterior(*c.likelihood, c.observed, {.n_samples = 200, .seed = 1});
  EXPECT_NE(one.draws, other.draws);
  // Chains have their own numbers.
  EXPECT_NE(one.draw(0, 100, 0), one.draw(1, 100, 0));
}

TEST(Posterior, QuestionsWithoutAnAnswer) {
  const auto c = compile(counting(4.0, 12.0, 14.0));
  const ParamId mu = *c.likelihood->poi();
  const auto reason_of = [&](PosteriorOptions options) {
    const Posterior p = posterior(*c.likelihood, c.observed, options);
    EXPECT_EQ(p.status, Status::not_defined);
    EXPECT_TRUE(p.draws.empty());
    return p.reason;
  };
  EXPECT_EQ(reason_of({.n_samples = 0}), "no samples were asked for");
  EXPECT_EQ(reason_of({.n_chains = 0}), "no chains were asked for");
  EXPECT_EQ(reason_of({.level = 1.0}), "a probability level lies between 0 and 1");
  EXPECT_EQ(reason_of({.fixed = {{mu, 1.0}}}), "every parameter is held: there is nothing to sample");
  EXPECT_EQ(reason_of({.fixed = {{mu, 1.0}}, .priors = {prior(mu, "flat")}}), "'mu' is held: it has no prior");
  EXPECT_EQ(reason_of({.priors = {prior(mu, "flat"), prior(mu, "flat")}}), "'mu' was given two priors");
  Prior endless;
  endless.parameter = mu;
  endless.upper = std::numeric_limits<double>::infinity();
  EXPECT_NE(reason_of({.priors = {endless}}).find("improper"), std::string::npos);
  EXPECT_NE(reason_of({.priors = {prior(mu, "log-flat")}}).find("improper"), std::string::npos);
  EXPECT_NE(reason_of({.priors = {prior(mu, "flat:3,3")}}).find("empty range"), std::string::npos);
  EXPECT_NE(reason_of({.priors = {prior(mu, "normal:0,0")}}).find("standard deviation"), std::string::npos);
  EXPECT_NE(reason_of({.priors = {prior(mu, "exponential:-1")}}).find("mean"), std::string::npos);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(posterior(*c.likelihood, c.observed, {.stop = &stop}).status, Status::interrupted);
}

TEST(Posterior, TooFewDrawsAreSaidToBe) {
  const auto c = compile(counting(4.0, 12.0, 14.0));
  const Posterior p = posterior(*c.likelihood, c.observed, {.n_samples = 30});
  EXPECT_EQ(p.status, Status::not_converged);
  EXPECT_NE(p.reason.find("of 'mu', 400 are needed"), std::string::npos) << p.reason;
  EXPECT_FALSE(p.upper_limit);
  EXPECT_EQ(p.draws.size(), 4u * 30u);
  const Posterior one = posterior(*c.likelihood, c.observed, {.n_chains = 1, .n_samples = 1, .n_warmup = 0});
  EXPECT_EQ(one.status, Status::not_converged);
}

TEST(PriorFromString, RefusesWhatIsNone) {
  for (const char* text : {"", "gauss:0,1", "normal", "normal:1", "normal:0,x", "flat:1", "flat:0,inf", "exponential",
                           "half-normal:1,2", "flat:0,1,2", "normal:0,,1"}) {
    EXPECT_FALSE(prior_from_string({}, text)) << text;
  }
  const Prior p = prior({7}, "log-flat:0.5,2");
  EXPECT_EQ(p.parameter.index, 7u);
  EXPECT_EQ(p.kind, PriorKind::log_flat);
  EXPECT_EQ(*p.lower, 0.5);
  EXPECT_EQ(*p.upper, 2.0);
}

/// Every map: its derivatives are those of x(y), the Jacobian that of x, and y_of its inverse.
TEST(Coordinate, MapsAreConsistent) {
  using Map = Coordinate::Map;
  for (const Map map : {Map::none, Map::lower, Map::upper, Map::both}) {
    const Coordinate c{0, map, -1.0, 4.0, 0.7};
    for (const double y : {-6.0, -1.3, 0.0, 0.4, 3.0}) {
      constexpr double h = 1e-4;  // central differences: relative errors of h^2
      const auto at = c.at(y), up = c.at(y + h), down = c.at(y - h);
      EXPECT_NEAR(at.slope, (up.x - down.x) / (2.0 * h), 1e-7);
      EXPECT_NEAR(at.curvature, (up.slope - down.slope) / (2.0 * h), 1e-7);
      EXPECT_NEAR(at.log_slope, std::log(at.slope), 1e-12);
      EXPECT_NEAR(at.log_slope_slope, (up.log_slope - down.log_slope) / (2.0 * h), 1e-7);
      EXPECT_NEAR(at.log_slope_curvature, (up.log_slope_slope - down.log_slope_slope) / (2.0 * h), 1e-7);
      EXPECT_NEAR(c.y_of(at.x), y, 1e-8);
      const bool is_above = map == Map::lower || map == Map::both, is_below = map == Map::upper || map == Map::both;
      EXPECT_TRUE(!is_above || at.x > c.lower);
      EXPECT_TRUE(!is_below || at.x < c.upper);
    }
  }
}

TEST(PosteriorDensity, GradientAndHessianAreThoseOfThePotential) {
  spec::Workspace ws = counting(4.0, 12.0, 14.0);
  ws.channels[0].samples[0].modifiers.push_back({"sys", spec::ModifierType::normsys, spec::NormSysData{0.9, 1.2}});
  ws.channels[0].samples[0].modifiers.push_back({"mc", spec::ModifierType::shapesys, spec::Numbers{3.0}});
  const auto c = compile(ws);
  using Map = Coordinate::Map;
  std::vector<Coordinate> coordinates;
  std::vector<Prior> priors(3);
  const std::array maps = {Map::lower, Map::both, Map::upper};
  for (std::uint32_t i = 0; i < 3; ++i) {
    const model::Parameter& p = c.likelihood->parameters()[i];
    coordinates.push_back({i, maps[i], p.lower, p.upper, 0.8});
  }
  priors[0] = prior({0}, "half-normal:1");
  PosteriorDensity density(*c.likelihood, c.observed, initial_point(*c.likelihood), coordinates, priors);
  Eigen::VectorXd y = density.y_of(std::vector{0.7, 0.3, 1.1}), gradient(3), other(3), ignored(3);
  Eigen::MatrixXd hessian(3, 3);
  const double value = density.evaluate(y, gradient, hessian);
  EXPECT_DOUBLE_EQ(density.evaluate(y, other), value);
  for (Eigen::Index i = 0; i < 3; ++i) {
    constexpr double h = 1e-5;
    Eigen::VectorXd up = y, down = y, up_gradient(3), down_gradient(3);
    up[i] += h;
    down[i] -= h;
    const double above = density.evaluate(up, up_gradient), below = density.evaluate(down, down_gradient);
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * h), 1e-6 * (1.0 + std::fabs(gradient[i])));
    EXPECT_DOUBLE_EQ(gradient[i], other[i]);
    for (Eigen::Index k = 0; k < 3; ++k) {
      EXPECT_NEAR(hessian(k, i), (up_gradient[k] - down_gradient[k]) / (2.0 * h),
                  1e-6 * (1.0 + std::fabs(hessian(k, i))));
    }
  }
}

// The counts say nothing beside the constraint: what is left of theta is Student's t itself, whose quartile with two
// degrees of freedom is sqrt(2/3) p (p = 3/4: 0.81650).
TEST(Posterior, OfAnErrorOnTheErrorIsStudentsT) {
  const auto c =
      model::compile(test::measurements({10.0}, 100.0, 10.0), {.errors_on_errors = {{"theta0", 0.5}}}).value();
  const Posterior p = posterior(*c.likelihood, c.observed, {.fixed = {}, .n_samples = 4000});
  const auto theta = std::find_if(p.parameters.begin(), p.parameters.end(), [&](const PosteriorParameter& one) {
    return one.parameter == *c.likelihood->find_parameter("theta0");
  });
  ASSERT_NE(theta, p.parameters.end());
  EXPECT_EQ(theta->prior, "student-t(2 degrees of freedom, location 0, scale 1) of its constraint on [-50, 50]");
  const PosteriorNumber quartile =
      quantile(draws_of(p, static_cast<std::size_t>(theta - p.parameters.begin())), p.chains.size(), 0.75);
  expect_number(quartile, std::sqrt(2.0 / 3.0), "quartile");
}

TEST(Posterior, WhatActsInMaskedChannelsOnlyIsHeld) {
  using enum spec::ModifierType;
  spec::Workspace ws;
  ws.channels.push_back({"CR", {{"top", {100.0}, {{"k", normfactor, {}}}}}});
  ws.channels.push_back(
      {"SR", {{"signal", {5.0}, {{"mu", normfactor, {}}}}, {"top", {20.0}, {{"free", normfactor, {}}}}}});
  ws.observations = {{"CR", {120.0}}, {"SR", {24.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  const auto c = compile(ws);
  const model::Likelihood& likelihood = *c.likelihood;
  const model::Data masked = model::mask_channels(likelihood, c.observed, std::vector<std::string>{"SR"}).value();
  const Posterior on_mu = posterior(likelihood, masked);
  EXPECT_EQ(on_mu.status, Status::no_sensitivity);
  EXPECT_NE(on_mu.reason.find("'mu' acts in masked channels only"), std::string::npos) << on_mu.reason;
  EXPECT_FALSE(on_mu.upper_limit);
  const Posterior others = posterior(likelihood, masked, {.fixed = {{*likelihood.poi(), 1.0}}});
  ASSERT_TRUE(others.is_usable()) << others.reason;
  EXPECT_FALSE(others.upper_limit);
  ASSERT_EQ(others.parameters.size(), 1u);
  EXPECT_EQ(others.parameters[0].parameter, *likelihood.find_parameter("k"));
  expect_number(others.parameters[0].mean, 1.21, "k");  // Gamma(121, 100)
  ASSERT_EQ(others.notes.size(), 1u);
  EXPECT_EQ(others.notes[0], "'free' acts in masked channels only, and was held at its initial value");
}

}  // namespace
}  // namespace relume::infer
