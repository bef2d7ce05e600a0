// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/signal.hpp"

#include <gtest/gtest.h>

#include "relume/spec/validate.hpp"
#include "unit/formats/example_workspace.hpp"

namespace relume::edit {
namespace {

using spec::ModifierType;
using test::example_workspace;

spec::Signal example_signal() {
  return {
      .name = "gluino",
      .poi = "mu_gluino",
      .samples = {{.name = "gluino",
                   .channels = {{.channel = "SR", .yields = {1.0, 2.0}, .stat_uncertainties = spec::Numbers{0.1, 0.2}},
                                {.channel = "CR", .yields = {0.5}}},
                   .modifiers = {{"theory", ModifierType::normsys, spec::NormSysData{0.9, 1.1}}}}}};
}

Errors errors_of(const spec::Signal& signal, const AddSignalOptions& options = {}) {
  const Result<spec::Workspace> with = add_signal(example_workspace(), signal, options);
  return with ? Errors{} : with.errors();
}

void expect_problem(const spec::Signal& signal, std::string_view message) {
  const Errors errors = errors_of(signal);
  ASSERT_EQ(errors.size(), 1u) << message << "\n" << to_string(errors);
  EXPECT_NE(errors[0].message.find(message), std::string::npos) << to_string(errors);
}

TEST(AddSignal, PutsSamplesIntoTheirChannels) {
  const spec::Workspace with = add_signal(example_workspace(), example_signal()).value();
  EXPECT_TRUE(spec::validate(with, "with").empty());
  ASSERT_EQ(with.channels[0].samples.size(), 3u);
  const spec::Sample& added = with.channels[0].samples[2];
  EXPECT_EQ(added.name, "gluino");
  EXPECT_EQ(added.data, (spec::Numbers{1.0, 2.0}));
  ASSERT_EQ(added.modifiers.size(), 3u);
  EXPECT_EQ(added.modifiers[0], (spec::Modifier{"mu_gluino", ModifierType::normfactor, {}}));
  EXPECT_EQ(added.modifiers[1].name, "theory");
  EXPECT_EQ(added.modifiers[2],
            (spec::Modifier{"staterror_gluino_SR", ModifierType::staterror, spec::Numbers{0.1, 0.2}}));
  EXPECT_EQ(with.channels[1].samples[1].modifiers.size(), 2u);
  for (const spec::Measurement& measurement : with.measurements) EXPECT_EQ(measurement.poi, "mu_gluino");
  EXPECT_EQ(with.measurements[0].parameters, example_workspace().measurements[0].parameters);
}

TEST(AddSignal, ReplacesSamples) {
  spec::Signal signal = example_signal();
  signal.replace = {"signal"};
  signal.samples[0].name = "signal";
  const spec::Workspace with = add_signal(example_workspace(), signal).value();
  ASSERT_EQ(with.channels[0].samples.size(), 2u);
  EXPECT_EQ(with.channels[0].samples[0].name, "bkg");
  EXPECT_EQ(with.channels[0].samples[1].data, (spec::Numbers{1.0, 2.0}));
}

TEST(AddSignal, MustKnowAboutEveryChannel) {
  spec::Signal signal = example_signal();
  signal.samples[0].channels.pop_back();
  expect_problem(signal, "says nothing about the channels 'CR'");
  EXPECT_TRUE(errors_of(signal, {.other_channels_are_zero = true}).empty());
  signal.zero_channels = {"CR"};
  EXPECT_TRUE(errors_of(signal).empty());
  signal.zero_channels = {};
  signal.other_channels_are_zero = true;
  EXPECT_TRUE(errors_of(signal).empty());
}

TEST(AddSignal, NamesEveryProblem) {
  spec::Signal signal = example_signal();
  signal.samples[0].channels[0].channel = "SRx";
  signal.samples[0].channels[1].yields = {1.0, 2.0};
  signal.replace = {"nobody", "no one"};
  // SRx unknown, SR forgotten, CR of the wrong length, two samples that are not there.
  EXPECT_EQ(errors_of(signal).size(), 5u) << to_string(errors_of(signal));
}

TEST(AddSignal, RefusesNamesThatAreTaken) {
  spec::Signal signal = example_signal();
  signal.samples[0].name = "signal";
  expect_problem(signal, "already has a sample called 'signal'");
  signal = example_signal();
  signal.poi = "jes";
  expect_problem(signal, "uses the name 'jes' for something else");
  signal = example_signal();
  signal.poi = "mu";  // a normfactor of the workspace may be the signal's too
  EXPECT_TRUE(errors_of(signal).empty());
  signal.samples[0].name = "bkg2";
  spec::Workspace ws = example_workspace();
  ws.channels[0].samples[1].modifiers[4].name = "staterror_bkg2_SR";
  EXPECT_FALSE(add_signal(ws, signal));
}

TEST(AddSignal, ChecksTheSignalItself) {
  spec::Signal signal = example_signal();
  signal.samples[0].channels[0].stat_uncertainties = spec::Numbers{0.1, -0.2};
  expect_problem(signal, "not negative");
}

TEST(AddSignal, LeavesNoChannelEmpty) {
  spec::Signal signal = example_signal();
  signal.replace = {"bkg"};
  signal.samples[0].channels.pop_back();
  signal.zero_channels = {"CR"};
  expect_problem(signal, "nothing is left in channel 'CR'");
}

}  // namespace
}  // namespace relume::edit
