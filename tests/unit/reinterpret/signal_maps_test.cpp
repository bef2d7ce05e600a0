// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// All maps here are made by hand.
#include "relume/reinterpret/signal_maps.hpp"

#include <gtest/gtest.h>

#include "relume/edit/signal.hpp"
#include "relume/formats/smodels.hpp"
#include "support/smodels_directory.hpp"

namespace relume::reinterpret {
namespace {

using spec::MapKind;
using test::SmodelsDirectory;

std::string map_of(std::string_view name, std::string_view key,
                   const std::vector<std::tuple<double, double, std::string>>& points) {
  std::string text = fmt::format("txName: {}\n{}: [", name, key);
  for (const auto& [m, l, value] : points) {
    text += fmt::format("[[[{0}*GeV, {1}*GeV], [{0}*GeV, {1}*GeV]], {2}],\n", m, l, value);
  }
  return text + "]\n";
}

/// Three regions: the map of A is linear in m - l, that of B reaches less far, C has none.
class SignalMapsTest : public testing::Test {
 protected:
  void SetUp() override {
    directory.write("globalInfo.txt",
                    test::information("jsonFiles: {'full.json': [{'smodels': 'A', 'pyhf': 'SRA'}, "
                                      "{'smodels': 'B', 'pyhf': 'SRB'}, {'pyhf': 'CR', 'type': 'CR'}], "
                                      "'old.json': ['A', 'B']}\n"));
    directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
    directory.write("b/dataInfo.txt", test::counts("B", 7, 8.0, 2.0));
    directory.write("c/dataInfo.txt", test::counts("C", 7, 8.0, 2.0));
    directory.write("a/T2.txt", map_of("T2", "efficiencyMap",
                                       {{100, 0, "0.1"},
                                        {200, 0, "0.2"},
                                        {200, 100, "0.1"},
                                        {300, 0, "0.3"},
                                        {300, 100, "0.2"},
                                        {300, 200, "0.1"}}));
    directory.write("b/T2.txt", map_of("T2", "efficiencyMap", {{100, 0, "0"}, {200, 0, "0.5"}, {200, 100, "0.5"}}));
    directory.write("a/T1.txt", map_of("T1", "efficiencyMap", {{100, 0, "0.1"}, {200, 0, "0.2"}}));
  }

  Result<MapSignal> signal(const MassPoint& point, SignalOptions options = {}) const {
    return signal_from_maps(directory.path(), "T2", point, {2.0, "fb"}, options);
  }

