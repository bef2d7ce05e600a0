// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/goodness.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <gtest/gtest.h>

#include "relume/edit/workspace.hpp"
#include "support/counting.hpp"

namespace relume::infer {
namespace {

using spec::ModifierType;

double chi2_tail(double t, double degrees) {
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(degrees), t));
}

/// Twice the Poisson deviance, as it is written in books.
double twice_deviance(double n, double nu) { return 2.0 * (nu - n + (n > 0.0 ? n * std::log(n / nu) : 0.0)); }

/// One channel: k times a shape.
spec::Workspace shape(const std::vector<double>& yields, const std::vector<double>& observed) {
  spec::Workspace ws;
  ws.channels.push_back({"channel", {{"sample", {}, {{"k", ModifierType::normfactor, {}}}}}});
  ws.observations.push_back({"channel", {}});
  for (const double y : yields) ws.channels[0].samples[0].data.emplace_back(y);
  for (const double n : observed) ws.observations[0].data.emplace_back(n);
  ws.measurements.push_back({"measurement", "k", {}});
  return ws;
}

Goodness of(const spec::Workspace& ws, const GoodnessOptions& options = {}) {
  const auto compiled = test::compile(ws);
  return goodness(*compiled.likelihood, compiled.observed, options);
}

TEST(Goodness, OneBinHasAClosedForm) {
  const auto compiled = test::compile(test::counting(5.0, 50.0, 63.0));
  const Goodness g = goodness(*compiled.likelihood, compiled.observed, {.fixed = {{*compiled.likelihood->poi(), 0.0}}});
  ASSERT_TRUE(g.is_usable());
  EXPECT_NEAR(g.t, twice_deviance(63.0, 50.0), 1e-12);
  EXPECT_EQ(g.degrees, 1);
  EXPECT_NEAR(*g.p_value, chi2_tail(g.t, 1.0), 1e-14);
  EXPECT_NEAR(*g.bins[0].residual, 13.0 / std::sqrt(50.0), 1e-12);
  EXPECT_NEAR(*g.bins[0].pull, *g.bins[0].residual, 1e-12);  // nothing was fitted
}

TEST(Goodness, AFreeNormalisationTakesOneDegreeAndSharesThePulls) {
  const std::vector<double> yields = {20.0, 30.0, 50.0}, observed = {28.0, 24.0, 53.0};
  const Goodness g = of(shape(yields, observed));
  ASSERT_TRUE(g.is_usable());
  // The fit gives the sum of the events back: k = 105/100. Given the sum, bins are multinomial, and their standardised
  // residuals are (n - nu)/sqrt(nu (1 - nu/N)).
  double t = 0.0;
  for (std::size_t b = 0; b < 3; ++b) {
    const double nu = 1.05 * yields[b];
    t += twice_deviance(observed[b], nu);
    EXPECT_NEAR(*g.bins[b].residual, (observed[b] - nu) / std::sqrt(nu), 1e-6);
    EXPECT_NEAR(*g.bins[b].pull, (observed[b] - nu) / std::sqrt(nu * (1.0 - nu / 105.0)), 1e-6);
    EXPECT_NEAR(*g.bins[b].uncertainty, nu / std::sqrt(105.0), 1e-6);
  }
  EXPECT_NEAR(g.t, t, 1e-9);
  EXPECT_EQ(g.degrees, 2);
  EXPECT_EQ(g.t_constraints, 0.0);
  EXPECT_NEAR(g.channels[0].t, t, 1e-9);
  EXPECT_EQ(g.channels[0].n_bins, 3u);
}

TEST(Goodness, IsChiSquaredForManyEvents) {
  // Residuals of a few sigma at 1e8 events: the next term of the deviance is 1e-4 of them.
  const std::vector<double> yields = {1e8, 2e8, 3e8};
  const std::vector<double> observed = {1e8 + 2e4, 2e8 - 1e4, 3e8 + 3e4};
  const Goodness g = of(shape(yields, observed));
  const double k = (observed[0] + observed[1] + observed[2]) / 6e8;
  double chi2 = 0.0;
  for (std::size_t b = 0; b < 3; ++b) chi2 += std::pow(observed[b] - k * yields[b], 2) / (k * yields[b]);
  EXPECT_NEAR(g.t, chi2, 1e-3);
}

