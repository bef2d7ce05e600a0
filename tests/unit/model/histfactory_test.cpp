// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/histfactory.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::model {
namespace {

using enum spec::ModifierType;
using spec::Modifier;
using spec::Sample;

spec::Workspace workspace(std::vector<spec::Channel> channels) {
  spec::Workspace ws;
  for (const auto& channel : channels) ws.observations.push_back({channel.name, channel.samples.front().data});
  ws.channels = std::move(channels);
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}
Modifier factor(const std::string& name) { return {name, normfactor, {}}; }
Modifier norm(const std::string& name) { return {name, normsys, spec::NormSysData{0.9, 1.1}}; }
Modifier histo(const std::string& name, double nominal) {
  return {name, histosys, spec::HistoSysData{{nominal * 0.9}, {nominal * 1.1}}};
}
Modifier stat(const std::string& name, spec::Numbers u) { return {name, staterror, std::move(u)}; }
Modifier shape(const std::string& name, spec::Numbers u) { return {name, shapesys, std::move(u)}; }

std::string first_error(const spec::Workspace& ws, const CompileOptions& options = {}) {
  const auto compiled = compile(ws, options);
  return compiled ? "" : compiled.error().where + " " + compiled.error().message;
}

TEST(Compile, OrdersParametersAsPyhfDoes) {
  // The order that pyhf 0.7.6 gives for this model: by type (histosys, lumi, normfactor, normsys, …), in a type by
  // first use.
  const auto ws =
      workspace({{"a",
                  {{"s1", {10.0}, {norm("n4"), factor("mu"), shape("ss", {1.0})}},
                   {"s2", {10.0}, {norm("n3"), stat("stB", {1.0})}}}},
                 {"b", {{"s1", {10.0}, {norm("n1"), norm("n2"), histo("h", 10.0), {"sf", shapefactor, {}}}}}}});
  const auto compiled = compile(ws);
  std::vector<std::string> names;
  for (const auto& set : compiled->likelihood->parameter_sets()) names.push_back(set.name);
  EXPECT_EQ(names, (std::vector<std::string>{"h", "mu", "n4", "n3", "n1", "n2", "sf", "ss", "stB"}));
}

TEST(Compile, ConstraintsAsPyhfBuildsThem) {
  const auto compiled = compile(workspace({{"a",
                                            {{"s1", {10.0, 0.0}, {stat("st", {3.0, 1.0}), shape("ss", {2.0, 1.0})}},
                                             {"s2", {30.0, 5.0}, {stat("st", {4.0, 0.0}), factor("mu")}}}}}));
  ASSERT_TRUE(compiled);
  const Likelihood& l = *compiled->likelihood;
  const Parameter st0 = l.parameters()[l.find_parameter("st[0]")->index];
  EXPECT_DOUBLE_EQ(st0.constraint.width, std::sqrt(9.0 + 16.0) / 40.0);
  const Parameter ss0 = l.parameters()[l.find_parameter("ss[0]")->index];
  EXPECT_DOUBLE_EQ(ss0.constraint.rate, 25.0);  // (10/2)^2
  EXPECT_DOUBLE_EQ(compiled->observed.values[ss0.constraint.data_index], 25.0);
  const Parameter ss1 = l.parameters()[l.find_parameter("ss[1]")->index];
  EXPECT_TRUE(ss1.is_fixed);  // nothing nominal in that bin
  EXPECT_DOUBLE_EQ(ss1.constraint.rate, 1.0);
}

// Differs from pyhf: which multiplies the surplus bins of the longer channel by parameter 0 of the model.
TEST(Compile, FindsObservationsInAnyOrder) {
  auto ws = workspace({{"b", {{"s", {10.0}, {factor("mu")}}}},
                       {"c", {{"s", {20.0}, {factor("mu")}}}},
                       {"a", {{"s", {30.0}, {factor("mu")}}}}});
  ws.observations = {{"of no channel", {1.0}}, {"c", {22.0}}, {"bb", {2.0}}, {"a", {33.0}}, {"b", {11.0}}};
  EXPECT_EQ(compile(ws).value().observed.values, (std::vector<double>{33.0, 11.0, 22.0}));
  ws.observations.pop_back();
  EXPECT_EQ(first_error(ws), "#/observations channel 'b' needs an observation of 1 bins");
}

TEST(Compile, RefusesAShapefactorAcrossChannelsOfDifferentLength) {
  const auto ws = workspace({{"a", {{"s", {1.0}, {{"f", shapefactor, {}}, factor("mu")}}}},
                             {"b", {{"s", {3.0, 4.0}, {{"f", shapefactor, {}}}}}}});
  EXPECT_NE(first_error(ws).find("#/channels/1/samples/0/modifiers/0"), std::string::npos);
}

TEST(Compile, RefusesNamesSharedByDifferentKindsOfParameters) {
  EXPECT_NE(first_error(workspace({{"a", {{"s", {1.0}, {norm("x"), factor("x")}}}}})).find("already"),
            std::string::npos);
  EXPECT_NE(first_error(workspace({{"a", {{"s", {1.0}, {shape("x", {1.0})}}, {"t", {1.0}, {shape("x", {1.0})}}}}}))
                .find("more than once"),
            std::string::npos);
  EXPECT_EQ(first_error(workspace({{"a", {{"s", {1.0}, {norm("x"), histo("x", 1.0)}}}}})), "");
}

// Differs from pyhf: a TypeError there.
TEST(Compile, HoldsAnUnconfiguredLuminosityAndSaysSo) {
  const auto compiled = compile(workspace({{"a", {{"s", {1.0}, {factor("mu"), {"lumi", lumi, {}}}}}}}));
  ASSERT_TRUE(compiled);
  const Parameter& p = compiled->likelihood->parameters()[compiled->likelihood->find_parameter("lumi")->index];
  EXPECT_TRUE(p.is_fixed);
  EXPECT_EQ(p.initial, 1.0);
  EXPECT_EQ(p.constraint.kind, ConstraintKind::none);
  ASSERT_EQ(compiled->notices.size(), 1u);
  EXPECT_NE(compiled->notices[0].find("lumi"), std::string::npos);
}

TEST(Compile, NamesWhatItIgnores) {
  auto ws = workspace({{"a", {{"s", {1.0}, {norm("x")}}}}});
  ws.measurements[0].parameters.push_back({"ghost", {}, {}, {}, {}, {}, {}});
  const auto compiled = compile(ws);
  ASSERT_TRUE(compiled);
  EXPECT_FALSE(compiled->likelihood->poi());
  ASSERT_EQ(compiled->notices.size(), 2u);
  EXPECT_NE(compiled->notices[0].find("ghost"), std::string::npos);
  EXPECT_NE(compiled->notices[1].find("parameter of interest 'mu'"), std::string::npos);
}

TEST(Compile, ReportsEveryBadOverride) {
  auto ws = workspace({{"a", {{"s", {1.0}, {norm("x"), factor("mu")}}}}});
  spec::ParameterConfig x;
  x.name = "x";
  x.sigmas = spec::Numbers{1.0};
  x.inits = spec::Numbers{0.0, 1.0};
  x.bounds = std::vector<spec::ParameterConfig::Bounds>{{2.0, -2.0}};
  ws.measurements[0].parameters.push_back(x);
  const auto compiled = compile(ws);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.errors().size(), 3u);
  EXPECT_EQ(compiled.error().where, "#/measurements/0/config/parameters/0");
}

