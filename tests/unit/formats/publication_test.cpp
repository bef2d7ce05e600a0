// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/publication.hpp"

#include <gtest/gtest.h>

#include "relume/formats/plain_json.hpp"
#include "relume/formats/simplify_json.hpp"
#include "unit/formats/example_publications.hpp"
#include "unit/formats/example_tables.hpp"

namespace relume::formats {
namespace {

constexpr std::string_view plain_text = R"({
  "observed": [36, 33], "background": [50, 48], "covariance": [[144, 13], [13, 256]], "signal": [12, 15], "source": "me"})";

void expect_detected(std::string_view text, Format format, std::string_view kind, std::string_view description,
                     std::string_view missing = "") {
  const Detected found = detect(text, "t");
  EXPECT_EQ(found.format, format) << to_string(found.format) << ": " << found.description;
  EXPECT_EQ(found.kind, kind) << description;
  EXPECT_NE(found.description.find(description), std::string::npos) << found.description;
  EXPECT_NE(found.missing.find(missing), std::string::npos) << found.missing;
  EXPECT_TRUE(found.errors.empty()) << to_string(found.errors);
  EXPECT_EQ(found.kind.empty(), !read_publication(text, "t").has_value());
}

TEST(DetectFormat, KnowsWhatIsALikelihood) {
  expect_detected(test::example_text, Format::pyhf_workspace, "histfactory", "2 channels and 3 bins");
  expect_detected(test::simplified_text, Format::likelihood, "simplified", "2 regions, with 1 third moment");
  expect_detected(test::counting_text, Format::likelihood, "counting", "counts in 2 regions");
  expect_detected(test::upper_limits_text, Format::likelihood, "upper_limits",
                  "an observed and 4 expected upper limit");
  expect_detected(test::measurements_text, Format::likelihood, "measurements",
                  "2 measured values and 1 tabulated likelihood over 4 parameters");
  expect_detected(test::product_text, Format::likelihood, "product",
                  "3 components (A: a simplified likelihood of 1 region, linear; B: ");
  expect_detected(plain_text, Format::plain, "simplified", "2 regions, linear");
  expect_detected(
      R"(<analysis id="a"><region id="SR"><nobs>1</nobs><nb>1</nb><deltanb>1</deltanb></region></analysis>)",
      Format::madanalysis_info, "counting", "counts in 1 region");
}

TEST(DetectFormat, SaysWhatIsMissing) {
  expect_detected(R"({"patches": [{"metadata": {"name": "p", "values": [1]}, "patch": []}], "version": "1.0.0",
                      "metadata": {"references": {"hepdata": "ins1"}, "digests": {"md5": "0123456789abcdef0123456789abcdef"}, "description": "", "labels": ["a"]}})",
                  Format::patchset, "", "1 signal", "the workspace");
  expect_detected(R"([{"op": "remove", "path": "/a"}])", Format::json_patch, "", "1 operation", "the workspace");
  expect_detected(
      R"({"format": "relume-signal", "version": 1, "name": "s", "samples": [{"name": "x", "channels": {"SR": [1]}}]})",
      Format::signal, "", "the signal 's'", "the likelihood");
  expect_detected(test::yields_download, Format::hepdata_table, "", "observed events and backgrounds of 2 regions",
                  "with --covariance TABLE a simplified");
  expect_detected(test::yields_submission, Format::hepdata_table, "", "observed events and backgrounds of 2 regions");
  expect_detected(test::covariance_download, Format::hepdata_table, "", "covariances of 2 regions", "observed events");
  expect_detected(R"({"observed": [1], "background": [2]})", Format::unknown, "", "'observed' and 'background'",
                  "'covariance' would make it");
  expect_detected(R"({"likelihoods": []})", Format::unknown, "", "HS3");
  expect_detected(R"({"zoo": 1, "animal": 2})", Format::unknown, "", "the keys 'zoo', 'animal'", "no format");
  expect_detected("imax 1", Format::unknown, "", "datacard");
  expect_detected("<Combination/>", Format::unknown, "", "HistFactory XML", "xml2json");
  expect_detected("<html/>", Format::unknown, "", "an XML file");
  expect_detected("sqrts: 13*TeV\nlumi: 137/fb\n", Format::unknown, "", "SModels", "directory");
  expect_detected("name: Table 1\ndata_file: t.yaml\n", Format::unknown, "", "index of a HEPData submission");
  expect_detected("hello", Format::unknown, "", "a text");
  expect_detected("", Format::unknown, "", "an empty file");
}

TEST(DetectFormat, SaysWhatCannotBeRead) {
  const Detected found = detect(R"({"format": "relume-likelihood", "version": 1, "kind": "simplified"})", "t");
  EXPECT_EQ(found.format, Format::likelihood);
  EXPECT_TRUE(found.kind.empty());
  EXPECT_EQ(found.errors.size(), 2u) << to_string(found.errors);
  EXPECT_FALSE(detect("{", "t").errors.empty());
}

