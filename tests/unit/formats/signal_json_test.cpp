// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/signal_json.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "relume/spec/validate.hpp"
#include "unit/formats/example_workspace.hpp"

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;
using test::at;

constexpr std::string_view text = R"({
  "format": "relume-signal", "version": 1, "name": "gluino_2000", "poi": "mu",
  "samples": [
    {"name": "signal",
     "channels": {
       "SR": {"yields": [1.5, 2], "stat_uncertainties": [0.1, 0.2],
              "modifiers": [{"name": "jes", "type": "histosys", "data": {"lo_data": [1, 2], "hi_data": [2, 3]}}]},
       "CR": [0.25]},
     "modifiers": [{"name": "theory", "type": "normsys", "data": {"lo": 0.8, "hi": 1.2}}]}],
  "replace": ["old"], "zero_channels": ["VR"], "other_channels_are_zero": true,
  "cross_section": {"value": 0.35, "unit": "fb"},
  "metadata": {"m": 2000}})";

Json document() { return parse_json(text, "t").value(); }

void expect_problem(const std::function<void(Json&)>& change, std::string_view where, std::string_view message) {
  Json changed = document();
  change(changed);
  const Result<spec::Signal> signal = signal_from_json(changed, "f");
  ASSERT_FALSE(signal) << message;
  ASSERT_EQ(signal.errors().size(), 1u) << to_string(signal.errors());
  EXPECT_EQ(signal.error().where, where) << to_string(signal.errors());
  EXPECT_NE(signal.error().message.find(message), std::string::npos) << to_string(signal.errors());
}

TEST(ReadSignal, ReadsEveryField) {
  const spec::Signal signal = read_signal(text, "t").value();
  EXPECT_EQ(signal.name, "gluino_2000");
  EXPECT_EQ(signal.poi, "mu");
  ASSERT_EQ(signal.samples.size(), 1u);
  const spec::SignalSample& sample = signal.samples[0];
  ASSERT_EQ(sample.channels.size(), 2u);
  EXPECT_EQ(sample.channels[0].channel, "SR");
  EXPECT_EQ(sample.channels[0].yields, (spec::Numbers{1.5, 2.0}));
  EXPECT_EQ(*sample.channels[0].stat_uncertainties, (spec::Numbers{0.1, 0.2}));
  EXPECT_EQ(sample.channels[0].modifiers[0].type, spec::ModifierType::histosys);
  EXPECT_EQ(sample.channels[1].yields, (spec::Numbers{0.25}));
  EXPECT_FALSE(sample.channels[1].stat_uncertainties.has_value());
  EXPECT_EQ(sample.modifiers[0].name, "theory");
  EXPECT_EQ(signal.replace, std::vector<std::string>{"old"});
  EXPECT_EQ(signal.zero_channels, std::vector<std::string>{"VR"});
  EXPECT_TRUE(signal.other_channels_are_zero);
  EXPECT_EQ(signal.cross_section->value, 0.35);
  EXPECT_EQ(signal.cross_section->unit, "fb");
  EXPECT_EQ(as_double(*find(signal.metadata, "m")), 2000.0);
}

TEST(ReadSignal, IsWrittenBackUnchanged) {
  EXPECT_TRUE(equal(signal_to_json(read_signal(text, "t").value()), document()));
}

TEST(ReadSignal, NeedsLittle) {
  const spec::Signal signal =
      read_signal(
          R"({"format": "relume-signal", "version": 1, "name": "s", "samples": [{"name": "x", "channels": {"SR": [1]}}]})",
          "t")
          .value();
  EXPECT_EQ(signal.poi, "mu");
  EXPECT_FALSE(signal.other_channels_are_zero);
  EXPECT_FALSE(signal.cross_section.has_value());
  EXPECT_TRUE(signal.metadata.is_null());
}