TEST(Evaluate, ReproducesTheFormulaByHand) {
  // One bin, all scalar modifiers: rate = mu lumi I(x) (nominal + delta(y)).
  auto ws = workspace({{"a", {{"s", {20.0}, {factor("mu"), norm("x"), histo("y", 20.0)}}, {"b", {30.0}, {}}}}});
  ws.observations[0].data = {55.0};
  const auto c = compile(ws);
  const Likelihood& l = *c->likelihood;
  EXPECT_EQ(l.n_data(), 3u);
  const auto scratch = l.make_scratch();
  const std::vector<double> point = {2.0, 1.5, -2.0};  // y, mu, x in pyhf's order
  const double rate = 1.5 * std::pow(0.9, 2.0) * (20.0 + 2.0 * 2.0) + 30.0;
  const double nll = rate - 55.0 * std::log(rate) + std::lgamma(56.0) + 0.5 * 4.0 + 0.5 * 4.0 + std::log(2.0 * M_PI);
  const auto e = l.evaluate(point, c->observed, math::Derivatives::none, {}, *scratch);
  EXPECT_NEAR(e.value + l.constant(c->observed), nll, 1e-11);
  EXPECT_NEAR(l.expected_data(point).values[0], rate, 1e-12);
}

TEST(Evaluate, ClipsOnRequestOnly) {
  auto ws = workspace({{"a", {{"s", {-5.0}, {factor("mu")}}, {"b", {8.0}, {}}}}});
  ws.observations[0].data = {3.0};
  CompileOptions per_sample, per_bin;
  per_sample.clip_sample_data = 0.0;
  per_bin.clip_bin_data = 1.0;
  const std::vector<double> three = {3.0};
  EXPECT_NEAR(compile(ws)->likelihood->expected_data(three).values[0], -7.0, 1e-12);
  EXPECT_NEAR(compile(ws, per_bin)->likelihood->expected_data(three).values[0], 1.0, 1e-12);
  const auto c = compile(ws, per_sample);
  const auto scratch = c->likelihood->make_scratch();
  const auto e = c->likelihood->evaluate(three, c->observed, math::Derivatives::gradient, {}, *scratch);
  EXPECT_NEAR(e.value, 8.0 - 3.0 - 3.0 * std::log(8.0 / 3.0), 1e-12);
  EXPECT_EQ(scratch->gradient[0], 0.0);
}

