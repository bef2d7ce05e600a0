// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Yields and their uncertainties, beside closed forms of counting experiments and beside toys of the parameters.
#include "relume/infer/yields.hpp"

#include <array>
#include <cmath>
#include <random>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "relume/model/channel_mask.hpp"
#include "support/counting.hpp"
#include "support/search.hpp"

namespace relume::infer {
namespace {

using enum spec::ModifierType;
using Names = std::vector<std::string>;

/// Fakes of 50 % and 25 %.
model::Compiled search() { return test::compile(test::search({2.0, 1.5})); }

const ChannelYields& of(const Yields& y, const model::Likelihood& l, const std::string& name) {
  for (const ChannelYields& c : y.channels) {
    if (l.channels()[c.channel].name == name) return c;
  }
  throw std::out_of_range(name);
}

const SampleYields& of(const ChannelYields& c, const std::string& name) {
  for (const SampleYields& s : c.samples) {
    if (s.name == name) return s;
  }
  throw std::out_of_range(name);
}

void expect_yield(const Yield& y, double value, double uncertainty, double tolerance = 1e-9) {
  EXPECT_NEAR(y.value, value, tolerance * (1.0 + std::fabs(value)));
  EXPECT_NEAR(y.uncertainty, uncertainty, tolerance * (1.0 + uncertainty));
}

TEST(Yields, BeforeAFitTheyHaveTheConstraintsAlone) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  for (const Propagation propagation : {Propagation::linear, Propagation::one_sigma}) {  // all effects are linear here
    const Yields y = prefit_yields(l, {.propagation = propagation, .covariance = true});
    ASSERT_TRUE(y.is_usable()) << y.reason;
    EXPECT_FALSE(y.is_postfit);
    const ChannelYields& sr = of(y, l, "SR");
    expect_yield(of(sr, "signal").bins[0], 5.0, 0.0);
    expect_yield(of(sr, "top").bins[0], 20.0, 2.0);
    expect_yield(of(sr, "top").sum, 30.0, 3.0);
    expect_yield(of(sr, "fakes").bins[1], 6.0, 1.5);
    expect_yield(of(sr, "fakes").sum, 10.0, std::hypot(2.0, 1.5));  // bins fluctuate on their own
    expect_yield(sr.background.bins[0], 24.0, std::hypot(2.0, 2.0));
    expect_yield(sr.total.bins[1], 24.0, std::hypot(1.0, 1.5));
    expect_yield(sr.total.sum, 53.0, std::sqrt(9.0 + 4.0 + 2.25));
    EXPECT_TRUE(of(sr, "signal").is_signal);
    EXPECT_FALSE(of(sr, "top").is_signal);
    EXPECT_TRUE(of(y, l, "CR").background.bins.empty());
    expect_yield(y.total, 153.0, std::sqrt(9.0 + 4.0 + 2.25));
    ASSERT_EQ(y.samples.size(), 3u);
    // Bins of CR, SR, SR: channels are sorted.
    ASSERT_EQ(y.covariance.size(), 9u);
    EXPECT_NEAR(y.covariance[4], 8.0, 1e-9);
    EXPECT_NEAR(y.covariance[5], 2.0 * 1.0, 1e-9);  // JES alone
    EXPECT_EQ(y.covariance[0], 0.0);
    EXPECT_NEAR(y.channel_covariance[3], 9.0 + 4.0 + 2.25, 1e-9);
    ASSERT_EQ(y.notes.size(), 1u);
    EXPECT_EQ(y.notes[0], "without constraint, and so without uncertainty before a fit: 'k', 'mu'");
  }
}

TEST(Yields, HeldParametersHaveNoUncertaintyBeforeAFit) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const Yields y = prefit_yields(l, {.fixed = {{*l.find_parameter("JES"), 1.0}, {*l.find_parameter("mu"), 0.0}}});
  expect_yield(of(of(y, l, "SR"), "top").bins[0], 22.0, 0.0);
  expect_yield(of(of(y, l, "SR"), "signal").sum, 0.0, 0.0);
  EXPECT_TRUE(of(of(y, l, "SR"), "signal").is_signal);  // also where it vanishes
  EXPECT_EQ(y.notes[0], "without constraint, and so without uncertainty before a fit: 'k'");
}

TEST(Yields, AControlRegionPredictsTheSignalRegion) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const model::Data controls = model::only_channels(l, c.observed, Names{"CR"}).value();
  const FitResult fit = infer::fit(l, controls, {.fixed = {{*l.poi(), 0.0}}, .covariance = true});
  const Yields y = postfit_yields(l, fit);
  ASSERT_TRUE(y.is_usable()) << y.reason;
  // k = 1.2 +- sqrt(120) / 100, JES and the fakes as their constraints have them.
  const double k = 1.2, sigma = std::sqrt(120.0) / 100.0;
  const ChannelYields& sr = of(y, l, "SR");
  expect_yield(of(sr, "top").bins[0], 20.0 * k, std::hypot(20.0 * sigma, 2.0 * k), 1e-6);
  expect_yield(sr.background.bins[0], 20.0 * k + 4.0, std::sqrt(std::pow(20.0 * sigma, 2) + std::pow(2.0 * k, 2) + 4.0),
               1e-6);
  expect_yield(of(y, l, "CR").total.sum, 120.0, std::sqrt(120.0), 1e-6);
}

