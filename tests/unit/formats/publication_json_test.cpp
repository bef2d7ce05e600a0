// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/formats/publication_json.hpp"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "relume/spec/validate.hpp"
#include "unit/formats/example_publications.hpp"

namespace relume::formats {
namespace {

using spec::Json;
using spec::JsonArray;
using spec::JsonObject;
using spec::Publication;
using test::at;

Json parsed(std::string_view text) { return parse_json(text, "t").value(); }

template <class Kind>
Kind read_as(std::string_view text) {
  return std::get<Kind>(read_likelihood(text, "t").value().value);
}

std::vector<std::string> every_kind() {
  return {std::string(test::simplified_text),   std::string(test::counting_text), std::string(test::upper_limits_text),
          std::string(test::measurements_text), test::histfactory_text(),         std::string(test::product_text)};
}

/// One change makes one problem.
void expect_problem(const std::string& text, const std::function<void(Json&)>& change, std::string_view where,
                    std::string_view message) {
  Json changed = parsed(text);
  change(changed);
  const Result<Publication> publication = likelihood_from_json(changed, "f");
  ASSERT_FALSE(publication) << message;
  ASSERT_EQ(publication.errors().size(), 1u) << to_string(publication.errors());
  EXPECT_EQ(publication.error().where, where) << to_string(publication.errors());
  EXPECT_NE(to_string(publication.error()).find(message), std::string::npos) << to_string(publication.errors());
}

TEST(ReadLikelihood, ReadsEveryFieldOfASimplifiedLikelihood) {
  const auto s = read_as<spec::SimplifiedLikelihood>(test::simplified_text);
  EXPECT_EQ(s.name, "two regions");
  EXPECT_EQ(s.regions, (std::vector<spec::Region>{{"SR1", 36, 50}, {"SR2", 33, 48.5}}));
  EXPECT_EQ(s.covariance, (spec::SquareMatrix{2, {144, 13, 13, 256}}));
  EXPECT_EQ(s.third_moments, (std::vector<std::optional<double>>{std::nullopt, 250.0}));
  EXPECT_EQ(*find(s.metadata, "doi")->string(), "10.1000/x");
}

TEST(ReadLikelihood, ReadsEveryFieldOfCountingExperiments) {
  const auto c = read_as<spec::CountingExperiments>(test::counting_text);
  ASSERT_EQ(c.regions.size(), 2u);
  EXPECT_EQ(c.regions[0], (spec::CountingRegion{"SR1", 138, 160.57, 14, std::nullopt, {0.1621, 0.2746, "fb"}}));
  EXPECT_EQ(c.regions[1], (spec::CountingRegion{"SR22", 0, 0.2, 0.21, 0.01, {}}));
  EXPECT_EQ(c.luminosity, 137.0);
}

TEST(ReadLikelihood, ReadsEveryFieldOfUpperLimits) {
  const auto u = read_as<spec::UpperLimits>(test::upper_limits_text);
  EXPECT_EQ(u.region, "SR");
  EXPECT_EQ(u.observed, 1.7);
  EXPECT_EQ(u.expected, (std::array<std::optional<double>, 5>{0.6, 0.8, 1.1, std::nullopt, 2.2}));
  EXPECT_EQ(u.level, 0.9);
  EXPECT_EQ(u.unit, "pb");
  EXPECT_EQ(u.predicted, 0.3);
  EXPECT_EQ(u.poi, "r");
}

TEST(ReadLikelihood, ReadsEveryFieldOfMeasurements) {
  const auto m = read_as<spec::Measurements>(test::measurements_text);
  EXPECT_EQ(m.poi, "kappa");
  ASSERT_EQ(m.parameters.size(), 4u);
  EXPECT_EQ(m.parameters[0], (spec::ModelParameter{"kappa", 1.5, 0.0, 5.0, false, std::nullopt}));
  EXPECT_TRUE(m.parameters[1].is_fixed);
  EXPECT_EQ(m.parameters[3].constraint, std::pair(0.5, 2.0));
  EXPECT_EQ(m.definitions, (std::vector<spec::Definition>{{"kappa2", "kappa^2 * fixed"}}));
  EXPECT_EQ(m.correlations[0].matrix(1, 0), 0.3);
  ASSERT_EQ(m.measured.size(), 1u);
  EXPECT_EQ(m.measured[0].model, spec::ErrorModel::variable_gaussian_1);
  EXPECT_EQ(m.measured[0].values[0],
            (spec::MeasuredValue{"mu_ggF", 1.2, 0.2, 0.3, "kappa2 * (1 + 0.1 * theory)", 0.5}));
  EXPECT_EQ(m.measured[0].correlation(0, 1), -0.2);
  ASSERT_EQ(m.grids.size(), 1u);
  EXPECT_EQ(m.grids[0].axes[0], (spec::LikelihoodGrid::Axis{"x", "kappa2", {0, 1, 3}}));
  EXPECT_EQ(m.grids[0].values, (std::vector<double>{1, 2, 0, 1, 4, 5}));
  EXPECT_EQ(m.grids[0].quantity, spec::LikelihoodGrid::Quantity::minus_log_likelihood);
  EXPECT_EQ(m.grids[0].interpolation, spec::LikelihoodGrid::Interpolation::linear);
}

TEST(ReadLikelihood, ReadsWhatAWorkspaceCannotSay) {
  const auto workspace = read_as<spec::Workspace>(test::histfactory_text());
  EXPECT_EQ(workspace.correlations[0].parameters, (std::vector<std::string>{"jes", "lumi"}));
  EXPECT_EQ(workspace.correlations[0].matrix(0, 1), 0.5);
  EXPECT_TRUE(workspace.constraints_are_priors);
  std::size_t n_parabolas = 0;
  for (const spec::Modifier& m : workspace.channels[0].samples[1].modifiers) {
    const auto* data = std::get_if<spec::HistoSysData>(&m.data);
    if (data != nullptr) n_parabolas += data->is_parabola ? 1 : 0;
  }
  EXPECT_EQ(n_parabolas, 1u);
}

TEST(ReadLikelihood, ReadsProductsWithinProducts) {
  const auto product = read_as<spec::Product>(test::product_text);
  ASSERT_EQ(product.components.size(), 3u);
  EXPECT_EQ(product.components[2].name, "C");
  const auto& inner = std::get<spec::Product>(product.components[2].publication.value);
  EXPECT_EQ(spec::kind_of(inner.components[0].publication), "counting experiments");
  EXPECT_EQ(product.shared[0].members[1], (std::pair<std::string, std::string>("B", "mu_B")));
  EXPECT_EQ(product.poi, "mu");
}

TEST(ReadLikelihood, EveryKindIsWrittenBackUnchanged) {
  for (const std::string& text : every_kind()) {
    const Publication publication = read_likelihood(text, "t").value();
    EXPECT_TRUE(equal(likelihood_to_json(publication), parsed(text))) << write_json(likelihood_to_json(publication));
    const std::string written = write_json(likelihood_to_json(publication));
    EXPECT_EQ(read_likelihood(written, "again").value(), publication) << written;
    EXPECT_TRUE(spec::validate(publication, "t").empty()) << to_string(spec::validate(publication, "t"));
  }
}

TEST(ReadLikelihood, DefaultsAreThoseOfTheSpec) {
  const auto u = read_as<spec::UpperLimits>(
      R"({"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "observed": 1, "unit": "fb",
          "expected": [null, null, 1, null, null]})");
  EXPECT_EQ(u, (spec::UpperLimits{.observed = 1, .expected = {{{}, {}, 1.0, {}, {}}}}));
}

TEST(ReadLikelihood, SaysWhatIsNoLikelihoodFile) {
  const std::string text(test::simplified_text);
  expect_problem(
      text, [](Json& d) { at(d, "format") = "likelihood"; }, "f#/format", "relume-likelihood");
  expect_problem(
      text, [](Json& d) { at(d, "version") = 2; }, "f#/version", "newer relume");
  expect_problem(
      text, [](Json& d) { at(d, "kind") = "simple"; }, "f#/kind", "unknown kind of likelihood 'simple'");
  expect_problem(
      text, [](Json& d) { d.object()->erase(d.object()->begin()); }, "f#", "'format' is missing");
  expect_problem(
      text, [](Json& d) { d.object()->erase(d.object()->begin() + 2); }, "f#", "'kind' is missing");
  expect_problem(
      text, [](Json& d) { d = JsonArray{}; }, "f#", "must be an object");
  expect_problem(
      text, [](Json& d) { d.object()->emplace_back("third_moment", 1); }, "f#/third_moment",
      "did you mean 'third_moments'");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithRegions) {
  const std::string text(test::simplified_text);
  expect_problem(
      text, [](Json& d) { at(d, "regions", 1, "name") = "SR1"; }, "f#/regions/1/name", "already a region");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 1, "name") = ""; }, "f#/regions/1/name", "needs a name");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "observed") = -1; }, "f#/regions/0/observed", "negative: -1");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "background") = -0.5; }, "f#/regions/0/background", "-0.5");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "observed") = "x"; }, "f#/regions/0/observed", "a number");
  expect_problem(
      text,
      [](Json& d) {
        at(d, "regions").array()->pop_back();
        at(d, "third_moments").array()->pop_back();
      },
      "f#/covariance", "2 rows, but there are 1 regions");
  expect_problem(
      text, [](Json& d) { at(d, "third_moments").array()->pop_back(); }, "f#/third_moments",
      "1 third moments for 2 regions");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithACovariance) {
  const std::string text(test::simplified_text);
  expect_problem(
      text, [](Json& d) { at(d, "covariance", 1).array()->pop_back(); }, "f#/covariance/1", "1 entries");
  expect_problem(
      text, [](Json& d) { at(d, "covariance", 1, 1) = -256; }, "f#/covariance/1/1", "negative: -256");
  // The asymmetric example of another program's documentation.
  expect_problem(
      text, [](Json& d) { at(d, "covariance", 1, 0) = 25; }, "f#/covariance/1/0",
      "[1][0] is 25, but [0][1] is 13; they differ by 12, 0.062 of");
  expect_problem(
      text,
      [](Json& d) {
        at(d, "covariance", 0, 1) = -200;
        at(d, "covariance", 1, 0) = -200;
      },
      "f#/covariance/1/0", "beyond 1: -1.04167");
  expect_problem(
      text, [](Json& d) { at(d, "covariance", 0, 0) = 0; }, "f#/covariance/1/0", "beyond 1: inf");
}