TEST(Evaluate, NamesTheCulpritOfANegativeRate) {
  auto ws = workspace({{"a", {{"s", {5.0}, {factor("mu"), {"huge", histosys, spec::HistoSysData{{-5.0}, {15.0}}}}}}}});
  const auto c = compile(ws);
  const auto scratch = c->likelihood->make_scratch();
  const std::vector<double> point = {-3.0, 1.0};
  const auto e = c->likelihood->evaluate(point, c->observed, math::Derivatives::none, {}, *scratch);
  EXPECT_EQ(e.status, math::EvaluationStatus::infeasible);
  const std::string text = c->likelihood->explain(point, *scratch);
  for (const char* word : {"'a'", "bin 0", "'s'", "'huge'"}) EXPECT_NE(text.find(word), std::string::npos) << text;
}

TEST(Evaluate, NamesTheCulpritOfARateThatIsNoNumber) {
  const auto c = compile(workspace({{"a", {{"s", {20.0}, {{"wild", normsys, spec::NormSysData{1e-308, 1e308}}}}}}}));
  const auto scratch = c->likelihood->make_scratch();
  const std::vector<double> point = {0.0};
  EXPECT_EQ(c->likelihood->evaluate(point, c->observed, math::Derivatives::none, {}, *scratch).status,
            math::EvaluationStatus::not_finite);
  EXPECT_EQ(c->likelihood->explain(point, *scratch),
            "rate nan in channel 'a' bin 0 (observed 20); factors that are no finite numbers: 'wild'");
}

TEST(Evaluate, ExplainsWhatIsNotFinite) {
  const auto c =
      compile(workspace({{"a", {{"s", {20.0}, {factor("mu"), {"idle", normsys, spec::NormSysData{1.0, 1.0}}}}}}}));
  const auto scratch = c->likelihood->make_scratch();
  const auto explain = [&](const std::vector<double>& point) {
    const auto e = c->likelihood->evaluate(point, c->observed, math::Derivatives::none, {}, *scratch);
    EXPECT_EQ(e.status, math::EvaluationStatus::not_finite);
    return c->likelihood->explain(point, *scratch);
  };
  EXPECT_EQ(explain({1.0, std::nan("")}), "idle = nan, which is not a finite number");
  EXPECT_NE(explain({1e308, 0.0}).find("rate inf in channel 'a' bin 0"), std::string::npos);
  EXPECT_EQ(explain({1.0, -1e200}), "-ln L is too large for a number; the largest parameter is idle = -1e+200");
}

TEST(Evaluate, LanesAreTheSameBitsAsSingleCalls) {
  const auto c = compile(workspace({{"a", {{"s", {20.0}, {factor("mu"), norm("x")}}}}}));
  const Likelihood& l = *c->likelihood;
  const std::vector<double> p = {1.1, 0.3}, q = {0.9, -1.2};
  const auto s0 = l.make_scratch(), s1 = l.make_scratch(), s2 = l.make_scratch();
  const std::vector<std::span<const double>> points = {p, q};
  const std::vector<const Data*> data = {&c->observed, &c->observed};
  const std::vector<Scratch*> scratch = {s0.get(), s1.get()};
  std::vector<math::Evaluation> results(2);
  l.evaluate_lanes(points, data, math::Derivatives::gradient, {}, scratch, results);
  EXPECT_EQ(results[1].value, l.evaluate(q, c->observed, math::Derivatives::gradient, {}, *s2).value);
  EXPECT_EQ(s1->gradient, s2->gradient);
}

TEST(Sample, DependsOnItsKeyOnly) {
  const auto c =
      compile(workspace({{"a", {{"s", {20.0, 300.0, 1e6}, {factor("mu"), norm("x"), shape("g", {2.0, 9.0, 1e3})}}}}}));
  const Likelihood& l = *c->likelihood;
  const std::vector<double> point = {1.0, 0.0, 1.0, 1.0, 1.0};
  const Data one = l.sample(point, {7, 0, 12}), again = l.sample(point, {7, 0, 12}),
             other = l.sample(point, {7, 0, 13});
  EXPECT_EQ(one.values, again.values);
  EXPECT_NE(one.values, other.values);
  double sum = 0.0, squares = 0.0;
  constexpr int n = 4000;
  for (int k = 0; k < n; ++k) {
    const double x = l.sample(point, {8, 0, static_cast<std::uint64_t>(k)}).values[1];
    sum += x;
    squares += x * x;
  }
  const double mean = sum / n, variance = squares / n - mean * mean;
  EXPECT_NEAR(mean, 300.0, 5.0 * std::sqrt(300.0 / n));
  EXPECT_NEAR(variance, 300.0, 5.0 * 300.0 * std::sqrt(2.0 / n));
}

}  // namespace
}  // namespace relume::model