TEST(Yields, OfAFitWithoutCovarianceHaveNoUncertainties) {
  const auto c = search();
  const FitResult fit = infer::fit(*c.likelihood, c.observed);
  const Yields y = postfit_yields(*c.likelihood, fit, {.covariance = true});
  ASSERT_TRUE(y.is_usable());
  EXPECT_TRUE(std::isnan(y.total.uncertainty) && std::isnan(y.channels[0].total.bins[0].uncertainty));
  EXPECT_TRUE(y.covariance.empty());
  EXPECT_EQ(y.notes.back(), "no uncertainties: the fit was made without its covariance matrix");
  FitResult failed = fit;
  failed.minimum.status = minimize::MinimumStatus::not_converged;
  EXPECT_EQ(postfit_yields(*c.likelihood, failed).status, Status::fit_failed);
}

TEST(Yields, ChosenChannelsAreSummed) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const Yields y = prefit_yields(l, {.channels = {1}});
  ASSERT_EQ(y.channels.size(), 1u);
  EXPECT_EQ(l.channels()[y.channels[0].channel].name, "SR");
  expect_yield(y.total, 53.0, std::sqrt(9.0 + 4.0 + 2.25));
}

TEST(Yields, ClippedBinsDoNotMove) {
  spec::Workspace ws = test::counting(4.0, -12.0, 0.0);
  ws.channels[0].samples[0].modifiers.push_back({"JES", normsys, spec::NormSysData{0.9, 1.1}});
  const auto c = std::move(model::compile(ws, {.clip_bin_data = 0.5}).value());
  const Yields y = prefit_yields(*c.likelihood);
  expect_yield(y.channels[0].total.bins[0], 0.5, 0.0);
  EXPECT_GT(of(y.channels[0], "background").bins[0].uncertainty, 1.0);
}

TEST(Yields, OfManyBinsAreThoseOfFew) {
  // Parameters of single bins are treated differently in channels of many bins: the sums must not tell.
  const auto make = [](std::size_t n) {
    spec::Workspace ws;
    spec::Numbers nominal, errors, lo, hi, observed;
    for (std::size_t b = 0; b < n; ++b) {
      const double x = 10.0 + static_cast<double>(b % 7);
      nominal.push_back(x);
      errors.push_back(0.1 * x);
      lo.push_back(0.95 * x);
      hi.push_back((1.0 + 0.01 * static_cast<double>(b % 5)) * x);
      observed.push_back(x + 1.0);
    }
    for (const char* name : {"a", "b"}) {
      ws.channels.push_back(
          {name,
           {{"one", nominal, {{"mu", normfactor, {}}, {std::string("stat") + name, staterror, errors}}},
            {"two",
             nominal,
             {{std::string("stat") + name, staterror, errors}, {"JES", histosys, spec::HistoSysData{lo, hi}}}}}});
      ws.observations.push_back({name, observed});
    }
    ws.measurements.push_back({"measurement", "mu", {}});
    return test::compile(ws);
  };
  for (const std::size_t n : {5u, 40u}) {
    const auto c = make(n);
    const model::Likelihood& l = *c.likelihood;
    const FitResult fit = infer::fit(l, c.observed, {.covariance = true});
    const Yields y = postfit_yields(l, fit, {.covariance = true});
    ASSERT_TRUE(y.is_usable());
    // The obvious way: a dense Jacobian of all bins by differences, times the matrix.
    const auto size = static_cast<Eigen::Index>(l.parameters().size()), n_bins = static_cast<Eigen::Index>(2 * n);
    Eigen::MatrixXd jacobian(n_bins, size);
    for (Eigen::Index i = 0; i < size; ++i) {
      std::vector<double> up = fit.minimum.x, down = up;
      up[static_cast<std::size_t>(i)] += 1e-5;
      down[static_cast<std::size_t>(i)] -= 1e-5;
      const auto above = l.expected_data(up).values, below = l.expected_data(down).values;
      for (Eigen::Index b = 0; b < n_bins; ++b)
        jacobian(b, i) = (above[static_cast<std::size_t>(b)] - below[static_cast<std::size_t>(b)]) / 2e-5;
    }
    const Eigen::Map<const Eigen::MatrixXd> covariance(fit.covariance.data(), size, size);
    const Eigen::MatrixXd wanted = jacobian * covariance * jacobian.transpose();
    for (Eigen::Index b = 0; b < n_bins; ++b) {
      const auto place = static_cast<std::size_t>(b);
      EXPECT_NEAR(y.channels[place / n].total.bins[place % n].uncertainty, std::sqrt(wanted(b, b)), 1e-7);
      for (Eigen::Index k = 0; k < n_bins; ++k) {
        EXPECT_NEAR(y.covariance[place * 2 * n + static_cast<std::size_t>(k)], wanted(b, k), 1e-7);
      }
    }
    const auto half = static_cast<Eigen::Index>(n);
    EXPECT_NEAR(y.channels[0].total.sum.uncertainty, std::sqrt(wanted.topLeftCorner(half, half).sum()), 1e-7);
    EXPECT_NEAR(y.total.uncertainty, std::sqrt(wanted.sum()), 1e-6);
    EXPECT_NEAR(y.channel_covariance[1], wanted.topRightCorner(half, half).sum(), 1e-6);
  }
}

