// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Data with masked channels, and what fits, tests and limits make of them: the closed forms of what is left.
#include "relume/model/channel_mask.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/toys.hpp"
#include "support/counting.hpp"

namespace relume::model {
namespace {

using Names = std::vector<std::string>;
using enum spec::ModifierType;

/// Signal region with mu and two backgrounds, one of them measured in a control region.
Compiled search(double sr = 30.0) {
  spec::Workspace ws;
  ws.channels.push_back({"SR",
                         {{"signal", {5.0}, {{"mu", normfactor, {}}}},
                          {"top", {20.0}, {{"k_top", normfactor, {}}, {"JES", normsys, spec::NormSysData{0.9, 1.1}}}},
                          {"other", {3.0}, {{"k_other", normfactor, {}}}}}});
  ws.channels.push_back(
      {"CR", {{"signal", {0.0}, {{"mu", normfactor, {}}}}, {"top", {100.0}, {{"k_top", normfactor, {}}}}}});
  ws.observations = {{"SR", {sr}}, {"CR", {120.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  return test::compile(ws);
}

double value_of(const Likelihood& l, const std::vector<double>& x, const std::string& name) {
  return x[l.find_parameter(name)->index];
}

TEST(ChannelMask, RefusesWhatMakesNoSense) {
  const Compiled c = search();
  const auto unknown = mask_channels(*c.likelihood, c.observed, Names{"SRR", "CR"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "no channel is called 'SRR'");
  EXPECT_NE(unknown.error().hint.find("'SR'"), std::string::npos);
  EXPECT_FALSE(only_channels(*c.likelihood, c.observed, Names{"nothing"}));
  EXPECT_FALSE(mask_channels(*c.likelihood, c.observed, Names{"SR", "CR"}));
  const Data once = mask_channels(*c.likelihood, c.observed, Names{"SR"}).value();
  EXPECT_FALSE(mask_channels(*c.likelihood, once, Names{"CR"}));
  EXPECT_EQ(masked_channels(*c.likelihood, once), Names{"SR"});
  EXPECT_EQ(masked_channels(*c.likelihood, only_channels(*c.likelihood, c.observed, Names{"SR"}).value()), Names{"CR"});
  EXPECT_TRUE(mask_channels(*c.likelihood, c.observed, {}).value().masked.empty());
}

TEST(ChannelMask, LikelihoodsWithoutMasksRefuseThem) {
  class Other final : public Likelihood {
   public:
    Other() { channels_ = {{"a", 0, 1, {}}, {"b", 1, 1, {}}}; }
    std::unique_ptr<Scratch> make_scratch() const override { return nullptr; }
    math::Evaluation evaluate(std::span<const double>, const Data&, math::Derivatives, const math::Relaxation&,
                              Scratch&) const noexcept override {
      return {};
    }
    Constants constants(const Data&) const override { return {}; }
    Data expected_data(std::span<const double>) const override { return {}; }
    void fluctuate(const Data&, const RandomKey&, Data&) const override {}
    void reset_multipliers(Scratch&) const override {}
    double update_multipliers(double, Scratch&) const override { return 0.0; }
    std::string explain(std::span<const double>, const Scratch&) const override { return {}; }
  };
  const auto masked = mask_channels(Other(), {{1.0, 2.0}}, Names{"a"});
  ASSERT_FALSE(masked);
  EXPECT_EQ(masked.error().code, ErrorCode::unsupported);
}

TEST(ChannelMask, FitOfTheControlRegionHoldsWhatItCannotSee) {
  const Compiled c = search();
  const Likelihood& l = *c.likelihood;
  const infer::FitResult fit = infer::fit(l, mask_channels(l, c.observed, Names{"SR"}).value(), {.covariance = true});
  ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
  EXPECT_NEAR(value_of(l, fit.minimum.x, "k_top"), 1.2, 1e-8);
  EXPECT_NEAR(value_of(l, fit.minimum.x, "JES"), 0.0, 1e-8);
  EXPECT_EQ(value_of(l, fit.minimum.x, "k_other"), 1.0);
  EXPECT_EQ(value_of(l, fit.minimum.x, "mu"), 1.0);
  // k = n / 100 with n Poisson; nuisance parameters keep the width of their constraint.
  EXPECT_NEAR(value_of(l, fit.uncertainties, "k_top"), std::sqrt(120.0) / 100.0, 1e-8);
  EXPECT_NEAR(value_of(l, fit.uncertainties, "JES"), 1.0, 1e-8);
  EXPECT_EQ(value_of(l, fit.uncertainties, "mu"), 0.0);
  // -2 ln L of one count at its best fit, and of the auxiliary datum of JES.
  const double main = 2.0 * (120.0 - 120.0 * std::log(120.0) + std::lgamma(121.0));
  EXPECT_NEAR(fit.twice_nll, main + std::log(2.0 * std::numbers::pi), 1e-9);
  ASSERT_EQ(fit.notes.size(), 1u);
  EXPECT_EQ(fit.notes[0], "'mu', 'k_other' act in masked channels only, and were held at their initial values");
  ASSERT_EQ(l.channels()[1].name, "SR");
  EXPECT_NEAR(l.expected_data(fit.minimum.x).values[1], 5.0 + 24.0 + 3.0, 1e-6);  // still predicted
}

TEST(ChannelMask, HeldByTheCallerIsHeldThere) {
  const Compiled c = search();
  const Likelihood& l = *c.likelihood;
  const Data controls = only_channels(l, c.observed, Names{"CR"}).value();
  const ParamId mu = *l.find_parameter("mu"), other = *l.find_parameter("k_other");
  const infer::FitResult fit = infer::fit(l, controls, {.fixed = {{mu, 0.0}, {other, 1.5}}});
  ASSERT_TRUE(fit.minimum.is_converged());
  EXPECT_EQ(fit.minimum.x[mu.index], 0.0);
  EXPECT_EQ(fit.minimum.x[other.index], 1.5);
  EXPECT_TRUE(fit.notes.empty());
}

TEST(ChannelMask, TestsNeedAParameterOfInterestThatActs) {
  const Compiled c = search();
  const Likelihood& l = *c.likelihood;
  const Data controls = only_channels(l, c.observed, Names{"CR"}).value();
  for (const std::string& reason :
       {infer::hypotest(l, controls, 1.0).reason, infer::upper_limit(l, controls).reason,
        infer::significance(l, controls).reason, infer::toy_test(l, controls, 1.0, {.n_toys = 2}).reason}) {
    EXPECT_EQ(reason, "the parameter of interest 'mu' acts in masked channels only");
  }
  EXPECT_EQ(infer::scan(l, controls, *l.poi(), {{0.0, 1.0}}).status, infer::Status::not_defined);
  const infer::Intervals k = infer::intervals(l, controls, {{*l.find_parameter("k_top")}});
  ASSERT_TRUE(k.is_usable()) << k.reason;
  EXPECT_EQ(k.notes.size(), 1u);
  // t(k) = 2 (100 k - n - n ln(100 k / n)) = 1
  const auto t = [](double x) { return 2.0 * (100.0 * x - 120.0 - 120.0 * std::log(100.0 * x / 120.0)); };
  EXPECT_NEAR(t(*k.intervals[0].upper), 1.0, 1e-5);
}

/// Whatever is in a masked channel, and whatever its rates do there, the answers are the same bits.
TEST(ChannelMask, MaskedDataChangeNothing) {
  const auto answers = [](double sr) {
    spec::Workspace ws;
    ws.channels.push_back(
        {"VR", {{"signal", {-50.0}, {{"mu", normfactor, {}}}}, {"top", {20.0}, {{"k", normfactor, {}}}}}});
    ws.channels.push_back({"SR",
                           {{"signal", {5.0}, {{"mu", normfactor, {}}}},
                            {"top", {10.0}, {{"k", normfactor, {}}, {"JES", normsys, spec::NormSysData{0.9, 1.1}}}}}});
    ws.channels.push_back({"CR", {{"top", {100.0}, {{"k", normfactor, {}}}}}});
    ws.observations = {{"VR", {sr}}, {"SR", {14.0}}, {"CR", {105.0}}};
    ws.measurements.push_back({"measurement", "mu", {}});
    const Compiled c = test::compile(ws);
    const Likelihood& l = *c.likelihood;
    const Data data = mask_channels(l, c.observed, Names{"VR"}).value();
    const infer::FitResult fit = infer::fit(l, data);
    const infer::HypoTest h = infer::hypotest(l, data, 1.0);
    const infer::Limit limit = infer::upper_limit(l, data);
    const infer::ToyTest toys = infer::toy_test(l, data, 1.0, {.n_toys = 20});
    EXPECT_TRUE(fit.minimum.is_converged() && h.is_usable() && limit.is_usable() && toys.is_usable())
        << h.reason << limit.reason << toys.reason;
    std::vector<double> all = fit.minimum.x;
    all.insert(all.end(),
               {fit.twice_nll, h.q, h.q_asimov, *limit.observed, *limit.expected[2], toys.q, toys.observed.cls.value});
    all.insert(all.end(), toys.alternative.q.begin(), toys.alternative.q.end());
    return all;
  };
  const std::vector<double> one = answers(0.0);
  EXPECT_EQ(one, answers(1e5));
  EXPECT_GT(one[0], 0.4);  // mu: the rate of VR is negative there, which is nobody's business
}

}  // namespace
}  // namespace relume::model
