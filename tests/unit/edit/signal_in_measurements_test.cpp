// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "relume/edit/signal.hpp"

namespace relume {
namespace {

spec::Measurements measurements() {
  spec::Measurements m;
  m.measured = {
      {spec::ErrorModel::gaussian, {{"a", 1.0, 0.1, 0.1, "1"}, {"b", 2.0, 0.2, 0.2}, {"c", 2.0, 0.2, 0.2, "x"}}}};
  m.parameters = {{.name = "x"}};
  m.grids = {{.name = "scan", .axes = {{"y", "x^2", {0.0, 1.0}}}, .values = {0.0, 1.0}}};
  return m;
}

spec::Signal signal(std::vector<std::pair<std::string, double>> yields) {
  spec::Signal s{.name = "model"};
  s.samples.push_back({.name = "s"});
  for (const auto& [channel, yield] : yields) s.samples[0].channels.push_back({channel, {spec::Number{yield}}});
  return s;
}

template <class T>
std::string problem(const T& result) {
  return result ? "none" : to_string(result.errors());
}

TEST(SignalInMeasurements, IsWhatThePredictionsGet) {
  spec::Signal s = signal({{"a", 0.3}, {"y", -0.25}});
  s.other_channels_are_zero = true;
  const auto with = edit::add_signal(measurements(), s);
  ASSERT_TRUE(with) << to_string(with.errors());
  EXPECT_EQ(with->poi, "mu");
  EXPECT_EQ(with->parameters.back().name, "mu");
  EXPECT_EQ(with->measured[0].values[0].signal, 0.3);
  EXPECT_EQ(with->measured[0].values[2].signal, 0.0);
  EXPECT_EQ(with->grids[0].axes[0].prediction, "(x^2) + -0.25 * 'mu'");
  // Samples add up.
  s.samples.push_back({.name = "t", .channels = {{"a", {spec::Number{0.2}}}}});
  EXPECT_DOUBLE_EQ(edit::add_signal(measurements(), s)->measured[0].values[0].signal, 0.5);
}

TEST(SignalInMeasurements, SaysWhatItCannotTakeUp) {
  const auto with = [](spec::Signal s) { return problem(edit::add_signal(measurements(), s)); };
  EXPECT_NE(with(signal({{"a", 0.3}})).find("says nothing about 'b', 'c', 'y'"), std::string::npos);
  spec::Signal unknown = signal({{"aa", 0.3}});
  unknown.other_channels_are_zero = true;
  EXPECT_NE(with(unknown).find("nothing is called 'aa'"), std::string::npos);
  spec::Signal free = signal({{"b", 0.3}});
  free.other_channels_are_zero = true;
  EXPECT_NE(with(free).find("'b' is a free parameter of its own"), std::string::npos);
  spec::Signal bins = signal({{"a", 0.3}});
  bins.other_channels_are_zero = true;
  bins.samples[0].channels[0].yields.push_back(spec::Number{1.0});
  EXPECT_NE(with(bins).find("takes one number"), std::string::npos);
  spec::Signal uncertain = signal({{"a", 0.3}});
  uncertain.other_channels_are_zero = true;
  uncertain.samples[0].channels[0].stat_uncertainties = spec::Numbers{spec::Number{0.1}};
  uncertain.samples[0].modifiers.push_back({"jes", spec::ModifierType::normsys, spec::NormSysData{0.9, 1.1}});
  EXPECT_NE(with(uncertain).find("statistical uncertainties in 'a'"), std::string::npos);
  EXPECT_NE(with(uncertain).find("only plain yields can be added"), std::string::npos);
}

TEST(SignalInUpperLimits, IsWhatTheyAreLimitsOn) {
  spec::UpperLimits limits;
  limits.region = "SR";
  limits.observed = 2.0;
  limits.expected[2] = 1.5;
  spec::Signal s = signal({{"SR", 0.4}});
  s.poi = "r";
  const auto with = edit::add_signal(limits, s);
  ASSERT_TRUE(with) << to_string(with.errors());
  EXPECT_EQ(with->predicted, 0.4);
  EXPECT_EQ(with->poi, "r");
  EXPECT_EQ(with->observed, 2.0);
  EXPECT_NE(problem(edit::add_signal(limits, signal({{"SR", 0.0}}))).find("no positive yield"), std::string::npos);
  EXPECT_NE(problem(edit::add_signal(limits, signal({{"CR", 1.0}}))).find("nothing is called 'CR'"), std::string::npos);
}

}  // namespace
}  // namespace relume
