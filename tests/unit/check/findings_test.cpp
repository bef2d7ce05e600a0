// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A clean search, of which nothing is said, and for each check the smallest change of it that is found.
#include "relume/check/findings.hpp"

#include <cmath>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "relume/model/histfactory.hpp"
#include "relume/spec/validate.hpp"

namespace relume::check {
namespace {

using spec::Modifier;
using spec::ModifierType;
using spec::Numbers;
using spec::Sample;
using spec::Workspace;

Modifier factor(std::string name) { return {std::move(name), ModifierType::normfactor, {}}; }
Modifier norm(std::string name, double lo, double hi) {
  return {std::move(name), ModifierType::normsys, spec::NormSysData{lo, hi}};
}
Modifier shape(std::string name, Numbers lo, Numbers hi) {
  return {std::move(name), ModifierType::histosys, spec::HistoSysData{std::move(lo), std::move(hi)}};
}
Modifier per_bin(std::string name, ModifierType type, Numbers uncertainties) {
  return {std::move(name), type, std::move(uncertainties)};
}

/// Signal 5, 10 on background 100, 50 (samples 1 and 0).
Workspace clean() {
  Workspace ws;
  spec::Channel channel{"SR", {}};
  channel.samples.push_back({"bkg",
                             {100.0, 50.0},
                             {norm("xs", 0.9, 1.1), shape("jes", {95.0, 49.0}, {106.0, 52.0}),
                              per_bin("stat", ModifierType::staterror, {3.0, 2.0})}});
  channel.samples.push_back({"signal", {5.0, 10.0}, {factor("mu")}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"SR", {103.0, 51.0}});
  ws.measurements.push_back({"m", "mu", {}});
  return ws;
}

Findings findings_of(const Workspace& ws, const Options& options = {}) {
  const Errors problems = spec::validate(ws, "test");
  EXPECT_TRUE(problems.empty()) << to_string(problems);
  const auto compiled = model::compile(ws);
  return find(ws, {}, options, compiled ? compiled->likelihood.get() : nullptr).value();
}

const Finding* find_check(const Findings& findings, std::string_view name) {
  for (const Finding& finding : findings.list) {
    if (finding.check == name) return &finding;
  }
  return nullptr;
}

std::string names(const Findings& findings) {
  std::string all;
  for (const Finding& finding : findings.list) all += finding.check + " ";
  return all;
}

Sample& background(Workspace& ws) { return ws.channels[0].samples[0]; }
Sample& signal(Workspace& ws) { return ws.channels[0].samples[1]; }
void add_sample(Workspace& ws, Sample sample) { ws.channels[0].samples.push_back(std::move(sample)); }
/// A control region without signal.
void add_region(Workspace& ws, Sample sample, Numbers observed) {
  ws.channels.push_back({"CR", {std::move(sample)}});
  ws.observations.push_back({"CR", std::move(observed)});
}

struct Case {
  const char* check;
  std::function<void(Workspace&)> change;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"poi-without-effect",
       [](Workspace& ws) {
         signal(ws).data = {0.0, 0.0};
       }},
      {"poi-degenerate", [](Workspace& ws) { signal(ws).modifiers.push_back(factor("k")); }},
      {"data-without-prediction",
       [](Workspace& ws) {
         add_region(ws, {"other", {0.0, 3.0}, {}}, {1.0, 3.0});
       }},
      {"negative-prediction",
       [](Workspace& ws) {
         add_sample(ws, {"loss", {0.0, -70.0}, {}});
       }},
      {"nothing-at-nominal",
       [](Workspace& ws) {
         // 100 events less per standard deviation, from an initial value of -3.
         background(ws).modifiers.push_back(shape("x", {0.0, 40.0}, {200.0, 60.0}));
         ws.measurements[0].parameters.push_back({.name = "x", .inits = Numbers{-3.0}});
       }},
      {"poi-fixed", [](Workspace& ws) { ws.measurements[0].parameters.push_back({.name = "mu", .fixed = true}); }},
      {"poi-constrained", [](Workspace& ws) { ws.measurements[0].poi = "jes"; }},
      {"free-parameter-without-effect",
       [](Workspace& ws) {
         add_sample(ws, {"empty", {0.0, 0.0}, {factor("k")}});
       }},
      {"degenerate-parameters",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(factor("a"));
         background(ws).modifiers.push_back(factor("b"));
       }},
      {"signal-without-background",
       [](Workspace& ws) {
         background(ws).data[1] = 0.0;
         background(ws).modifiers.clear();
       }},
      {"signal-negligible",
       [](Workspace& ws) {
         signal(ws).data = {1e-2, 1e-2};
       }},
      {"configured-unknown-parameter", [](Workspace& ws) { ws.measurements[0].parameters.push_back({.name = "x"}); }},
      {"lumi-not-configured",
       [](Workspace& ws) {
         background(ws).modifiers.push_back({"lumi", ModifierType::lumi, {}});
       }},
      {"empty-variation",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {0.0, 0.0}, {110.0, 52.0}));
       }},
      {"up-equals-down",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {110.0, 52.0}, {110.0, 52.0}));
       }},
      {"one-sided-variation", [](Workspace& ws) { background(ws).modifiers.push_back(norm("x", 1.0, 1.1)); }},
      {"same-side-normalisation", [](Workspace& ws) { background(ws).modifiers.push_back(norm("x", 1.05, 1.1)); }},
      {"large-normalisation", [](Workspace& ws) { background(ws).modifiers.push_back(norm("x", 0.8, 1.6)); }},
      {"large-shape",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {99.0, 50.0}, {40.0, 110.0}));
       }},
      {"normsys-zero", [](Workspace& ws) { background(ws).modifiers.push_back(norm("x", 0.0, 1.4)); }},
      {"histosys-negative",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {110.0, -1.0}, {90.0, 95.0}));
       }},
      {"nominal-negative",
       [](Workspace& ws) {
         add_sample(ws, {"interference", {-3.0, 1.0}, {}});
       }},
      {"identical-samples",
       [](Workspace& ws) {
         add_sample(ws, {"copy", {100.0, 50.0}, {}});
       }},
      {"sample-without-yield",
       [](Workspace& ws) {
         add_sample(ws, {"empty", {0.0, 0.0}, {}});
       }},
      {"staterror-zero",
       [](Workspace& ws) {
         background(ws).modifiers[2] = per_bin("stat", ModifierType::staterror, {3.0, 0.0});
       }},
      {"staterror-above-nominal",
       [](Workspace& ws) {
         background(ws).modifiers[2] = per_bin("stat", ModifierType::staterror, {3.0, 60.0});
       }},
      {"shapesys-above-nominal",
       [](Workspace& ws) {
         background(ws).modifiers[2] = per_bin("x", ModifierType::shapesys, {3.0, 60.0});
       }},
      {"shapesys-nearly-exact",
       [](Workspace& ws) {
         background(ws).modifiers[2] = per_bin("x", ModifierType::shapesys, {3.0, 1e-3});
       }},
      {"poi-on-no-sample", [](Workspace& ws) { signal(ws).modifiers.clear(); }},
      {"channel-without-poi",
       [](Workspace& ws) {
         add_region(ws, {"bkg", {30.0, 20.0}, {}}, {31.0, 18.0});
       }},
      {"signal-without-yield",
       [](Workspace& ws) {
         add_region(ws, {"bkg", {30.0, 20.0}, {}}, {31.0, 18.0});
         ws.channels[1].samples.push_back({"signal", {0.0, 0.0}, {factor("mu")}});
       }},
      {"signal-negligible-in-channel",
       [](Workspace& ws) {
         add_region(ws, {"bkg", {30.0, 20.0}, {}}, {31.0, 18.0});
         ws.channels[1].samples.push_back({"signal", {1e-3, 1e-3}, {factor("mu")}});
       }},
      {"background-empty-bin",
       [](Workspace& ws) {
         add_region(ws, {"other", {0.0, 3.0}, {}}, {0.0, 3.0});
       }},
      {"same-side-bin",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {102.0, 49.0}, {104.0, 47.0}));
       }},
      {"odd-and-small",
       [](Workspace& ws) {
         add_sample(ws, {"rare", {0.1, 0.2}, {norm("x", 1.0, 1.1)}});
       }},
      {"identical-variations",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {95.0, 49.0}, {106.0, 52.0}));
       }},
      {"negligible-variation", [](Workspace& ws) { background(ws).modifiers.push_back(norm("x", 0.9995, 1.0005)); }},
      {"shape-is-normalisation",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {90.0, 45.0}, {110.0, 55.0}));
       }},
      {"modifier-without-effect", [](Workspace& ws) { background(ws).modifiers.push_back(norm("xs2", 1.0, 1.0)); }},
      {"parameter-without-effect",
       [](Workspace& ws) {
         background(ws).modifiers.push_back(shape("x", {100.0, 50.0}, {100.0, 50.0}));
       }},
      {"histosys-on-zero-nominal",
       [](Workspace& ws) {
         add_sample(ws, {"rare", {0.0, 2.0}, {shape("x", {0.1, 1.9}, {0.2, 2.1})}});
       }},
      {"histosys-and-normsys-share-name",
       [](Workspace& ws) { background(ws).modifiers.push_back(norm("jes", 0.98, 1.02)); }},
      {"nominal-tiny",
       [](Workspace& ws) {
         add_sample(ws, {"rare", {1e-6, 2.0}, {}});
       }},
      {"shapesys-zero",
       [](Workspace& ws) {
         background(ws).modifiers[2] = per_bin("x", ModifierType::shapesys, {3.0, 0.0});
       }},
      {"observation-not-integer", [](Workspace& ws) { ws.observations[0].data[0] = 103.5; }},
      {"observation-zero", [](Workspace& ws) { ws.observations[0].data[0] = 0.0; }},
      {"observation-of-no-channel",
       [](Workspace& ws) {
         ws.observations.push_back({"VR", {1.0}});
       }},
  };
  return all;
}

