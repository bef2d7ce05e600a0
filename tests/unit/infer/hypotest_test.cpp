// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Tests and limits against closed forms of a counting experiment: n events, b expected, s signal, no nuisance
// parameter.
#include "relume/infer/hypotest.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "support/counting.hpp"

namespace relume::infer {
namespace {

using spec::ModifierType;

using test::compile;
using test::counting;

/// 2 (L(mu) - L(mu_hat)) with mu_hat >= 0, for n observed.
double q_closed(double mu, double s, double b, double n) {
  const auto nll = [&](double m) {
    const double rate = m * s + b;
    return n > 0.0 ? rate - n * std::log(rate) : rate;
  };
  const double best = std::max(0.0, (n - b) / s);
  return best > mu ? 0.0 : 2.0 * (nll(mu) - nll(best));
}
double cls_closed(double mu, double s, double b, double n) {
  return asymptotic_p_values(TestStatistic::qtilde, q_closed(mu, s, b, n), q_closed(mu, s, b, b)).cls;
}

TEST(HypoTest, CountingExperiment) {
  for (const double n : {0.0, 3.0, 10.0, 55.0}) {
    const auto c = compile(counting(4.0, 12.0, n));
    const HypoTest test = hypotest(*c.likelihood, c.observed, 1.5);
    ASSERT_TRUE(test.is_usable()) << test.reason;
    EXPECT_NEAR(test.q, q_closed(1.5, 4.0, 12.0, n), 1e-9) << n;
    EXPECT_NEAR(test.q_asimov, q_closed(1.5, 4.0, 12.0, 12.0), 1e-9);
    EXPECT_NEAR(test.mu_hat, std::clamp((n - 12.0) / 4.0, 0.0, 10.0), 1e-6);
  }
}

// q and t of a counting experiment with unit Gaussian-like precision: mu-hat = (n - b)/s. CCGV 57, 66 with mu' = 0
// above mu.
TEST(HypoTest, NegativeValuesOfTheParameterOfInterest) {
  const double s = 1000.0, b = 1e6, n = b - 3.0 * s;  // sigma = 1
  const auto c = compile(counting(s, b, n));
  TestOptions options;
  options.statistic = TestStatistic::q;
  const HypoTest test = hypotest(*c.likelihood, c.observed, -1.0, options);
  ASSERT_TRUE(test.is_usable()) << test.reason;
  EXPECT_NEAR(test.mu_hat, -3.0, 1e-6);
  EXPECT_NEAR(test.observed.clsb, normal_cdf(-2.0), 2e-4);
  EXPECT_NEAR(test.observed.clb, normal_cdf(-3.0), 2e-5);  // background-only data have mu-hat below -3 that often
  EXPECT_NEAR(test.expected[2].clb, 0.5, 1e-12);
  for (const TestStatistic tilde : {TestStatistic::qtilde, TestStatistic::ttilde}) {
    options.statistic = tilde;
    EXPECT_EQ(hypotest(*c.likelihood, c.observed, -1.0, options).status, Status::not_defined);
  }
  options.statistic = TestStatistic::q0;
  EXPECT_EQ(hypotest(*c.likelihood, c.observed, 5.0, options).status, Status::not_defined);
}

TEST(HypoTest, TwoSidedStatisticsLookBeyondTheUpperBound) {
  const auto c = compile(counting(5.0, 25.0, 125.0));  // mu-hat = 20, the bound is 10
  TestOptions options;
  options.statistic = TestStatistic::t;
  const HypoTest test = hypotest(*c.likelihood, c.observed, 11.0, options);
  ASSERT_TRUE(test.is_usable()) << test.reason;
  EXPECT_NEAR(test.mu_hat, 20.0, 1e-6);
  const auto nll = [](double mu) { return 5.0 * mu + 25.0 - 125.0 * std::log(5.0 * mu + 25.0); };
  EXPECT_NEAR(test.q, 2.0 * (nll(11.0) - nll(20.0)), 1e-8);
}

TEST(HypoTest, RefusesAFixedParameterOfInterest) {
  auto ws = counting(5.0, 25.0, 30.0);
  spec::ParameterConfig mu;
  mu.name = "mu";
  mu.fixed = true;
  ws.measurements[0].parameters.push_back(mu);
  const auto c = compile(ws);
  EXPECT_EQ(hypotest(*c.likelihood, c.observed, 1.0).status, Status::not_defined);
  EXPECT_EQ(upper_limit(*c.likelihood, c.observed).status, Status::not_defined);
}

TEST(HypoTest, NegativeRatesAreNoAsimovData) {
  spec::Workspace ws = counting(4.0, 12.0, 15.0);
  ws.channels[0].samples[0].data = {-2.0};
  ws.channels[0].samples.push_back({"other", {5.0}, {{"free", ModifierType::normfactor, {}}}});
  spec::ParameterConfig free;
  free.name = "free";
  free.inits = {0.1};
  ws.measurements[0].parameters.push_back(free);
  const auto c = compile(ws);
  TestOptions options;
  options.asimov = Asimov::a_priori;
  const HypoTest test = hypotest(*c.likelihood, c.observed, 1.0, options);
  EXPECT_EQ(test.status, Status::fit_failed);
  EXPECT_NE(test.reason.find("bin 0"), std::string::npos) << test.reason;
}

TEST(UpperLimit, IsARootOfItsOwnCls) {
  for (const double n : {0.0, 5.0, 12.0, 20.0}) {
    const auto c = compile(counting(4.0, 12.0, n));
    const Limit limit = upper_limit(*c.likelihood, c.observed);
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    EXPECT_NEAR(cls_closed(*limit.observed, 4.0, 12.0, n), 0.05, 1e-7) << n;
    for (std::size_t i = 0; i < 5; ++i) {
      const double qa = q_closed(*limit.expected[i], 4.0, 12.0, 12.0);
      EXPECT_NEAR(expected_p_values(TestStatistic::qtilde, qa, band_sigmas[i]).cls, 0.05, 1e-7);
    }
  }
}

TEST(UpperLimit, ScalesWithTheSignalOverFourteenDecades) {
  const auto unit = compile(counting(1.0, 12.0, 15.0));
  const double reference = *upper_limit(*unit.likelihood, unit.observed).observed;
  for (const double s : {1e6, 1e3, 1e-3, 1e-6, 1e-8}) {
    const auto c = compile(counting(s, 12.0, 15.0));
    const Limit limit = upper_limit(*c.likelihood, c.observed);
    ASSERT_TRUE(limit.is_usable()) << s << ": " << limit.reason;
    EXPECT_NEAR(*limit.observed * s, reference, 1e-6 * reference) << s;
    EXPECT_EQ(limit.bounds_widened, *limit.expected[4] > 10.0 || *limit.observed > 10.0);
  }
}

/// background + sigma t, t as free as it likes.
spec::Workspace with_uncertainty(double signal, double background, double sigma, double observed) {
  spec::Workspace ws = counting(signal, background, observed);
  ws.channels[0].samples[0].modifiers.push_back(
      {"t", ModifierType::histosys, spec::HistoSysData{{background - sigma}, {background + sigma}}});
  spec::ParameterConfig t;
  t.name = "t";
  t.bounds = std::vector<spec::ParameterConfig::Bounds>{{-1e6, 1e6}};
  ws.measurements[0].parameters.push_back(t);
  return ws;
}

// The likelihood is so flat at the bound, 10, that the first free fit may end a hair below it; the best fit is
// at 1.7e8. The reference is a bisection with 50 digits.
TEST(UpperLimit, BestFitFarBeyondAnUpperBound) {
  const auto c = compile(with_uncertainty(0.0017134757732623007, 10579.673133079368, 154644.68472906947, 295974.0));
  LimitOptions options;
  options.test.asimov = Asimov::a_priori;
  for (const double tolerance : {1e-7, 1e-10}) {
    options.tolerance = tolerance;
    const Limit limit = upper_limit(*c.likelihood, c.observed, options);
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    EXPECT_NEAR(*limit.observed / 316451090.944, 1.0, 1e-6);
  }
}

// Asimov data of priors do not fit best at mu = 0: here at mu = 136, far beyond the bound. The reference is a bisection
// with 50 digits.
TEST(UpperLimit, BestFitOfAsimovDataBeyondAnUpperBound) {
  spec::Workspace ws = with_uncertainty(0.05, 1.35, 8.04, 9.0);
  ws.constraints_are_priors = true;
  const auto c = compile(ws);
  const Limit limit = upper_limit(*c.likelihood, c.observed);
  ASSERT_TRUE(limit.is_usable()) << limit.reason;
  EXPECT_NEAR(0.05 * *limit.observed / 24.33385266432, 1.0, 1e-6);
  const std::array<double, 5> expected = {15.81209656879, 18.92406898485, 23.68475339765, 30.41359996806,
                                          38.68138316401};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(0.05 * *limit.expected[i] / expected[i], 1.0, 1e-6) << i;
}

// The background-only fit holds the rate at zero, which one sample alone makes: its rounding is no negative rate.
TEST(UpperLimit, NoEventsAndAVarianceAboveTheBackground) {
  for (const auto& [background, sigma] :
       std::vector<std::pair<double, double>>{{0.1, 0.5}, {30.0, 22.0}, {64.2, 94.8}}) {
    const auto c = compile(with_uncertainty(2.0, background, sigma, 0.0));
    const Limit limit = upper_limit(*c.likelihood, c.observed);
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    // Without events q_A is x^2/V up to x = V and 2 x - V from there on.
    const double v = sigma * sigma, a = asimov_significance_at(0.05, 0.0);
    const double events = a < sigma ? a * sigma : 0.5 * (a * a + v);
    EXPECT_NEAR(2.0 * *limit.expected[2] / events, 1.0, 1e-6) << background;
  }
}

TEST(UpperLimit, OtherLevelsAndStatistics) {
  const auto c = compile(counting(4.0, 50.0, 45.0));
  LimitOptions options;
  options.level = 0.9;
  const double at_90 = *upper_limit(*c.likelihood, c.observed, options).observed;
  EXPECT_NEAR(cls_closed(at_90, 4.0, 50.0, 45.0), 0.1, 1e-7);
  // q lets mu-hat go negative: n < b. The statistic then counts from there, and CLs differs from q-tilde's.
  options.test.statistic = TestStatistic::q;
  const Limit q = upper_limit(*c.likelihood, c.observed, options);
  ASSERT_TRUE(q.is_usable()) << q.reason;
  EXPECT_NEAR(q.mu_hat, (45.0 - 50.0) / 4.0, 1e-6);
  for (const TestStatistic s : {TestStatistic::t, TestStatistic::ttilde}) {
    options.test.statistic = s;
    const Limit limit = upper_limit(*c.likelihood, c.observed, options);
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    EXPECT_NEAR(hypotest(*c.likelihood, c.observed, *limit.observed, options.test).observed.cls, 0.1, 1e-6);
  }
}

TEST(UpperLimit, SaysThatASignalChangesNothing) {
  const auto c = compile(counting(0.0, 12.0, 15.0));
  const Limit limit = upper_limit(*c.likelihood, c.observed);
  EXPECT_EQ(limit.status, Status::no_sensitivity);
  EXPECT_FALSE(limit.observed);
  EXPECT_EQ(hypotest(*c.likelihood, c.observed, 1.0).observed.cls, 1.0);
}

TEST(UpperLimit, WidensABoundThatIsInTheWayAndSaysSo) {
  auto ws = counting(4.0, 12.0, 90.0);
  spec::ParameterConfig mu;
  mu.name = "mu";
  mu.bounds = std::vector<spec::ParameterConfig::Bounds>{{0.5, 2.0}};
  ws.measurements[0].parameters.push_back(mu);
  const auto c = compile(ws);
  const Limit limit = upper_limit(*c.likelihood, c.observed);
  ASSERT_TRUE(limit.is_usable()) << limit.reason;
  EXPECT_TRUE(limit.bounds_widened);
  EXPECT_NEAR(limit.mu_hat, (90.0 - 12.0) / 4.0, 1e-5);
  EXPECT_NEAR(cls_closed(*limit.observed, 4.0, 12.0, 90.0), 0.05, 1e-6);
  // A fit keeps the file's bounds.
  EXPECT_NEAR(fit(*c.likelihood, c.observed).minimum.x[0], 2.0, 1e-12);
}

TEST(Significance, CountingExperiment) {
  const auto c = compile(counting(10.0, 20.0, 38.0));
  const Discovery d = significance(*c.likelihood, c.observed);
  ASSERT_TRUE(d.is_usable());
  const auto z = [](double n, double b) { return std::sqrt(2.0 * (n * std::log(n / b) - (n - b))); };  // CCGV 97
  EXPECT_NEAR(d.significance, z(38.0, 20.0), 1e-9);
  EXPECT_NEAR(d.significance_expected, z(30.0, 20.0), 1e-9);
  const auto deficit = compile(counting(10.0, 20.0, 15.0));
  EXPECT_EQ(significance(*deficit.likelihood, deficit.observed).q0, 0.0);
  EXPECT_DOUBLE_EQ(significance(*deficit.likelihood, deficit.observed).p0, 0.5);
}

TEST(Notes, FewEventsAreDoubtful) {
  const auto few = compile(counting(3.0, 1.2, 1.0)), many = compile(counting(3.0, 120.0, 121.0));
  const auto mentions = [](const std::vector<std::string>& notes) {
    return std::any_of(notes.begin(), notes.end(),
                       [](const auto& n) { return n.find("few expected events") != n.npos; });
  };
  EXPECT_TRUE(mentions(hypotest(*few.likelihood, few.observed, 1.0).notes));
  EXPECT_FALSE(mentions(hypotest(*many.likelihood, many.observed, 1.0).notes));
}

// Both variations raise the rate, so the excess is explained by alpha > 0 (weakly) or alpha < 0 (strongly, at less
// cost): two minima, and a fit that starts in the worse one ends in the better one.
TEST(TwoMinima, AreTriedOnBothSidesOfAOneSidedUncertainty) {
  spec::Workspace ws;
  spec::Channel channel{"channel", {}};
  channel.samples.push_back(
      {"background", {1000.0}, {{"alpha", ModifierType::histosys, spec::HistoSysData{{1120.0}, {1060.0}}}}});
  channel.samples.push_back({"signal", {10.0}, {{"mu", ModifierType::normfactor, {}}}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"channel", {1110.0}});
  ws.measurements.push_back({"measurement", "mu", {}});
  const auto c = compile(ws);
  const std::size_t alpha = c.likelihood->find_parameter("alpha")->index, mu = c.likelihood->poi()->index;
  FitOptions options;
  options.fixed = {{ParamId{mu}, 0.0}};
  const auto from = [&](double start) {
    options.start = initial_point(*c.likelihood);
    options.start[alpha] = start;
    return fit(*c.likelihood, c.observed, options);
  };
  const FitResult right = from(1.5), left = from(-1.5);
  ASSERT_TRUE(right.minimum.is_converged() && left.minimum.is_converged());
  EXPECT_LT(left.minimum.x[alpha], -0.5);
  EXPECT_NEAR(right.minimum.x[alpha], left.minimum.x[alpha], 1e-6);
  EXPECT_NEAR(right.twice_nll, left.twice_nll, 1e-9);
}

// Equal variations up and down: at alpha = 0 the gradient is zero and the likelihood curves downwards.
TEST(TwoMinima, ATopBetweenThemIsLeft) {
  spec::Workspace ws = counting(5.0, 100.0, 160.0);
  ws.channels[0].samples[0].modifiers.push_back({"a", ModifierType::normsys, spec::NormSysData{1.5, 1.5}});
  const auto c = compile(ws);
  FitOptions options;
  options.fixed = {{*c.likelihood->poi(), 0.0}};
  const FitResult result = fit(*c.likelihood, c.observed, options);
  ASSERT_TRUE(result.minimum.is_converged()) << result.minimum.reason;
  const std::size_t a = c.likelihood->find_parameter("a")->index;
  // Beyond one sigma, interpolation code 4 is exponential: 100 1.5^|a| + a^2/2 - 160 ln(100 1.5^|a|) is least where
  const double at = std::fabs(result.minimum.x[a]), rate = 100.0 * std::pow(1.5, at);
  ASSERT_GT(at, 1.0);
  EXPECT_NEAR((rate - 160.0) * std::log(1.5) + at, 0.0, 1e-6);
}

spec::Workspace interference() {
  spec::Workspace ws;
  spec::Channel channel{"channel", {}};
  channel.samples.push_back({"background", {5.0, 20.0}, {}});
  channel.samples.push_back({"interference", {-10.0, 30.0}, {{"mu", ModifierType::normfactor, {}}}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"channel", {0.0, 80.0}});
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

// As before, but a free normalisation has to follow before the other side is seen to be lower: up, both bins rise and
// their ratio by 12%; down, one rises, the other falls, and their ratio rises by 20%.
TEST(TwoMinima, AreSeenAlongTheProfile) {
  spec::Workspace ws;
  spec::Channel channel{"channel", {}};
  channel.samples.push_back(
      {"background",
       {1000.0, 1000.0},
       {{"alpha", ModifierType::histosys, spec::HistoSysData{.lo = {1020.0, 850.0}, .hi = {1344.0, 1200.0}}},
        {"k", ModifierType::normfactor, {}}}});
  channel.samples.push_back({"signal", {10.0, 0.0}, {{"mu", ModifierType::normfactor, {}}}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"channel", {1180.0, 1000.0}});
  ws.measurements.push_back({"measurement", "mu", {}});
  const auto c = compile(ws);
  const ParamId alpha = *c.likelihood->find_parameter("alpha");
  FitOptions options;
  options.fixed = {{*c.likelihood->poi(), 0.0}};
  options.start = initial_point(*c.likelihood);
  options.start[alpha.index] = 1.5;
  const FitResult result = fit(*c.likelihood, c.observed, options);
  ASSERT_TRUE(result.minimum.is_converged());
  // All of the profile in alpha lies above.
  double lowest_right = 1e300;
  for (int step = -30; step <= 30; ++step) {
    FitOptions held = options;
    held.fixed.push_back({alpha, 0.1 * step});
    const double value = fit(*c.likelihood, c.observed, held).twice_nll;
    EXPECT_GE(value, result.twice_nll - 1e-9) << "alpha = " << 0.1 * step;
    if (step > 0) lowest_right = std::min(lowest_right, value);
  }
  EXPECT_LT(result.minimum.x[alpha.index], -0.5);
  EXPECT_GT(lowest_right, result.twice_nll + 0.1);
}

// An interference-like sample would drive the empty bin's rate below zero: it is kept at its edge, and named.
TEST(NegativeRates, AnEmptyBinNeverGains) {
  const auto c = compile(interference());
  const FitResult result = fit(*c.likelihood, c.observed);
  ASSERT_TRUE(result.minimum.is_converged()) << result.minimum.reason;
  EXPECT_NEAR(result.minimum.x[0], 0.5, 1e-9);  // 5 - 10 mu = 0, where the second bin would like mu = 2
  EXPECT_NEAR(result.minimum.value, 35.0 - 80.0 - 80.0 * std::log(35.0 / 80.0), 1e-7);
  EXPECT_NE(result.minimum.edge.find("interference"), std::string::npos);
}

// The rate is held: what is left of the uncertainty is that of the direction along the edge, here none.
TEST(NegativeRates, AnEdgeLeavesNoVarianceAcrossIt) {
  const auto c = compile(interference());
  EXPECT_LT(fit(*c.likelihood, c.observed).uncertainties[0], 1e-4);
}

}  // namespace
}  // namespace relume::infer