TEST(Goodness, ConstraintsCountAndCancelTheirParameters) {
  spec::Workspace ws = shape({20.0, 30.0}, {28.0, 24.0});
  ws.channels[0].samples[0].modifiers.push_back({"JES", ModifierType::normsys, spec::NormSysData{0.9, 1.1}});
  ws.channels[0].samples[0].modifiers.push_back({"stat", ModifierType::staterror, spec::Numbers{2.0, 0.0}});
  const Goodness g = of(ws);
  EXPECT_EQ(g.n_bins, 2u);
  EXPECT_EQ(g.n_parameters, 3u);  // the second bin's factor is held, since it has no uncertainty
  EXPECT_EQ(g.n_constraints, 2u);
  EXPECT_EQ(g.degrees, 1);
  EXPECT_NEAR(g.t, g.channels[0].t + g.t_constraints, 1e-10);
  EXPECT_GT(g.t_constraints, 0.0);
}

TEST(Goodness, HeldParametersPayNothing) {
  spec::Workspace ws = shape({20.0, 30.0}, {28.0, 24.0});
  const double without = of(ws).t;
  ws.channels[0].samples[0].modifiers.push_back({"JES", ModifierType::normsys, spec::NormSysData{0.9, 1.1}});
  const auto compiled = test::compile(ws);
  const Goodness g = goodness(*compiled.likelihood, compiled.observed,
                              {.fixed = {{*compiled.likelihood->find_parameter("JES"), 1.5}}, .n_toys = 200});
  EXPECT_NEAR(g.t, without, 1e-9);  // the normalisation is free: only the constraint's term could differ
  EXPECT_EQ(g.n_constraints, 0u);
  EXPECT_EQ(g.degrees, 1);
  // Its auxiliary data do not fluctuate: the mean is that of one degree of freedom, not of two.
  const double mean = std::accumulate(g.toys.begin(), g.toys.end(), 0.0) / 200.0;
  EXPECT_NEAR(mean, 1.0, 4.0 * std::sqrt(2.0 / 200.0));
}

TEST(Goodness, FlatDirectionsAndEmptyBinsAreNotCounted) {
  spec::Workspace ws = shape({20.0, 30.0, 0.0}, {28.0, 24.0, 0.0});
  ws.channels[0].samples[0].modifiers.push_back({"k2", ModifierType::normfactor, {}});
  const Goodness g = of(ws);
  ASSERT_TRUE(g.is_usable());
  EXPECT_EQ(g.n_bins, 2u);
  EXPECT_EQ(g.n_parameters, 2u);
  EXPECT_EQ(g.n_flat, 1u);
  EXPECT_EQ(g.degrees, 1);
  EXPECT_FALSE(g.bins[0].pull);  // there is no covariance
  EXPECT_FALSE(g.bins[2].residual);
}

TEST(Goodness, AModelThatFitsEverythingHasNoDegreesOfFreedom) {
  spec::Workspace ws = shape({20.0, 30.0}, {28.0, 24.0});
  ws.channels[0].samples[0].modifiers[0] = {"free", ModifierType::shapefactor, {}};
  ws.measurements[0].poi = "";
  const Goodness g = of(ws);
  ASSERT_TRUE(g.is_usable());
  EXPECT_NEAR(g.t, 0.0, 1e-10);
  EXPECT_EQ(g.degrees, 0);
  EXPECT_FALSE(g.p_value);
  EXPECT_FALSE(g.bins[0].pull);
  EXPECT_FALSE(g.notes.empty());
}

TEST(Goodness, ToysOfOneBinFollowThePoissonDistribution) {
  const auto compiled = test::compile(test::counting(5.0, 4.0, 8.0));
  const Goodness g = goodness(*compiled.likelihood, compiled.observed,
                              {.fixed = {{*compiled.likelihood->poi(), 0.0}}, .n_toys = 20000});
  double exact = 0.0;
  for (int n = 0; n < 60; ++n) {
    if (twice_deviance(n, 4.0) >= twice_deviance(8.0, 4.0) - 1e-9)
      exact += boost::math::pdf(boost::math::poisson(4.0), n);
  }
  ASSERT_TRUE(g.p_toys);
  EXPECT_NEAR(g.p_toys->value, exact, 4.0 * g.p_toys->uncertainty);
  EXPECT_LT(g.p_toys->uncertainty, 0.005);
}

