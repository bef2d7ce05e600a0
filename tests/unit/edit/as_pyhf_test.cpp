// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/as_pyhf.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "relume/edit/as_workspace.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {
namespace {

using spec::HistoSysData;
using spec::Publication;
using spec::SimplifiedLikelihood;
using spec::Workspace;

/// The last region has no uncertainty.
SimplifiedLikelihood three_regions() {
  return {.name = "three",
          .regions = {{"A", 36, 5000}, {"B", 33, 0.5}, {"C", 1, 2}},
          .covariance = {3, {144, -0.3, 0, -0.3, 0.01, 0, 0, 0, 0}}};
}

/// What the histosys of a workspace make of the covariance of the backgrounds: half the difference of both sides, of
/// unit variance each.
spec::SquareMatrix covariance_of(const Workspace& w) {
  const std::size_t n = w.channels.size();
  spec::SquareMatrix covariance{n, std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (const spec::Modifier& a : w.channels[i].samples[0].modifiers) {
        for (const spec::Modifier& b : w.channels[j].samples[0].modifiers) {
          if (a.name != b.name) continue;
          const auto &da = std::get<HistoSysData>(a.data), &db = std::get<HistoSysData>(b.data);
          covariance(i, j) += 0.25 * (da.hi[0].value - da.lo[0].value) * (db.hi[0].value - db.lo[0].value);
        }
      }
    }
  }
  return covariance;
}

TEST(AsPyhf, ModesHaveThePublishedCovariance) {
  const PyhfConversion converted = as_pyhf(Publication{three_regions()}, {}).value();
  EXPECT_TRUE(converted.lost.empty());
  EXPECT_EQ(converted.notes.size(), 1u);
  EXPECT_TRUE(spec::validate(converted.workspace, "w").empty());
  const spec::SquareMatrix found = covariance_of(converted.workspace), published = three_regions().covariance;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      // Yields carry 16 digits of 5000, differences of them 12 of the shifts.
      EXPECT_NEAR(found(i, j), published(i, j), 1e-11 * std::sqrt(published(i, i) * published(j, j))) << i << " " << j;
    }
  }
  const Workspace& w = converted.workspace;
  EXPECT_EQ(w.channels[1].samples[0].data, spec::Numbers{0.5});
  EXPECT_TRUE(w.channels[2].samples[0].modifiers.empty());
  EXPECT_EQ(w.observations[0].data, spec::Numbers{36.0});
  EXPECT_EQ(w.measurements[0].poi, "mu");
  // Symmetric, so that no interpolation code bends it.
  for (const spec::Modifier& m : w.channels[0].samples[0].modifiers) {
    const auto& data = std::get<HistoSysData>(m.data);
    EXPECT_NEAR(0.5 * (data.hi[0].value + data.lo[0].value), 5000.0, 1e-9);
    EXPECT_FALSE(data.is_parabola);
  }
}

TEST(AsPyhf, ASingularCovarianceHasFewerModes) {
  SimplifiedLikelihood s = three_regions();
  s.covariance = {3, {4, 2, 0, 2, 1, 0, 0, 0, 1}};
  const PyhfConversion converted = as_pyhf(Publication{s}, {}).value();
  EXPECT_EQ(converted.workspace.measurements[0].parameters.size(), 2u);
  EXPECT_NEAR(covariance_of(converted.workspace)(0, 1), 2.0, 1e-11);
}

TEST(AsPyhf, NegativeEigenvaluesAreNamed) {
  SimplifiedLikelihood s = three_regions();
  s.covariance = {3, {1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1}};
  const auto converted = as_pyhf(Publication{s}, {});
  ASSERT_FALSE(converted);
  // 1 - 2 * 0.9.
  EXPECT_NE(converted.error().message.find("the smallest is -0.8"), std::string::npos) << to_string(converted.errors());
  EXPECT_EQ(to_string(as_workspace(s).errors()), to_string(converted.errors()));
}

// What fits and limits take for rounding, and as which matrix, a workspace for pyhf has too.
TEST(AsPyhf, NegativeEigenvaluesOfRoundingAreThoseOfAsWorkspace) {
  const double r = 0.99, s = 0.9735, t = 0.9975;  // the smallest eigenvalue of the correlations is -0.0012
  const SimplifiedLikelihood rounded{.name = "rounded",
                                     .regions = {{"A", 36, 50}, {"B", 33, 40}, {"C", 5, 4}},
                                     .covariance = {3, {100, 80 * r, 10 * s, 80 * r, 64, 8 * t, 10 * s, 8 * t, 1}}};
  const WorkspaceConversion workspace = as_workspace(rounded).value();
  const auto converted = as_pyhf(Publication{rounded}, {});
  ASSERT_TRUE(converted) << to_string(converted.errors());
  EXPECT_LT(workspace.smallest_eigenvalue, -0.001);
  ASSERT_EQ(workspace.notices.size(), 1u);
  EXPECT_EQ(converted->notes.back(), workspace.notices[0]);
  const spec::SquareMatrix covariance = covariance_of(converted->workspace);
  const double sigma[] = {10, 8, 1};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const double correlation = workspace.workspace.correlations.at(0).matrix(i, j);
      EXPECT_NEAR(covariance(i, j) / (sigma[i] * sigma[j]), correlation, 1e-12) << i << " " << j;
    }
  }
}

TEST(AsPyhf, SaysWhatIsLost) {
  SimplifiedLikelihood s = three_regions();
  s.third_moments = {std::nullopt, 1e-4, 0.0};
  EXPECT_EQ(as_pyhf(Publication{s}, {})->lost,
            (std::vector<std::string>{"third moments of 1 regions: their backgrounds become linear"}));

  Workspace w = as_pyhf(Publication{three_regions()}, {})->workspace;
  EXPECT_EQ(as_pyhf(Publication{w}, {})->workspace, w);
  EXPECT_TRUE(as_pyhf(Publication{w}, {})->lost.empty());
  w.correlations = {{{"background_mode[0]", "background_mode[1]"}, {2, {1, 0.5, 0.5, 1}}}};
  std::get<HistoSysData>(w.channels[0].samples[0].modifiers[0].data).is_parabola = true;
  w.measurements[0].parameters[0].error_on_error = 0.2;
  w.constraints_are_priors = true;
  const PyhfConversion converted = as_pyhf(Publication{w}, {}).value();
  EXPECT_EQ(converted.lost.size(), 3u);
  EXPECT_EQ(converted.notes.size(), 1u);
  EXPECT_EQ(as_pyhf(Publication{converted.workspace}, {})->lost.size(), 0u);
}

TEST(AsPyhf, CountingExperimentsNeedARegion) {
  const spec::CountingExperiments c{.regions = {{"A", 3, 2.5, 0.5}, {"B", 1, 1, 0.1}}};
  EXPECT_NE(to_string(as_pyhf(Publication{c}, {}).errors()).find("choose one"), std::string::npos);
  const Workspace w = as_pyhf(Publication{c}, {.region = "A"})->workspace;
  ASSERT_EQ(w.channels.size(), 1u);
  EXPECT_NEAR(covariance_of(w)(0, 0), 0.25, 1e-12);
  EXPECT_FALSE(as_pyhf(Publication{c}, {.region = "C"}).has_value());
  EXPECT_FALSE(as_pyhf(Publication{spec::UpperLimits{}}, {}).has_value());
}

}  // namespace
}  // namespace relume::edit
