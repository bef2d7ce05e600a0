// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// All results here are made by hand; published ones are in tests/data.
#include "relume/formats/smodels.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "relume/formats/publication.hpp"
#include "support/smodels_directory.hpp"

namespace relume::formats {
namespace {

using spec::MapKind;
using test::SmodelsDirectory;

constexpr std::string_view map_text =
    "txName: T2\n"
    "constraint: [[['jet']],[['jet']]]\n"
    "axes: [[x, y], [x, y]]\n"
    "figureUrl: https://example.org/a.png\n"
    "efficiencyMap: [[[[100.*GeV, 1.*GeV], [100.*GeV, 1.*GeV]], 0.1],\n"
    "[[[0.2*TeV, 1.*GeV], [200.*GeV, 1.*GeV]], 0.3]]\n";

void expect_map_error(std::string_view text, MapKind kind, std::string_view where, std::string_view message) {
  const Result<spec::MassMap> map = read_smodels_map(text, "m.txt", kind);
  ASSERT_FALSE(map) << text;
  EXPECT_EQ(map.error().where, where) << to_string(map.errors());
  EXPECT_NE(map.error().message.find(message), std::string::npos) << to_string(map.errors());
}

std::string points(std::string_view list) { return "txName: T\nefficiencyMap: " + std::string(list) + "\n"; }

TEST(SmodelsMap, NestedPoints) {
  const spec::MassMap map = read_smodels_map(map_text, "m.txt", MapKind::efficiencies).value();
  EXPECT_EQ(map.name, "T2");
  EXPECT_EQ(map.axes, "[[x, y], [x, y]]");
  ASSERT_EQ(map.coordinates.size(), 4u);
  EXPECT_EQ(map.coordinates[3].name, "mass 2 of branch 2");
  EXPECT_EQ(map.observed.points, (std::vector<double>{100, 1, 100, 1, 200, 1, 200, 1}));
  EXPECT_EQ(map.observed.values, (std::vector<double>{0.1, 0.3}));
  EXPECT_FALSE(map.expected);
}

TEST(SmodelsMap, WidthsComeAfterAllMasses) {
  const spec::MassMap map =
      read_smodels_map(points("[[[[(400.*GeV, 1e-15*GeV), 100.*GeV], [50.*GeV, (20.*GeV, 2.*eV)]], 0.1]]"), "m.txt",
                       MapKind::efficiencies)
          .value();
  EXPECT_EQ(map.observed.points, (std::vector<double>{400, 100, 50, 20, 1e-15, 2e-9}));
  EXPECT_EQ(map.coordinates[4].name, "width 1 of branch 1");
  EXPECT_EQ(map.coordinates[5].name, "width 2 of branch 2");
  EXPECT_TRUE(map.coordinates[5].is_width);
}

TEST(SmodelsMap, BranchesThatAreAnythingHaveNoCoordinates) {
  const spec::MassMap map =
      read_smodels_map(points("[[[[400.*GeV, 100.*GeV], '*'], 0.1]]"), "m.txt", MapKind::efficiencies).value();
  EXPECT_EQ(map.coordinates.size(), 2u);
}

TEST(SmodelsMap, FlatPointsWithADataMap) {
  const spec::MassMap map =
      read_smodels_map(
          "txName: TR\nconstraint: {(PV > Z(1)), (Z(1) > MET(2),MET(3))}\naxesMap: [{0: 'x', 1: 'y'}]\n"
          "dataMap: {0: (1, 'mass', TeV), 1: (1, 'totalwidth', GeV)}\nupperLimits: [[[1.8, 18.0], 0.2*pb],\n"
          "[[1900.*GeV, 19.0], 0.3*pb]]\nexpectedUpperLimits: [[[1.8, 18.0], 0.25*pb]]\n",
          "m.txt", MapKind::upper_limits)
          .value();
  EXPECT_EQ(map.observed.points, (std::vector<double>{1800, 18, 1900, 19}));
  EXPECT_EQ(map.observed.values, (std::vector<double>{200, 300}));
  EXPECT_EQ(map.coordinates[1].name, "width of node 1");
  EXPECT_EQ(map.coordinates[1].branch, 0u);
  ASSERT_TRUE(map.expected);
  EXPECT_EQ(map.expected->values, std::vector<double>{250});
}

TEST(SmodelsMap, ProblemsHaveTheirLine) {
  const auto kind = MapKind::efficiencies;
  expect_map_error("efficiencyMap: []\n", kind, "m.txt", "no 'txName'");
  expect_map_error("txName: T\n", kind, "m.txt", "no 'efficiencyMap'");
  expect_map_error(points("[]"), kind, "m.txt:2", "list of points");
  expect_map_error(points("[[[[1.*GeV],[1.*GeV]],0.1],\n[[[1.*GeV]],0.1]]"), kind, "m.txt:3", "another form");
  expect_map_error(points("[[[[1.],[1.]],0.1]]"), kind, "m.txt:2", "with a unit");
  expect_map_error(points("[[[[-1.*GeV],[1.*GeV]],0.1]]"), kind, "m.txt:2", "a mass or width");
  expect_map_error(points("[[[[1.*GeV],[1.*GeV]],0.1*fb]]"), kind, "m.txt:2", "plain number");
  expect_map_error(points("[[[[1.*GeV],[1.*GeV]],-0.1]]"), kind, "m.txt:2", "not negative");
  expect_map_error(points("[[[1.,2.]],0.1]"), kind, "m.txt:2", "expected a point");
  expect_map_error(points("[[[1.,2.],0.1]]"), kind, "m.txt:2", "no 'dataMap'");
  expect_map_error(points("[[[[1.*GeV],[1.*GeV]],0.1],\n[[[2.*GeV],[1.*GeV]],0.1],\n[[[1.*GeV],[1.*GeV]],0.2]]"), kind,
                   "m.txt:4", "the point of line 2 again");
  expect_map_error("txName: T\nupperLimits: [[[[1.*GeV]],0.1]]\n", MapKind::upper_limits, "m.txt:2", "cross section");
  expect_map_error("txName: T\ntxName: U\n", kind, "m.txt:2", "twice");
  expect_map_error("hello\n", kind, "m.txt:1", "key: value");
}

TEST(SmodelsMap, ManyProblemsAreCounted) {
  std::string list = "[";
  for (int i = 0; i < 1000; ++i) list += "[[[1.]],0.1],\n";
  const Result<spec::MassMap> map = read_smodels_map(points(list + "]"), "m.txt", MapKind::efficiencies);
  ASSERT_FALSE(map);
  EXPECT_LT(map.errors().size(), 30u);
  EXPECT_NE(map.errors().back().message.find("980 more"), std::string::npos) << to_string(map.errors().back());
}

TEST(SmodelsMap, AByteOrderMarkIsPassedOver) {
  const auto kind = MapKind::efficiencies;
  EXPECT_EQ(read_smodels_map("\xef\xbb\xbf" + std::string(map_text), "m.txt", kind).value(),
            read_smodels_map(map_text, "m.txt", kind).value());
}

TEST(SmodelsDataSet, CountsAndLimits) {
  const spec::SmodelsDataSet data =
      read_smodels_data_set(
          "# a comment\ndataId: SR1\ndataType: efficiencyMap\nobservedN: 7\nexpectedBG: 10.2 # events\n"
          "bgError: 3.3\nthirdMoment: -0.5\nupperLimit: 0.05*fb\nexpectedUpperLimit: 0.00006*pb\n",
          "d.txt")
          .value();
  EXPECT_EQ(data.name, "SR1");
  EXPECT_EQ(data.observed, 7.0);
  EXPECT_EQ(data.background, 10.2);
  EXPECT_EQ(data.uncertainty, 3.3);
  EXPECT_EQ(data.third_moment, -0.5);
  EXPECT_EQ(data.limits.observed, 0.05);
  EXPECT_DOUBLE_EQ(*data.limits.expected, 0.06);
  EXPECT_EQ(data.limits.unit, "fb");
}

TEST(SmodelsDataSet, AllProblemsAtOnce) {
  const Result<spec::SmodelsDataSet> data = read_smodels_data_set(
      "dataId: SR1\ndataType: efficiencyMap\nobservedN: many\nexpectedBG: -1\nupperLimit: 3\n", "d");
  ASSERT_FALSE(data);
  ASSERT_EQ(data.errors().size(), 4u) << to_string(data.errors());
  EXPECT_EQ(data.errors()[0].where, "d:3");
  EXPECT_EQ(data.errors()[1].where, "d:4");
  EXPECT_EQ(data.errors()[2].message, "has no 'bgError'");
  EXPECT_EQ(data.errors()[3].where, "d:5");
}

TEST(SmodelsInformation, ReadsWhatItNeedsAndListsTheRest) {
  const spec::SmodelsResult result =
      read_smodels_information(
          "id: CMS-X\nsqrts: 13*TeV\nlumi: 35.9/fb\narxiv: https://arxiv.org/abs/1\ncontact: someone\n"
          "datasetOrder: \"A\",\"B\"\ncovariance: [[4., 1.],\n   [1., 9.]]\n"
          "jsonFiles: {\n  'm.json': [\n    {'pyhf': 'CR', 'type': 'CR'},\n    {'smodels': 'A', 'pyhf': 'SR_cuts'}]\n  "
          "}\n"
          "includeCRs: False\n",
          "g")
          .value();
  EXPECT_EQ(result.id, "CMS-X");
  EXPECT_EQ(result.energy, 13.0);
  EXPECT_EQ(result.luminosity, 35.9);
  EXPECT_EQ(result.covariance_order, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(result.covariance.values, (std::vector<double>{4, 1, 1, 9}));
  ASSERT_EQ(result.model_files.size(), 1u);
  EXPECT_EQ(result.model_files[0].regions[0].type, "CR");
  EXPECT_EQ(result.model_files[0].regions[0].data_set, "");
  EXPECT_EQ(result.model_files[0].regions[1].channel, "SR_cuts");
  EXPECT_EQ(result.ignored, (std::vector<std::string>{"globalInfo.txt: contact", "globalInfo.txt: includeCRs"}));
}

TEST(SmodelsInformation, RefusesCovariancesThatAreNone) {
  const auto error_of = [](std::string_view covariance, std::string_view order = "'A', 'B'") {
    const std::string text = "id: X\nsqrts: 13*TeV\nlumi: 1/fb\ndatasetOrder: " + std::string(order) +
                             "\ncovariance: " + std::string(covariance) + "\n";
    const Result<spec::SmodelsResult> result = read_smodels_information(text, "g");
    return result ? std::string("none") : to_string(result.errors());
  };
  EXPECT_EQ(error_of("[[1., 0.], [0., 1.]]"), "none");
  EXPECT_NE(error_of("[[1., 0.]]").find("g:5: the covariance must be a list of 2 rows"), std::string::npos);
  EXPECT_NE(error_of("[[1., 0.], [0.]]").find("2 numbers"), std::string::npos);
  EXPECT_NE(error_of("[[1., 0.], [0., 1.]]", "'A', 'A'").find("twice"), std::string::npos);
  EXPECT_NE(error_of("[[1., 'x'], [0., 1.]]").find("plain numbers"), std::string::npos);
}

TEST(ReadSmodels, CovarianceMakesASimplifiedLikelihoodInItsOrder) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information("datasetOrder: 'B', 'A'\ncovariance: [[4., 1.], [1., 9.]]\n"));
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0, "thirdMoment: 0.5\n"));
  directory.write("b/dataInfo.txt", test::counts("B", 7, 8.0, 2.0));
  EXPECT_TRUE(is_smodels_directory(directory.path()));
  EXPECT_FALSE(is_smodels_directory(directory.path() + "/a"));
  const spec::Publication publication = read_smodels(directory.path()).value();
  const auto& likelihood = std::get<spec::SimplifiedLikelihood>(publication.value);
  ASSERT_EQ(likelihood.regions.size(), 2u);
  EXPECT_EQ(likelihood.regions[0], (spec::Region{"B", 7, 8.0}));
  EXPECT_EQ(likelihood.regions[1], (spec::Region{"A", 5, 6.0}));
  EXPECT_EQ(likelihood.third_moments, (std::vector<std::optional<double>>{std::nullopt, 0.5}));
  EXPECT_EQ(likelihood.covariance(0, 0), 4.0);
}