TEST(Findings, NothingIsSaidOfACleanModel) {
  const Findings findings = findings_of(clean());
  EXPECT_TRUE(findings.list.empty()) << names(findings);
  EXPECT_FALSE(findings.worst());
}

TEST(Findings, EachCheckFindsWhatItIsFor) {
  for (const Case& c : cases()) {
    Workspace ws = clean();
    c.change(ws);
    const Findings findings = findings_of(ws);
    const Finding* finding = find_check(findings, c.check);
    ASSERT_NE(finding, nullptr) << c.check << " is missing among: " << names(findings);
    EXPECT_GE(finding->count, 1u) << c.check;
    ASSERT_FALSE(finding->places.empty()) << c.check;
    EXPECT_FALSE(to_string(finding->places[0]).empty()) << c.check;
    EXPECT_FALSE(finding->message.empty() || finding->advice.empty()) << c.check;
    // Left out on request.
    EXPECT_EQ(find_check(findings_of(ws, {.skip = {c.check}}), c.check), nullptr) << c.check;
  }
}

TEST(Findings, NoCheckIsWithoutACase) {
  std::set<std::string_view> tested;
  for (const Case& c : cases()) tested.insert(c.check);
  for (const Check& check : checks()) EXPECT_TRUE(tested.contains(check.name)) << check.name;
  EXPECT_EQ(tested.size(), checks().size());
}