spec::Workspace small_model(const std::vector<double>& observed) {
  spec::Workspace ws = shape({12.0, 20.0, 31.0, 15.0, 9.0}, observed);
  ws.channels[0].samples[0].modifiers.push_back({"norm", ModifierType::normsys, spec::NormSysData{0.8, 1.2}});
  ws.channels[0].samples[0].modifiers.push_back(
      {"tilt", ModifierType::histosys,
       spec::HistoSysData{{14.0, 21.0, 31.0, 14.0, 7.0}, {10.0, 19.0, 31.0, 16.0, 11.0}}});
  ws.channels[0].samples[0].modifiers.push_back(
      {"stat", ModifierType::staterror, spec::Numbers{1.0, 2.0, 2.0, 1.0, 2.0}});
  return ws;
}

TEST(Goodness, PValuesOfToysAreUniform) {
  const auto compiled = test::compile(small_model({12.0, 20.0, 31.0, 15.0, 9.0}));
  const model::Likelihood& likelihood = *compiled.likelihood;
  std::vector<double> truth = initial_point(likelihood), p;
  truth[likelihood.find_parameter("tilt")->index] = 0.6;
  constexpr int n = 100;
  for (std::uint64_t i = 0; i < n; ++i) {
    const model::Data data = likelihood.sample(truth, {.seed = 9, .stream = 0, .index = i});
    const Goodness g = goodness(likelihood, data, {.pulls = false, .n_toys = 150, .seed = i});
    ASSERT_TRUE(g.is_usable()) << g.reason;
    EXPECT_EQ(g.n_failed, 0u);
    p.push_back(g.p_toys->value);
  }
  std::sort(p.begin(), p.end());
  double distance = 0.0;
  for (int i = 0; i < n; ++i) {
    distance = std::max({distance, p[static_cast<std::size_t>(i)] - i / double(n),
                         (i + 1) / double(n) - p[static_cast<std::size_t>(i)]});
  }
  EXPECT_LT(distance, 1.63 / std::sqrt(n));  // 1 % point of Kolmogorov's distribution
}

TEST(Goodness, DoesNotDependOnTheNumberOfThreads) {
  const spec::Workspace ws = small_model({18.0, 14.0, 37.0, 9.0, 12.0});
  const Goodness one = of(ws, {.n_toys = 100, .seed = 4}), three = of(ws, {.n_toys = 100, .seed = 4, .threads = 3});
  EXPECT_EQ(one.toys, three.toys);
  EXPECT_EQ(one.t, three.t);
  EXPECT_NE(one.toys, of(ws, {.n_toys = 100, .seed = 5}).toys);
}

TEST(Goodness, PullsOfToysHaveUnitWidth) {
  const auto compiled = test::compile(small_model({12.0, 20.0, 31.0, 15.0, 9.0}));
  const model::Likelihood& likelihood = *compiled.likelihood;
  const std::vector<double> truth = initial_point(likelihood);
  constexpr int n = 1000;
  double squares[5] = {}, plain[5] = {};
  for (std::uint64_t i = 0; i < n; ++i) {
    const Goodness g = goodness(likelihood, likelihood.sample(truth, {.seed = 2, .stream = 0, .index = i}));
    for (std::size_t b = 0; b < 5; ++b) {
      squares[b] += *g.bins[b].pull * *g.bins[b].pull / n;
      plain[b] += *g.bins[b].residual * *g.bins[b].residual / n;
    }
  }
  // Four standard deviations of the mean of squares, and a few percent that nine events are not many.
  for (std::size_t b = 0; b < 5; ++b) {
    EXPECT_NEAR(squares[b], 1.0, 4.0 * std::sqrt(2.0 / n) + 0.05) << b;
    EXPECT_LT(plain[b], 0.85) << b;
  }
}

TEST(Goodness, SaysWhenItCannotBeComputed) {
  const auto compiled = test::compile(small_model({18.0, 14.0, 37.0, 9.0, 12.0}));
  const std::atomic<bool> stop = true;
  const Goodness g = goodness(*compiled.likelihood, compiled.observed, {.n_toys = 10, .stop = &stop});
  EXPECT_EQ(g.status, Status::interrupted);
  EXPECT_FALSE(g.reason.empty());
}

// ---- channels -------------------------------------------------------------------------------------------------------

spec::Workspace two_channels(double first, double second) {
  spec::Workspace ws = test::counting(5.0, 50.0, first);
  ws.channels[0].name = ws.observations[0].name = "a";
  spec::Workspace other = test::counting(8.0, 20.0, second);
  other.channels[0].name = other.observations[0].name = "b";
  ws.channels.push_back(other.channels[0]);
  ws.observations.push_back(other.observations[0]);
  return ws;
}