TEST(ReadSmodels, WhatIsNoCovarianceIsRefused) {
  SmodelsDirectory directory;
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
  directory.write("b/dataInfo.txt", test::counts("B", 7, 8.0, 2.0));
  const auto error_of = [&](std::string_view covariance) {
    directory.write("globalInfo.txt",
                    test::information(fmt::format("datasetOrder: 'A', 'B'\ncovariance: {}\n", covariance)));
    const auto publication = read_smodels(directory.path());
    return publication ? std::string("none") : to_string(publication.errors());
  };
  EXPECT_EQ(error_of("[[4., 1.], [1., 9.]]"), "none");
  EXPECT_NE(error_of("[[4., 1.], [2., 9.]]").find("not symmetric"), std::string::npos);
  EXPECT_NE(error_of("[[4., 1.], [1., -9.]]").find("variance is negative"), std::string::npos);
}

TEST(ReadSmodels, NoCovarianceMakesCounts) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information());
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0, "upperLimit: 0.1*fb\n"));
  directory.write("validation/plot.png", "");
  const auto publication = read_smodels(directory.path()).value();
  const auto& counts = std::get<spec::CountingExperiments>(publication.value);
  ASSERT_EQ(counts.regions.size(), 1u);
  EXPECT_EQ(counts.regions[0].uncertainty, 3.0);
  EXPECT_EQ(counts.regions[0].limits.observed, 0.1);
  EXPECT_EQ(counts.luminosity, 100.0);
}

