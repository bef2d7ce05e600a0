// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Written by hand from the layout of MadAnalysis 5's manual; no file of its analysis database is here.
#include "relume/formats/madanalysis_info.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace relume::formats {
namespace {

constexpr std::string_view counts = R"(<!-- for the statistics -->
<analysis id="cms_ued_16_013">
  <lumi>20.0</lumi> <!-- in fb^-1 -->
  <region type="signal" id="200<MET<500,100<HT<500">
    <nobs>6159</nobs> <nb>6090.0</nb> <deltanb_stat>3.0</deltanb_stat> <deltanb_syst>4.0</deltanb_syst>
  </region>
  <region id="MET>500"> <nobs> 2305 </nobs> <nb>2280.0</nb> <deltanb>270.0</deltanb> </region>
  <region type="control" id="CR"><nobs>1</nobs></region>
  <pyhf id="SRA"><name>SRA.json</name>
    <regions><channel name="SR">SR1 SR2</channel><channel name="CR" is_included="True"></channel><channel name="VR"/></regions>
  </pyhf>
</analysis>)";

constexpr std::string_view covariances = R"(<analysis id="a">
  <lumi>36</lumi>
  <region id="SR1"><nobs>3</nobs><nb>2.5</nb><deltanb>0.5</deltanb>
    <covariance region="SR1" cov_subset="low">0.25</covariance><covariance region="SR2" cov_subset="low">0.1</covariance></region>
  <region id="SR2"><nobs>4</nobs><nb>3.5</nb><deltanb>1</deltanb>
    <covariance region="SR2" cov_subset="low">1</covariance>
    <covariance region="SR2" cov_subset="high">1</covariance></region>
  <region id="SR3"><nobs>5</nobs><nb>4.5</nb><deltanb>2</deltanb>
    <covariance region="SR3" cov_subset="high">4</covariance></region>
</analysis>)";

std::string replaced(std::string_view text, std::string_view old, std::string_view with) {
  std::string changed(text);
  const std::size_t at = changed.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return changed.replace(at, old.size(), with);
}

void expect_error(const std::string& text, std::string_view message) {
  const auto info = read_madanalysis_info(text, "f.info");
  ASSERT_FALSE(info) << message;
  EXPECT_NE(to_string(info.errors()).find(message), std::string::npos) << to_string(info.errors());
}

TEST(ReadMadAnalysisInfo, ReadsCounts) {
  const MadAnalysisInfo info = read_madanalysis_info(counts, "f").value();
  EXPECT_EQ(info.experiments.name, "cms_ued_16_013");
  EXPECT_EQ(info.experiments.luminosity, 20.0);
  ASSERT_EQ(info.experiments.regions.size(), 2u);
  // Regions are named by cuts, and their names are written without escapes.
  EXPECT_EQ(info.experiments.regions[0], (spec::CountingRegion{"200<MET<500,100<HT<500", 6159, 6090, 5, {}, {}}));
  EXPECT_EQ(info.experiments.regions[1], (spec::CountingRegion{"MET>500", 2305, 2280, 270, {}, {}}));
  ASSERT_EQ(info.profiles.size(), 1u);
  EXPECT_EQ(info.profiles[0].file, "SRA.json");
  EXPECT_EQ(info.profiles[0].channels[0].regions, (std::vector<std::string>{"SR1", "SR2"}));
  EXPECT_TRUE(info.profiles[0].channels[1].is_included);
  EXPECT_FALSE(info.profiles[0].channels[2].is_included);
  EXPECT_EQ(kind_of(publication_of(info, std::nullopt, "f")->publication), "counting experiments");
}