TEST(Findings, SayWhereWhatAndHowMuch) {
  Workspace ws = clean();
  background(ws).modifiers.push_back(norm("x", 1.0, 1.25));
  const Finding finding = *find_check(findings_of(ws), "one-sided-variation");
  EXPECT_EQ(finding.severity, Severity::warning);
  const Place& place = finding.places.at(0);
  EXPECT_EQ(place.pointer, "/channels/0/samples/0/modifiers/3");
  EXPECT_EQ(place.channel, "SR");
  EXPECT_EQ(place.sample, "bkg");
  EXPECT_EQ(place.modifier, "x");
  EXPECT_EQ(place.type, "normsys");
  // 25 of 105 events, 12.5 of 60: the larger one.
  using Entries = std::vector<std::pair<std::string, double>>;
  EXPECT_EQ(place.numbers, (Entries{{"lo", 1.0}, {"hi", 1.25}, {"change_of_a_bin", 25.0 / 105.0}}));
  EXPECT_EQ(to_string(place), "channel 'SR', sample 'bkg', normsys 'x': lo 1, hi 1.25, change_of_a_bin 0.238095");
}

TEST(Findings, EveryChangeOfAnEmptyBinIsLarge) {
  Workspace ws = clean();
  add_region(ws, {"bkg", {0.0, 16.0}, {shape("x", {0.0, 16.0}, {0.5, 16.0})}}, {0.0, 18.0});
  const Findings findings = findings_of(ws);
  const Finding* finding = find_check(findings, "one-sided-variation");
  ASSERT_NE(finding, nullptr) << names(findings);
  using Entries = std::vector<std::pair<std::string, double>>;
  EXPECT_EQ(finding->places[0].numbers, (Entries{{"lo", 1.0}, {"hi", 1.03125}}));  // no number is infinite
}

TEST(Findings, LargestComeFirstAndTheRestIsCounted) {
  Workspace ws = clean();
  for (int i = 0; i < 5; ++i)
    background(ws).modifiers.push_back(norm("x" + std::to_string(i), 1.0, 1.1 + 0.02 * ((3 * i) % 5)));
  const Finding some = *find_check(findings_of(ws, {.max_places = 2}), "one-sided-variation");
  EXPECT_EQ(some.count, 5u);
  ASSERT_EQ(some.places.size(), 2u);
  EXPECT_EQ(some.places[0].modifier, "x3");  // 3 * 3 mod 5 = 4
  EXPECT_EQ(some.places[1].modifier, "x1");  // 3
  EXPECT_EQ(find_check(findings_of(ws, {.max_places = 0}), "one-sided-variation")->places.size(), 5u);
}

