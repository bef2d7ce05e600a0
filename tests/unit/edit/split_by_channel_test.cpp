// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "relume/edit/workspace.hpp"

namespace relume::edit {
namespace {

using spec::ModifierType;

spec::Workspace three_channels() {
  spec::Workspace ws;
  for (const char* name : {"a", "b", "c"}) {
    ws.channels.push_back({name, {{"background", {10.0}, {{"k", ModifierType::normfactor, {}}}}}});
    ws.observations.push_back({name, {11.0}});
  }
  for (const std::size_t c : {0u, 2u}) {
    ws.channels[c].samples.push_back({"signal", {3.0}, {{"mu", ModifierType::normfactor, {}}}});
    ws.channels[c].samples.push_back({"more signal", {2.0}, {{"mu", ModifierType::normfactor, {}}}});
  }
  ws.channels[1].samples[0].modifiers.push_back({"mu_c", ModifierType::normfactor, {}});
  ws.measurements.push_back({"measurement", "mu", {{.name = "mu", .bounds = {{{-2.0, 7.0}}}}, {.name = "k"}}});
  return ws;
}

TEST(SplitByChannel, GivesEachChannelItsOwn) {
  const SplitByChannel result = split_by_channel(three_channels(), "mu").value();
  const Renaming expected = {{"a", "mu_a"}, {"c", "mu_c_"}};  // the name mu_c is taken
  EXPECT_EQ(result.parameters, expected);
  const spec::Workspace& ws = result.workspace;
  for (const std::size_t sample : {1u, 2u}) {
    EXPECT_EQ(ws.channels[0].samples[sample].modifiers[0].name, "mu_a");
    EXPECT_EQ(ws.channels[2].samples[sample].modifiers[0].name, "mu_c_");
  }
  EXPECT_EQ(ws.channels[0].samples[0].modifiers[0].name, "k");
  EXPECT_EQ(ws.channels[1], three_channels().channels[1]);
  const spec::Measurement& m = ws.measurements[0];
  EXPECT_EQ(m.poi, "");
  ASSERT_EQ(m.parameters.size(), 3u);
  EXPECT_EQ(m.parameters[1].name, "mu_a");
  EXPECT_EQ(m.parameters[2].name, "mu_c_");
  EXPECT_EQ(m.parameters[2].bounds, three_channels().measurements[0].parameters[0].bounds);
}

TEST(SplitByChannel, NeedsANormfactor) {
  const auto result = split_by_channel(three_channels(), "mu_d");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.errors()[0].code, ErrorCode::reference);
  EXPECT_NE(result.errors()[0].hint.find("mu_c"), std::string::npos);
}

}  // namespace
}  // namespace relume::edit