TEST(ReadSmodels, TheNewerFormHasItsCovarianceInAFile) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt",
                  test::information("regionMappings: {'one': 'A', 'two': {'smodels': 'B'}, 'three': {'pyhf': 'x'}}\n"
                                    "regionSets: {'all': ['two', 'one']}\nstatModels: {'all': [('sl', 'cov.txt')]}\n"));
  directory.write("cov.txt", "\xef\xbb\xbf[[4., 1.],\n[1., 9.]]\n");
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
  directory.write("b/dataInfo.txt", test::counts("B", 7, 8.0, 2.0));
  const auto publication = read_smodels(directory.path()).value();
  const auto& likelihood = std::get<spec::SimplifiedLikelihood>(publication.value);
  EXPECT_EQ(likelihood.regions[0].name, "B");
  EXPECT_EQ(likelihood.covariance(1, 1), 9.0);
  directory.write("globalInfo.txt", test::information("regionSets: {'all': ['A', 'B']}\n"
                                                      "statModels: {'all': [('sl', '../cov.txt')]}\n"));
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("no file name"), std::string::npos);
}

TEST(ReadSmodels, WhatIsMissingIsNamed) {
  SmodelsDirectory directory;
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("globalInfo.txt: is missing"), std::string::npos);
  directory.write("globalInfo.txt", test::information("datasetOrder: 'A', 'B'\ncovariance: [[4., 1.], [1., 9.]]\n"));
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("no folder with a dataInfo.txt"),
            std::string::npos);
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("'B', and there is no folder"), std::string::npos);
  directory.write("b/T2.txt", map_text);
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("b/dataInfo.txt: is missing"), std::string::npos);
  directory.write("b/dataInfo.txt", test::counts("B", 5, 6.0, 3.0));
  EXPECT_TRUE(read_smodels(directory.path()));
  directory.write("c/dataInfo.txt", test::counts("C", 5, 6.0, 3.0));
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("leaves out 'C'"), std::string::npos);
  directory.write("c/dataInfo.txt", test::counts("B", 5, 6.0, 3.0));
  EXPECT_NE(to_string(read_smodels(directory.path()).errors()).find("two folders have"), std::string::npos);
  EXPECT_NE(to_string(read_smodels(directory.path() + "/none").errors()).find("not a directory"), std::string::npos);
}

