// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tests/peers/test_edit_vs_pyhf.py compares these edits with pyhf on random workspaces; here are the cases with a
// point.
#include "relume/edit/workspace.hpp"

#include <gtest/gtest.h>

#include "relume/spec/validate.hpp"
#include "unit/formats/example_workspace.hpp"

namespace relume::edit {
namespace {

using spec::ModifierType;
using spec::Workspace;
using test::example_workspace;

std::vector<std::string> names(const auto& items) {
  std::vector<std::string> result;
  for (const auto& item : items) result.push_back(item.name);
  return result;
}
using Strings = std::vector<std::string>;

/// The example with other names for channels and measurements.
Workspace other_workspace() {
  return rename(example_workspace(),
                {.channels = {{"SR", "SR2"}, {"CR", "CR2"}}, .measurements = {{"m", "m2"}, {"other", "other2"}}})
      .value();
}

Errors errors_of(const Result<Workspace>& result) { return result ? Errors{} : result.errors(); }

TEST(Combine, PutsDisjointWorkspacesSideBySide) {
  const Workspace both = combine(example_workspace(), other_workspace()).value();
  EXPECT_EQ(names(both.channels), (Strings{"SR", "CR", "SR2", "CR2"}));
  EXPECT_EQ(names(both.observations), (Strings{"SR", "CR", "SR2", "CR2"}));
  EXPECT_EQ(names(both.measurements), (Strings{"m", "other", "m2", "other2"}));
}

TEST(Combine, KeepsWhatConstraintsAre) {
  Workspace left = example_workspace(), free = other_workspace();
  left.constraints_are_priors = true;
  const Errors errors = errors_of(combine(left, other_workspace()));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].message.find("of the left workspace are priors"), std::string::npos) << errors[0].message;
  // A side without constraints has no say.
  for (spec::Channel& channel : free.channels) {
    for (spec::Sample& sample : channel.samples) {
      std::erase_if(sample.modifiers, [](const auto& m) { return m.type != ModifierType::normfactor; });
    }
  }
  for (spec::Measurement& m : free.measurements) m.parameters.clear();
  EXPECT_TRUE(combine(left, free).value().constraints_are_priors);
  EXPECT_TRUE(combine(free, left).value().constraints_are_priors);
}

TEST(Combine, ListsEveryClash) {
  // Two channels, two observations, two measurements.
  EXPECT_EQ(errors_of(combine(example_workspace(), example_workspace())).size(), 6u);
  Workspace changed = example_workspace();
  changed.channels[0].samples[0].data[0] = 9.0;
  changed.observations[1].data[0] = 9.0;
  changed.measurements[0].poi = "free";
  changed.measurements[0].parameters[1].bounds->front().upper = 9.0;
  const Errors errors = errors_of(combine(example_workspace(), changed, {.join = Join::outer}));
  EXPECT_EQ(errors.size(), 4u) << to_string(errors);
}

TEST(Combine, OuterMergesWhatIsIdentical) {
  EXPECT_EQ(combine(example_workspace(), example_workspace(), {.join = Join::outer}).value(), example_workspace());
  Workspace right = other_workspace();
  right.measurements[0].name = "m";
  right.measurements[0].parameters = {{.name = "jes", .fixed = true}};
  const Workspace both = combine(example_workspace(), right, {.join = Join::outer}).value();
  EXPECT_EQ(names(both.measurements), (Strings{"m", "other", "other2"}));
  EXPECT_EQ(names(both.measurements[0].parameters), (Strings{"lumi", "mu", "jes"}));
}

TEST(Combine, LeftAndRightOuterKeepTheirSide) {
  Workspace right = example_workspace();
  right.observations[0].data[0] = 9.0;
  right.measurements[0].poi = "free";
  const Workspace left_first = combine(example_workspace(), right, {.join = Join::left_outer}).value();
  EXPECT_EQ(left_first.observations[0].data[0].value, 52.0);
  EXPECT_EQ(left_first.measurements[0].poi, "mu");
  const Workspace right_first = combine(example_workspace(), right, {.join = Join::right_outer}).value();
  EXPECT_EQ(right_first.observations[0].data[0].value, 9.0);
  EXPECT_EQ(right_first.measurements[0].poi, "free");
}

TEST(Combine, MergesChannelsOnRequest) {
  Workspace right = example_workspace();
  right.channels[0].samples[0].name = "signal2";
  EXPECT_FALSE(combine(example_workspace(), right, {.join = Join::outer}));
  const Workspace merged = combine(example_workspace(), right, {.join = Join::outer, .merge_channels = true}).value();
  EXPECT_EQ(names(merged.channels[0].samples), (Strings{"signal", "bkg", "signal2"}));
  const Errors errors = errors_of(combine(example_workspace(), right, {.merge_channels = true}));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, ErrorCode::option);
}

TEST(Combine, RefusesWhatCannotBeAModel) {
  Workspace right = example_workspace();
  right.channels[0].samples[0].name = "signal2";
  for (spec::Sample& sample : right.channels[0].samples) {
    sample.data.pop_back();
    sample.modifiers.clear();
  }
  EXPECT_FALSE(combine(example_workspace(), right, {.join = Join::left_outer, .merge_channels = true}));
}