  SmodelsDirectory directory;
};

TEST_F(SignalMapsTest, YieldsAreLuminosityTimesCrossSectionTimesEfficiency) {
  const MapSignal made = signal({.masses = {175, 25}}).value();
  const spec::Signal& s = made.signal;
  EXPECT_EQ(s.name, "T2_175_25");
  ASSERT_EQ(s.samples.size(), 1u);
  ASSERT_EQ(s.samples[0].channels.size(), 2u);
  EXPECT_EQ(s.samples[0].channels[0].channel, "A");
  EXPECT_NEAR(s.samples[0].channels[0].yields[0].value, 100.0 * 2.0 * 0.15, 1e-9);
  EXPECT_NEAR(s.samples[0].channels[1].yields[0].value, 100.0 * 2.0 * 0.375, 1e-9);
  EXPECT_EQ(s.zero_channels, std::vector<std::string>{"C"});
  EXPECT_EQ(s.cross_section->value, 2.0);
  EXPECT_EQ(made.point, (std::vector<double>{175, 25, 175, 25}));
  EXPECT_TRUE(made.outside.empty());
  // The same number in another unit.
  const MapSignal other =
      signal_from_maps(directory.path(), "T2", {.masses = {175, 25, 175, 25}}, {0.002, "pb"}).value();
  EXPECT_NEAR(other.signal.samples[0].channels[0].yields[0].value, 30.0, 1e-9);
}

TEST_F(SignalMapsTest, RegionsThatTheirMapDoesNotReachAreLeftOut) {
  const MapSignal made = signal({.masses = {250, 50}}).value();
  ASSERT_EQ(made.outside.size(), 1u);
  EXPECT_EQ(made.outside[0].region, "B");
  EXPECT_NE(made.outside[0].reason.find("outside of the map"), std::string::npos);
  EXPECT_EQ(made.signal.samples[0].channels.size(), 1u);
  EXPECT_EQ(made.signal.zero_channels, std::vector<std::string>{"C"});
  // So it cannot be taken for zero by mistake.
  spec::Workspace workspace;
  for (const char* name : {"A", "B", "C"}) {
    workspace.channels.push_back({.name = name, .samples = {{.name = "background", .data = {5.0}}}});
    workspace.observations.push_back({.name = name, .data = {5.0}});
  }
  workspace.measurements = {{.name = "m", .poi = "mu"}};
  const auto with = edit::add_signal(workspace, made.signal, {});
  ASSERT_FALSE(with);
  EXPECT_NE(to_string(with.errors()).find("'B'"), std::string::npos) << to_string(with.errors());
  const MapSignal zero = signal({.masses = {250, 50}}, {.outside_is_zero = true}).value();
  EXPECT_EQ(zero.signal.zero_channels, (std::vector<std::string>{"C", "B"}));
  EXPECT_TRUE(edit::add_signal(workspace, zero.signal, {}));
}

TEST_F(SignalMapsTest, NoRegionIsAnError) {
  const auto made = signal({.masses = {1000, 50}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::option);
  EXPECT_NE(made.error().message.find("100 to 300"), std::string::npos) << to_string(made.errors());
}

TEST_F(SignalMapsTest, AFullLikelihoodGetsItsChannels) {
  const MapSignal made = signal({.masses = {175, 25}}, {.model_file = "full.json"}).value();
  EXPECT_EQ(made.signal.samples[0].channels[0].channel, "SRA");
  EXPECT_EQ(made.signal.samples[0].channels[1].channel, "SRB");
  EXPECT_EQ(made.signal.zero_channels, std::vector<std::string>{"CR"});
  EXPECT_NE(to_string(signal({.masses = {175, 25}}, {.model_file = "old.json"}).errors()).find("by which channel"),
            std::string::npos);
  EXPECT_NE(
      to_string(signal({.masses = {175, 25}}, {.model_file = "fall.json"}).errors()).find("did you mean 'full.json'"),
      std::string::npos);
}

TEST_F(SignalMapsTest, BadRequestsSayWhatThereIs) {
  EXPECT_NE(to_string(signal({.masses = {175}}).errors()).find("needs 4 masses"), std::string::npos);
  EXPECT_NE(to_string(signal({.masses = {175, 20}, .widths = {1e-10}}).errors()).find("not 2 and 1"),
            std::string::npos);
  EXPECT_NE(to_string(signal({.masses = {175, -20}}).errors()).find("neither a mass"), std::string::npos);
  const auto unknown = signal_from_maps(directory.path(), "T3", {.masses = {1, 1}}, {1.0, "fb"});
  EXPECT_NE(to_string(unknown.errors()).find("'T1', 'T2'"), std::string::npos) << to_string(unknown.errors());
  for (const spec::CrossSection& bad : {spec::CrossSection{0.0, "fb"}, {-1.0, "fb"}, {1.0, "GeV"}}) {
    const auto made = signal_from_maps(directory.path(), "T2", {.masses = {175, 25}}, bad);
    EXPECT_NE(to_string(made.errors()).find("cross section"), std::string::npos);
  }
  EXPECT_FALSE(upper_limits_at(directory.path(), "T2", {.masses = {175, 25}}));
}

TEST_F(SignalMapsTest, ListsTopologies) {
  const auto list = topologies(formats::read_smodels_result(directory.path()).value());
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].name, "T2");
  EXPECT_EQ(list[1].regions, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(list[1].n_points, 6u);
  EXPECT_EQ(list[1].lowest, (std::vector<double>{100, 0, 100, 0}));
  EXPECT_EQ(list[1].highest, (std::vector<double>{300, 200, 300, 200}));
}

TEST(UpperLimitsAt, ObservedAndExpected) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information());
  directory.write("data/dataInfo.txt", "dataType: upperLimit\ndataId: None\n");
  const std::string observed =
      map_of("T2", "upperLimits", {{100, 0, "1.*pb"}, {200, 0, "0.5*pb"}, {200, 100, "0.6*pb"}});
  directory.write("data/T2.txt", observed);
  const spec::UpperLimits limits = upper_limits_at(directory.path(), "T2", {.masses = {150, 0}}).value();
  EXPECT_NEAR(limits.observed, 750.0, 1e-9);
  EXPECT_EQ(limits.unit, "fb");
  EXPECT_FALSE(limits.expected[2]);
  const std::string expected =
      map_of("T2", "expectedUpperLimits", {{100, 0, "2*fb"}, {120, 0, "4*fb"}, {120, 20, "4*fb"}});
  directory.write("data/T2.txt", observed + expected.substr(expected.find('\n') + 1));
  EXPECT_NEAR(*upper_limits_at(directory.path(), "T2", {.masses = {110, 5}}).value().expected[2], 3.0, 1e-9);
  EXPECT_FALSE(upper_limits_at(directory.path(), "T2", {.masses = {150, 0}}).value().expected[2]);
  EXPECT_FALSE(upper_limits_at(directory.path(), "T2", {.masses = {250, 0}}));
  EXPECT_FALSE(signal_from_maps(directory.path(), "T2", {.masses = {150, 0}}, {1.0, "fb"}));
}

}  // namespace
}  // namespace relume::reinterpret
