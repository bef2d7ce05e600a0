// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Simplified likelihoods, beside closed forms, and beside full likelihoods that are as simple as they are.
#include "relume/reinterpret/simplify.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "relume/edit/as_workspace.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/model/measurements.hpp"
#include "relume/reinterpret/validity.hpp"
#include "support/counting.hpp"

namespace relume::reinterpret {
namespace {

using enum spec::ModifierType;
using infer::Status;

/// Linear in everything: SR of two bins with 5 and 8 signal events, top 20 k and 10 k, an additive JES of 2 and 1
/// events, an additive fake rate of 3 and 1; CR with 1000 k, 1100 observed.
spec::Workspace linear_search() {
  spec::Workspace ws;
  ws.channels.push_back({"SR",
                         {{"signal", {5.0, 8.0}, {{"mu", normfactor, {}}}},
                          {"top", {20.0, 10.0}, {{"k", normfactor, {}}}},
                          {"rest",
                           {30.0, 20.0},
                           {{"JES", histosys, spec::HistoSysData{{28.0, 19.0}, {32.0, 21.0}}},
                            {"fakes", histosys, spec::HistoSysData{{27.0, 21.0}, {33.0, 19.0}}}}}}});
  ws.channels.push_back({"CR", {{"top", {1000.0}, {{"k", normfactor, {}}}}}});
  ws.observations = {{"SR", {58.0, 27.0}}, {"CR", {1100.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

SimplifyOptions with(SimplifyMethod method) {
  SimplifyOptions o{.method = method};
  if (method != SimplifyMethod::linearised) o.controls = {"CR"};
  return o;
}

const spec::SimplifiedLikelihood& moments_of(const Simplification& s) {
  return std::get<spec::SimplifiedLikelihood>(s.publication.value);
}

TEST(Simplify, ALinearModelHasItsCovariance) {
  const auto c = test::compile(linear_search());
  const auto s = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linear)).value();
  ASSERT_TRUE(s.is_usable()) << s.reason;
  const spec::SimplifiedLikelihood& l = moments_of(s);
  ASSERT_EQ(l.regions.size(), 2u);
  EXPECT_EQ(l.regions[0].name, "SR[0]");
  EXPECT_EQ(l.regions[1].observed, 27.0);
  EXPECT_NEAR(l.regions[0].background, 22.0 + 30.0, 1e-6);  // k = 1.1
  const double dk = std::sqrt(1100.0) / 1000.0;
  EXPECT_NEAR(l.covariance(0, 0), 400.0 * dk * dk + 4.0 + 9.0, 1e-6);
  EXPECT_NEAR(l.covariance(0, 1), 200.0 * dk * dk + 2.0 - 3.0, 1e-6);
  EXPECT_NEAR(l.covariance(1, 1), 100.0 * dk * dk + 1.0 + 1.0, 1e-6);
  EXPECT_TRUE(l.third_moments.empty());
}

TEST(Simplify, ToysOfALinearModelHaveNoThirdMoments) {
  const auto c = test::compile(linear_search());
  const auto linear = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linear)).value();
  SimplifyOptions o = with(SimplifyMethod::toys_postfit);
  o.n_toys = 20000;
  const auto toys = simplify(*c.likelihood, c.observed, o).value();
  ASSERT_TRUE(toys.is_usable()) << toys.reason;
  EXPECT_TRUE(moments_of(toys).third_moments.empty());
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(moments_of(toys).covariance.values[i], moments_of(linear).covariance.values[i],
                4.5 * toys.moments.covariance_error[i]);
  }
}

/// The CR is Poisson in the full likelihood and normal in the simplified one: with 1100 events that moves limits by
/// much less than this.
constexpr double poisson_is_normal = 2e-3;

TEST(Simplify, LimitsOfALinearModelStay) {
  const auto c = test::compile(linear_search());
  const FullAnswers full = ask_full(*c.likelihood, c.observed, {});
  ASSERT_TRUE(full.limit.is_usable()) << full.limit.reason;
  EXPECT_EQ(full.signal[c.likelihood->channels()[1].first_bin], 5.0);
  for (const SimplifyMethod method : {SimplifyMethod::linear, SimplifyMethod::linearised}) {
    const auto s = simplify(*c.likelihood, c.observed, with(method)).value();
    ASSERT_TRUE(s.is_usable()) << s.reason;
    const Validity v = check(full, *c.likelihood, c.observed, s);
    ASSERT_TRUE(v.is_usable()) << v.reason;
    const double tolerance =
        method == SimplifyMethod::linear ? poisson_is_normal : 1e-6;  // linearised: nothing changed
    EXPECT_LT(v.shift(), tolerance) << to_string(method);
    EXPECT_LT(v.distance, 10.0 * tolerance) << to_string(method);
    EXPECT_FALSE(v.misleads());
  }
}

TEST(Simplify, PriorsStayPriorsOnBothSides) {
  const spec::SimplifiedLikelihood published{.regions = {{"A", 36.0, 50.0}, {"B", 33.0, 48.0}},
                                             .covariance = {2, {144.0, 13.0, 13.0, 256.0}}};
  spec::Workspace ws = edit::as_workspace(published)->workspace;
  ws.measurements.front().poi = "mu";
  for (spec::Channel& channel : ws.channels) {
    channel.samples.push_back({"signal", {10.0}, {{"mu", normfactor, {}}}});
  }
  const auto c = test::compile(ws);
  ASSERT_TRUE(c.likelihood->constraints_are_priors());
  const FullAnswers full = ask_full(*c.likelihood, c.observed, {});
  for (const SimplifyMethod method : {SimplifyMethod::toys_prefit, SimplifyMethod::linearised}) {
    const auto s = simplify(*c.likelihood, c.observed, {.method = method, .n_toys = 20000}).value();
    const Validity v = check(full, *c.likelihood, c.observed, s);
    ASSERT_TRUE(v.is_usable()) << v.reason;
    EXPECT_LT(v.shift(), 0.02) << to_string(method);  // toys, cut off where a background would be negative
    const auto written = with_signal(s, *c.likelihood, full.signal).value();
    EXPECT_TRUE(written.likelihood->constraints_are_priors());
    EXPECT_EQ(*v.simplified.expected[2], *infer::upper_limit(*written.likelihood, written.observed).expected[2]);
    const Validity for_pyhf = check(full, *c.likelihood, c.observed, s, {.is_for_pyhf = true});
    EXPECT_GT(*for_pyhf.expected_shift, 0.1) << to_string(method);
    if (const auto* workspace = std::get_if<spec::Workspace>(&s.publication.value)) {
      EXPECT_TRUE(workspace->constraints_are_priors);
    }
  }
}

TEST(Simplify, LinearisedModelsKeepNamesAndFreeFactors) {
  const auto c = test::compile(linear_search());
  const auto s = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linearised)).value();
  const auto l = with_signal(s, *c.likelihood, signal_yields(*c.likelihood)).value();
  for (const char* name : {"mu", "k", "JES", "fakes"}) EXPECT_TRUE(l.likelihood->find_parameter(name)) << name;
  EXPECT_EQ(l.likelihood->parameters().size(), 4u);
  // Displaced points have the same likelihood, parameter by parameter.
  std::vector<double> full(4), small(4);
  const auto set = [&](const char* name, double value) {
    full[c.likelihood->find_parameter(name)->index] = value;
    small[l.likelihood->find_parameter(name)->index] = value;
  };
  set("mu", 0.7);
  set("k", 1.3);
  set("JES", -0.4);
  set("fakes", 1.2);
  const auto f = c.likelihood->make_scratch(), g = l.likelihood->make_scratch();
  EXPECT_NEAR(c.likelihood->evaluate(full, c.observed, math::Derivatives::none, {}, *f).value,
              l.likelihood->evaluate(small, l.observed, math::Derivatives::none, {}, *g).value, 1e-9);
}

