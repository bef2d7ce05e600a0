// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/hepdata.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "unit/formats/example_tables.hpp"

namespace relume::formats {
namespace {

using spec::HepdataTable;

HepdataTable table(std::string_view text) { return read_hepdata_table(text, "t").value(); }

/// A matrix of these rows, "label label entry" each.
HepdataTable matrix_table(const std::vector<std::array<std::string, 3>>& rows, std::string heading = "Covariance") {
  HepdataTable made{.independent = {{.name = "x"}, {.name = "y"}}, .dependent = {{.name = std::move(heading)}}};
  for (const auto& [x, y, entry] : rows) {
    made.independent[0].cells.push_back({.value = x});
    made.independent[1].cells.push_back({.value = y});
    made.dependent[0].cells.push_back({.value = entry});
  }
  return made;
}

template <class T>
void expect_error(const Result<T>& result, std::string_view text) {
  ASSERT_FALSE(result) << text;
  EXPECT_NE(to_string(result.errors()).find(text), std::string::npos) << to_string(result.errors());
}

TEST(ReadHepdataTable, KeepsADownloadAsPrinted) {
  const HepdataTable t = table(test::yields_download);
  EXPECT_EQ(t.name, "Table 15");
  EXPECT_EQ(*find(t.metadata, "doi")->string(), "10.17182/hepdata.1.v1/t15");
  ASSERT_EQ(t.independent.size(), 1u);
  ASSERT_EQ(t.dependent.size(), 3u);
  EXPECT_EQ(t.n_rows(), 2u);
  EXPECT_EQ(t.dependent[0].name, "Observed");
  EXPECT_EQ(t.dependent[0].unit, "events");
  EXPECT_EQ(t.independent[0].cells[1], (spec::HepdataCell{"", "200", "300", {}}));
  const spec::HepdataCell& background = t.dependent[1].cells[0];
  EXPECT_EQ(background.value, "50.0");
  EXPECT_EQ(background.errors[1], (spec::HepdataError{"sys", "8%", "", ""}));
  EXPECT_EQ(t.dependent[1].cells[1].value, "48.5");
  EXPECT_EQ(t.dependent[1].cells[1].errors[0], (spec::HepdataError{"total", "", "6", "-4"}));
}

TEST(ReadHepdataTable, BothLayoutsSayTheSame) {
  const HepdataTable download = table(test::yields_download), submission = table(test::yields_submission);
  EXPECT_EQ(submission.dependent[1].cells, download.dependent[1].cells);
  EXPECT_EQ(submission.independent[0].cells, download.independent[0].cells);
  EXPECT_EQ(submission.dependent[0].unit, "events");
  // An alias stands for what it refers to.
  EXPECT_EQ(submission.dependent[1].qualifiers,
            (std::vector<std::pair<std::string, std::string>>{{"SQRT(S)", "13000 GEV"}}));
}

TEST(ReadHepdataTable, PassesOverAByteOrderMark) {
  for (const std::string_view text : {test::yields_download, test::yields_submission}) {
    EXPECT_EQ(table("\xef\xbb\xbf" + std::string(text)), table(text));
  }
}

TEST(ReadHepdataTable, SaysWhatIsNoTable) {
  expect_error(read_hepdata_table(R"({"data_tables": []})", "t"), "a HEPData record");
  expect_error(read_hepdata_table("---\ncomment: x\n---\nname: Table 1\ndata_file: a.yaml\n", "t"),
               "index of a HEPData");
  expect_error(read_hepdata_table(R"({"a": 1})", "t"), "without 'values'");
  expect_error(read_hepdata_table("[]", "t"), "a list, not a HEPData table");
  expect_error(read_hepdata_table("", "t"), "empty file");
  expect_error(read_hepdata_table("independent_variables: []", "t"), "'dependent_variables' is missing");
  expect_error(read_hepdata_table("a: [1", "t.yaml"), "t.yaml:1:");
}

TEST(ReadHepdataTable, NamesWhatIsWrong) {
  expect_error(read_hepdata_table(R"({"values": [{"x": [{"value": 1}]}]})", "t"),
               "t#/values/0: the key 'y' is missing");
  expect_error(
      read_hepdata_table(R"({"values": [{"x": [{"value": 1}], "y": []}, {"x": [{"value": 1}, {}], "y": []}]})", "t"),
      "t#/values/1: the row has 2 and 0 cells");
  expect_error(read_hepdata_table(R"({"values": [{"x": [{"value": true}], "y": []}]})", "t"), "t#/values/0/x/0/value");
  expect_error(read_hepdata_table(
                   R"({"values": [{"x": [{"value": 1}], "y": [{"value": 1, "errors": [{"label": "s"}]}]}]})", "t"),
               "t#/values/0/y/0/errors/0: an error has either");
  expect_error(read_hepdata_table("independent_variables: [{header: {name: x}, values: [{value: 1}]}]\n"
                                  "dependent_variables: [{header: {name: y}, values: []}]",
                                  "t"),
               "t#/dependent_variables/0/values: there are 0 values, but the first column has 1");
}

TEST(YieldsFromTable, AddsErrorsInQuadrature) {
  for (const std::string_view text : {test::yields_download, test::yields_submission}) {
    const TableYields yields = yields_from_table(table(text), {}).value();
    ASSERT_EQ(yields.experiments.regions.size(), 2u);
    // 3 and 8% of 50; the mean of 6 and 4.
    EXPECT_EQ(yields.experiments.regions[0], (spec::CountingRegion{"SR1", 36, 50, 5, {}, {}}));
    EXPECT_EQ(yields.experiments.regions[1], (spec::CountingRegion{"200 - 300", 33, 48.5, 5, {}, {}}));
    EXPECT_EQ(yields.notes.size(), 2u);  // which columns, asymmetric errors
  }
}

TEST(YieldsFromTable, ReadsTablesWithARowPerProcess) {
  const TableYields yields = yields_from_table(table(test::yields_turned), {}).value();
  ASSERT_EQ(yields.experiments.regions.size(), 2u);
  EXPECT_EQ(yields.experiments.regions[1], (spec::CountingRegion{"SR2", 33, 48.5, 4, {}, {}}));
}

TEST(YieldsFromTable, DoesNotGuess) {
  HepdataTable t = table(test::yields_download);
  t.dependent[2].name = "Background without jets";
  t.dependent[1].name = "Background";
  expect_error(yields_from_table(t, {}), "it is not clear which column holds the background");
  EXPECT_TRUE(yields_from_table(t, {.background = "Background"}));
  expect_error(yields_from_table(t, {.background = "background"}), "there is no column or row called 'background'");
  t.dependent[0].name = "N";
  expect_error(yields_from_table(t, {.background = "Background"}), "no column looks as if it held the observed");
  EXPECT_TRUE(yields_from_table(t, {.observed = "N", .background = "Background"}));
  expect_error(yields_from_table(table(test::covariance_download), {}), "a pair of labels in each row");
  t.dependent[0].cells[0].value = "-";
  expect_error(yields_from_table(t, {.observed = "N", .background = "Background"}),
               "region 'SR1' has no number of observed");
}

TEST(YieldsFromTable, TellsColumnsOfOneHeadingApart) {
  HepdataTable t = table(test::yields_download);
  t.dependent[1].name = t.dependent[2].name = "Events";
  t.dependent[1].qualifiers = {{"SQRT(S)", "13 TEV"}, {"PROCESS", "Sum"}};
  t.dependent[2].qualifiers = t.dependent[0].qualifiers = {{"SQRT(S)", "13 TEV"}};
  expect_error(yields_from_table(t, {.background = "Events"}), "2 columns or rows are called 'Events'");
  EXPECT_EQ(yields_from_table(t, {.background = "Events"}).error().hint,
            "name one of 'Events #1' (PROCESS: Sum), 'Events #2'");
  EXPECT_EQ(yields_from_table(t, {.background = "Events #1"})->experiments.regions[0].background, 50.0);
  expect_error(yields_from_table(t, {.background = "Events #2"}), "no number of a background: '-'");
  HepdataTable turned = table(test::yields_turned);
  turned.independent[0].cells[2].value = "Observed events";
  expect_error(yields_from_table(turned, {}), "it is not clear which column holds the observed events");
  EXPECT_EQ(yields_from_table(turned, {.observed = "Observed events #2"})->experiments.regions[0].observed, 20.0);
}

TEST(YieldsFromTable, NeedsTwoColumns) {
  HepdataTable t = table(test::yields_download);
  t.dependent.resize(1);
  t.dependent[0].name = "Background from data";
  expect_error(yields_from_table(t, {}), "'Background from data' cannot be both");
}

TEST(MatrixFromTable, ReadsWhatIsPrinted) {
  const TableMatrix m = matrix_from_table(table(test::covariance_download), {}).value();
  EXPECT_EQ(m.labels, (std::vector<std::string>{"0.5", "1.5"}));
  EXPECT_EQ(m.matrix, (spec::SquareMatrix{2, {25, 1.3, 1.3, 25}}));
  EXPECT_EQ(m.kind, TableMatrixKind::covariance);
}

TEST(MatrixFromTable, OneTriangleStandsForBoth) {
  const TableMatrix m =
      matrix_from_table(matrix_table({{"a", "a", "4"}, {"b", "a", "1"}, {"b", "b", "9"}}), {}).value();
  EXPECT_EQ(m.matrix, (spec::SquareMatrix{2, {4, 1, 1, 9}}));
  ASSERT_EQ(m.notes.size(), 1u);
  EXPECT_NE(m.notes[0].find("given once"), std::string::npos);
}

TEST(MatrixFromTable, AveragesWithinTheRoundingOfPrint) {
  const TableMatrix m =
      matrix_from_table(matrix_table({{"a", "a", "4"}, {"a", "b", "1.24"}, {"b", "a", "1.25"}, {"b", "b", "9"}}), {})
          .value();
  EXPECT_DOUBLE_EQ(m.matrix(0, 1), 1.245);
  EXPECT_EQ(m.matrix(0, 1), m.matrix(1, 0));
  ASSERT_EQ(m.notes.size(), 1u);
  EXPECT_NE(m.notes[0].find("by 0.01 at most: their mean is taken"), std::string::npos) << m.notes[0];
}

TEST(MatrixFromTable, NamesWhatIsNotSymmetric) {
  // Two units of the last digit, then one unit that is far more than rounding of a covariance.
  expect_error(
      matrix_from_table(matrix_table({{"a", "a", "4"}, {"a", "b", "1.24"}, {"b", "a", "1.26"}, {"b", "b", "9"}}), {}),
      "the entry of 'b' and 'a' is 1.26, the other way round it is 1.24");
  expect_error(
      matrix_from_table(matrix_table({{"a", "a", "4"}, {"a", "b", "1"}, {"b", "a", "2"}, {"b", "b", "9"}}), {}),
      "not symmetric");
}

TEST(MatrixFromTable, NamesWhatIsIncomplete) {
  expect_error(matrix_from_table(matrix_table({{"a", "a", "4"}, {"a", "b", "-"}, {"b", "b", "9"}}), {}),
               "1 entries are missing; the first one is that of 'b' and 'a'");
  expect_error(matrix_from_table(matrix_table({{"a", "a", "4"}, {"b", "b", "9"}}), {}), "2 labels need 4 entries");
  expect_error(matrix_from_table(matrix_table({{"a", "a", "4"}, {"a", "a", "4"}}), {}), "already an entry");
  expect_error(matrix_from_table(matrix_table({{"a", "a", "x"}}), {}), "'x' is no number");
  expect_error(matrix_from_table(table(test::yields_download), {}), "two independent variables, not 1");
}

TEST(MatrixFromTable, TellsCorrelationsFromCovariances) {
  const auto kind = [](const std::string& diagonal, const std::string& heading) {
    return matrix_from_table(matrix_table({{"a", "a", diagonal}, {"a", "b", "0.5"}, {"b", "b", "1.0"}}, heading), {})
        ->kind;
  };
  EXPECT_EQ(kind("1.0", "value"), TableMatrixKind::correlation);
  EXPECT_EQ(kind("2.0", "value"), TableMatrixKind::covariance);
  EXPECT_EQ(kind("1.0", "Covariance"), TableMatrixKind::covariance);
  EXPECT_EQ(kind("1.0", "Correlation coefficient"), TableMatrixKind::correlation);
}

TEST(MatrixFromTable, CorrelationsHaveADiagonalOfOnes) {
  const auto read = [](const std::string& diagonal, const TableOptions& options = {}) {
    return matrix_from_table(matrix_table({{"a", "a", "1"}, {"a", "b", "0.1"}, {"b", "b", diagonal}}, "Correlation"),
                             options);
  };
  for (const char* one : {"1", "1.000", "0.9999", "0.99999994", "0.9999999999999998"}) EXPECT_TRUE(read(one)) << one;
  for (const char* other : {"100", "0.5", "0.9", "0.98", "2", "0", "1e2", "-1"}) {
    expect_error(read(other), "the correlation of 'b' with itself is ");
  }
  EXPECT_NE(read("100").error().hint.find("divide by 100"), std::string::npos);
  EXPECT_TRUE(read("4", {.matrix = TableMatrixKind::covariance}));
}

TEST(PublicationFromTables, CombinesYieldsAndCovariance) {
  const NotedPublication made =
      publication_from_tables(table(test::yields_download), table(test::covariance_download), {}).value();
  const auto& s = std::get<spec::SimplifiedLikelihood>(made.publication.value);
  EXPECT_EQ(s.name, "Table 15");
  EXPECT_EQ(s.regions, (std::vector<spec::Region>{{"SR1", 36, 50}, {"200 - 300", 33, 48.5}}));
  EXPECT_EQ(s.covariance, (spec::SquareMatrix{2, {25, 1.3, 1.3, 25}}));
  EXPECT_NE(made.notes.back().find("by position"), std::string::npos) << made.notes.back();
}

TEST(PublicationFromTables, MatchesRegionsByName) {
  const HepdataTable covariance =
      matrix_table({{"200 - 300", "200 - 300", "9"}, {"200 - 300", "SR1", "2"}, {"SR1", "SR1", "25"}});
  const NotedPublication made = publication_from_tables(table(test::yields_download), covariance, {}).value();
  EXPECT_EQ(std::get<spec::SimplifiedLikelihood>(made.publication.value).covariance,
            (spec::SquareMatrix{2, {25, 2, 2, 9}}));
  // The yields say 5, the covariance 3.
  EXPECT_EQ(std::count_if(made.notes.begin(), made.notes.end(),
                          [](const std::string& note) { return note.find("uncertainty of 3") != std::string::npos; }),
            1);
}

TEST(PublicationFromTables, ScalesCorrelationsWithTheErrors) {
  const HepdataTable correlation =
      matrix_table({{"SR1", "SR1", "1"}, {"SR1", "200 - 300", "0.5"}, {"200 - 300", "200 - 300", "1"}}, "Correlation");
  const NotedPublication made = publication_from_tables(table(test::yields_download), correlation, {}).value();
  const auto& v = std::get<spec::SimplifiedLikelihood>(made.publication.value).covariance;
  EXPECT_DOUBLE_EQ(v(0, 0), 25.0);
  EXPECT_DOUBLE_EQ(v(0, 1), 12.5);
  HepdataTable without = table(test::yields_download);
  for (spec::HepdataCell& cell : without.dependent[1].cells) cell.errors.clear();
  expect_error(publication_from_tables(without, correlation, {}), "the background of region 'SR1' has no error");
  expect_error(publication_from_tables(without, std::nullopt, {}), "no background has an error");
}

TEST(PublicationFromTables, MatchesNumbersInTheirOrder) {
  const auto covariance_with = [](const std::string& first, const std::string& second, const HepdataTable& yields) {
    return publication_from_tables(
        yields, matrix_table({{second, second, "9"}, {second, first, "2"}, {first, first, "25"}}), {});
  };
  const HepdataTable yields = table(test::yields_download);
  for (const auto& [first, second] : {std::pair("0.5", "1.5"), {"9.5", "10.5"}, {"0 - 1", "1 - 2"}}) {
    const NotedPublication made = covariance_with(first, second, yields).value();
    EXPECT_EQ(std::get<spec::SimplifiedLikelihood>(made.publication.value).covariance,
              (spec::SquareMatrix{2, {25, 2, 2, 9}}));
  }
  expect_error(covariance_with("1.5", "1.50", yields), "no label 'SR1'");
  HepdataTable falling = yields;
  falling.independent[0].cells[0].value = "350";
  EXPECT_FALSE(covariance_with("250", "350.0", falling));
}

TEST(PublicationFromTables, NamesRegionsThatDoNotMatch) {
  const HepdataTable other = matrix_table({{"SR1", "SR1", "16"}, {"SR1", "SR2", "2"}, {"SR2", "SR2", "25"}});
  expect_error(publication_from_tables(table(test::yields_download), other, {}), "the matrix has no label '200 - 300'");
  const HepdataTable small = matrix_table({{"SR1", "SR1", "16"}});
  expect_error(publication_from_tables(table(test::yields_download), small, {}), "1 labels, but there are 2 regions");
}

TEST(PublicationFromTables, YieldsAloneAreCountingExperiments) {
  const NotedPublication made =
      publication_from_tables(table(test::yields_download), std::nullopt, {.name = "n"}).value();
  EXPECT_EQ(std::get<spec::CountingExperiments>(made.publication.value).name, "n");
}

TEST(PointsFromTable, ReadsAMap) {
  const HepdataTable map = table(R"(
independent_variables:
- {header: {name: m1, units: GEV}, values: [{value: 500}, {value: 600}, {low: 600, high: 700}]}
- {header: {name: m2, units: GEV}, values: [{value: 100}, {value: 100}, {value: 200}]}
dependent_variables:
- {header: {name: Efficiency, units: '%'}, values: [{value: 1.5}, {value: '-'}, {value: 2.5}]}
)");
  const TablePoints points = points_from_table(map, "", "t").value();
  EXPECT_EQ(points.axes, (std::vector<std::string>{"m1", "m2"}));
  EXPECT_EQ(points.points, (std::vector<std::vector<double>>{{500, 100}, {650, 200}}));
  EXPECT_EQ(points.values, (std::vector<double>{1.5, 2.5}));
  EXPECT_EQ(points.unit, "%");
  EXPECT_EQ(points.n_missing, 1u);
  expect_error(points_from_table(map, "efficiency", "t"), "no column called 'efficiency'");
  expect_error(points_from_table(table(test::yields_download), "", "t"), "3 columns of values");
  expect_error(points_from_table(table(test::yields_download), "Observed", "t"), "'SR1' is no number");
}

}  // namespace
}  // namespace relume::formats