TEST(ReadPublication, ComplainsAboutWhatItIs) {
  const auto complaint = [](std::string_view text) { return to_string(read_publication(text, "f").errors()); };
  EXPECT_NE(complaint(test::covariance_download).find("f: this is a HEPData table, which is no likelihood by itself"),
            std::string::npos);
  EXPECT_NE(complaint("imax 1").find("f: this is a datacard of Combine"), std::string::npos);
  EXPECT_NE(complaint("{").find("f:1:"), std::string::npos);
  EXPECT_FALSE(read_publication_input("/").has_value());
}

TEST(DetectFormat, PassesOverAByteOrderMark) {
  const std::string mark = "\xef\xbb\xbf";
  for (const std::string_view text :
       {test::example_text, test::simplified_text, plain_text, test::yields_download, test::yields_submission,
        std::string_view(
            R"(<analysis id="a"><region id="SR"><nobs>1</nobs><nb>1</nb><deltanb>1</deltanb></region></analysis>)")}) {
    const Detected without = detect(text, "t"), with = detect(mark + std::string(text), "t");
    EXPECT_EQ(with.format, without.format) << with.description;
    EXPECT_EQ(with.description, without.description);
    EXPECT_EQ(read_publication(mark + std::string(text), "t").has_value(), !without.kind.empty());
  }
}

TEST(PlainLayout, KeepsWhatItDoesNotKnow) {
  const auto s = std::get<spec::SimplifiedLikelihood>(read_publication(plain_text, "t")->publication.value);
  EXPECT_EQ(s.regions, (std::vector<spec::Region>{{"bin0", 36, 50}, {"bin1", 33, 48}}));
  EXPECT_EQ(s.covariance, (spec::SquareMatrix{2, {144, 13, 13, 256}}));
  EXPECT_EQ(*find(s.metadata, "source")->string(), "me");
  EXPECT_NE(find(s.metadata, "signal"), nullptr);
}

TEST(PlainLayout, NamesWhatIsWrong) {
  const auto complaint = [](std::string_view text) { return to_string(read_publication(text, "f").errors()); };
  EXPECT_NE(complaint(R"({"observed": [1], "background": [1, 2], "covariance": [[1, 0], [0, 1]]})")
                .find("f#/observed: 1 entries for 2 backgrounds"),
            std::string::npos);
  EXPECT_NE(complaint(R"({"observed": [1], "background": [1], "covariance": [[1]], "third_momens": [1]})")
                .find("did you mean 'third_moment"),
            std::string::npos);
  EXPECT_NE(complaint(R"({"observed": [1], "background": [1], "covariance": [[-1]]})").find("f#/covariance/0/0"),
            std::string::npos);
  EXPECT_NE(complaint(R"({"observed": ["x"], "background": [1], "covariance": [[1]]})").find("f#/observed/0"),
            std::string::npos);
  const auto s = std::get<spec::SimplifiedLikelihood>(
      read_publication(
          R"({"observed": [1], "background": [1], "covariance": [[1]], "regions": ["SR"], "third_moment": null,
                           "background_error": [1]})",
          "f")
          ->publication.value);
  EXPECT_EQ(s.regions[0].name, "SR");
  EXPECT_TRUE(s.third_moments.empty());
}

TEST(WorkspaceFromPostfit, HasTheLayoutOfSimplifiedAtlasLikelihoods) {
  const spec::Workspace w =
      workspace_from_postfit({{"SR", {3.0, 1.0}, {0.5, 2.0}, {4, 0}}, {"CR", {42.0}, {5.0}, {40}}},
                             {.parameters = {{.name = "lumi", .inits = spec::Numbers{1.0}}}})
          .value();
  ASSERT_EQ(w.channels.size(), 2u);
  const spec::Sample& sample = w.channels[0].samples.at(0);
  EXPECT_EQ(sample.name, "Bkg");
  EXPECT_EQ(sample.data, (spec::Numbers{3.0, 1.0}));
  ASSERT_EQ(sample.modifiers.size(), 1u);
  EXPECT_EQ(sample.modifiers[0].name, "totalError");
  EXPECT_EQ(std::get<spec::HistoSysData>(sample.modifiers[0].data),
            (spec::HistoSysData{{2.5, -1.0}, {3.5, 3.0}, false}));
  EXPECT_EQ(w.channels[1].samples[0].modifiers[0].name, "totalError");
  EXPECT_EQ(w.observations[1].data, spec::Numbers{40.0});
  EXPECT_EQ(w.measurements[0].parameters[0].fixed, true);
}

TEST(WorkspaceFromPostfit, NamesWhatIsWrong) {
  EXPECT_NE(to_string(workspace_from_postfit({{"SR", {3.0}, {0.5, 2.0}, {4}}}, {}).errors())
                .find("SR: there are 1 yields, 2"),
            std::string::npos);
  EXPECT_NE(to_string(workspace_from_postfit({{"SR", {3.0}, {-0.5}, {4}}}, {}).errors()).find("negative: -0.5"),
            std::string::npos);
  EXPECT_FALSE(workspace_from_postfit({}, {}).has_value());
}

}  // namespace
}  // namespace relume::formats
