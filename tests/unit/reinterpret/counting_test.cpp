// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Counting experiments in closed form, against the general machinery on the same likelihood as a workspace, closed
// forms of known limits, and published numbers.
#include "relume/reinterpret/counting.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "support/counting.hpp"

namespace relume::reinterpret {
namespace {

using infer::Asimov;
using infer::Status;
using infer::TestStatistic;

/// The same likelihood as a workspace: a symmetric histosys is background + uncertainty * t, without bounds on t that
/// matter.
model::Compiled as_model(const CountingPoint& p, BackgroundConstraint constraint) {
  spec::Workspace ws = test::counting(p.signal, p.background, p.observed);
  ws.constraints_are_priors = constraint == BackgroundConstraint::prior;
  if (p.uncertainty > 0.0) {
    ws.channels[0].samples[0].modifiers.push_back(
        {"t", spec::ModifierType::histosys,
         spec::HistoSysData{{p.background - p.uncertainty}, {p.background + p.uncertainty}}});
    spec::ParameterConfig t;
    t.name = "t";
    t.bounds = std::vector<spec::ParameterConfig::Bounds>{{-1e8, 1e8}};
    ws.measurements[0].parameters.push_back(t);
  }
  return test::compile(ws);
}

std::string text(const CountingPoint& p) {
  return ::testing::PrintToString(std::array{p.observed, p.background, p.uncertainty, p.signal});
}

CountingLimits limits_of(const CountingPoint& p, const CountingOptions& options = {}) {
  return counting_limits(std::span(&p, 1), options)[0];
}

void expect_same(const CountingPoint& p, const CountingOptions& options) {
  const auto c = as_model(p, options.constraint);
  infer::LimitOptions general;
  general.test.statistic = options.statistic;
  general.test.asimov = options.asimov;
  general.level = options.level;
  general.tolerance = 1e-10;
  const infer::Limit theirs = infer::upper_limit(*c.likelihood, c.observed, general);
  const CountingLimits ours = limits_of(p, options);
  ASSERT_TRUE(theirs.is_usable()) << text(p) << theirs.reason;
  ASSERT_TRUE(ours.is_usable()) << text(p) << ours.reason;
  // What the certificate of the fits allows: an EDM of 1e-9 moves q by as much, and limits by its square root at worst.
  constexpr double precision = 2e-7;
  EXPECT_NEAR(*ours.observed / *theirs.observed, 1.0, precision) << text(p);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(*ours.expected[i] / *theirs.expected[i], 1.0, precision) << text(p) << i;
  }
  const double width = std::sqrt(p.observed + p.uncertainty * p.uncertainty + 1.0) / p.signal;
  EXPECT_NEAR(*ours.mu_hat, theirs.mu_hat, 1e-4 * width) << text(p);
}

// Where the general machinery can be trusted to a millionth: it works with the sum of yield and variation, which cancel
// each other where an empty bin with a large background is fitted.
TEST(CountingLimits, AreThoseOfTheGeneralMachinery) {
  std::mt19937 random(20260301);
  const auto log_uniform = [&](double low, double high) {
    return std::exp(std::uniform_real_distribution<double>(std::log(low), std::log(high))(random));
  };
  for (int i = 0; i < 300; ++i) {
    CountingPoint p;
    const bool is_empty = i % 7 == 0;
    p.background = log_uniform(1e-4, is_empty ? 1e2 : 1e5);
    p.uncertainty = i % 5 == 0 ? 0.0 : p.background * log_uniform(1e-4, 30.0);
    const double spread = std::sqrt(p.background + p.uncertainty * p.uncertainty);
    p.observed = std::max(0.0, std::round(p.background + std::normal_distribution<double>(0.0, spread)(random)));
    if (is_empty) p.observed = 0.0;
    p.signal = log_uniform(1e-4, 1e3);
    CountingOptions options;
    options.statistic = i % 3 == 0 ? TestStatistic::q : TestStatistic::qtilde;
    options.asimov = i % 2 == 0 ? Asimov::a_priori : Asimov::a_posteriori;
    options.level = i % 11 == 0 ? 0.9 : 0.95;
    options.constraint = i % 4 < 2 ? BackgroundConstraint::prior : BackgroundConstraint::measurement;
    expect_same(p, options);
  }
}

// A region of published counting experiments, through the conversion that the command line uses.
TEST(CountingLimits, AreThoseOfASimplifiedLikelihoodOfOneRegion) {
  const spec::SimplifiedLikelihood one{.regions = {{"SR", 2, 8.0}}, .covariance = {1, {2.25}}};
  const spec::Signal signal{.name = "signal",
                            .samples = {{.name = "signal", .channels = {{.channel = "SR", .yields = {3.0}}}}}};
  const auto with = edit::add_signal(edit::as_workspace(one).value().workspace, signal).value();
  const auto c = test::compile(with);
  const infer::Limit theirs = infer::upper_limit(*c.likelihood, c.observed);
  const CountingLimits ours = limits_of({.observed = 2, .background = 8, .uncertainty = 1.5, .signal = 3});
  ASSERT_TRUE(theirs.is_usable()) << theirs.reason;
  EXPECT_NEAR(*ours.observed / *theirs.observed, 1.0, 1e-6);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(*ours.expected[i] / *theirs.expected[i], 1.0, 1e-6);
}

// What docs/concepts says about the two kinds of constraint.
TEST(CountingLimits, DependOnWhatTheConstraintIs) {
  const CountingPoint pulled{.observed = 36, .background = 50, .uncertainty = 12, .signal = 10};
  const CountingLimits priors = limits_of(pulled),
                       measured = limits_of(pulled, {.constraint = BackgroundConstraint::measurement});
  EXPECT_NEAR(*measured.observed / *priors.observed, 1.14, 0.005);
  EXPECT_NEAR(*measured.expected[2] / *priors.expected[2], 1.49, 0.005);
}

struct Exact {
  CountingPoint point;
  TestStatistic statistic;
  Asimov asimov;
  BackgroundConstraint constraint;
  double observed;
  std::array<double, 5> expected;
};

// Bisection of CLs(mu) = 0.05 in arithmetic with 50 digits (mpmath 1.3), from the formulas as CCGV and the quadratic
// equation of the profiled rate have them.
TEST(CountingLimits, KeepTheirDigits) {
  using enum TestStatistic;
  using enum Asimov;
  using enum BackgroundConstraint;
  const std::vector<Exact> cases = {
      {{0, 0.1, 0.5, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       1.993044863242,
       {0.6781031626929, 1.121864086867, 2.045729410347, 3.843768545277, 6.808110808268}},
      {{0, 3309, 294, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       76.77217096181,
       {309.2184501951, 415.1263523614, 576.2294114548, 801.7923396735, 1074.859400874}},
      {{0, 5, 0, 1.0},
       qtilde,
       a_priori,
       measurement,
       2.66966996535,
       {2.73412606868, 3.854048695095, 5.746388633485, 8.792035378389, 13.12138487427}},
      {{3, 2.5, 1, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       5.361283227706,
       {2.310104158734, 3.261253775507, 4.886504501871, 7.550498386198, 11.42241323736}},
      {{3, 2.5, 1, 1.0},
       q,
       a_priori,
       measurement,
       5.337337004029,
       {2.269124606224, 3.205702622234, 4.808971330665, 7.443180370737, 11.28115844346}},
      {{2, 8, 1.5, 1.0},
       q,
       a_posteriori,
       measurement,
       3.229527862689,
       {3.399124986001, 4.713709904173, 6.876930661828, 10.26027653523, 14.94864372805}},
      {{2, 8, 1.5, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       3.519854552001,
       {3.399124986001, 4.713709904173, 6.876930661828, 10.26027653523, 14.94864372805}},
      {{138, 160.57, 14, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       24.78482145383,
       {19.66145692619, 26.47300510403, 36.91396129141, 51.70028881483, 69.87677679967}},
      {{11196.0, 8159.9, 3798.01, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       9714.692113901,
       {3996.157932591, 5364.849690055, 7446.851487916, 10361.89522943, 13890.85509017}},
      {{11714.0, 388.8, 11001.8, 1.0},
       qtilde,
       a_priori,
       measurement,
       30285.34495505,
       {11571.30955626, 15534.5048954, 21563.16640144, 30003.99024656, 40222.4733106}},
      {{1000000000000.0, 1000002000000.0, 300000.0, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       1123867.66023,
       {1098074.527225, 1474167.278566, 2046265.371559, 2847269.222897, 3816967.027777}},
      {{1e-07, 1e-09, 0.001, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       1.920731607764,
       {0.5531050941499, 0.9968660723333, 1.920731455945, 3.71877065145, 6.683112968186}},
      {{40, 1, 200, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       418.744723247,
       {210.458104441, 282.5405727789, 392.1898411245, 545.7118506998, 731.5665312561}},
      {{7, 0, 0, 1.0},
       qtilde,
       a_priori,
       measurement,
       12.29759063004,
       {0.5531031626929, 0.9968640868672, 1.920729410347, 3.718768545277, 6.683110808268}},
      {{1, 0.001, 30, 1.0},
       q,
       a_posteriori,
       measurement,
       59.49489718977,
       {31.57082804173, 42.38409629637, 58.83303326819, 81.86388534799, 109.745818468}},
      {{433004000.0, 432625000.0, 7112510.0, 1.0},
       qtilde,
       a_posteriori,
       measurement,
       14192275.99429,
       {7480709.971651, 10042867.24045, 13940323.10009, 19397212.38111, 26003336.58349}},
      {{0, 0.1, 0.5, 1.0},
       qtilde,
       a_posteriori,
       prior,
       1.965729410347,
       {0.5981031626929, 1.041864086867, 1.965729410347, 3.763768545277, 6.728110808268}},
      {{0, 3309, 294, 1.0},
       qtilde,
       a_posteriori,
       prior,
       49.79760250979,
       {14.41647253862, 25.93791372867, 49.79760250979, 95.75431653432, 170.1958455435}},
      {{3, 2.5, 1, 1.0},
       qtilde,
       a_posteriori,
       prior,
       5.401704574967,
       {2.447562767552, 3.398712384325, 5.023963110689, 7.687956995016, 11.55987184618}},
      {{2, 8, 1.5, 1.0},
       q,
       a_posteriori,
       prior,
       2.099290256851,
       {1.84702646799, 3.161611386162, 5.324832143818, 8.708178017223, 13.39654521004}},
      {{2, 8, 1.5, 1.0},
       qtilde,
       a_posteriori,
       prior,
       3.28805391265,
       {2.256159413396, 3.492674649169, 5.589989964695, 8.925690985372, 13.5841830217}},
      {{138, 160.57, 14, 1.0},
       qtilde,
       a_posteriori,
       prior,
       22.20756673917,
       {10.68859289824, 16.63682984501, 26.30578264017, 40.50057161992, 58.2825241997}},
      {{11196.0, 8159.9, 3798.01, 1.0},
       qtilde,
       a_posteriori,
       prior,
       10482.14858259,
       {7029.903758664, 8398.595516128, 10480.59731399, 13395.6410555, 16924.60091624}},
      {{1000000000000.0, 1000002000000.0, 300000.0, 1.0},
       qtilde,
       a_posteriori,
       prior,
       1096407.108537,
       {945285.1190102, 1318250.521077, 1887780.673196, 2686916.735464, 3655400.284668}},
      {{40, 1, 200, 1.0},
       qtilde,
       a_posteriori,
       prior,
       431.1766840326,
       {249.4191812763, 321.5016496143, 431.1509179598, 584.6729275352, 770.5276080914}},
      {{1, 0.001, 30, 1.0},
       q,
       a_posteriori,
       prior,
       59.83168017975,
       {32.56872050034, 43.38198875498, 59.8309257268, 82.8617778066, 110.7437109266}},
      {{433004000.0, 432625000.0, 7112510.0, 1.0},
       qtilde,
       a_posteriori,
       prior,
       14319321.99293,
       {7859706.727645, 10421863.99644, 14319319.85609, 19776209.13711, 26382333.33949}},
  };
  for (const Exact& c : cases) {
    const CountingLimits limits =
        limits_of(c.point, {.statistic = c.statistic, .asimov = c.asimov, .constraint = c.constraint});
    ASSERT_TRUE(limits.is_usable()) << text(c.point) << limits.reason;
    EXPECT_NEAR(*limits.observed / c.observed, 1.0, 1e-10) << text(c.point);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(*limits.expected[i] / c.expected[i], 1.0, 1e-10) << text(c.point);
  }
}

// No events, none expected, no uncertainty: q is 2 mu s, q_A is 2 mu s, and CLs is Phi(-sqrt(2 mu s))/Phi(0).
TEST(CountingLimits, NothingSeenNothingExpected) {
  const CountingLimits limits = limits_of({.observed = 0, .background = 0, .uncertainty = 0, .signal = 2});
  const double c = infer::normal_quantile(0.975);
  EXPECT_NEAR(*limits.observed, 0.25 * c * c, 1e-9);
  EXPECT_EQ(*limits.mu_hat, 0.0);
}

// Many events: q is a parabola, and the limit of n = b is 1.96 sigma.
TEST(CountingLimits, ManyEventsAreNormal) {
  const double b = 1e14, sigma = 3e7, width = std::sqrt(b + sigma * sigma);
  const CountingLimits limits = limits_of({.observed = b, .background = b, .uncertainty = sigma, .signal = 1});
  EXPECT_NEAR(*limits.observed / width, infer::asimov_significance_at(0.05, 0.0), 1e-5);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(*limits.expected[i] / width, infer::asimov_significance_at(0.05, infer::band_sigmas[i]), 1e-5);
  }
}

TEST(CountingLimits, ScaleWithTheSignal) {
  const CountingPoint unit{.observed = 7, .background = 4.5, .uncertainty = 1.5, .signal = 1};
  const CountingLimits reference = limits_of(unit);
  for (const double s : {1e-12, 1e-6, 1e3, 1e9}) {
    CountingPoint p = unit;
    p.signal = s;
    const CountingLimits limits = limits_of(p);
    EXPECT_DOUBLE_EQ(*limits.observed * s, *reference.observed);
    EXPECT_DOUBLE_EQ(*limits.expected[4] * s, *reference.expected[4]);
  }
}

// Published limits of dataInfo files of the SModels database, divided by the luminosity; they have four digits.
TEST(CountingLimits, PublishedAnchors) {
  struct Anchor {
    CountingPoint point;
    double luminosity, observed, expected;
  };
  // CMS-SUS-20-004: SR1, SR10, SR22. The observed limit of SR22 and those of ATLAS-SUSY-2018-41 SR-4Q-VV are stored as
  // 0.01528, 0.034 and 0.0383: made in another way. These are what the formulas give.
  const std::vector<Anchor> anchors = {{{138, 160.57, 14, 1}, 137.0, 0.1621, 0.2746},
                                       {{2, 2.1711, 0.79, 1}, 137.0, 0.03133, 0.0328},
                                       {{0, 0.19966, 0.21, 1}, 137.0, 0.01501, 0.01793},
                                       {{3, 3.8697, 0.76969, 1}, 139.0, 0.03277, 0.03884}};
  for (const Anchor& a : anchors) {
    const double observed = *limits_of(a.point).observed;
    EXPECT_NEAR(observed / a.luminosity, a.observed, 0.51e-3 * a.observed) << text(a.point);
    const double expected = *limits_of(a.point, {.asimov = Asimov::a_priori}).expected[2];
    EXPECT_NEAR(expected / a.luminosity, a.expected, 0.51e-3 * a.expected) << text(a.point);
  }
}

TEST(CountingLimits, SayWhyThereIsNone) {
  const CountingPoint good{.observed = 3, .background = 2, .uncertainty = 1, .signal = 1};
  const auto status = [&](auto&& change, const CountingOptions& options = {}) {
    CountingPoint p = good;
    change(p);
    const CountingLimits limits = limits_of(p, options);
    EXPECT_EQ(limits.reason.empty(), limits.is_usable());
    EXPECT_EQ(limits.observed.has_value(), limits.is_usable());
    EXPECT_EQ(limits.expected[2].has_value(), limits.is_usable());
    return limits.status;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(status([](CountingPoint&) {}), Status::ok);
  EXPECT_EQ(status([](CountingPoint& p) { p.signal = 0.0; }), Status::no_sensitivity);
  for (const double bad : {-1.0, nan, inf}) {
    EXPECT_EQ(status([&](CountingPoint& p) { p.observed = bad; }), Status::not_defined);
    EXPECT_EQ(status([&](CountingPoint& p) { p.background = bad; }), Status::not_defined);
    EXPECT_EQ(status([&](CountingPoint& p) { p.uncertainty = bad; }), Status::not_defined);
    EXPECT_EQ(status([&](CountingPoint& p) { p.signal = bad; }), Status::not_defined);
  }
  for (const TestStatistic s : {TestStatistic::q0, TestStatistic::t, TestStatistic::ttilde}) {
    EXPECT_EQ(status([](CountingPoint&) {}, {.statistic = s}), Status::not_defined);
  }
  EXPECT_EQ(status([](CountingPoint& p) { p.signal = 5e-324; }), Status::not_bracketed);
  EXPECT_EQ(status([](CountingPoint& p) { p.observed = 1e300; }), Status::not_bracketed);
}

// With a prior, q compares Asimov data of the background-only fit with the published background, and finds them too low
// for any signal.
TEST(CountingLimits, ThatAreNotPositiveAreSaidToBe) {
  struct Case {
    CountingPoint point;
    bool is_median_too;  // or the low edge of the band alone
  };
  for (const auto& [p, is_median_too] :
       {Case{{0, 10, 5, 1}, true}, Case{{5, 20, 8, 1}, false}, Case{{20, 100, 30, 1}, true}}) {
    const CountingLimits band = limits_of(p, {.statistic = TestStatistic::q});
    EXPECT_EQ(band.status, Status::not_bracketed) << text(p);
    EXPECT_NE(band.reason.find("at or below zero"), std::string_view::npos) << text(p) << band.reason;
    const CountingLimits observed = limits_of(p, {.statistic = TestStatistic::q, .expected = false});
    EXPECT_EQ(observed.reason, is_median_too ? band.reason : std::string_view()) << text(p);
    EXPECT_TRUE(limits_of(p).is_usable()) << text(p);
    EXPECT_TRUE(limits_of(p, {.statistic = TestStatistic::q, .asimov = Asimov::a_priori}).is_usable()) << text(p);
  }
  const CountingPoint huge{1e300, 1, 1, 1};
  EXPECT_NE(limits_of(huge, {.statistic = TestStatistic::q}).reason.find("too large"), std::string_view::npos);
}

TEST(CountingLimits, BestFitAndItsBounds) {
  const CountingPoint deficit{.observed = 2, .background = 8, .uncertainty = 1.5, .signal = 3};
  EXPECT_EQ(*limits_of(deficit).mu_hat, 0.0);
  EXPECT_EQ(limits_of(deficit).poi_bounds[0], 0.0);
  const CountingLimits q = limits_of(deficit, {.statistic = TestStatistic::q});
  EXPECT_DOUBLE_EQ(*q.mu_hat, -2.0);
  EXPECT_EQ(q.poi_bounds[0], -std::numeric_limits<double>::infinity());
  const CountingPoint known{.observed = 2, .background = 9, .uncertainty = 0, .signal = 3};
  EXPECT_DOUBLE_EQ(limits_of(known, {.statistic = TestStatistic::q}).poi_bounds[0], -3.0);
}

// Data without events pull the background down by its variance, but not below zero.
TEST(CountingLimits, AsimovEvents) {
  EXPECT_DOUBLE_EQ(limits_of({0, 5, 2, 1}).asimov_events, 1.0);
  EXPECT_EQ(limits_of({0, 3, 2, 1}).asimov_events, 0.0);
  EXPECT_DOUBLE_EQ(limits_of({6, 5, 2, 1}).asimov_events, 0.5 * (1.0 + std::sqrt(97.0)));
  EXPECT_EQ(limits_of({0, 3, 2, 1}, {.asimov = Asimov::a_priori}).asimov_events, 3.0);
}

TEST(CountingLimits, AreTheSameForAnyNumberOfThreads) {
  std::vector<CountingPoint> points;
  for (int i = 0; i < 2000; ++i) points.push_back({i % 40 * 1.0, 0.37 * (i % 71), 0.21 * (i % 13), 0.1 + i % 3});
  const auto one = counting_limits(points), three = counting_limits(points, {.threads = 3});
  EXPECT_EQ(one, three);
  EXPECT_EQ(one[1234], limits_of(points[1234]));
}

TEST(CountingLimits, StopWhenTold) {
  const std::atomic<bool> stop = true;
  const CountingPoint p{.observed = 3, .background = 2, .uncertainty = 1, .signal = 1};
  EXPECT_EQ(limits_of(p, {.stop = &stop}).status, Status::interrupted);
}

TEST(CountingTests, AreThoseOfTheGeneralMachinery) {
  const std::vector<CountingPoint> points = {{3, 2.5, 1, 4},   {0, 0.5, 0.3, 2}, {0, 0.2, 1.0, 2},
                                             {55, 50, 12, 20}, {2, 8, 1.5, 3},   {30, 3, 0, 10}};
  std::vector<CountingOptions> all;
  for (const auto statistic : {TestStatistic::q, TestStatistic::qtilde}) {
    all.push_back({.statistic = statistic, .asimov = Asimov::a_priori});
    all.push_back({.statistic = statistic, .constraint = BackgroundConstraint::prior});
    all.push_back({.statistic = statistic, .constraint = BackgroundConstraint::measurement});
  }
  for (const CountingOptions& options : all) {
    const auto tests = counting_tests(points, 1.2, options);
    for (std::size_t k = 0; k < points.size(); ++k) {
      SCOPED_TRACE(text(points[k]));
      const auto c = as_model(points[k], options.constraint);
      const infer::HypoTest theirs =
          infer::hypotest(*c.likelihood, c.observed, 1.2, {.statistic = options.statistic, .asimov = options.asimov});
      ASSERT_TRUE(theirs.is_usable()) << theirs.reason;
      ASSERT_TRUE(tests[k].is_usable()) << tests[k].reason;
      // The EDM of a certified minimum.
      EXPECT_NEAR(tests[k].q, theirs.q, 1e-8);
      EXPECT_NEAR(tests[k].q_asimov, theirs.q_asimov, 1e-8);
      EXPECT_NEAR(tests[k].observed.cls, theirs.observed.cls, 1e-7);
      EXPECT_NEAR(tests[k].observed.clsb, theirs.observed.clsb, 1e-7);
      EXPECT_NEAR(tests[k].observed.clb, theirs.observed.clb, 1e-7);
      for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(tests[k].expected[i].cls, theirs.expected[i].cls, 1e-7);
    }
  }
}

TEST(CountingTests, WithoutSignalCLsIsOne) {
  const CountingPoint p{.observed = 3, .background = 2, .uncertainty = 1, .signal = 0};
  const CountingTest test = counting_tests(std::span(&p, 1))[0];
  EXPECT_TRUE(test.is_usable());
  EXPECT_EQ(test.observed.cls, 1.0);
  EXPECT_FALSE(test.mu_hat.has_value());
  EXPECT_EQ(counting_tests(std::span(&p, 1), -1.0)[0].status, Status::not_defined);
}

TEST(MostSensitiveRegion, IsChosenByExpectedLimitsBeforeTheData) {
  // The first has the lowest observed limit, by a downward fluctuation; the third the lowest expected one.
  const std::vector<CountingPoint> regions = {{0, 9, 1, 2}, {5, 2, 1, 1}, {9, 4, 1, 2}, {3, 4, 1, 0}, {9, 4, 1, 2}};
  const RegionChoice choice = most_sensitive_region(regions);
  ASSERT_EQ(choice.best, 2u);
  EXPECT_LT(*choice.regions[0].observed, *choice.regions[2].observed);
  ASSERT_EQ(choice.regions.size(), regions.size());
  EXPECT_EQ(choice.regions[3].status, Status::no_sensitivity);
  EXPECT_FALSE(choice.expected[3].has_value());
  EXPECT_EQ(choice.expected[2], limits_of(regions[2], {.asimov = Asimov::a_priori}).expected[2]);
  EXPECT_EQ(choice.regions[2], limits_of(regions[2]));
  EXPECT_FALSE(most_sensitive_region(std::vector<CountingPoint>{{3, 4, 1, 0}}).best.has_value());
  EXPECT_FALSE(most_sensitive_region({}).best.has_value());
}

}  // namespace
}  // namespace relume::reinterpret