TEST(ReadLikelihood, RoundingOfACovarianceIsNoAsymmetry) {
  Json document = parsed(test::simplified_text);
  at(document, "covariance", 1, 0) = 13.0 + 1.8e-4;  // 0.94e-6 of sqrt(144 * 256) = 192
  EXPECT_TRUE(likelihood_from_json(document, "f"));
  at(document, "covariance", 1, 0) = 13.0 + 2.0e-4;
  EXPECT_FALSE(likelihood_from_json(document, "f"));
}

TEST(ReadLikelihood, NamesWhatIsWrongWithCounts) {
  const std::string text(test::counting_text);
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "uncertainty") = -1; }, "f#/regions/0/uncertainty", "negative");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "limits", "observed") = 0; }, "f#/regions/0/limits/observed",
      "must be positive");
  expect_problem(
      text, [](Json& d) { at(d, "regions", 0, "limits", "unit") = "furlong"; }, "f#/regions/0/limits/unit",
      "known are: events, b");
  expect_problem(
      text, [](Json& d) { at(d, "luminosity") = 0; }, "f#/luminosity", "must be positive");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithLimits) {
  const std::string text(test::upper_limits_text);
  expect_problem(
      text, [](Json& d) { at(d, "expected", 2) = nullptr; }, "f#/expected/2", "median");
  expect_problem(
      text, [](Json& d) { at(d, "expected", 4) = 1.0; }, "f#/expected/4", "1 after 1.1");
  expect_problem(
      text, [](Json& d) { at(d, "expected").array()->pop_back(); }, "f#/expected", "five entries, not 4");
  expect_problem(
      text, [](Json& d) { at(d, "level") = 95; }, "f#/level", "between 0 and 1");
  expect_problem(
      text, [](Json& d) { at(d, "unit") = "GeV"; }, "f#/unit", "unknown unit 'GeV'");
  expect_problem(
      text, [](Json& d) { at(d, "observed") = -1; }, "f#/observed", "positive");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithMeasurements) {
  const std::string text(test::measurements_text);
  const auto value = [](Json& d, std::string_view key) -> Json& { return at(d, "measured", 0, "values", 0, key); };
  expect_problem(
      text, [&](Json& d) { value(d, "lower_error") = -0.2; }, "f#/measured/0/values/0/lower_error", "must be positive");
  expect_problem(
      text, [&](Json& d) { value(d, "upper_error") = 0; }, "f#/measured/0/values/0/upper_error", "positive");
  expect_problem(
      text, [](Json& d) { at(d, "measured", 0, "error_model") = "bifurcated"; }, "f#/measured/0/error_model",
      "split_normal");
  expect_problem(
      text, [](Json& d) { at(d, "measured", 0, "correlation", 0, 0) = 0.3; }, "f#/measured/0/correlation/0/0",
      "with itself");
  expect_problem(
      text, [](Json& d) { at(d, "grids", 0, "axes", 0, "points", 2) = 1; }, "f#/grids/0/axes/0/points/2",
      "must ascend");
  expect_problem(
      text, [](Json& d) { at(d, "grids", 0, "values").array()->pop_back(); }, "f#/grids/0/values",
      "5 values, but the axes span");
  expect_problem(
      text, [](Json& d) { at(d, "grids", 0, "quantity") = "chi2"; }, "f#/grids/0/quantity", "'chi2'");
  expect_problem(
      text, [](Json& d) { at(d, "parameters", 0, "lower") = 6; }, "f#/parameters/0/lower", "above");
  expect_problem(
      text, [](Json& d) { at(d, "parameters", 0, "initial") = 6; }, "f#/parameters/0/initial", "outside");
  expect_problem(
      text, [](Json& d) { at(d, "parameters", 2, "constraint", "sigma") = 0; }, "f#/parameters/2/constraint/sigma",
      "positive");
  expect_problem(
      text, [](Json& d) { at(d, "definitions", 0, "name") = "kappa"; }, "f#/definitions/0/name", "already a parameter");
  expect_problem(
      text, [](Json& d) { at(d, "correlations", 0, "parameters", 0) = "kappa"; }, "f#/correlations/0/parameters/0",
      "no constrained parameter called 'kappa'");
  expect_problem(
      text, [](Json& d) { at(d, "correlations", 0, "matrix", 1, 0) = 0.2; }, "f#/correlations/0/matrix/1/0",
      "not symmetric");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithWorkspaces) {
  const std::string text = test::histfactory_text();
  expect_problem(
      text, [](Json& d) { at(d, "workspace", "observations", 0, "data", 0) = -1; },
      "f#/workspace/observations/0/data/0", "negative");
  expect_problem(
      text, [](Json& d) { at(d, "correlations", 0, "parameters", 0) = "JES"; }, "f#/correlations/0/parameters/0",
      "did you mean 'jes'");
  expect_problem(
      text, [](Json& d) { at(d, "correlations", 0, "parameters", 0) = "lumi"; }, "f#/correlations/0/parameters/1",
      "already in a correlation");
  expect_problem(
      text, [](Json& d) { at(d, "parabolas", 0, "channel") = "sr"; }, "f#/parabolas/0/channel",
      "no channel called 'sr'");
  expect_problem(
      text, [](Json& d) { at(d, "parabolas", 0, "channel") = ""; }, "f#/parabolas/0/channel", "the name is empty");
  expect_problem(
      text, [](Json& d) { at(d, "parabolas", 0, "modifiers", 0) = ""; }, "f#/parabolas/0/modifiers/0",
      "the name is empty");
  expect_problem(
      text, [](Json& d) { at(d, "parabolas", 0, "sample") = "b"; }, "f#/parabolas/0/sample", "no sample");
  expect_problem(
      text, [](Json& d) { at(d, "parabolas", 0, "modifiers", 0) = "lumi"; }, "f#/parabolas/0/modifiers/0",
      "no histosys called 'lumi'");
}