TEST(ReadSmodels, IsOneOfTheFormatsThatAreDetected) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information());
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
  const Detected found = detect_input(directory.path()).value();
  EXPECT_EQ(found.format, Format::smodels_directory);
  EXPECT_EQ(found.kind, "counting");
  EXPECT_TRUE(found.errors.empty());
  EXPECT_EQ(read_publication_input(directory.path(), {})->publication, read_smodels(directory.path()).value());
  directory.write("a/dataInfo.txt", test::counts("A", 5, -6.0, 3.0));
  EXPECT_FALSE(detect_input(directory.path()).value().errors.empty());
  EXPECT_FALSE(read_publication_input(directory.path(), {}));
}

TEST(ReadSmodels, UpperLimitsNeedMasses) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information());
  directory.write("data/dataInfo.txt", "dataType: upperLimit\ndataId: None\n");
  const auto publication = read_smodels(directory.path());
  ASSERT_FALSE(publication);
  EXPECT_EQ(publication.error().code, ErrorCode::unsupported);
  const Detected found = detect_input(directory.path()).value();
  EXPECT_TRUE(found.errors.empty()) << to_string(found.errors);
  EXPECT_TRUE(found.kind.empty());
  EXPECT_NE(found.missing.find("at given masses only"), std::string::npos) << found.missing;
}

TEST(ReadSmodels, AllOfItOrTheMapsOfOneName) {
  SmodelsDirectory directory;
  directory.write("globalInfo.txt", test::information());
  directory.write("a/dataInfo.txt", test::counts("A", 5, 6.0, 3.0));
  directory.write("a/T2.txt", map_text);
  directory.write("a/T5.txt", "this is no map\n");
  const spec::SmodelsResult all = read_smodels_result(directory.path()).value();
  ASSERT_EQ(all.data_sets[0].maps.size(), 1u);
  EXPECT_EQ(all.ignored, (std::vector<std::string>{"T5.txt: all of it", "maps: figureUrl"}));
  directory.write("a/T5.txt", "txName: T5\nefficiencyMap: [1]\n");
  EXPECT_FALSE(read_smodels_result(directory.path()));
  EXPECT_TRUE(read_smodels_result(directory.path(), "T2"));
}

}  // namespace
}  // namespace relume::formats
