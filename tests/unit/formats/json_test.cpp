// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/json.hpp"

#include <chrono>
#include <limits>

#include <gtest/gtest.h>

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

constexpr JsonStyle one_line = {.indent = 0};

std::string rewrite(std::string_view text, const JsonStyle& style = one_line) {
  const Result<Json> document = parse_json(text, "t");
  return document ? write_json(*document, style) : to_string(document.errors());
}

TEST(Json, WritesNumbersAsPythonDoes) {
  // Pairs of what is read and what Python's json.dumps(json.loads(...)) gives.
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"5", "5"},
      {"5.0", "5.0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"1E5", "100000.0"},
      {"1e-7", "1e-07"},
      {"1e22", "1e+22"},
      {"1e15", "1000000000000000.0"},
      {"9999999999999998.0", "9999999999999998.0"},
      {"1e16", "1e+16"},
      {"123456789012345680.0", "1.2345678901234568e+17"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"0.1", "0.1"},
      {"1.5e300", "1.5e+300"},
      {"2.2250738585072014e-308", "2.2250738585072014e-308"},
      {"5e-324", "5e-324"},
      {"1e-400", "0.0"},
      {"-1e-400", "-0.0"},
      {"0e99999", "0.0"},
      {"0.000001e6", "1.0"},
      {"123456.789", "123456.789"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "9223372036854775808"},
      {"100000000000000000000000", "100000000000000000000000"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(rewrite(text), expected) << text;
}

TEST(Json, KeepsIntegersAndFloatsApart) {
  const Json document = parse_json("[1, 1.0, 18446744073709551616]", "t").value();
  EXPECT_TRUE(std::holds_alternative<std::int64_t>((*document.array())[0].value));
  EXPECT_TRUE(std::holds_alternative<double>((*document.array())[1].value));
  EXPECT_TRUE(std::holds_alternative<spec::BigInteger>((*document.array())[2].value));
  EXPECT_EQ(as_double((*document.array())[2]), 18446744073709551616.0);
}

TEST(Json, WritesNonFiniteNumbersAsNull) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(write_json(JsonArray{infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}, one_line),
            "[null, null, null]");
}

TEST(Json, LaysOutAsPythonDoes) {
  constexpr std::string_view text = R"({"b": [], "a": {}, "c": [1, {"z": null, "y": [true, false]}]})";
  EXPECT_EQ(rewrite(text), text);
  EXPECT_EQ(rewrite(text, {.indent = 2, .sort_keys = true}),
            "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"y\": [\n        true,\n        false\n"
            "      ],\n      \"z\": null\n    }\n  ]\n}");
}

TEST(Json, WritesStringsAsPythonDoes) {
  EXPECT_EQ(rewrite(R"(["\u00e9\ud83d\ude00/\/\n\b\u0001\"\\\u007f"])"), "[\"é😀//\\n\\b\\u0001\\\"\\\\\x7f\"]");
  EXPECT_EQ(rewrite(R"(["é😀\u007f"])", {.indent = 0, .ascii_only = true}), R"(["\u00e9\ud83d\ude00\u007f"])");
}

TEST(Json, SkipsByteOrderMark) { EXPECT_EQ(rewrite("\xef\xbb\xbf[1]\n"), "[1]"); }

TEST(Json, PointsAtSyntaxErrors) {
  const std::tuple<std::string, std::string_view, std::string_view> cases[] = {
      {"", "t:1:1", "empty"},
      {" \n ", "t:2:2", "empty"},
      {"[1", "t:1:3", "too early"},
      {"[1,\n 2,]", "t:2:4", "unexpected ']'"},
      {"{\"a\" 1}", "t:1:6", "unexpected '1'"},
      {"{'a': 1}", "t:1:2", "unexpected '''"},
      {"[01]", "t:1:3", "unexpected '1'"},
      {"[1.]", "t:1:4", "unexpected ']'"},
      {"[1] x", "t:1:5", "after the end"},
      {"[1] // no", "t:1:5", "after the end"},
      {"[NaN]", "t:1:2", "NaN"},
      {"{\n\"a\": -Infinity}", "t:2:6", "NaN and Infinity"},
      {"[1e400]", "t:1:7", "1e400 does not fit"},
      {"[\"\xff\"]", "t:1:3", "invalid UTF-8: byte 0xff"},
      {"[\"\xed\xa0\x80\"]", "t:1:3", "invalid UTF-8"},
      {std::string("[1]\0", 4), "t:1:4", "after the end"},
  };
  for (const auto& [text, where, message] : cases) {
    const Result<Json> document = parse_json(text, "t");
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().where, where) << text;
    EXPECT_NE(document.error().message.find(message), std::string::npos) << text << ": " << document.error().message;
    EXPECT_EQ(document.error().code, ErrorCode::syntax);
  }
}

TEST(Json, ReportsEveryDuplicateKey) {
  const Result<Json> document =
      parse_json(R"({"a": 1, "b": {"c": 1, "c": 2, "d/e": [0, {"x": 1, "x": 1}]}, "a": 3})", "t");
  ASSERT_FALSE(document);
  std::vector<std::string> where;
  for (const Error& error : document.errors()) where.push_back(error.where);
  EXPECT_EQ(where, (std::vector<std::string>{"t#/b/d~1e/1", "t#/b", "t#"}));
}

TEST(Json, FindsDuplicateKeysInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\": 0, ";
  EXPECT_TRUE(parse_json(text + "\"k1000\": 0}", "t"));
  EXPECT_FALSE(parse_json(text + "\"k500\": 0}", "t"));
}

TEST(Json, LimitsDepth) {
  const auto nested = [](int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return std::string(n, '[') + std::string(n, ']');
  };
  EXPECT_TRUE(parse_json(nested(max_json_depth), "t"));
  const Result<Json> deeper = parse_json(nested(max_json_depth + 1), "t");
  ASSERT_FALSE(deeper);
  EXPECT_NE(deeper.error().message.find("nested deeper than 200"), std::string::npos);
}

TEST(Json, StopsAtOnceWhenTooDeep) {
  const std::string text(100'000'000, '[');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(parse_json(text, "t"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(Json, ComparesByValue) {
  const auto same = [](std::string_view a, std::string_view b) {
    return equal(parse_json(a, "a").value(), parse_json(b, "b").value());
  };
  EXPECT_TRUE(same("1", "1.0"));
  EXPECT_TRUE(same(R"({"a": 1, "b": [2, null]})", R"({"b": [2.0, null], "a": 1})"));
  EXPECT_TRUE(same("18446744073709551616", "18446744073709551616.0"));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992.0"));
  EXPECT_FALSE(same("1", "true"));
  EXPECT_FALSE(same("0", "null"));
  EXPECT_FALSE(same("[1, 2]", "[2, 1]"));
  EXPECT_FALSE(same(R"({"a": 1})", R"({"a": 1, "b": 2})"));
  EXPECT_FALSE(same("1", "\"1\""));
}

TEST(Json, ComparesLargeObjects) {
  JsonObject a, b;
  for (int i = 0; i < 100; ++i) a.emplace_back("k" + std::to_string(i), i);
  b.assign(a.rbegin(), a.rend());
  EXPECT_TRUE(equal(a, b));
  b.back().second = -1;
  EXPECT_FALSE(equal(a, b));
}

TEST(Json, JoinsPointers) {
  EXPECT_EQ(join_pointer("/channels/0", "a/b~c"), "/channels/0/a~1b~0c");
  EXPECT_EQ(join_pointer("", std::size_t{3}), "/3");
}

}  // namespace
}  // namespace relume::formats