TEST(ReadLikelihood, NamesWhatIsWrongWithProducts) {
  const std::string text(test::product_text);
  const std::string inner = "f#/components/2/likelihood/components/0/likelihood";
  expect_problem(
      text,
      [](Json& d) {
        at(d, "components", 1, "name") = "A";
        at(d, "shared", 0, "members").array()->pop_back();
      },
      "f#/components/1/name", "already a component");
  expect_problem(
      text,
      [](Json& d) {
        at(d, "components", 2, "name") = "C/D";
        at(d, "correlations") = JsonArray{};
      },
      "f#/components/2/name", "slash");
  expect_problem(
      text, [](Json& d) { at(d, "shared", 0, "members", 0, "component") = "Z"; }, "f#/shared/0/members/0",
      "no component called 'Z'");
  expect_problem(
      text, [](Json& d) { at(d, "shared", 0, "members", 1, "parameter") = "mu_C"; }, "f#/shared/0/members/1",
      "did you mean 'mu_B'");
  expect_problem(
      text, [](Json& d) { at(d, "shared", 0, "members", 1, "parameter") = ""; }, "f#/shared/0/members/1/parameter",
      "a parameter of a component needs a name");
  expect_problem(
      text, [](Json& d) { at(d, "shared", 0, "members", 0) = at(d, "shared", 0, "members", 1); },
      "f#/shared/0/members/1", "already shared");
  expect_problem(
      text, [](Json& d) { at(d, "poi") = "nu"; }, "f#/poi", "no shared parameter called 'nu'");
  expect_problem(
      text, [](Json& d) { at(d, "poi") = "B/mu_B"; }, "f#/poi", "it is called 'mu' here");
  expect_problem(
      text, [](Json& d) { at(d, "correlations", 0, "parameters", 0) = "Z/x"; }, "f#/correlations/0/parameters/0",
      "no component called 'Z'");
  expect_problem(
      text,
      [](Json& d) {
        at(d, "components", 2, "likelihood", "components", 0, "likelihood", "regions", 0, "background") = -1;
      },
      inner + "/regions/0/background", "negative");
  expect_problem(
      text, [](Json& d) { at(d, "components", 0, "likelihood", "kind") = "pyhf"; }, "f#/components/0/likelihood/kind",
      "unknown kind");
}