TEST(Yields, SpreadAsToysOfTheParametersDo) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const FitResult fit = infer::fit(l, c.observed, {.covariance = true});
  const Yields y = postfit_yields(l, fit);
  const auto n = static_cast<Eigen::Index>(l.parameters().size());
  const Eigen::Map<const Eigen::MatrixXd> covariance(fit.covariance.data(), n, n);
  const Eigen::MatrixXd root = Eigen::LLT<Eigen::MatrixXd>(covariance).matrixL();
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  constexpr int n_toys = 20000;
  double sum = 0.0, squares = 0.0;
  for (int t = 0; t < n_toys; ++t) {
    Eigen::VectorXd z(n);
    for (Eigen::Index i = 0; i < n; ++i) z[i] = normal(random);
    const Eigen::VectorXd shift = root * z;
    std::vector<double> x = fit.minimum.x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += shift[static_cast<Eigen::Index>(i)];
    const model::Data d = l.expected_data(x);
    const double total = d.values[1] + d.values[2];
    sum += total;
    squares += total * total;
  }
  const double spread = std::sqrt(squares / n_toys - std::pow(sum / n_toys, 2));
  // 1 / sqrt(2 n) of the toys is 0.5 %; products of two parameters add less than 2 %.
  EXPECT_NEAR(of(y, l, "SR").total.sum.uncertainty, spread, 0.03 * spread);
}

TEST(Propagate, AnyFunctionOfTheParameters) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const FitResult fit = infer::fit(l, c.observed, {.covariance = true});
  const std::size_t mu = l.poi()->index, k = l.find_parameter("k")->index, n = fit.minimum.x.size();
  const ParameterFunction f = [&](std::span<const double> x) {
    return std::vector<double>{x[mu], x[mu] * x[k], l.expected_data(x).values[1]};
  };
  const Propagated p = propagate(l, fit, f);
  ASSERT_TRUE(p.is_usable()) << p.reason;
  EXPECT_NEAR(p.uncertainties[0], fit.uncertainties[mu], 1e-9);
  const double a = fit.minimum.x[k], b = fit.minimum.x[mu];
  const double product = std::sqrt(a * a * fit.covariance[mu * n + mu] + b * b * fit.covariance[k * n + k] +
                                   2.0 * a * b * fit.covariance[mu * n + k]);
  EXPECT_NEAR(p.uncertainties[1], product, 1e-7);
  EXPECT_NEAR(p.uncertainties[2], of(postfit_yields(l, fit), l, "SR").total.bins[0].uncertainty, 1e-7);
  EXPECT_NEAR(p.covariance[1], a * fit.covariance[mu * n + mu] + b * fit.covariance[mu * n + k], 1e-7);
  const ParameterFunction gradient = [&](std::span<const double> x) {
    std::vector<double> g(n, 0.0);
    g[mu] = 2.0 * x[mu];
    return g;
  };
  const Propagated square = propagate(
      l, fit, [&](std::span<const double> x) { return std::vector<double>{x[mu] * x[mu]}; }, {.gradient = gradient});
  EXPECT_NEAR(square.uncertainties[0], 2.0 * b * fit.uncertainties[mu], 1e-12);
}

TEST(Propagate, WhatCannotBeIsAStatus) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const ParameterFunction one = [](std::span<const double> x) { return std::vector<double>{x[0]}; };
  EXPECT_EQ(propagate(l, infer::fit(l, c.observed), one).status, Status::not_defined);
  const FitResult fit = infer::fit(l, c.observed, {.covariance = true});
  EXPECT_EQ(propagate(l, fit, one, {.gradient = one}).reason, "the function returned 1 numbers, where 5 were due");
  EXPECT_EQ(propagate(l, fit, one, {.step = 0.0}).status, Status::not_defined);
  const Propagated nowhere =
      propagate(l, fit, [](std::span<const double>) { return std::vector<double>{std::nan("")}; });
  EXPECT_EQ(nowhere.status, Status::not_defined);
}

}  // namespace
}  // namespace relume::infer
