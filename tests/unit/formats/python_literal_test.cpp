// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formats/python_literal.hpp"

#include <gtest/gtest.h>

namespace relume::formats {
namespace {

using Kind = Literal::Kind;

Literal read(std::string_view text) { return parse_literal(text, "f", 7).value(); }

void expect_error(std::string_view text, std::string_view where, std::string_view message) {
  const Result<Literal> value = parse_literal(text, "f", 7);
  ASSERT_FALSE(value) << text;
  EXPECT_EQ(value.error().where, where) << text;
  EXPECT_NE(value.error().message.find(message), std::string::npos) << to_string(value.errors());
}

TEST(PythonLiteral, NumbersAsPythonWritesThem) {
  EXPECT_EQ(read("3").number, 3.0);
  EXPECT_EQ(read(".61362").number, 0.61362);
  EXPECT_EQ(read("139.").number, 139.0);
  EXPECT_EQ(read(" -1.5E-02 ").number, -0.015);
  EXPECT_EQ(read("+2").number, 2.0);
}

TEST(PythonLiteral, UnitsAreFactors) {
  const Literal mass = read("1.3*TeV"), limit = read("2.0000E-03*pb"), luminosity = read("139./fb"),
                width = read("2*keV");
  EXPECT_EQ(mass.number, 1300.0);
  EXPECT_EQ(mass.dimension, (Dimension{1, 0}));
  EXPECT_EQ(limit.number, 2.0);
  EXPECT_EQ(limit.dimension, (Dimension{0, 1}));
  EXPECT_EQ(luminosity.number, 139.0);
  EXPECT_EQ(luminosity.dimension, (Dimension{0, -1}));
  EXPECT_DOUBLE_EQ(width.number, 2e-6);
  // Inverse pb: 1/pb = 0.001/fb.
  EXPECT_DOUBLE_EQ(read("20.3e3/pb").number, 20.3);
  EXPECT_EQ(read("4*GeV/GeV").dimension, Dimension{});
}

TEST(PythonLiteral, NestsListsTuplesAndDictionaries) {
  const Literal point = read("[[(400.*GeV, 1e-15*GeV), 100.*GeV], ['*'],]");
  ASSERT_EQ(point.kind, Kind::list);
  ASSERT_EQ(point.items.size(), 2u);
  EXPECT_EQ(point.items[0].items[0].kind, Kind::tuple);
  EXPECT_EQ(point.items[0].items[0].items[1].number, 1e-15);
  EXPECT_EQ(point.items[1].items[0].text, "*");
  const Literal map = read("{'a.json': ['SR', {\"pyhf\": 'SR1'}], 0: None}");
  ASSERT_EQ(map.kind, Kind::dictionary);
  ASSERT_NE(map.find("a.json"), nullptr);
  EXPECT_EQ(map.find("a.json")->items[1].find("pyhf")->text, "SR1");
  EXPECT_EQ(map.find("b.json"), nullptr);
  EXPECT_EQ(map.items[3].kind, Kind::none);
}

TEST(PythonLiteral, CommasMakeTuples) {
  const Literal bare = read("\"SR1\", \"SR2\"");
  EXPECT_EQ(bare.kind, Kind::tuple);
  EXPECT_EQ(bare.items.size(), 2u);
  EXPECT_EQ(read("(3)").kind, Kind::number);
  EXPECT_EQ(read("(3,)").kind, Kind::tuple);
  EXPECT_EQ(read("3,").kind, Kind::tuple);
  EXPECT_EQ(read("()").items.size(), 0u);
  EXPECT_EQ(read("[[1]]").items[0].kind, Kind::list);
}

TEST(PythonLiteral, CommentsAndContinuedLines) {
  const Literal list = read("[1, # one\n 2, \\\n 3]");
  EXPECT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0].line, 7u);
  EXPECT_EQ(list.items[2].line, 9u);
}

TEST(PythonLiteral, EverythingElseIsAnErrorWithItsLine) {
  expect_error("", "f:7", "no value");
  expect_error("[1,\n 2", "f:8", "ends too early");
  expect_error("[1,\n 2\n 3]", "f:9", "comma");
  expect_error("__import__('os')", "f:7", "neither a number nor a unit");
  expect_error("open", "f:7", "neither a number nor a unit");
  expect_error("400.GeV", "f:7", "followed by");
  expect_error("'abc", "f:7", "closing quote");
  expect_error("'a'*3", "f:7", "multiplied");
  expect_error("1/0", "f:7", "not finite");
  expect_error("1e999", "f:7", "too large");
  expect_error("--1", "f:7", "expected a value");
  expect_error("nan", "f:7", "neither");
  expect_error("{1}", "f:7", "':'");
  expect_error("3 4", "f:7", "comma");
  expect_error("]", "f:7", "expected a value");
  expect_error("2**3", "f:7", "expected a value");
}

TEST(PythonLiteral, DepthIsBounded) {
  EXPECT_TRUE(parse_literal(std::string(30, '[') + std::string(30, ']'), "f", 1));
  const std::string deep(1000000, '[');
  expect_error(deep, "f:7", "nested deeper");
}

}  // namespace
}  // namespace relume::formats
