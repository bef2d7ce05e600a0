// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/systematics.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace relume::edit {
namespace {

using spec::HistoSysData;
using spec::Modifier;
using spec::ModifierType;
using spec::NormSysData;
using spec::Numbers;
using spec::Workspace;
using Action = PrunedModifier::Action;

Modifier norm(std::string name, double lo, double hi) {
  return {std::move(name), ModifierType::normsys, NormSysData{lo, hi}};
}
Modifier shape(std::string name, Numbers lo, Numbers hi) {
  return {std::move(name), ModifierType::histosys, HistoSysData{std::move(lo), std::move(hi)}};
}

/// Samples a (100, 50) and b (10, 10) in two channels, with these modifiers on a in the first one.
Workspace workspace(std::vector<Modifier> modifiers) {
  Workspace ws;
  for (const char* name : {"SR", "CR"}) {
    spec::Channel channel{name, {}};
    channel.samples.push_back({"a", {100.0, 50.0}, {}});
    channel.samples.push_back({"b", {10.0, 10.0}, {{"mu", ModifierType::normfactor, {}}}});
    ws.channels.push_back(channel);
    ws.observations.push_back({name, {100.0, 50.0}});
  }
  ws.channels[0].samples[0].modifiers = std::move(modifiers);
  ws.measurements.push_back({"m", "mu", {}});
  return ws;
}
const std::vector<Modifier>& modifiers(const Workspace& ws) { return ws.channels[0].samples[0].modifiers; }

void expect_near(const Numbers& numbers, const std::vector<double>& expected) {
  ASSERT_EQ(numbers.size(), expected.size());
  // A few roundings.
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(numbers[i].value, expected[i], 1e-12);
}

// ---- pruning by size

TEST(PruneSmall, TakesWhatIsBelowBothThresholds) {
  const Workspace ws = workspace(
      {norm("small", 0.996, 1.004), norm("large", 0.99, 1.002), shape("small_shape", {100.2, 50.1}, {99.8, 49.9})});
  const SmallPruning pruning = prune_small(ws, {.normalisation = 0.005, .shape = 0.005}).value();
  ASSERT_EQ(modifiers(pruning.workspace).size(), 1u);
  EXPECT_EQ(modifiers(pruning.workspace)[0].name, "large");
  EXPECT_EQ(pruning.gone_parameters, (std::vector<std::string>{"small", "small_shape"}));
  EXPECT_EQ(pruning.n_before, 3u);
  EXPECT_EQ(pruning.n_after, 1u);
  for (const PrunedModifier& change : pruning.changes) EXPECT_EQ(change.action, Action::removed);
}

TEST(PruneSmall, ShapeAloneLeavesANormsysWithTheSameYields) {
  const Workspace ws = workspace({shape("x", {90.0, 45.1}, {110.0, 55.0})});
  const SmallPruning pruning = prune_small(ws, {.normalisation = 0.005, .shape = 0.005}).value();
  ASSERT_EQ(pruning.changes.size(), 1u);
  EXPECT_EQ(pruning.changes[0].action, Action::shape_removed);
  ASSERT_EQ(modifiers(pruning.workspace).size(), 1u);
  const auto& data = std::get<NormSysData>(modifiers(pruning.workspace)[0].data);
  EXPECT_EQ(modifiers(pruning.workspace)[0].type, ModifierType::normsys);
  EXPECT_NEAR(data.lo.value, 135.1 / 150.0, 1e-12);
  EXPECT_NEAR(data.hi.value, 1.1, 1e-12);
}

TEST(PruneSmall, NormalisationAloneLeavesTheShape) {
  const Workspace ws = workspace({shape("x", {80.0, 70.3}, {120.0, 30.0})});
  const SmallPruning pruning = prune_small(ws, {.normalisation = 0.005, .shape = 0.005}).value();
  ASSERT_EQ(pruning.changes.size(), 1u);
  EXPECT_EQ(pruning.changes[0].action, Action::normalisation_removed);
  const auto& data = std::get<HistoSysData>(modifiers(pruning.workspace)[0].data);
  expect_near(data.lo, {80.0 * 150.0 / 150.3, 70.3 * 150.0 / 150.3});
  expect_near(data.hi, {120.0, 30.0});
}

TEST(PruneSmall, ANameIsOneSystematic) {
  // +3 % and -3 % cancel to less than a permille; each by itself would have to stay.
  const Workspace cancel = workspace({norm("x", 0.97, 1.03), shape("x", {103.0, 51.5}, {97.0, 48.5})});
  EXPECT_TRUE(modifiers(prune_small(cancel, {.normalisation = 0.005, .shape = 0.005})->workspace).empty());
  // Twice 0.4 % are above the threshold that each of them is below.
  const Workspace add = workspace({norm("x", 0.996, 1.004), shape("x", {99.6, 49.8}, {100.4, 50.2})});
  const SmallPruning pruning = prune_small(add, {.normalisation = 0.005, .shape = 0.005}).value();
  ASSERT_EQ(modifiers(pruning.workspace).size(), 1u);
  EXPECT_EQ(pruning.changes[0].action, Action::shape_removed);
  const auto& data = std::get<NormSysData>(modifiers(pruning.workspace)[0].data);
  EXPECT_NEAR(data.hi.value, 1.004 * 1.004, 1e-12);
  EXPECT_NEAR(data.lo.value, 0.996 * 0.996, 1e-12);
}

TEST(PruneSmall, RelativeToTheTotal) {
  Workspace ws = workspace({});
  ws.channels[0].samples[1].modifiers.push_back(norm("x", 0.95, 1.05));  // 5 % of 20 are 0.6 % of 170
  EXPECT_EQ(prune_small(ws, {.normalisation = 0.006})->changes.size(), 0u);
  EXPECT_EQ(prune_small(ws, {.normalisation = 0.0058, .reference = Reference::total})->changes.size(), 0u);
  EXPECT_EQ(prune_small(ws, {.normalisation = 0.006, .reference = Reference::total})->changes.size(), 1u);
}

TEST(PruneSmall, StatesTheLoss) {
  // To first order in bin 0: 10 (large), 0.4 (small), 3 (stat): sqrt(109.16) before, sqrt(109) after.
  Workspace ws = workspace(
      {norm("large", 0.9, 1.1), norm("small", 0.996, 1.004), {"stat", ModifierType::staterror, Numbers{3.0, 2.0}}});
  const SmallPruning pruning = prune_small(ws, {}).value();
  const UncertaintyLoss& loss = pruning.channels.at(0);
  EXPECT_EQ(loss.channel, "SR");
  EXPECT_NEAR(loss.nominal[0], 110.0, 1e-12);
  EXPECT_NEAR(loss.before[0], std::sqrt(109.16), 1e-12);
  EXPECT_NEAR(loss.after[0], std::sqrt(109.0), 1e-12);
  EXPECT_NEAR(loss.before[1], std::sqrt(25.0 + 0.04 + 4.0), 1e-12);
  // Bins move together with a parameter, and not with the statistics.
  EXPECT_NEAR(loss.total_before, std::sqrt(15.0 * 15.0 + 0.6 * 0.6 + 9.0 + 4.0), 1e-12);
  EXPECT_NEAR(loss.total_after, std::sqrt(15.0 * 15.0 + 9.0 + 4.0), 1e-12);
  EXPECT_NEAR(pruning.largest_loss(), 1.0 - std::sqrt(109.0 / 109.16), 1e-12);
  EXPECT_EQ(pruning.channels.at(1).before, pruning.channels.at(1).after);
}

TEST(PruneSmall, LeavesWhatHasNoYieldAlone) {
  Workspace ws = workspace({shape("x", {100.0, 50.0}, {0.0, 0.0})});
  ws.channels[1].samples[0].data = {0.0, 0.0};
  ws.channels[1].samples[0].modifiers = {shape("y", {0.0, 0.0}, {0.1, 0.0}), norm("z", 0.9, 1.1),
                                         shape("w", {0.0, 0.0}, {0.0, 0.0})};
  const SmallPruning pruning = prune_small(ws, {}).value();
  EXPECT_EQ(modifiers(pruning.workspace).size(), 1u);
  // z scales nothing, w is nothing; y brings events.
  ASSERT_EQ(pruning.workspace.channels[1].samples[0].modifiers.size(), 1u);
  EXPECT_EQ(pruning.workspace.channels[1].samples[0].modifiers[0].name, "y");
}

TEST(PruneSmall, OnlyWhereItIsAskedToAndNeverThePoi) {
  Workspace ws = workspace({norm("x", 0.999, 1.001), norm("y", 0.999, 1.001), norm("p", 0.999, 1.001)});
  EXPECT_EQ(modifiers(prune_small(ws, {.where = {.modifiers = {"y"}}})->workspace).size(), 2u);
  EXPECT_EQ(modifiers(prune_small(ws, {.where = {.channels = {"CR"}}})->workspace).size(), 3u);
  EXPECT_EQ(modifiers(prune_small(ws, {.where = {.samples = {"b"}}})->workspace).size(), 3u);
  ws.measurements[0].poi = "p";
  const SmallPruning pruning = prune_small(ws, {}).value();
  ASSERT_EQ(modifiers(pruning.workspace).size(), 1u);
  EXPECT_EQ(modifiers(pruning.workspace)[0].name, "p");
  EXPECT_FALSE(prune_small(ws, {.normalisation = -1.0}));
  EXPECT_FALSE(prune_small(ws, {.shape = std::nan("")}));
  EXPECT_FALSE(prune_small(ws, {.where = {.modifiers = {"nobody"}}}));
  EXPECT_FALSE(prune_small(ws, {.measurement = "nobody"}));
}

TEST(PruneSmall, SettingsGoWithTheirParameter) {
  Workspace ws = workspace({norm("x", 0.999, 1.001)});
  ws.measurements[0].parameters = {{.name = "x", .fixed = true}, {.name = "mu", .fixed = false}};
  const SmallPruning pruning = prune_small(ws, {}).value();
  ASSERT_EQ(pruning.workspace.measurements[0].parameters.size(), 1u);
  EXPECT_EQ(pruning.workspace.measurements[0].parameters[0].name, "mu");
}

// ---- symmetrisation

struct Sides {
  double lo, hi;
};
Sides norm_after(double lo, double hi, Symmetrisation method) {
  const Workspace ws = symmetrise(workspace({norm("x", lo, hi)}), {.method = method}).value();
  const auto& data = std::get<NormSysData>(modifiers(ws)[0].data);
  return {data.lo.value, data.hi.value};
}

TEST(Symmetrise, MethodsAreWhatTheySay) {
  struct Expected {
    Symmetrisation method;
    double lo, hi;  // before
    double new_lo, new_hi;
  };
  using enum Symmetrisation;
  for (const Expected& e : {Expected{average, 0.9, 1.2, 0.85, 1.15},
                            {average, 1.0, 1.2, 0.8, 1.2},
                            {average, 0.9, 1.0, 0.9, 1.1},
                            {average, 1.1, 1.3, 0.9, 1.1},
                            {mirror, 0.9, 1.2, 0.9, 1.2},
                            {mirror, 1.0, 1.2, 0.8, 1.2},
                            {mirror, 1.1, 1.0, 1.1, 0.9},
                            {maximum, 0.9, 1.2, 0.8, 1.2},
                            {maximum, 0.7, 1.2, 0.7, 1.3},
                            {maximum, 1.1, 1.3, 0.7, 1.3},
                            {absolute, 0.9, 1.2, 0.85, 1.15},
                            {absolute, 1.1, 1.3, 0.8, 1.2},
                            {absolute, 1.2, 0.9, 1.15, 0.85}}) {
    const Sides sides = norm_after(e.lo, e.hi, e.method);
    EXPECT_NEAR(sides.lo, e.new_lo, 1e-12) << to_string(e.method) << ' ' << e.lo << ' ' << e.hi;
    EXPECT_NEAR(sides.hi, e.new_hi, 1e-12) << to_string(e.method) << ' ' << e.lo << ' ' << e.hi;
  }
}

TEST(Symmetrise, HistogramsBinByBin) {
  const Workspace ws = workspace({shape("x", {90.0, 52.0}, {104.0, 51.0})});
  const auto after = [&](Symmetrisation method) {
    return std::get<HistoSysData>(modifiers(symmetrise(ws, {.method = method}).value())[0].data);
  };
  expect_near(after(Symmetrisation::average).hi, {107.0, 49.5});
  expect_near(after(Symmetrisation::average).lo, {93.0, 50.5});
  expect_near(after(Symmetrisation::maximum).hi, {110.0, 48.0});
  expect_near(after(Symmetrisation::absolute).hi, {107.0, 48.5});
  EXPECT_EQ(symmetrise(ws, {.method = Symmetrisation::mirror}).value(), ws);
  // One side, judged on the whole histogram: a bin that happens to be nominal on the other one is no reason.
  const Workspace one = workspace({shape("x", {100.0, 50.0}, {104.0, 51.0})});
  expect_near(std::get<HistoSysData>(modifiers(symmetrise(one).value())[0].data).lo, {96.0, 49.0});
}

TEST(Symmetrise, TwiceIsOnce) {
  const Workspace ws = workspace({shape("x", {90.0, 52.0}, {104.0, 51.0}), norm("y", 0.8, 1.3)});
  for (const Symmetrisation method : {Symmetrisation::average, Symmetrisation::maximum, Symmetrisation::absolute}) {
    const Workspace once = symmetrise(ws, {.method = method}).value();
    EXPECT_EQ(symmetrise(once, {.method = method}).value(), once);
  }
}

TEST(Symmetrise, RefusesNegativeFactorsAndListsThem) {
  const Workspace ws = workspace({norm("x", 1.0, 2.5), norm("y", 0.9, 3.9), norm("z", 0.9, 1.1)});
  const auto result = symmetrise(ws);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.errors().size(), 2u);
  EXPECT_TRUE(symmetrise(ws, {.where = {.modifiers = {"z"}}}));
  EXPECT_FALSE(symmetrise(ws, {.where = {.modifiers = {"nobody"}}}));
}

