// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/json_patch.hpp"

#include <gtest/gtest.h>

#include "unit/formats/example_workspace.hpp"

namespace relume::formats {
namespace {

using spec::Json;

Json json(std::string_view text) { return parse_json(text, "t").value(); }

std::string patched(std::string_view document, std::string_view operations) {
  const Result<Json> result = apply_patch(json(document), json(operations), "p");
  return result ? write_json(*result, {.indent = 0}) : "error: " + to_string(result.error());
}

TEST(JsonPatch, AppliesWhatRfc6902Shows) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {R"({"foo": "bar"})", R"([{"op": "add", "path": "/baz", "value": "qux"}])", R"({"foo": "bar", "baz": "qux"})"},
      {R"({"foo": ["bar", "baz"]})", R"([{"op": "add", "path": "/foo/1", "value": "qux"}])",
       R"({"foo": ["bar", "qux", "baz"]})"},
      {R"({"baz": "qux", "foo": "bar"})", R"([{"op": "remove", "path": "/baz"}])", R"({"foo": "bar"})"},
      {R"({"foo": ["bar", "qux", "baz"]})", R"([{"op": "remove", "path": "/foo/1"}])", R"({"foo": ["bar", "baz"]})"},
      {R"({"baz": "qux", "foo": "bar"})", R"([{"op": "replace", "path": "/baz", "value": "boo"}])",
       R"({"baz": "boo", "foo": "bar"})"},
      {R"({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}})",
       R"([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}])",
       R"({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}})"},
      {R"({"foo": ["all", "grass", "cows", "eat"]})", R"([{"op": "move", "from": "/foo/1", "path": "/foo/3"}])",
       R"({"foo": ["all", "cows", "eat", "grass"]})"},
      {R"({"baz": "qux", "foo": ["a", 2, "c"]})",
       R"([{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2.0}])",
       R"({"baz": "qux", "foo": ["a", 2, "c"]})"},
      {R"({"foo": "bar"})", R"([{"op": "add", "path": "/child", "value": {"grandchild": {}}}])",
       R"({"foo": "bar", "child": {"grandchild": {}}})"},
      {R"({"foo": "bar"})", R"([{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}])",
       R"({"foo": "bar", "baz": "qux"})"},
      {R"({"/": 9, "~1": 10})", R"([{"op": "test", "path": "/~01", "value": 10}])", R"({"/": 9, "~1": 10})"},
      {R"({"foo": ["bar"]})", R"([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}])",
       R"({"foo": ["bar", ["abc", "def"]]})"},
      // Beyond the examples.
      {R"({"a": [1]})", R"([{"op": "copy", "from": "/a", "path": "/b"}, {"op": "add", "path": "/b/0", "value": 0}])",
       R"({"a": [1], "b": [0, 1]})"},
      {R"({"a": 1})", R"([{"op": "add", "path": "", "value": [2]}])", "[2]"},
      {R"({"a": 1})", R"([{"op": "move", "from": "/a", "path": ""}])", "1"},
      {R"({"a": 1})", R"([{"op": "move", "from": "/a", "path": "/a"}])", R"({"a": 1})"},
      {R"({"": {"a/b": 1}})", R"([{"op": "replace", "path": "//a~1b", "value": 2}])", R"({"": {"a/b": 2}})"},
      {R"({"a": 1})", R"([{"op": "add", "path": "/a", "value": 2}])", R"({"a": 2})"},
      {R"([])", "[]", "[]"},
  };
  for (const auto& [document, operations, expected] : cases)
    EXPECT_EQ(patched(document, operations), expected) << operations;
}

TEST(JsonPatch, NamesTheOperationThatDoesNotApply) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {R"({"baz": "qux"})", R"([{"op": "test", "path": "/baz", "value": "bar"}])", "operation 0 (test /baz)"},
      {R"({"foo": "bar"})", R"([{"op": "add", "path": "/baz/bat", "value": "qux"}])", "no member 'baz'"},
      {R"({"foo": [1]})", R"([{"op": "add", "path": "/foo/2", "value": 1}])",
       "index 2 is outside of a list with 1 entries"},
      {R"({"foo": [1]})", R"([{"op": "remove", "path": "/foo/1"}])", "index 1 is outside"},
      {R"({"foo": [1]})", R"([{"op": "remove", "path": "/foo/-"}])", "behind the last entry"},
      {R"({"foo": [1, 2]})", R"([{"op": "remove", "path": "/foo/01"}])", "'01' is no index"},
      {R"({"foo": [1, 2]})", R"([{"op": "remove", "path": "/foo/-1"}])", "'-1' is no index"},
      {R"({"foo": [1]})", R"([{"op": "remove", "path": "/foo/99999999999999999999999"}])", "is no index"},
      {R"({"foo": 1})", R"([{"op": "remove", "path": "/foo/a"}])", "neither an object nor a list"},
      {R"({"foo": 1})", R"([{"op": "add", "path": "/foo/a", "value": 1}])", "neither an object nor a list"},
      {R"({"foo": 1})", R"([{"op": "remove", "path": ""}])", "whole document"},
      {R"({"foo": 1})", R"([{"op": "remove", "path": "foo"}])", "no JSON pointer"},
      {R"({"foo": 1})", R"([{"op": "remove", "path": "/foo~2"}])", "no JSON pointer"},
      {R"({"foo": 1})", R"([{"op": "replace", "path": "/bar", "value": 1}])", "no member 'bar'"},
      {R"({"a": {"b": {}}})", R"([{"op": "move", "from": "/a", "path": "/a/b/c"}])", "moved into itself"},
      {R"({"a": 1})", R"([{"op": "copy", "from": "/b", "path": "/c"}])", "'from': there is no member 'b'"},
      {R"({"a": 1})", R"([{"op": "add", "path": "/b"}])", "needs the key 'value'"},
      {R"({"a": 1})", R"([{"op": "nop", "path": "/b"}])", "unknown operation 'nop'"},
      {R"({"a": 1})", R"([{"path": "/b"}])", "'op' is missing"},
      {R"({"a": 1})", R"([5])", "must be an object"},
      {R"({"a": 1})", R"({})", "list of operations"},
  };
  for (const auto& [document, operations, expected] : cases) {
    const std::string result = patched(document, operations);
    EXPECT_TRUE(result.starts_with("error: p")) << operations << result;
    EXPECT_NE(result.find(expected), std::string::npos) << result;
  }
  EXPECT_TRUE(patched(R"({"a": 1})", R"([{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}])")
                  .starts_with("error: p#/1: operation 1"));
}