TEST(Prune, RemovesWhatIsNamed) {
  const Workspace less =
      prune(example_workspace(), {.channels = {"CR"}, .samples = {"signal"}, .measurements = {"other"}}).value();
  EXPECT_EQ(names(less.channels), Strings{"SR"});
  EXPECT_EQ(names(less.observations), Strings{"SR"});
  EXPECT_EQ(names(less.channels[0].samples), Strings{"bkg"});
  EXPECT_EQ(names(less.measurements), Strings{"m"});
}

TEST(Prune, RemovesParameterConfigsWithTheirModifiers) {
  const Workspace less = prune(example_workspace(), {.modifiers = {"mu", "jes"}}).value();
  EXPECT_EQ(names(less.measurements[0].parameters), Strings{"lumi"});
  EXPECT_EQ(less.measurements[0].poi, "mu");  // as in pyhf
  EXPECT_EQ(names(less.channels[0].samples[1].modifiers), (Strings{"lumi", "shape", "staterror_SR"}));
}

TEST(Prune, RemovesTypesWithoutTheirConfigs) {
  const Workspace less =
      prune(example_workspace(), {.modifier_types = {ModifierType::lumi, ModifierType::histosys}}).value();
  EXPECT_EQ(names(less.channels[0].samples[1].modifiers), (Strings{"jes", "shape", "staterror_SR"}));
  EXPECT_EQ(names(less.measurements[0].parameters), (Strings{"lumi", "mu"}));  // as in pyhf
}

TEST(Prune, ListsEveryUnknownName) {
  const Workspace ws = prune(example_workspace(), {.modifier_types = {ModifierType::lumi}}).value();
  const Errors errors = errors_of(prune(ws, {.channels = {"SRR"},
                                             .samples = {"a", "b"},
                                             .modifiers = {"x"},
                                             .measurements = {"y"},
                                             .modifier_types = {ModifierType::lumi}}));
  EXPECT_EQ(errors.size(), 6u) << to_string(errors);
  EXPECT_NE(errors[0].hint.find("'SR'"), std::string::npos) << errors[0].hint;
}

TEST(Prune, LeavesAWorkspace) {
  EXPECT_FALSE(prune(example_workspace(), {.channels = {"SR", "CR"}}));
  EXPECT_FALSE(prune(example_workspace(), {.samples = {"bkg"}}));  // nothing would be left in CR
  EXPECT_FALSE(prune(example_workspace(), {.measurements = {"m", "other"}}));
}

TEST(Rename, FollowsEveryUse) {
  const Workspace renamed = rename(example_workspace(), {.channels = {{"SR", "A"}},
                                                         .samples = {{"bkg", "B"}},
                                                         .modifiers = {{"mu", "xs"}},
                                                         .measurements = {{"m", "M"}}})
                                .value();
  EXPECT_EQ(names(renamed.channels), (Strings{"A", "CR"}));
  EXPECT_EQ(names(renamed.observations), (Strings{"A", "CR"}));
  EXPECT_EQ(renamed.channels[1].samples[0].name, "B");
  EXPECT_EQ(renamed.channels[0].samples[0].modifiers[0].name, "xs");
  EXPECT_EQ(renamed.measurements[0].poi, "xs");
  EXPECT_EQ(names(renamed.measurements[0].parameters), (Strings{"lumi", "xs"}));
  EXPECT_EQ(names(renamed.measurements), (Strings{"M", "other"}));
}

TEST(Rename, CanSwapNames) {
  const Workspace swapped = rename(example_workspace(), {.modifiers = {{"shape", "free"}, {"free", "shape"}}}).value();
  EXPECT_EQ(swapped.channels[0].samples[1].modifiers[3].name, "free");
  EXPECT_EQ(swapped.channels[1].samples[0].modifiers[0].name, "shape");
}

TEST(Rename, RefusesUnknownAndClashingNames) {
  EXPECT_EQ(
      errors_of(rename(example_workspace(), {.channels = {{"X", "Y"}}, .modifiers = {{"X", "Y"}, {"Z", "Y"}}})).size(),
      3u);
  EXPECT_FALSE(rename(example_workspace(), {.channels = {{"SR", "CR"}}}));
  EXPECT_FALSE(rename(example_workspace(), {.modifiers = {{"lumi", "luminosity"}}}));
  EXPECT_FALSE(rename(example_workspace(), {.channels = {{"SR", "A"}, {"SR", "B"}}}));
}

TEST(Sort, OrdersEveryListByName) {
  const Workspace sorted = sort(example_workspace());
  EXPECT_EQ(names(sorted.channels), (Strings{"CR", "SR"}));
  EXPECT_EQ(names(sorted.observations), (Strings{"CR", "SR"}));
  EXPECT_EQ(names(sorted.channels[1].samples), (Strings{"bkg", "signal"}));
  EXPECT_EQ(names(sorted.channels[1].samples[0].modifiers), (Strings{"jes", "jes", "lumi", "shape", "staterror_SR"}));
  EXPECT_EQ(sorted.channels[1].samples[0].modifiers[0].type, ModifierType::histosys);
}

TEST(Join, HasPyhfsNames) {
  EXPECT_EQ(join_from_string("none"), Join::none);
  EXPECT_EQ(join_from_string("left outer"), Join::left_outer);
  EXPECT_EQ(join_from_string("right outer"), Join::right_outer);
  EXPECT_EQ(join_from_string("inner"), std::nullopt);
}

}  // namespace
}  // namespace relume::edit
