// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How often intervals and limits hold the truth. Ensemble: frequentist toys (main and auxiliary data fluctuate around
// what the model predicts at the true values), seed 1, nuisance parameters true at their initial values. The table that
// is printed is the one of docs/concepts/coverage.md.
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <string>

#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/roots.hpp>
#include <gtest/gtest.h>

#include "relume/base/parallel.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/posterior.hpp"
#include "support/counting.hpp"

namespace relume::infer {
namespace {

using spec::ModifierType;

/// A signal region of four bins and a control region, both with many events; two systematic uncertainties, a free
/// background, Monte Carlo statistics.
spec::Workspace small_search(double scale) {
  spec::Workspace ws;
  const auto scaled = [&](std::initializer_list<double> values) {
    spec::Numbers numbers;
    for (const double v : values) numbers.push_back(scale * v);
    return numbers;
  };
  const spec::Modifier free{"k", ModifierType::normfactor, {}};
  const auto jes = [](double lo, double hi) {
    return spec::Modifier{"JES", ModifierType::normsys, spec::NormSysData{lo, hi}};
  };
  spec::Channel sr{"SR", {}}, cr{"CR", {}};
  sr.samples.push_back(
      {"signal", scaled({8.0, 12.0, 9.0, 3.0}), {{"mu", ModifierType::normfactor, {}}, jes(0.97, 1.03)}});
  sr.samples.push_back({"top", scaled({60.0, 45.0, 30.0, 18.0}), {free, jes(0.93, 1.08)}});
  sr.samples.back().modifiers.push_back({"stat", ModifierType::staterror, scaled({1.5, 1.2, 1.0, 0.8})});
  sr.samples.push_back(
      {"fakes", scaled({10.0, 6.0, 4.0, 2.0}), {{"fakes", ModifierType::shapesys, scaled({2.0, 1.5, 1.0, 0.6})}}});
  cr.samples.push_back({"top", scaled({500.0}), {free, jes(0.96, 1.05)}});
  ws.channels = {sr, cr};
  ws.observations = {{"SR", scaled({78.0, 63.0, 43.0, 23.0})}, {"CR", scaled({500.0})}};
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

/// Ten channels of four bins, each with its own gammas, and five systematic uncertainties across all: 46 parameters.
spec::Workspace medium_search() {
  spec::Workspace ws;
  for (int c = 0; c < 10; ++c) {
    const std::string name = "channel_" + std::to_string(c);
    spec::Channel channel{name, {}};
    spec::Numbers signal, background, width, total;
    for (int b = 0; b < 4; ++b) {
      const double s = 2.0 + 0.5 * ((c + b) % 5), n = 30.0 + 7.0 * ((3 * c + 5 * b) % 11);
      signal.push_back(s);
      background.push_back(n);
      width.push_back(0.08 * n);
      total.push_back(std::round(n));
    }
    channel.samples.push_back({"signal", signal, {{"mu", ModifierType::normfactor, {}}}});
    channel.samples.push_back({"background", background, {{"u_" + name, ModifierType::shapesys, width}}});
    for (int k = 0; k < 5; ++k) {
      const double effect = 0.01 * ((c + 2 * k) % 5 - 1);
      channel.samples.back().modifiers.push_back(
          {"sys_" + std::to_string(k), ModifierType::normsys, spec::NormSysData{1.0 - effect, 1.0 + 1.1 * effect}});
    }
    ws.channels.push_back(channel);
    ws.observations.push_back({name, total});
  }
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

struct Coverage {
  double n = 0.0;
  std::array<double, 4> share = {};  ///< MINOS 68 %, 95 %, upper limits at 95 % by CLs+b and CLs
  double failed = 0.0;

  double sigma(double nominal) const { return std::sqrt(nominal * (1.0 - nominal) / n); }
};

Coverage study(const char* name, const spec::Workspace& workspace, double mu, std::size_t n_toys) {
  const auto c = test::compile(workspace);
  const model::Likelihood& likelihood = *c.likelihood;
  const ParamId poi = *likelihood.poi();
  std::vector<double> truth = initial_point(likelihood);
  truth[poi.index] = mu;
  std::array<std::atomic<std::size_t>, 4> held = {};
  std::atomic<std::size_t> failed = 0;
  for_each_in_parallel(n_toys, 2, [&] {
    return [&](std::size_t i) {
      const model::Data data = likelihood.sample(truth, {.seed = 1, .stream = 0, .index = i});
      bool is_usable = true;
      std::array<bool, 4> holds = {};
      for (const std::size_t k : {0u, 1u}) {
        const double level = k == 0 ? 0.6826894921370859 : 0.95;
        const Intervals all =
            intervals(likelihood, data, std::array{poi}, {.height = height_at(level), .tolerance = 1e-4});
        is_usable = is_usable && all.is_usable();
        if (!is_usable) break;
        const Interval& interval = all.intervals[0];
        holds[k] = mu >= interval.lower.value_or(mu) && mu <= interval.upper.value_or(mu);
      }
      // The limit lies above the truth where the truth is not excluded.
      const HypoTest test = hypotest(likelihood, data, mu);
      is_usable = is_usable && test.is_usable();
      holds[2] = test.observed.clsb >= 0.05;
      holds[3] = test.observed.cls >= 0.05;
      failed += !is_usable;
      for (std::size_t k = 0; k < 4; ++k) held[k] += is_usable && holds[k];
    };
  });
  Coverage result;
  result.failed = static_cast<double>(failed);
  result.n = static_cast<double>(n_toys) - result.failed;
  for (std::size_t k = 0; k < 4; ++k) result.share[k] = static_cast<double>(held[k]) / result.n;
  std::printf("| %s | %g | %.0f | %.0f | %.1f ± %.1f | %.1f ± %.1f | %.1f ± %.1f | %.1f |\n", name, mu, result.n,
              result.failed, 100.0 * result.share[0], 100.0 * result.sigma(0.683), 100.0 * result.share[1],
              100.0 * result.sigma(0.95), 100.0 * result.share[2], 100.0 * result.sigma(0.95), 100.0 * result.share[3]);
  return result;
}

/// Three standard deviations of the study, and what the asymptotic formulas are off at these counts: half a percent.
void expect_nominal(const Coverage& c) {
  constexpr double formulas = 0.005;
  EXPECT_EQ(c.failed, 0.0);
  EXPECT_NEAR(c.share[0], 0.6827, 3.0 * c.sigma(0.6827) + formulas);
  EXPECT_NEAR(c.share[1], 0.95, 3.0 * c.sigma(0.95) + formulas);
  EXPECT_NEAR(c.share[2], 0.95, 3.0 * c.sigma(0.95) + formulas);
  EXPECT_GE(c.share[3], c.share[2]);
}

TEST(Coverage, IsNominalForManyEventsAwayFromBounds) {
  expect_nominal(study("small search, 10 times the events", small_search(10.0), 1.0, 8000));
  expect_nominal(study("medium search", medium_search(), 1.5, 3000));
}

// With mu_hat below zero the fit ends at the bound, from where the likelihood rises as from its minimum: intervals are
// one-sided there, and CLs lifts its limits on purpose.
TEST(Coverage, NextToABoundIsMore) {
  const Coverage c = study("small search, 10 times the events", small_search(10.0), 0.2, 8000);
  EXPECT_EQ(c.failed, 0.0);
  EXPECT_GT(c.share[3], c.share[2] + 0.005);
  EXPECT_NEAR(c.share[2], 0.95, 3.0 * c.sigma(0.95) + 0.01);
  const Coverage at_zero = study("small search, 10 times the events", small_search(10.0), 0.0, 4000);
  // q-tilde of 0 is 0: nothing excludes zero from above. Half of the data fluctuate down to the bound, where intervals
  // hold it; the others hold it up to one and to two standard deviations: 1/2 + 0.683/2, 1/2 + 0.95/2.
  EXPECT_EQ(at_zero.share[2], 1.0);
  EXPECT_NEAR(at_zero.share[0], 0.5 + 0.6827 / 2.0, 3.0 * at_zero.sigma(0.84) + 0.01);
  EXPECT_NEAR(at_zero.share[1], 0.975, 3.0 * at_zero.sigma(0.975) + 0.005);
}

// A count of mean 6: the coverage of what depends on the count alone is a sum over counts, in steps.
TEST(Coverage, OfFewEventsIsThatOfTheirSteps) {
  const spec::Workspace ws = test::counting(3.0, 3.0, 6.0);
  const Coverage c = study("counting, 3 + 3 events", ws, 1.0, 8000);
  EXPECT_EQ(c.failed, 0.0);
  const auto compiled = test::compile(ws);
  std::array<double, 4> exact = {};
  for (int n = 0; n < 60; ++n) {
    model::Data data = compiled.observed;
    data.values[0] = n;
    const double p = std::exp(-6.0 + n * std::log(6.0) - std::lgamma(n + 1.0));
    for (const std::size_t k : {0u, 1u}) {
      // t at the truth, in closed form: 2 (6 - n + n ln(n/6)), with the fit held at mu >= 0.
      const double best = std::max(3.0, static_cast<double>(n));
      const double t = 2.0 * (6.0 - best - (n > 0 ? n * std::log(6.0 / best) : 0.0));
      exact[k] += t <= height_at(k == 0 ? 0.6826894921370859 : 0.95) ? p : 0.0;
    }
    const HypoTest test = hypotest(*compiled.likelihood, data, 1.0);
    exact[2] += test.observed.clsb >= 0.05 ? p : 0.0;
    exact[3] += test.observed.cls >= 0.05 ? p : 0.0;
  }
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(c.share[k], exact[k], 4.0 * c.sigma(std::min(exact[k], 0.999))) << k;
  EXPECT_GT(std::fabs(exact[2] - 0.95), 0.01);  // the steps show
}

// With a flat prior the upper limit of a count on a known background is the one of CLs (A. Read, J. Phys. G 28 (2002)
// 2693; O. Helene, Nucl. Instrum. Meth. 212 (1983) 319): it covers as much, which is more than it says.
TEST(Coverage, OfBayesianLimitsOfACountIsThatOfCLs) {
  constexpr double s = 3.0, b = 3.0, truth = 1.1, level = 0.95;
  const auto compiled = test::compile(test::counting(s, b, 6.0));
  double bayesian = 0.0, cls = 0.0;
  for (int n = 0; n < 18; ++n) {  // 2e-5 of the probability is left, and nothing of a posterior beyond the range
    model::Data data = compiled.observed;
    data.values[0] = n;
    const Posterior p =
        posterior(*compiled.likelihood, data, {.n_samples = 4000, .seed = 1, .threads = 2, .level = level});
    ASSERT_TRUE(p.is_usable()) << n << ": " << p.reason;
    ASSERT_TRUE(p.upper_limit);
    const auto exact = [&](double mu) {
      return boost::math::gamma_q(n + 1.0, mu * s + b) / boost::math::gamma_q(n + 1.0, b) - (1.0 - level);
    };
    auto steps = std::uintmax_t{100};
    const double limit =
        boost::math::tools::toms748_solve(exact, 0.0, 20.0, boost::math::tools::eps_tolerance<double>(40), steps).first;
    EXPECT_NEAR(p.upper_limit->value, limit, 5.0 * p.upper_limit->error + 1e-3) << n;
    const double weight = std::exp(-(truth * s + b) + n * std::log(truth * s + b) - std::lgamma(n + 1.0));
    if (p.upper_limit->value >= truth) bayesian += weight;
    if (limit >= truth) cls += weight;
  }
  std::printf("| counting, 3 + 3 events, Bayesian limit with a flat prior | %g | sum over counts | %.1f |\n", truth,
              100.0 * bayesian);
  EXPECT_NEAR(bayesian, cls, 1e-9);
  EXPECT_GT(bayesian, level);
  EXPECT_LT(bayesian, 0.999);  // no event is not enough
}

}  // namespace
}  // namespace relume::infer