TEST(JsonPatch, CannotFillTheMemory) {
  std::string operations = "[";
  for (int i = 0; i < 100; ++i) {
    operations +=
        (i > 0 ? ", " : "") + std::string(R"({"op": "copy", "from": "", "path": "/c)") + std::to_string(i) + "\"}";
  }
  EXPECT_NE(patched("{}", operations + "]").find("error"), std::string::npos);
  const std::string deep = std::string(150, '[') + std::string(150, ']');
  std::string path;
  for (int i = 0; i < 60; ++i) path += "/0";
  const std::string add_deep = R"([{"op": "add", "path": ")" + path + R"(/-", "value": )" + deep + "}]";
  EXPECT_NE(patched(deep, add_deep).find("nested deeper"), std::string::npos);
  // Long strings are few values.
  const std::string text(1 << 20, 'x');
  std::string copies = "[";
  for (int i = 0; i < 64; ++i)
    copies += std::string(i > 0 ? "," : "") + R"({"op": "copy", "from": "/0", "path": "/-"})";
  EXPECT_NE(patched("[\"" + text + "\"]", copies + "]").find("copies more"), std::string::npos);
}

/// Both ways to patch a workspace: the same result, or errors in both.
void expect_same(std::string_view operations) {
  const spec::Workspace workspace = test::example_workspace();
  const Result<Json> document = apply_patch(workspace_to_json(workspace), json(operations), "p");
  const Result<spec::Workspace> slow = document ? workspace_from_json(*document, "p (the workspace after this patch)")
                                                : Result<spec::Workspace>(document.errors());
  const Result<spec::Workspace> fast = apply_patch(workspace, json(operations), "p");
  const Result<spec::Workspace> moved = apply_patch(spec::Workspace(workspace), json(operations), "p");
  ASSERT_EQ(fast.has_value(), slow.has_value()) << operations;
  ASSERT_EQ(moved.has_value(), slow.has_value()) << operations;
  if (slow) {
    EXPECT_EQ(*fast, *slow) << operations;
    EXPECT_EQ(*moved, *slow) << operations;
    EXPECT_EQ(write_json(workspace_to_json(*fast)), write_json(workspace_to_json(*slow))) << operations;
  } else {
    EXPECT_EQ(fast.errors(), slow.errors()) << operations;
  }
}

