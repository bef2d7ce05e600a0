// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/yaml_read.hpp"

#include <gtest/gtest.h>

#include "formats/printed_number.hpp"
#include "relume/formats/json.hpp"

namespace relume::formats {
namespace {

using spec::Json;

std::string as_json(std::string_view text) {
  std::string all;
  const std::vector<Json> documents = parse_yaml(text, "t").value();
  for (const Json& document : documents) all += write_json(document, {.indent = 0});
  return all;
}

void expect_error(std::string_view text, std::string_view message) {
  const auto documents = parse_yaml(text, "f.yaml");
  ASSERT_FALSE(documents) << message;
  EXPECT_EQ(documents.error().code, ErrorCode::syntax);
  EXPECT_NE(to_string(documents.error()).find(message), std::string::npos) << to_string(documents.errors());
}

TEST(ReadYaml, ScalarsStayAsTheyArePrinted) {
  EXPECT_EQ(as_json("{a: 12.50, b: '1', c: ~, d: , e: [x, 1e-3]}"),
            R"({"a": "12.50", "b": "1", "c": null, "d": null, "e": ["x", "1e-3"]})");
}

TEST(ReadYaml, ReadsSeveralDocuments) { EXPECT_EQ(as_json("a: 1\n---\nb: 2\n"), R"({"a": "1"}{"b": "2"})"); }

TEST(ReadYaml, AliasesStandForTheirAnchor) {
  EXPECT_EQ(as_json("a: &x {b: 1}\nc: *x\nd: [*x, *x]"),
            R"({"a": {"b": "1"}, "c": {"b": "1"}, "d": [{"b": "1"}, {"b": "1"}]})");
}

TEST(ReadYaml, RefusesWhatWouldFillTheMemory) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  expect_error(bomb, "aliases make this document larger");
  expect_error(std::string(100000, '['), "f.yaml:1:");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  expect_error(deep, "nested deeper than 200");
  expect_error("a: &x [*x]", "contains it");
}

TEST(ReadYaml, RefusesKeysThatAreNone) {
  expect_error("{a: 1, a: 2}", "f.yaml:1:8: the key 'a' occurs twice");
  expect_error("? [a]\n: 1", "a key must be a scalar");
  expect_error("a: *unknown", "no YAML");
  expect_error("a: 'open", "no YAML");
  expect_error("{a: 1}, {b: 2}", "f.yaml:1:7: there is something between documents");
  expect_error(",[{", "between documents");
}

TEST(PrintedNumber, IsTheWholeText) {
  EXPECT_EQ(parse_number(" +1.50\n"), 1.5);
  EXPECT_EQ(parse_number("-2e3"), -2000.0);
  for (const char* text : {"", "-", "1.5 fb", "inf", "nan", "1e999", "0x1", "++1"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(PrintedNumber, HasAUnitOfItsLastDigit) {
  EXPECT_DOUBLE_EQ(printed_unit("12"), 1.0);
  EXPECT_DOUBLE_EQ(printed_unit("-1.50"), 0.01);
  EXPECT_DOUBLE_EQ(printed_unit("1.5e-04"), 1e-5);
  EXPECT_DOUBLE_EQ(printed_unit("3E+2"), 100.0);
}

}  // namespace
}  // namespace relume::formats