TEST(ReadLikelihood, ReportsAllProblemsAtOnce) {
  Json document = parsed(test::simplified_text);
  at(document, "regions", 0, "observed") = -1;
  at(document, "regions", 1, "background") = "x";
  at(document, "covariance", 1, 0) = 25;
  at(document, "third_moments", 1) = false;
  const Result<Publication> publication = likelihood_from_json(document, "f");
  ASSERT_FALSE(publication);
  EXPECT_EQ(publication.errors().size(), 4u) << to_string(publication.errors());
}

TEST(ValidatePublication, FindsWhatAFileCannotHold) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const spec::SimplifiedLikelihood s{.regions = {{"SR", nan, 1.0}}, .covariance = {1, {nan}}};
  const Errors errors = spec::validate(Publication{s}, "m");
  ASSERT_EQ(errors.size(), 2u) << to_string(errors);
  EXPECT_EQ(errors[0].where, "m#/regions/0/observed");
  EXPECT_EQ(errors[1].where, "m#/covariance/0/0");
  EXPECT_EQ(spec::validate(Publication{spec::SimplifiedLikelihood{}}, "m").size(), 1u);
  const spec::SimplifiedLikelihood wrong_size{.regions = {{"SR", 1.0, 1.0}}, .covariance = {2, {1.0}}};
  EXPECT_EQ(spec::validate(Publication{wrong_size}, "m").size(), 1u);
}

}  // namespace
}  // namespace relume::formats
