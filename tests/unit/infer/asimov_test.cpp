// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asimov data of a counting experiment with a control region: every expectation is known.
#include "relume/infer/asimov.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "relume/model/channel_mask.hpp"
#include "support/counting.hpp"

namespace relume::infer {
namespace {

using enum spec::ModifierType;

/// SR: 5 mu + 20 k; CR: 100 k, observed 120.
model::Compiled search(double signal = 5.0) {
  spec::Workspace ws;
  ws.channels.push_back({"SR",
                         {{"signal", {signal}, {{"mu", normfactor, {}}}},
                          {"top", {20.0}, {{"k", normfactor, {}}, {"JES", normsys, spec::NormSysData{0.9, 1.1}}}}}});
  ws.channels.push_back({"CR", {{"top", {100.0}, {{"k", normfactor, {}}}}}});
  ws.observations = {{"SR", {24.0}}, {"CR", {120.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  return test::compile(ws);
}

double in_channel(const model::Likelihood& l, const model::Data& data, const std::string& name) {
  for (const model::ChannelInfo& c : l.channels()) {
    if (c.name == name) return data.values[c.first_bin];
  }
  return -1.0;
}

TEST(AsimovData, APrioriAreTheNominalRates) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const ParamId mu = *l.poi(), jes = *l.find_parameter("JES");
  const AsimovData half = asimov_data(l, c.observed, {.values = {{mu, 0.5}, {jes, 1.0}}});
  ASSERT_TRUE(half.is_usable()) << half.reason;
  EXPECT_NEAR(in_channel(l, half.data, "SR"), 2.5 + 22.0, 1e-12);
  EXPECT_NEAR(in_channel(l, half.data, "CR"), 100.0, 1e-12);
  EXPECT_EQ(half.data.values[l.parameters()[jes.index].constraint.data_index], 1.0);  // auxiliary data too
  // A fit finds what was injected, and nothing is left of the deviance.
  const FitResult fit = infer::fit(l, half.data);
  ASSERT_TRUE(fit.minimum.is_converged());
  EXPECT_NEAR(fit.minimum.x[mu.index], 0.5, 1e-6);
  EXPECT_NEAR(fit.minimum.x[jes.index], 1.0, 1e-6);
  EXPECT_NEAR(fit.minimum.value, 0.0, 1e-12);
}

TEST(AsimovData, APosterioriComeFromAFitWithTheInjectedValuesHeld) {
  const auto c = search();
  const model::Likelihood& l = *c.likelihood;
  const model::Data controls = model::only_channels(l, c.observed, std::vector<std::string>{"CR"}).value();
  const AsimovData a = asimov_data(l, controls, {.kind = Asimov::a_posteriori, .values = {{*l.poi(), 2.0}}});
  ASSERT_TRUE(a.is_usable()) << a.reason;
  EXPECT_NEAR(in_channel(l, a.data, "SR"), 10.0 + 24.0, 1e-6);
  EXPECT_NEAR(in_channel(l, a.data, "CR"), 120.0, 1e-6);
  EXPECT_EQ(a.data.masked, controls.masked);
  EXPECT_EQ(a.point[l.poi()->index], 2.0);
}

TEST(AsimovData, ThatCannotBeAreAStatus) {
  const auto c = search(-50.0);
  const model::Likelihood& l = *c.likelihood;
  const AsimovData negative = asimov_data(l, c.observed, {.values = {{*l.poi(), 1.0}}});
  EXPECT_EQ(negative.status, Status::fit_failed);
  EXPECT_EQ(negative.reason, "the Asimov data would be negative: -30 in channel 'SR' bin 0");
  const model::Data controls = model::only_channels(l, c.observed, std::vector<std::string>{"CR"}).value();
  EXPECT_TRUE(asimov_data(l, controls, {.values = {{*l.poi(), 1.0}}}).is_usable());  // nobody looks there
  EXPECT_EQ(asimov_data(l, c.observed, {.values = {{*l.poi(), std::nan("")}}}).status, Status::not_defined);
}

}  // namespace
}  // namespace relume::infer