// ---- decorrelation

/// x on a in both channels (histosys and normsys) and on b in SR.
Workspace correlated() {
  Workspace ws = workspace({norm("x", 0.9, 1.1), shape("x", {99.0, 50.0}, {101.0, 51.0})});
  ws.channels[0].samples[1].modifiers.push_back(norm("x", 0.95, 1.05));
  ws.channels[1].samples[0].modifiers.push_back(norm("x", 0.8, 1.2));
  ws.measurements[0].parameters = {{.name = "x", .bounds = {{{-3.0, 3.0}}}}};
  return ws;
}

std::vector<std::string> names_of(const Workspace& ws) {
  std::vector<std::string> names;
  for (const auto& channel : ws.channels) {
    for (const auto& sample : channel.samples) {
      for (const auto& modifier : sample.modifiers) {
        if (modifier.name != "mu") names.push_back(modifier.name);
      }
    }
  }
  return names;
}
std::vector<std::string> configured(const Workspace& ws) {
  std::vector<std::string> names;
  for (const auto& config : ws.measurements[0].parameters) names.push_back(config.name);
  return names;
}
using Strings = std::vector<std::string>;

TEST(Decorrelate, ByChannelAndBySample) {
  const Workspace by_channel = decorrelate(correlated(), {.modifiers = {"x"}}).value();
  EXPECT_EQ(names_of(by_channel), (Strings{"x_SR", "x_SR", "x_SR", "x_CR"}));
  EXPECT_EQ(configured(by_channel), (Strings{"x_SR", "x_CR"}));
  EXPECT_EQ(by_channel.measurements[0].parameters[1].bounds, correlated().measurements[0].parameters[0].bounds);
  const Workspace by_sample =
      decorrelate(correlated(), {.modifiers = {"x"}, .by_channel = false, .by_sample = true}).value();
  EXPECT_EQ(names_of(by_sample), (Strings{"x_a", "x_a", "x_b", "x_a"}));
  const Workspace by_both = decorrelate(correlated(), {.modifiers = {"x"}, .by_sample = true}).value();
  EXPECT_EQ(names_of(by_both), (Strings{"x_SR_a", "x_SR_a", "x_SR_b", "x_CR_a"}));
  EXPECT_EQ(configured(by_both), (Strings{"x_SR_a", "x_SR_b", "x_CR_a"}));
}