TEST(Simplify, PostfitTotalsAreOneParameterOrOnePerBin) {
  const auto c = test::compile(linear_search());
  const auto linear = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linear)).value();
  SimplifyOptions o = with(SimplifyMethod::postfit_total);
  const auto one = simplify(*c.likelihood, c.observed, o).value();
  ASSERT_TRUE(one.is_usable()) << one.reason;
  const spec::Workspace& ws = std::get<spec::Workspace>(one.publication.value);
  ASSERT_EQ(ws.channels.size(), 1u);
  const spec::Sample& sample = ws.channels[0].samples.at(0);
  EXPECT_EQ(sample.name, "Bkg");
  ASSERT_EQ(sample.modifiers.size(), 1u);
  EXPECT_EQ(sample.modifiers[0].name, "totalError");
  const auto& data = std::get<spec::HistoSysData>(sample.modifiers[0].data);
  for (std::size_t b = 0; b < 2; ++b) {
    const double sigma = std::sqrt(moments_of(linear).covariance(b, b));
    EXPECT_NEAR(data.hi[b].value - sample.data[b].value, sigma, 1e-6);
    EXPECT_NEAR(sample.data[b].value - data.lo[b].value, sigma, 1e-6);
  }
  o.decorrelate = true;
  const auto two = simplify(*c.likelihood, c.observed, o).value();
  const auto& modifiers = std::get<spec::Workspace>(two.publication.value).channels[0].samples[0].modifiers;
  ASSERT_EQ(modifiers.size(), 2u);
  EXPECT_EQ(modifiers[1].name, "totalError_SR[1]");
  EXPECT_EQ(std::get<spec::HistoSysData>(modifiers[1].data).hi[0], sample.data[0]);
}