TEST(ReadSignal, NamesWhatIsWrong) {
  const auto sr = [](Json& d) -> Json& { return at(d, "samples", 0, "channels", "SR"); };
  const std::string in_sr = "f#/samples/0/channels/SR";
  expect_problem([](Json& d) { at(d, "format") = "signal"; }, "f#/format", "relume-signal");
  expect_problem([](Json& d) { at(d, "version") = 2; }, "f#/version", "must be the number 1, not the number 2");
  expect_problem([](Json& d) { d.object()->emplace_back("yields", 1); }, "f#/yields", "unknown key");
  expect_problem([](Json& d) { at(d, "poi") = ""; }, "f#/poi", "needs a name");
  expect_problem([](Json& d) { at(d, "samples") = JsonArray{}; }, "f#/samples", "empty");
  expect_problem([](Json& d) { at(d, "samples", 0, "channels") = JsonObject{}; }, "f#/samples/0/channels",
                 "at least one channel");
  expect_problem([](Json& d) { at(d, "samples", 0, "channels") = JsonArray{1}; }, "f#/samples/0/channels",
                 "object of channel names");
  expect_problem([](Json& d) { at(d, "samples", 0, "channels", "CR") = 1.0; }, "f#/samples/0/channels/CR",
                 "list of yields");
  expect_problem([](Json& d) { at(d, "samples", 0, "channels", "CR", 0) = "x"; }, "f#/samples/0/channels/CR/0",
                 "must be a number");
  expect_problem([&](Json& d) { at(sr(d), "stat_uncertainties") = JsonArray{1}; }, in_sr + "/stat_uncertainties",
                 "1 uncertainties for 2");
  expect_problem([&](Json& d) { at(sr(d), "stat_uncertainties", 1) = -1; }, in_sr + "/stat_uncertainties/1",
                 "not negative: -1");
  expect_problem([&](Json& d) { at(sr(d), "modifiers", 0, "data", "lo_data") = JsonArray{1}; },
                 in_sr + "/modifiers/0/data/lo_data", "1 entries");
  expect_problem([&](Json& d) { at(sr(d), "modifiers").array()->push_back(at(d, "samples", 0, "modifiers", 0)); },
                 in_sr + "/modifiers/1", "already has a normsys called 'theory'");
  expect_problem(
      [](Json& d) {
        at(d, "samples", 0, "modifiers", 0) = JsonObject{{"name", "f"}, {"type", "shapefactor"}, {"data", nullptr}};
      },
      "f#/samples/0/modifiers/0", "effects per bin");
  expect_problem([](Json& d) { at(d, "samples", 0, "modifiers", 0, "name") = "mu"; }, "f#/samples/0/modifiers/0",
                 "signal strength");
  expect_problem([](Json& d) { at(d, "samples").array()->push_back(at(d, "samples", 0)); }, "f#/samples/1",
                 "already a sample");
  expect_problem([](Json& d) { at(d, "zero_channels", 0) = "SR"; }, "f#/zero_channels/0", "has yields in it");
  expect_problem([](Json& d) { at(d, "replace").array()->push_back("old"); }, "f#/replace/1", "listed twice");
  expect_problem([](Json& d) { at(d, "other_channels_are_zero") = 1; }, "f#/other_channels_are_zero", "true or false");
  expect_problem([](Json& d) { at(d, "cross_section", "value") = 0; }, "f#/cross_section/value", "positive");
  expect_problem([](Json& d) { at(d, "cross_section", "unit") = "parsec"; }, "f#/cross_section/unit", "'parsec'");
  expect_problem([](Json& d) { at(d, "metadata") = 1; }, "f#/metadata", "must be an object");
}

TEST(ValidateSignal, ChecksSignalsMadeInMemory) {
  EXPECT_TRUE(spec::validate(read_signal(text, "t").value(), "m").empty());
  EXPECT_FALSE(spec::validate(spec::Signal{}, "m").empty());
}

}  // namespace
}  // namespace relume::formats