TEST(Decorrelate, OnlyWhereItIsAskedTo) {
  const Workspace ws = decorrelate(correlated(), {.modifiers = {"x"}, .channels = {"CR"}}).value();
  EXPECT_EQ(names_of(ws), (Strings{"x", "x", "x", "x_CR"}));
  EXPECT_EQ(configured(ws), (Strings{"x", "x_CR"}));
}

TEST(Decorrelate, RefusesWhatWouldNotMeanWhatItSays) {
  const Workspace ws = correlated();
  EXPECT_FALSE(decorrelate(ws, {}));
  EXPECT_FALSE(decorrelate(ws, {.modifiers = {"nobody"}}));
  EXPECT_FALSE(decorrelate(ws, {.modifiers = {"mu"}}));  // the parameter of interest
  EXPECT_FALSE(decorrelate(ws, {.modifiers = {"x"}, .by_channel = false}));
  Workspace taken = ws;  // x_SR would be tied to what is called so already
  taken.channels[1].samples[1].modifiers.push_back(norm("x_SR", 0.9, 1.1));
  EXPECT_FALSE(decorrelate(taken, {.modifiers = {"x"}}));
  Workspace lumi = ws;
  lumi.channels[0].samples[0].modifiers.push_back({"lumi", ModifierType::lumi, {}});
  EXPECT_FALSE(decorrelate(lumi, {.modifiers = {"lumi"}}));
  // "x" in "SR_2" and "x_SR" in "2" would both become x_SR_2.
  Workspace joined = ws;
  joined.channels[0].name = joined.observations[0].name = "SR_2";
  joined.channels[1].name = joined.observations[1].name = "2";
  joined.channels[1].samples[0].modifiers.push_back(norm("x_SR", 0.9, 1.1));
  EXPECT_FALSE(decorrelate(joined, {.modifiers = {"x", "x_SR"}}));
}

TEST(Decorrelate, ListsOfBinsOfSeveralChannelsCannotBeCopied) {
  Workspace ws = workspace({{"stat", ModifierType::staterror, Numbers{3.0, 2.0}}});
  ws.channels[1].samples[0].modifiers.push_back({"stat", ModifierType::staterror, Numbers{3.0, 2.0}});
  EXPECT_EQ(names_of(decorrelate(ws, {.modifiers = {"stat"}}).value()), (Strings{"stat_SR", "stat_CR"}));
  ws.measurements[0].parameters = {{.name = "stat", .inits = Numbers{1.0, 1.0, 1.0, 1.0}}};
  EXPECT_FALSE(decorrelate(ws, {.modifiers = {"stat"}}));
}

}  // namespace
}  // namespace relume::edit