TEST(Simplify, AsPyhfIsExactForLinearLikelihoods) {
  spec::SimplifiedLikelihood l{.regions = {{"A", 36.0, 50.0}, {"B", 33.0, 48.0}, {"C", 4.0, 5.0}}};
  l.covariance = {3, {144.0, 30.0, 2.0, 30.0, 256.0, -4.0, 2.0, -4.0, 1.0}};
  Simplification s;
  s.publication.value = l;
  s.channels.push_back({"all", 0, 3, {"A", "B", "C"}});
  Simplification t = s;
  t.publication.value = as_pyhf(s).value();
  const auto any = test::compile(test::counting(1.0, 1.0, 1.0));
  const auto a = with_signal(s, *any.likelihood, {6.0, 6.0, 6.0}).value();
  const auto b = with_signal(t, *any.likelihood, {6.0, 6.0, 6.0}).value();
  const infer::Limit one = infer::upper_limit(*a.likelihood, a.observed),
                     two = infer::upper_limit(*b.likelihood, b.observed);
  ASSERT_TRUE(one.is_usable() && two.is_usable()) << one.reason << two.reason;
  EXPECT_NEAR(*one.observed / *two.observed, 1.0, 1e-6);
  EXPECT_NEAR(*one.expected[2] / *two.expected[2], 1.0, 1e-6);
  l.third_moments = {10.0, std::nullopt, std::nullopt};
  s.publication.value = l;
  EXPECT_EQ(as_pyhf(s).errors().front().code, ErrorCode::unsupported);
}

TEST(Simplify, ControlRegionsAreNeverGuessed) {
  const auto c = test::compile(linear_search());
  const auto none = simplify(*c.likelihood, c.observed, {});
  ASSERT_FALSE(none);
  EXPECT_NE(none.errors().front().hint.find("'CR'"), std::string::npos) << none.errors().front().hint;
  const auto only_signal = test::compile(test::counting(5.0, 50.0, 53.0));
  const auto prefit = simplify(*only_signal.likelihood, only_signal.observed, {});
  ASSERT_FALSE(prefit);
  EXPECT_NE(prefit.errors().front().hint.find("toys-prefit"), std::string::npos) << prefit.errors().front().hint;
  EXPECT_FALSE(simplify(*c.likelihood, c.observed, {.controls = {"CR", "nowhere"}}));
  EXPECT_FALSE(simplify(*c.likelihood, c.observed, {.controls = {"CR"}, .regions = {"CR"}}));
  EXPECT_FALSE(simplify(*c.likelihood, c.observed, {.controls = {"CR"}, .fit_all_regions = true}));
  EXPECT_FALSE(simplify(*c.likelihood, c.observed, {.controls = {"CR", "SR"}}));
}

TEST(Simplify, MeasuredValuesAreNoCounts) {
  spec::Measurements m;
  m.poi = "mu";
  m.parameters = {{.name = "b", .initial = 5.0, .constraint = std::pair{5.0, 0.5}}};
  m.measured = {{spec::ErrorModel::gaussian, {{"rate", 5.0, 0.5, 0.5, "b", 1.0}}, {}}};
  const model::Compiled c = std::move(model::compile(m).value());
  for (const SimplifyMethod method : {SimplifyMethod::toys_prefit, SimplifyMethod::linear}) {
    const auto s = simplify(*c.likelihood, c.observed, {.method = method});
    ASSERT_FALSE(s);
    EXPECT_EQ(s.errors().front().message, "only counts in channels can be simplified");
    EXPECT_EQ(s.errors().front().hint, "'rate' is a measured value");
  }
}