TEST(ReadMadAnalysisInfo, ReadsCovariancesOfSubsets) {
  const MadAnalysisInfo info = read_madanalysis_info(covariances, "f").value();
  ASSERT_EQ(info.subsets.size(), 2u);
  EXPECT_EQ(info.subsets[0].name, "low");
  const auto low = std::get<spec::SimplifiedLikelihood>(publication_of(info, "low", "f")->publication.value);
  EXPECT_EQ(low.regions, (std::vector<spec::Region>{{"SR1", 3, 2.5}, {"SR2", 4, 3.5}}));
  EXPECT_EQ(low.covariance, (spec::SquareMatrix{2, {0.25, 0.1, 0.1, 1}}));
  const auto high = std::get<spec::SimplifiedLikelihood>(publication_of(info, "high", "f")->publication.value);
  EXPECT_EQ(high.covariance, (spec::SquareMatrix{2, {1, 0, 0, 4}}));
  EXPECT_EQ(publication_of(info, "low", "f")->notes,
            std::vector<std::string>{"f, subset 'low': 1 pairs are given once and taken for both sides"});
  EXPECT_EQ(publication_of(info, "high", "f")->notes,
            std::vector<std::string>{"f, subset 'high': 1 pairs of regions have no entry, which means no correlation"});
  const auto none = publication_of(info, std::nullopt, "f");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().hint, "choose one of 'low', 'high'");
  EXPECT_NE(to_string(publication_of(info, "lo", "f").errors()).find("did you mean 'low'"), std::string::npos);
}

TEST(ReadMadAnalysisInfo, TheAnalysisMayNameTheSubset) {
  std::string text = replaced(covariances, R"(id="a")", R"(id="a" cov_subset="all")");
  for (const char* subset : {R"( cov_subset="low")", R"( cov_subset="high")"}) {
    for (std::size_t at = text.find(subset); at != std::string::npos; at = text.find(subset)) {
      text.erase(at, std::string_view(subset).size());
    }
  }
  text = replaced(text, R"(<covariance region="SR2">1</covariance>)", "");
  const MadAnalysisInfo info = read_madanalysis_info(text, "f").value();
  ASSERT_EQ(info.subsets.size(), 1u);
  EXPECT_EQ(info.subsets[0].name, "all");
  EXPECT_EQ(
      std::get<spec::SimplifiedLikelihood>(publication_of(info, std::nullopt, "f")->publication.value).regions.size(),
      3u);
}

TEST(ReadMadAnalysisInfo, NamesWhatIsWrong) {
  expect_error("<analysis", "f.info:1:");
  expect_error("<other/>", "the document is <other>");
  expect_error("<analysis/>", "f.info#/analysis: there must be at least one signal region");
  expect_error(replaced(counts, "<nb>2280.0</nb>", ""), "f.info#/analysis/region/1: region 'MET>500' has no <nb>");
  expect_error(replaced(counts, "<deltanb>270.0</deltanb>", ""), "has no <deltanb>");
  expect_error(replaced(counts, "270.0", "-270.0"), "negative: -270");
  expect_error(replaced(counts, "270.0", "many"),
               "f.info#/analysis/region/1/deltanb: <deltanb> must be a number, not 'many'");
  expect_error(replaced(counts, "<deltanb>270.0", "<nobs>3</nobs><deltanb>270.0"), "<nobs> occurs twice");
  expect_error(replaced(counts, "<deltanb>270.0", "<deltanb_stat>3</deltanb_stat><deltanb>270.0"), "and its parts");
  expect_error(replaced(counts, "MET>500", "200<MET<500,100<HT<500"), "already a region");
  expect_error(replaced(counts, R"(type="control")", R"(type="validation")"), "unknown type of region 'validation'");
  expect_error(replaced(counts, "<lumi>20.0</lumi>", "<luminosity>20</luminosity>"), "unknown element <luminosity>");
  expect_error(replaced(counts, "<name>SRA.json</name>", ""), "has no <name>");
  expect_error(replaced(covariances, R"(<covariance region="SR3")", R"(<covariance region="SR9")"),
               "the covariance of 'SR3' is with 'SR9', which is not in subset 'high'");
  expect_error(replaced(covariances, ">0.1<", ">0.9<"),
               "f.info, subset 'low'#/covariance/1/0: the correlation of 1 and 0 is beyond 1");
  expect_error(replaced(covariances, R"(<covariance region="SR1" cov_subset="low">0.25</covariance>)", ""),
               "subset 'low' does not give the variance of 'SR1'");
}

TEST(ReadMadAnalysisInfo, RefusesWhatWouldFillTheMemory) {
  std::string text = "<analysis id='a'>";
  for (int i = 0; i < 12000; ++i) {
    text += fmt::format(
        "<region id='{0}'><nobs>1</nobs><nb>1</nb><deltanb>1</deltanb><covariance region='{0}'>1</covariance></region>",
        i);
  }
  expect_error(text + "</analysis>", "the covariance has 12000 regions and 12000 entries");
}

}  // namespace
}  // namespace relume::formats