Compatibility agreement(const spec::Workspace& ws, const std::vector<std::pair<std::string, double>>& fixed = {}) {
  const edit::SplitByChannel parts = edit::split_by_channel(ws, "mu").value();
  const auto common = test::compile(ws), separate = test::compile(parts.workspace);
  CompatibilityQuestion question{*common.likelihood,   common.observed,   *common.likelihood->poi(),
                                 *separate.likelihood, separate.observed, {}};
  for (const auto& [channel, name] : parts.parameters) {
    question.channels.push_back({channel, *separate.likelihood->find_parameter(name), 0.0, {}});
  }
  std::vector<FixedParameter> held;
  for (const auto& [name, value] : fixed) held.push_back({*common.likelihood->find_parameter(name), value});
  return compatibility(question, held);
}

TEST(Compatibility, CountingExperimentsHaveAClosedForm) {
  const Compatibility c = agreement(two_channels(70.0, 12.0));
  ASSERT_TRUE(c.is_usable()) << c.reason;
  ASSERT_EQ(c.channels.size(), 2u);
  EXPECT_EQ(c.channels[0].channel, "a");
  EXPECT_NEAR(c.channels[0].best, 20.0 / 5.0, 1e-6);
  EXPECT_NEAR(*c.channels[0].uncertainty, std::sqrt(70.0) / 5.0, 1e-6);
  EXPECT_NEAR(c.channels[1].best, -8.0 / 8.0, 1e-6);  // below the bound of the workspace
  EXPECT_NEAR(*c.channels[1].uncertainty, std::sqrt(12.0) / 8.0, 1e-6);
  // Each channel fits its own count exactly, so that t is the deviance of the common fit.
  double lowest = 1e9;
  for (double mu = -2.0; mu < 4.0; mu += 1e-4) {
    lowest = std::min(lowest, twice_deviance(70.0, 50.0 + 5.0 * mu) + twice_deviance(12.0, 20.0 + 8.0 * mu));
  }
  EXPECT_NEAR(c.t, lowest, 1e-6);
  EXPECT_EQ(c.degrees, 1);
  EXPECT_NEAR(*c.p_value, chi2_tail(c.t, 1.0), 1e-14);
}

TEST(Compatibility, ChannelsThatAgreeDo) {
  const Compatibility c = agreement(two_channels(55.0, 28.0));
  EXPECT_NEAR(c.best, 1.0, 1e-6);
  EXPECT_NEAR(c.t, 0.0, 1e-8);
  EXPECT_NEAR(*c.p_value, 1.0, 1e-3);
}

TEST(Compatibility, ChannelsWithoutTheParameterAreLeftOut) {
  spec::Workspace ws = two_channels(70.0, 12.0);
  ws.channels[1].samples[1].data = {0.0};
  const Compatibility c = agreement(ws);
  ASSERT_TRUE(c.is_usable()) << c.reason;
  EXPECT_EQ(c.channels.size(), 1u);
  EXPECT_EQ(c.degrees, 0);
  EXPECT_FALSE(c.p_value);
  EXPECT_EQ(c.notes.size(), 1u);
}

TEST(Compatibility, FlatDirectionsAreNoDegreesOfFreedom) {
  // A free background in one channel: its signal strength cannot be told from it, and the other one sets the common
  // one.
  spec::Workspace ws = two_channels(70.0, 12.0);
  ws.channels[1].samples[0].modifiers.push_back({"k", ModifierType::normfactor, {}});
  ws.measurements[0].parameters.push_back({.name = "k", .bounds = {{{-10.0, 10.0}}}});
  const Compatibility c = agreement(ws);
  ASSERT_TRUE(c.is_usable()) << c.reason;
  EXPECT_NEAR(c.best, 4.0, 1e-5);
  EXPECT_NEAR(c.t, 0.0, 1e-8);
  EXPECT_EQ(c.degrees, 0);
  EXPECT_FALSE(c.p_value);
}

TEST(Compatibility, NeedsAFreeParameter) {
  const Compatibility c = agreement(two_channels(70.0, 12.0), {{"mu", 1.0}});
  EXPECT_EQ(c.status, Status::not_defined);
  EXPECT_NE(c.reason.find("mu"), std::string::npos);
}

}  // namespace
}  // namespace relume::infer