TEST(Simplify, AFitOfAllRegionsCountsThemTwiceAndSaysSo) {
  const auto c = test::compile(linear_search());
  const auto s = simplify(*c.likelihood, c.observed,
                          {.method = SimplifyMethod::linear, .fit_all_regions = true, .regions = {"SR"}})
                     .value();
  ASSERT_TRUE(s.is_usable()) << s.reason;
  const auto controls = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linear)).value();
  EXPECT_LT(moments_of(s).covariance(0, 0), moments_of(controls).covariance(0, 0));
  ASSERT_FALSE(s.notes.empty());
  EXPECT_NE(s.notes.back().find("count again"), std::string::npos) << s.notes.back();
}

TEST(Simplify, MisleadingVersionsAreCalledSo) {
  const auto c = test::compile(linear_search());
  auto s = simplify(*c.likelihood, c.observed, with(SimplifyMethod::linear)).value();
  std::get<spec::SimplifiedLikelihood>(s.publication.value).covariance.values = {400.0, 0.0, 0.0, 400.0};
  const Validity v = check(ask_full(*c.likelihood, c.observed, {}), *c.likelihood, c.observed, s);
  ASSERT_TRUE(v.is_usable()) << v.reason;
  EXPECT_GT(*v.expected_shift, 0.1);
  EXPECT_TRUE(v.misleads());
}

TEST(Simplify, ASearchEndsWithTheFirstGoodMethod) {
  const auto c = test::compile(linear_search());
  SimplifyQuestion question{.simplify = {.controls = {"CR"}, .n_toys = 5000}, .searches = true};
  question.validity.tolerance = poisson_is_normal;
  const auto attempts = simplify_and_check(*c.likelihood, c.observed, question).value();
  // One parameter for both bins is not enough; the linear form is.
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_TRUE(attempts[0].validity.misleads());
  EXPECT_EQ(attempts[1].simplification.method, SimplifyMethod::linear);
  EXPECT_FALSE(attempts[1].validity.misleads());
}

TEST(Simplify, BackgroundsWithoutSignalGetAProbe) {
  spec::Workspace ws = linear_search();
  const auto with_its_own = test::compile(ws);
  EXPECT_TRUE(has_signal(*with_its_own.likelihood));
  ws.channels[0].samples.erase(ws.channels[0].samples.begin());
  ws.measurements.front().parameters.push_back({.name = "k", .fixed = true});
  const auto c = test::compile(ws);
  EXPECT_FALSE(has_signal(*c.likelihood));
  const std::vector<std::string> masked{"CR"};
  model::Data observed = model::mask_channels(*c.likelihood, c.observed, masked).value();
  observed.values[1] = 61.0;  // of SR: channels are sorted
  SimplifyOptions o = with(SimplifyMethod::linear);
  o.fixed = {{*c.likelihood->find_parameter("JES"), 0.5}};
  const auto p = with_probe_signal(ws, {}, *c.likelihood, observed, o).value();
  EXPECT_EQ(p.observed.values, observed.values);
  EXPECT_EQ(p.observed.masked, observed.masked);
  ASSERT_EQ(o.fixed.size(), 1u);
  EXPECT_EQ(p.likelihood->parameters()[o.fixed[0].parameter.index].name, "JES");
  ASSERT_GE(p.notices.size(), 2u);
  EXPECT_NE(p.notices.back().find("probe"), std::string::npos);
  EXPECT_EQ(*(p.notices.end() - 2), model::note_of_mask(*p.likelihood, p.observed));
  const std::vector<double> yields = signal_yields(*p.likelihood);
  EXPECT_EQ(yields[0], 0.0);
  EXPECT_NEAR(yields[1], std::sqrt(50.0), 1e-12);
  EXPECT_NEAR(yields[2], std::sqrt(30.0), 1e-12);
}

}  // namespace
}  // namespace relume::reinterpret
