// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/pyhf_json.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "relume/spec/validate.hpp"
#include "unit/formats/example_workspace.hpp"

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;
using spec::ModifierType;
using test::at;
using test::example_document;
using test::example_workspace;

/// "where: message" of what is wrong with the example after a change.
std::vector<std::string> problems_after(const std::function<void(Json&)>& change) {
  Json document = example_document();
  change(document);
  const Result<spec::Workspace> workspace = workspace_from_json(document, "f");
  std::vector<std::string> problems;
  if (workspace) return problems;
  for (const Error& error : workspace.errors()) problems.push_back(error.where + ": " + error.message);
  return problems;
}

/// Exactly one problem, at that place, whose message contains `message`.
void expect_problem(const std::function<void(Json&)>& change, std::string_view where, std::string_view message) {
  const std::vector<std::string> problems = problems_after(change);
  ASSERT_EQ(problems.size(), 1u) << "expected: " << where << ": " << message
                                 << (problems.size() > 1 ? problems[1] : "");
  EXPECT_TRUE(problems[0].starts_with(std::string(where) + ": ")) << problems[0];
  EXPECT_NE(problems[0].find(message), std::string::npos) << problems[0];
}

void erase_key(Json& object, std::string_view key) {
  std::erase_if(*object.object(), [&](const spec::JsonMember& member) { return member.first == key; });
}

TEST(ReadWorkspace, ReadsEveryField) {
  const spec::Workspace ws = example_workspace();
  ASSERT_EQ(ws.channels.size(), 2u);
  const spec::Sample& bkg = ws.channels[0].samples[1];
  EXPECT_EQ(bkg.name, "bkg");
  EXPECT_EQ(bkg.data, (spec::Numbers{50.0, 60.0}));
  EXPECT_TRUE(bkg.data[0].is_integer);
  EXPECT_FALSE(bkg.data[1].is_integer);
  ASSERT_EQ(bkg.modifiers.size(), 5u);
  EXPECT_EQ(bkg.modifiers[0].type, ModifierType::lumi);
  EXPECT_EQ(std::get<spec::NormSysData>(bkg.modifiers[1].data), (spec::NormSysData{0.9, 1.1}));
  EXPECT_EQ(std::get<spec::HistoSysData>(bkg.modifiers[2].data).lo, (spec::Numbers{45.5, -1.0}));
  EXPECT_EQ(std::get<spec::Numbers>(bkg.modifiers[4].data), (spec::Numbers{1.0, 0.0}));
  EXPECT_EQ(ws.observations[1].data, (spec::Numbers{101.0}));
  EXPECT_EQ(ws.measurements[0].poi, "mu");
  const spec::ParameterConfig& lumi = ws.measurements[0].parameters[0];
  EXPECT_EQ(lumi.bounds->front().upper.value, 1.1);
  EXPECT_EQ(lumi.sigmas->front().value, 0.02);
  EXPECT_EQ(lumi.fixed, true);
  EXPECT_FALSE(lumi.factors.has_value());
  EXPECT_EQ(ws.measurements[1].poi, "");
}

TEST(ReadWorkspace, IsWrittenBackUnchanged) {
  EXPECT_TRUE(equal(workspace_to_json(example_workspace()), example_document()));
  // Integers stay integers.
  EXPECT_EQ(write_json(workspace_to_json(example_workspace()), {.indent = 0, .sort_keys = true}),
            write_json(example_document(), {.indent = 0, .sort_keys = true}));
}

