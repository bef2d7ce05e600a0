// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Simplified likelihoods as workspaces: coefficients of arXiv:1809.05548, and covariances that are singular, badly
// conditioned or none.
#include "relume/edit/as_workspace.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include "math/quadratic_moments.hpp"
#include "relume/edit/signal.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"

namespace relume {
namespace {

spec::SimplifiedLikelihood three_regions(std::vector<double> covariance) {
  return {.name = "three",
          .regions = {{"A", 36, 50}, {"B", 33, 40}, {"C", 5, 4}},
          .covariance = {3, std::move(covariance)}};
}

infer::Limit limit_of(const spec::SimplifiedLikelihood& likelihood) {
  spec::SignalSample sample{.name = "s"};
  for (const spec::Region& region : likelihood.regions)
    sample.channels.push_back({region.name, {0.2 * region.background}});
  const auto with =
      edit::add_signal(edit::as_workspace(likelihood).value().workspace, {.name = "s", .samples = {sample}}).value();
  const model::Compiled compiled = std::move(model::compile(with).value());
  return infer::upper_limit(*compiled.likelihood, compiled.observed);
}

TEST(QuadraticMoments, HaveThePublishedCoefficients) {
  // Numbers of an independent evaluation of the published formulas.
  const auto q = math::quadratic_moments(10.0, 4.0, 4.0);
  ASSERT_TRUE(q);
  EXPECT_NEAR(q->a, 9.83255081, 1e-8);
  EXPECT_NEAR(q->b, 1.98593090, 1e-8);
  EXPECT_NEAR(q->c, 0.16744920, 1e-8);
  EXPECT_NEAR(math::quadratic_moments(10.0, 4.0, -4.0)->c, -0.16744920, 1e-8);
  EXPECT_NEAR(math::quadratic_moments(50.0, 144.0, 0.5)->c, 5.787037e-4, 1e-10);
  // A log-normal background of kappa 1.3.
  const auto log_normal = math::quadratic_moments(10.3501664, 7.6337353, 17.2919259);
  EXPECT_NEAR(log_normal->a, 9.9677492, 1e-6);
  EXPECT_NEAR(log_normal->b, 2.7094740, 1e-6);
  EXPECT_NEAR(log_normal->c, 0.3824172, 1e-6);
}

TEST(QuadraticMoments, GiveTheMomentsBack) {
  for (const double skewness : {-2.8, -1.0, -1e-6, 0.0, 1e-9, 0.3, 2.0, 2.828}) {
    const double variance = 7.0;
    const double third = skewness * variance * std::sqrt(variance);
    const auto q = math::quadratic_moments(20.0, variance, third);
    ASSERT_TRUE(q) << skewness;
    EXPECT_NEAR(q->a + q->c, 20.0, 1e-12);
    EXPECT_NEAR(q->b * q->b + 2.0 * q->c * q->c, variance, 1e-12);
    EXPECT_NEAR(6.0 * q->b * q->b * q->c + 8.0 * q->c * q->c * q->c, third, 1e-11 * (1.0 + std::fabs(third)));
    const auto other = math::quadratic_moments(5.0, 2.0, 0.5);
    const double covariance = 0.3 * std::sqrt(2.0 * variance);
    if (const auto rho = math::quadratic_correlation(*q, *other, covariance)) {
      EXPECT_NEAR(q->b * other->b * *rho + 2.0 * q->c * other->c * *rho * *rho, covariance, 1e-12);
    }
  }
  EXPECT_FALSE(math::quadratic_moments(20.0, 1.0, 2.9));
  EXPECT_FALSE(math::quadratic_moments(20.0, 0.0, 0.0));
}

// Beside all correlations there are, one by one.
TEST(QuadraticMoments, TheNearestCovarianceIsReached) {
  for (const double third_i : {-7.0, -3.0, 0.0, 5.0, 7.9}) {
    for (const double third_j : {-6.0, 0.1, 5.0, 7.0}) {
      const auto i = *math::quadratic_moments(10.0, 2.0, third_i), j = *math::quadratic_moments(4.0, 2.0, third_j);
      for (double covariance = -2.5; covariance < 2.6; covariance += 0.25) {
        double nearest = INFINITY;
        for (int step = -1000; step <= 1000; ++step) {
          nearest = std::min(nearest, std::fabs(math::quadratic_covariance(i, j, 1e-3 * step) - covariance));
        }
        const double rho = math::nearest_quadratic_correlation(i, j, covariance);
        EXPECT_LE(std::fabs(rho), 1.0);
        EXPECT_LE(std::fabs(math::quadratic_covariance(i, j, rho) - covariance), nearest + 1e-12)
            << third_i << " " << third_j << " " << covariance;
      }
    }
  }
}

TEST(AsWorkspace, CovariancesThatFormsCannotHaveAreNamedOrRefused) {
  const auto converted = [](double third, double covariance) {
    return edit::as_workspace({.name = "two",
                               .regions = {{"A", 10, 10}, {"B", 9, 10}},
                               .covariance = {2, {2.0, covariance, covariance, 2.0}},
                               .third_moments = {third, third}});
  };
  // b^2 rho + 2 c^2 rho^2 is least at its vertex rho = -0.534, and at rho = -1.
  for (const auto& [third, covariance, words] : {std::tuple{7.0, -0.5, "'A' and 'B' (-0.2756 instead of -0.5)"},
                                                 std::tuple{5.0, -1.5, "'A' and 'B' (-1.203 instead of -1.5)"}}) {
    const auto refused = converted(third, covariance);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  }
  // Within rounding they are told.
  const auto vertex = converted(7.0, -0.28);
  ASSERT_TRUE(vertex) << to_string(vertex.errors());
  ASSERT_EQ(vertex->notices.size(), 1u);
  EXPECT_NE(vertex->notices[0].find("'A' and 'B' (-0.2756 instead of -0.28)"), std::string::npos) << vertex->notices[0];
  EXPECT_NEAR(vertex->workspace.correlations.at(0).matrix(0, 1), -0.53379, 1e-5);
  const auto edge = converted(5.0, -1.21);
  ASSERT_TRUE(edge) << to_string(edge.errors());
  EXPECT_NE(edge->notices.front().find("'A' and 'B' (-1.203 instead of -1.21)"), std::string::npos)
      << edge->notices.front();
  EXPECT_TRUE(converted(5.0, -1.2)->notices.empty());
}

TEST(AsWorkspace, ThirdMomentsThatVanishLeaveTheLinearLikelihood) {
  spec::SimplifiedLikelihood likelihood = three_regions({100, 30, 2, 30, 64, 1, 2, 1, 1});
  const infer::Limit linear = limit_of(likelihood);
  ASSERT_TRUE(linear.is_usable()) << linear.reason;
  likelihood.third_moments = {0.0, std::nullopt, 0.0};
  EXPECT_DOUBLE_EQ(*limit_of(likelihood).observed, *linear.observed);
  double before = INFINITY;
  for (const double skewness : {0.5, 0.05, 0.005, 0.0005, 0.00005}) {
    likelihood.third_moments = {skewness * 1000.0, skewness * 512.0, skewness};
    const infer::Limit quadratic = limit_of(likelihood);
    ASSERT_TRUE(quadratic.is_usable()) << quadratic.reason;
    const double distance = std::fabs(*quadratic.observed - *linear.observed);
    EXPECT_LT(distance, 0.2 * before) << skewness;  // linear in the skewness
    before = distance;
  }
  EXPECT_LT(before, 1e-4);
}

TEST(AsWorkspace, SingularCovariancesUseTheirModes) {
  // Two regions that move together, to the last bit: one direction.
  const spec::SimplifiedLikelihood singular = three_regions({100, 80, 0, 80, 64, 0, 0, 0, 1});
  const edit::WorkspaceConversion converted = edit::as_workspace(singular).value();
  EXPECT_EQ(converted.n_modes, 2u);
  EXPECT_TRUE(converted.workspace.correlations.empty());
  ASSERT_EQ(converted.notices.size(), 1u);
  EXPECT_NE(converted.notices[0].find("singular"), std::string::npos);
  const infer::Limit exact = limit_of(singular);
  ASSERT_TRUE(exact.is_usable()) << exact.reason;
  // Nearly the same matrix, which is inverted.
  const spec::SimplifiedLikelihood nearly = three_regions({100, 80 * (1 - 1e-7), 0, 80 * (1 - 1e-7), 64, 0, 0, 0, 1});
  EXPECT_EQ(edit::as_workspace(nearly).value().n_modes, 3u);
  const infer::Limit inverted = limit_of(nearly);
  ASSERT_TRUE(inverted.is_usable()) << inverted.reason;
  EXPECT_NEAR(*inverted.observed, *exact.observed, 1e-6);
}

TEST(AsWorkspace, EigenvaluesOverEightOrdersAreFitted) {
  const double rho = 1.0 - 1e-7;
  const spec::SimplifiedLikelihood wide = three_regions({1e4, 0, 1e-2 * rho, 0, 64, 0, 1e-2 * rho, 0, 1e-8});
  const edit::WorkspaceConversion converted = edit::as_workspace(wide).value();
  EXPECT_TRUE(converted.notices.empty());
  const infer::Limit limit = limit_of(wide);
  EXPECT_TRUE(limit.is_usable()) << limit.reason;
}

TEST(AsWorkspace, NegativeEigenvaluesAreRoundingOrRefused) {
  // Correlations of 0.99 printed with two digits: the smallest eigenvalue is -0.0086.
  const double r = 0.99, s = 0.97;
  const auto rounded =
      edit::as_workspace(three_regions({100, 80 * r, 10 * s, 80 * r, 64, 8 * r * 1.008, 10 * s, 8 * r * 1.008, 1}));
  ASSERT_TRUE(rounded) << to_string(rounded.errors().front());
  EXPECT_LT(rounded->smallest_eigenvalue, 0.0);
  EXPECT_GT(rounded->projection_distance, 0.0);
  ASSERT_EQ(rounded->notices.size(), 1u);
  EXPECT_NE(rounded->notices[0].find("negative eigenvalues"), std::string::npos);

  const auto none = edit::as_workspace(three_regions({100, 72, -9, 72, 64, 7.2, -9, 7.2, 1}));
  ASSERT_FALSE(none);
  EXPECT_NE(none.errors().front().message.find("the smallest is -0."), std::string::npos);
}

TEST(AsWorkspace, TooMuchSkewnessIsSaidByName) {
  spec::SimplifiedLikelihood likelihood = three_regions({100, 0, 0, 0, 64, 0, 0, 0, 1});
  likelihood.third_moments = {100.0, 512.0 * 2.9, std::nullopt};
  const edit::WorkspaceConversion converted = edit::as_workspace(likelihood).value();
  EXPECT_TRUE(converted.regions[1].is_too_skewed);
  EXPECT_EQ(converted.regions[1].c, 0.0);
  EXPECT_GT(converted.regions[0].c, 0.0);
  ASSERT_TRUE(converted.regions[0].turning_point);
  EXPECT_NEAR(*converted.regions[0].turning_point, -converted.regions[0].b / (2.0 * converted.regions[0].c), 1e-12);
  ASSERT_EQ(converted.notices.size(), 1u);
  EXPECT_NE(converted.notices[0].find("'B' (2.9)"), std::string::npos);
}

}  // namespace
}  // namespace relume