TEST(Findings, SeveritiesAreCountedAndOrdered) {
  Workspace ws = clean();
  signal(ws).modifiers.push_back(factor("k"));             // an error
  ws.measurements[0].parameters.push_back({.name = "x"});  // a warning
  ws.observations[0].data[0] = 0.0;                        // a note
  const Findings findings = findings_of(ws);
  EXPECT_EQ(findings.n_errors, 1u);
  EXPECT_EQ(findings.n_warnings, 1u);
  EXPECT_EQ(findings.n_notes, 1u);
  EXPECT_EQ(findings.worst(), Severity::error);
  EXPECT_EQ(names(findings), "poi-degenerate configured-unknown-parameter observation-zero ");
}

TEST(Findings, ThresholdsAreWhereTheySay) {
  Workspace ws = clean();
  background(ws).modifiers.push_back(norm("x", 0.9, 1.3));
  EXPECT_EQ(find_check(findings_of(ws), "large-normalisation"), nullptr);
  EXPECT_NE(find_check(findings_of(ws, {.thresholds = {.large_normalisation = 0.29}}), "large-normalisation"), nullptr);
  EXPECT_EQ(find_check(findings_of(ws, {.thresholds = {.large_normalisation = 0.31}}), "large-normalisation"), nullptr);
  // sqrt(sum of s^2 / (s + b + sigma^2)), sigma: 10 and 5 (xs), 5.5 and 1.5 (jes), 3 and 2 (stat).
  const double ratio =
      std::sqrt(25.0 / (5.0 + 100.0 + 100.0 + 30.25 + 9.0) + 100.0 / (10.0 + 50.0 + 25.0 + 2.25 + 4.0));
  EXPECT_EQ(find_check(findings_of(clean(), {.thresholds = {.negligible_signal = ratio * 0.999}}), "signal-negligible"),
            nullptr);
  const Finding* finding = nullptr;
  const Findings all = findings_of(clean(), {.thresholds = {.negligible_signal = ratio * 1.001}});
  finding = find_check(all, "signal-negligible");
  ASSERT_NE(finding, nullptr);
  EXPECT_NEAR(finding->places[0].numbers[0].second, ratio, 1e-12);  // rounding
}

TEST(Findings, FlatDirectionsComeApart) {
  // Two pairs that go along with each other, in channels of their own: two findings, each with its own names.
  Workspace ws = clean();
  background(ws).modifiers.push_back(factor("a"));
  background(ws).modifiers.push_back(factor("b"));
  add_region(ws, {"bkg", {30.0, 20.0}, {factor("c"), factor("d")}}, {31.0, 18.0});
  const Findings findings = findings_of(ws, {.max_places = 0});
  const Finding* finding = find_check(findings, "degenerate-parameters");
  ASSERT_NE(finding, nullptr);
  std::set<std::vector<std::string>> groups;
  for (const Place& place : finding->places) groups.insert(place.parameters);
  EXPECT_EQ(groups, (std::set<std::vector<std::string>>{{"a", "b"}, {"c", "d"}}));
  // Held, they are no problem.
  const auto compiled = model::compile(ws).value();
  Options options;
  for (const char* name : {"a", "c"}) options.fixed.push_back(*compiled.likelihood->find_parameter(name));
  EXPECT_EQ(find_check(find(ws, {}, options, compiled.likelihood.get()).value(), "degenerate-parameters"), nullptr);
}

TEST(Findings, ConstrainedParametersAreNeverFlat) {
  Workspace ws = clean();
  for (const char* name : {"a", "b", "c"}) background(ws).modifiers.push_back(norm(name, 0.9, 1.1));
  background(ws).modifiers.push_back(factor("k"));
  EXPECT_TRUE(findings_of(ws).list.empty()) << names(findings_of(ws));
}

TEST(Findings, UnknownChecksAreRefusedWithTheNearestName) {
  const auto result = find(clean(), {}, {.skip = {"one-side-variation"}});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().hint.find("one-sided-variation"), std::string::npos) << result.error().hint;
}

TEST(Findings, RoundingIsNoEffect) {
  Workspace ws = clean();
  background(ws).modifiers.push_back(shape("x", {100.0 + 1e-7, 50.0}, {100.0, 50.0 - 1e-7}));
  EXPECT_EQ(names(findings_of(ws)), "modifier-without-effect parameter-without-effect ");
}

}  // namespace
}  // namespace relume::check