TEST(ReadWorkspace, NamesWhatTheSchemaForbids) {
  expect_problem([](Json& d) { erase_key(d, "version"); }, "f#", "'version' is missing");
  expect_problem([](Json& d) { at(d, "version") = "2.0.0"; }, "f#/version", "'2.0.0'");
  expect_problem([](Json& d) { d.object()->emplace_back("metadata", 1); }, "f#/metadata", "unknown key 'metadata'");
  expect_problem([](Json& d) { at(d, "measurements") = JsonArray{}; }, "f#/measurements", "empty");
  expect_problem([](Json& d) { at(d, "channels", 0, "name") = 5; }, "f#/channels/0/name", "the number 5");
  expect_problem([](Json& d) { at(d, "channels", 1, "samples") = JsonArray{}; }, "f#/channels/1/samples", "empty");
  expect_problem([](Json& d) { at(d, "channels", 0, "samples", 0, "data", 1) = "2"; }, "f#/channels/0/samples/0/data/1",
                 "must be a number, not the string '2'");
  expect_problem([](Json& d) { at(d, "channels", 0, "samples", 0, "data", 1) = true; },
                 "f#/channels/0/samples/0/data/1", "must be a number, not true");
  expect_problem([](Json& d) { erase_key(at(d, "channels", 0, "samples", 0), "modifiers"); }, "f#/channels/0/samples/0",
                 "'modifiers' is missing");
  expect_problem([](Json& d) { at(d, "measurements", 0, "config", "parameters", 0, "fixed") = 1; },
                 "f#/measurements/0/config/parameters/0/fixed", "true or false");
  expect_problem([](Json& d) { at(d, "measurements", 0, "config", "parameters", 1, "bounds", 0) = JsonArray{1}; },
                 "f#/measurements/0/config/parameters/1/bounds/0", "two numbers");
  expect_problem([](Json& d) { erase_key(at(d, "measurements", 0, "config"), "poi"); }, "f#/measurements/0/config",
                 "'poi' is missing");
  expect_problem([](Json& d) { at(d, "measurements", 0, "config", "parameters", 0, "inits") = JsonArray{}; },
                 "f#/measurements/0/config/parameters/0/inits", "empty");
  EXPECT_FALSE(workspace_from_json(Json(3), "f"));
}

TEST(ReadWorkspace, NamesWhatIsWrongWithAModifier) {
  const auto modifier = [](Json& d, int i) -> Json& { return at(d, "channels", 0, "samples", 1, "modifiers", i); };
  const std::string where = "f#/channels/0/samples/1/modifiers/";
  expect_problem([&](Json& d) { at(modifier(d, 0), "type") = "normsis"; }, where + "0/type",
                 "unknown modifier type 'normsis'");
  expect_problem([&](Json& d) { at(modifier(d, 0), "name") = "luminosity"; }, where + "0/name",
                 "must be called 'lumi'");
  expect_problem([&](Json& d) { at(modifier(d, 0), "data") = 1.0; }, where + "0/data", "null for a lumi");
  expect_problem([&](Json& d) { at(modifier(d, 1), "data", "lo") = -0.1; }, where + "1/data/lo",
                 "interpolation is undefined");
  expect_problem([&](Json& d) { at(modifier(d, 1), "data") = JsonArray{1, 2}; }, where + "1/data", "must be an object");
  expect_problem([&](Json& d) { erase_key(at(modifier(d, 1), "data"), "hi"); }, where + "1/data", "'hi' is missing");
  expect_problem([&](Json& d) { at(modifier(d, 2), "data", "hi_data") = JsonArray{1.0}; }, where + "2/data/hi_data",
                 "1 entries, but the sample has 2 bins");
  expect_problem([&](Json& d) { at(modifier(d, 3), "data", 0) = -1; }, where + "3/data/0", "negative: -1");
  expect_problem([&](Json& d) { at(modifier(d, 4), "data") = JsonArray{1, 2, 3}; }, where + "4/data", "3 entries");
  expect_problem([&](Json& d) { modifier(d, 4).object()->emplace_back("dat", 1); }, where + "4/dat",
                 "unknown key 'dat'");
  expect_problem([&](Json& d) { modifier(d, 4) = modifier(d, 3); }, where + "4", "already a shapesys called 'shape'");
}

