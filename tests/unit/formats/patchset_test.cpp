// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <functional>

#include <gtest/gtest.h>

#include "unit/formats/example_workspace.hpp"

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;
using test::at;

constexpr std::string_view text = R"({
  "metadata": {"references": {"hepdata": "ins1234567"}, "description": "signals", "analysis_id": "X",
               "digests": {"md5": "0123456789abcdef0123456789abcdef"}, "labels": ["m1", "m2"]},
  "patches": [
    {"metadata": {"name": "p_100_1", "values": [100, 1.0], "color": "red"},
     "patch": [{"op": "add", "path": "/channels/0/samples/0", "value": {"name": "s", "data": [1], "modifiers": []}}]},
    {"metadata": {"name": "p_200_1", "values": [200, "x"]}, "patch": []}],
  "version": "1.0.0"})";

Json document() { return parse_json(text, "t").value(); }

Errors errors_after(const std::function<void(Json&)>& change) {
  Json changed = document();
  change(changed);
  const Result<spec::PatchSet> patchset = patchset_from_json(changed, "f");
  return patchset ? Errors{} : patchset.errors();
}

void expect_problem(const std::function<void(Json&)>& change, std::string_view where, std::string_view message) {
  const Errors errors = errors_after(change);
  ASSERT_EQ(errors.size(), 1u) << where << ": " << message << "\n" << to_string(errors);
  EXPECT_EQ(errors[0].where, where) << to_string(errors);
  EXPECT_NE(errors[0].message.find(message), std::string::npos) << to_string(errors);
}

TEST(ReadPatchset, ReadsEveryField) {
  const spec::PatchSet patchset = read_patchset(text, "t").value();
  EXPECT_EQ(patchset.description, "signals");
  EXPECT_EQ(patchset.labels, (std::vector<std::string>{"m1", "m2"}));
  EXPECT_EQ(patchset.md5, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(patchset.sha256, std::nullopt);
  ASSERT_EQ(patchset.patches.size(), 2u);
  EXPECT_EQ(patchset.patches[0].name, "p_100_1");
  EXPECT_EQ(patchset.patches[0].operations.array()->size(), 1u);
  EXPECT_EQ(*find(patchset.patches[0].metadata, "color")->string(), "red");
  EXPECT_EQ(*patchset.patches[1].values[1].string(), "x");
  EXPECT_TRUE(patchset.patches[1].operations.array()->empty());
}

TEST(ReadPatchset, IsWrittenBackUnchanged) {
  EXPECT_EQ(write_json(patchset_to_json(read_patchset(text, "t").value()), {.indent = 0, .sort_keys = true}),
            write_json(document(), {.indent = 0, .sort_keys = true}));
}

TEST(ReadPatchset, NamesWhatIsWrong) {
  expect_problem([](Json& d) { at(d, "version") = "1.1"; }, "f#/version", "'1.1'");
  expect_problem([](Json& d) { d.object()->emplace_back("x", 1); }, "f#/x", "unknown key");
  expect_problem([](Json& d) { at(d, "patches") = JsonArray{}; }, "f#/patches", "empty");
  expect_problem([](Json& d) { at(d, "metadata", "labels", 0) = 1; }, "f#/metadata/labels/0", "must be a string");
  expect_problem([](Json& d) { at(d, "metadata", "digests") = JsonObject{}; }, "f#/metadata/digests",
                 "at least one digest");
  expect_problem([](Json& d) { at(d, "metadata", "digests", "md5") = "12"; }, "f#/metadata/digests/md5",
                 "32 hexadecimal");
  expect_problem([](Json& d) { at(d, "metadata", "references", "hepdata") = "1234567"; },
                 "f#/metadata/references/hepdata", "INSPIRE");
  expect_problem([](Json& d) { at(d, "patches", 1, "metadata", "name") = ""; }, "f#/patches/1/metadata/name", "empty");
  expect_problem([](Json& d) { at(d, "patches", 1, "metadata", "name") = "p_100_1"; }, "f#/patches/1",
                 "already a patch");
  expect_problem(
      [](Json& d) {
        at(d, "patches", 1, "metadata", "values") = JsonArray{100.0, 1};
      },
      "f#/patches/1", "has the values of patch 'p_100_1'");
  expect_problem([](Json& d) { at(d, "patches", 1, "metadata", "values") = JsonArray{1}; },
                 "f#/patches/1/metadata/values", "1 values for the 2 labels");
  expect_problem([](Json& d) { at(d, "patches", 1, "metadata", "values", 0) = nullptr; },
                 "f#/patches/1/metadata/values/0", "a number or a string");
  expect_problem([](Json& d) { at(d, "patches", 0, "patch", 0, "op") = "ad"; }, "f#/patches/0/patch/0/op",
                 "unknown operation");
  expect_problem(
      [](Json& d) {
        at(d, "patches", 0, "patch", 0) = JsonObject{{"op", "move"}, {"path", "/a"}};
      },
      "f#/patches/0/patch/0", "needs the key 'from'");
}

TEST(ReadPatchset, ToleratesNamesOutsideOfTheSchemasPattern) {
  EXPECT_TRUE(errors_after([](Json& d) { at(d, "patches", 0, "metadata", "name") = "m(gluino)=1.5-TeV"; }).empty());
  EXPECT_TRUE(errors_after([](Json& d) { at(d, "metadata", "labels", 0) = "m(gluino) [GeV]"; }).empty());
  EXPECT_TRUE(errors_after([](Json& d) { at(d, "metadata", "references", "hepdata") = "ins31234567"; }).empty());
  // "1" and 1 are different values.
  EXPECT_TRUE(errors_after([](Json& d) { at(d, "patches", 1, "metadata", "values") = JsonArray{"100", 1}; }).empty());
}

TEST(FindPatch, SuggestsTheNearest) {
  const spec::PatchSet patchset = read_patchset(text, "t").value();
  EXPECT_EQ(find_patch(patchset, "p_200_1").value(), &patchset.patches[1]);
  const auto missing = find_patch(patchset, "p_200_2");
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().hint.starts_with("did you mean 'p_200_1'")) << missing.error().hint;
}

}  // namespace
}  // namespace relume::formats