TEST(WorkspacePatch, IsThePatchOfTheDocument) {
  const std::string sample =
      R"({"name": "new", "data": [1, 2.5], "modifiers": [{"name": "mu", "type": "normfactor", "data": null}]})";
  const std::string short_sample = R"({"name": "new", "data": [1], "modifiers": []})";
  const std::string parameter = R"({"name": "new", "bounds": [[0, 5]]})";
  const std::vector<std::string> patches = {
      "[]",
      R"([{"op": "add", "path": "/channels/0/samples/0", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/-", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/2", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/3", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/9/samples/0", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/1/samples/0", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/1/samples/0", "value": )" + short_sample + "}]",
      R"([{"op": "replace", "path": "/channels/0/samples/0", "value": )" + sample + "}]",
      R"([{"op": "replace", "path": "/channels/0/samples/-", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/0", "value": )" + sample +
          R"(}, {"op": "add", "path": "/channels/0/samples/0", "value": )" + sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/1", "value": )" + sample +
          R"(}, {"op": "remove", "path": "/channels/0/samples/0"}])",
      R"([{"op": "remove", "path": "/channels/1/samples/0"}])",
      R"([{"op": "remove", "path": "/channels/1/samples/0"}, {"op": "add", "path": "/channels/1/samples/0", "value": )" +
          short_sample + "}]",
      R"([{"op": "remove", "path": "/channels/1"}])",
      R"([{"op": "remove", "path": "/channels/1"}, {"op": "remove", "path": "/channels/0"}])",
      R"([{"op": "remove", "path": "/channels/0"}, {"op": "add", "path": "/channels/0/samples/0", "value": )" +
          short_sample + "}]",
      R"([{"op": "add", "path": "/channels/0/samples/0", "value": {"name": "x"}}])",
      R"([{"op": "add", "path": "/channels/0/samples/0", "value": {"name": "x", "data": [-1, "a"], "modifiers": 3}}])",
      R"([{"op": "replace", "path": "/channels/0/samples/0/data", "value": [7, 8]}])",
      R"([{"op": "replace", "path": "/measurements/0/config/poi", "value": "xs"}])",
      R"([{"op": "replace", "path": "/measurements/0/config/poi", "value": 5}])",
      R"([{"op": "replace", "path": "/measurements/2/config/poi", "value": "xs"}])",
      R"([{"op": "remove", "path": "/measurements/0/config/poi"}])",
      R"([{"op": "add", "path": "/measurements/1/config/parameters/-", "value": )" + parameter + "}]",
      R"([{"op": "add", "path": "/measurements/1/config/parameters/1", "value": )" + parameter + "}]",
      R"([{"op": "add", "path": "/measurements/0/config/parameters/0", "value": {"name": "mu"}}])",
      R"([{"op": "replace", "path": "/measurements/0/config/parameters/1", "value": )" + parameter + "}]",
      R"([{"op": "remove", "path": "/measurements/0/config/parameters/0"}])",
      R"([{"op": "replace", "path": "/measurements/0/config/parameters", "value": []}])",
      R"([{"op": "add", "path": "/measurements/0/config/parameters", "value": [)" + parameter + "]}]",
      R"([{"op": "replace", "path": "/measurements/0/config/parameters", "value": {}}])",
      R"([{"op": "remove", "path": "/measurements/0"}])",
      R"([{"op": "test", "path": "/version", "value": "1.0.0"}])",
      R"([{"op": "add", "path": "/observations/0/data/0", "value": 3}])",
      R"([{"op": "move", "from": "/channels/0/samples/0", "path": "/channels/0/samples/1"}])",
      R"([{"op": "copy", "from": "/channels/0", "path": "/channels/-"}])",
      R"([{"op": "add", "path": "", "value": {}}])",
      "{}",
  };
  for (const std::string& operations : patches) expect_same(operations);
}

}  // namespace
}  // namespace relume::formats