TEST(ReadWorkspace, NamesWhatNoModelCanBeBuiltFrom) {
  expect_problem([](Json& d) { at(d, "channels", 0, "samples", 0, "data") = JsonArray{1.0}; },
                 "f#/channels/0/samples/0/data", "1 bins, but the channel has 2");
  expect_problem(
      [](Json& d) {
        at(d, "observations", 0, "data") = JsonArray{1, 2, 3};
      },
      "f#/observations/0/data", "3 bins");
  expect_problem([](Json& d) { at(d, "observations", 0, "data", 0) = -1; }, "f#/observations/0/data/0", "negative");
  expect_problem([](Json& d) { at(d, "observations").array()->pop_back(); }, "f#/channels/1", "no observation");
  expect_problem([](Json& d) { at(d, "observations").array()->push_back(at(d, "observations", 0)); },
                 "f#/observations/2", "already an observation called 'SR'");
  expect_problem([](Json& d) { at(d, "channels").array()->push_back(at(d, "channels", 1)); }, "f#/channels/2",
                 "already a channel called 'CR'");
  expect_problem(
      [](Json& d) { at(d, "channels", 1, "samples").array()->push_back(at(d, "channels", 1, "samples", 0)); },
      "f#/channels/1/samples/1", "already a sample called 'bkg'");
  expect_problem([](Json& d) { at(d, "measurements", 1, "name") = "m"; }, "f#/measurements/1", "already a measurement");
  expect_problem([](Json& d) { at(d, "measurements", 0, "config", "parameters", 1, "name") = "lumi"; },
                 "f#/measurements/0/config/parameters/1", "already a parameter called 'lumi'");
  expect_problem(
      [](Json& d) { at(d, "channels", 0, "samples", 0, "data", 0) = spec::BigInteger{std::string(400, '9')}; },
      "f#/channels/0/samples/0/data/0", "finite number");
}

TEST(ReadWorkspace, ToleratesWhatPublishedFilesHave) {
  EXPECT_TRUE(problems_after([](Json& d) { at(d, "measurements", 0, "config", "poi") = "nowhere"; }).empty());
  EXPECT_TRUE(
      problems_after([](Json& d) { at(d, "measurements", 0, "config", "parameters", 1, "name") = "nowhere"; }).empty());
  EXPECT_TRUE(problems_after([](Json& d) { at(d, "measurements", 0, "config", "parameters") = JsonArray{}; }).empty());
  EXPECT_TRUE(problems_after([](Json& d) {
                at(d, "observations").array()->push_back(JsonObject{{"name", "VR"}, {"data", JsonArray{1}}});
              }).empty());
  EXPECT_TRUE(problems_after([](Json& d) { at(d, "channels", 0, "samples", 1, "data", 0) = -3.5; }).empty());
  EXPECT_TRUE(
      problems_after([](Json& d) { at(d, "channels", 0, "samples", 1, "modifiers", 1, "data", "hi") = 0; }).empty());
  EXPECT_TRUE(
      problems_after([](Json& d) { at(d, "channels", 0, "samples", 1, "modifiers", 4, "data", 0) = 1e6; }).empty());
}

TEST(ReadWorkspace, ReportsAllProblemsAtOnce) {
  const std::vector<std::string> problems = problems_after([](Json& d) {
    at(d, "channels", 0, "samples", 0, "data") = JsonArray{1.0};
    at(d, "channels", 1, "name") = nullptr;
    at(d, "observations", 0, "data", 0) = "many";
    d.object()->emplace_back("extra", 1);
  });
  // The channel without a name and the observation that could not be read cause no further complaints.
  EXPECT_EQ(problems.size(), 4u);
}

TEST(ReadWorkspace, CutsLongListsOfProblems) {
  const std::vector<std::string> problems =
      problems_after([](Json& d) { at(d, "channels", 0, "samples", 0, "data") = JsonArray(1000, Json("x")); });
  ASSERT_EQ(problems.size(), 101u);
  EXPECT_NE(problems.back().find("900 more problems"), std::string::npos) << problems.back();
}

TEST(ReadWorkspace, SuggestsNames) {
  Json document = example_document();
  at(document, "observations", 0, "name") = "SR1";
  const Result<spec::Workspace> workspace = workspace_from_json(document, "f");
  ASSERT_FALSE(workspace);
  EXPECT_EQ(workspace.error().hint, "did you mean 'SR1'?");
}

TEST(ValidateWorkspace, ChecksWorkspacesMadeInMemory) {
  EXPECT_TRUE(spec::validate(example_workspace(), "m").empty());
  spec::Workspace ws = example_workspace();
  ws.channels[0].samples[1].modifiers[1].data = spec::Numbers{1.0};
  ws.channels[1].samples[0].data[0] = std::numeric_limits<double>::quiet_NaN();
  ws.measurements.clear();
  EXPECT_EQ(spec::validate(ws, "m").size(), 3u);
  EXPECT_FALSE(spec::validate(spec::Workspace{}, "m").empty());
}

}  // namespace
}  // namespace relume::formats
