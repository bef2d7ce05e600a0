// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The average over the 22 backgrounds of a published search against plain Monte Carlo over their prior.
#include "relume/infer/marginal.hpp"

#include <cmath>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "math/random_stream.hpp"
#include "relume/infer/hypotest.hpp"
#include "support/simplified_case.hpp"

namespace relume::test {
namespace {

/// ln of the mean of prod Poisson(n | max(0, mu s + b + theta)) with theta ~ N(0, V), and its standard deviation.
struct PlainAverage {
  double log_value = 0.0, error = 0.0;
};

TEST(Marginal, AgreesWithPlainMonteCarloOfAPublishedSearch) {
  RELUME_NEEDS_SHARED_DATA();
  SimplifiedCase c = simplified_case("CMS-SUS-20-004-eff");
  c.likelihood.third_moments.clear();
  const auto n = static_cast<Eigen::Index>(c.likelihood.regions.size());
  ASSERT_EQ(n, 22);
  Eigen::MatrixXd covariance(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      covariance(i, j) = c.likelihood.covariance(static_cast<std::size_t>(i), static_cast<std::size_t>(j));
    }
  }
  const Eigen::MatrixXd root = covariance.llt().matrixL();
  model::Compiled compiled = compile(c.likelihood, c.signals[0]);
  auto m = infer::marginalise(std::move(compiled.likelihood), compiled.observed);
  ASSERT_TRUE(m && m->is_usable()) << m->reason;
  EXPECT_EQ(m->rule, infer::MarginalRule::importance);
  EXPECT_LT(m->accuracy, 1e-2);
  const infer::FitResult fit = infer::fit(*m->likelihood, m->observed);
  ASSERT_TRUE(fit.minimum.is_converged()) << fit.minimum.reason;
  const double best = fit.minimum.x[0], sigma = fit.uncertainties[0];
  const auto scratch = m->likelihood->make_scratch();
  constexpr int n_draws = 400000;
  for (const double mu : {0.0, std::max(0.0, best) + 2.0 * sigma}) {
    double sum = 0.0, squares = 0.0, shift = 0.0;
    const math::RandomSpace space(11, 1);
    Eigen::VectorXd z(n), theta(n);
    for (int k = 0; k < n_draws; ++k) {
      math::RandomStream stream = space.at(static_cast<std::uint64_t>(k), 0);
      for (double& x : z) x = math::draw_normal(0.0, 1.0, stream);
      theta.noalias() = root * z;
      double log_likelihood = 0.0;
      for (Eigen::Index i = 0; i < n; ++i) {
        const spec::Region& r = c.likelihood.regions[static_cast<std::size_t>(i)];
        const double rate = mu * c.signals[0][static_cast<std::size_t>(i)] + r.background + theta[i];
        log_likelihood += rate > 0.0         ? r.observed * std::log(rate) - rate - std::lgamma(r.observed + 1.0)
                          : r.observed > 0.0 ? -1e300
                                             : 0.0;
      }
      if (k == 0) shift = log_likelihood > -1e200 ? log_likelihood : -80.0;
      const double weight = std::exp(log_likelihood - shift);
      sum += weight;
      squares += weight * weight;
    }
    const double mean = sum / n_draws, error = std::sqrt((squares / n_draws - mean * mean) / n_draws) / mean;
    const PlainAverage plain{shift + std::log(mean), error};
    const std::vector<double> point = {mu};
    const auto e = m->likelihood->evaluate(point, m->observed, math::Derivatives::none, {}, *scratch);
    ASSERT_EQ(e.status, math::EvaluationStatus::ok) << m->likelihood->explain(point, *scratch);
    const double mine = -(e.value + m->likelihood->constant(m->observed));
    EXPECT_LT(plain.error, 0.15) << "the plain average says nothing";
    EXPECT_NEAR(mine, plain.log_value, 4.0 * plain.error + 0.01) << "mu = " << mu << " +- " << plain.error;
  }
}

// Other nodes, the same limit: as well as the accuracy of ln L says, through q's slope.
TEST(Marginal, LimitsOfAPublishedSearchDoNotDependOnTheNodes) {
  RELUME_NEEDS_SHARED_DATA();
  const SimplifiedCase c = simplified_case("CMS-SUS-20-004-eff");
  std::vector<double> observed, expected;
  for (const std::uint64_t seed : {0u, 1u}) {
    model::Compiled compiled = compile(c.likelihood, c.signals[0]);
    auto m = infer::marginalise(std::move(compiled.likelihood), compiled.observed, {.max_nodes = 4096, .seed = seed});
    ASSERT_TRUE(m && m->is_usable()) << m->reason;
    const infer::Limit limit = infer::upper_limit(*m->likelihood, m->observed);
    ASSERT_TRUE(limit.is_usable()) << limit.reason;
    observed.push_back(*limit.observed);
    expected.push_back(*limit.expected[2]);
  }
  EXPECT_NEAR(observed[0], observed[1], 0.02 * observed[0]);
  EXPECT_NEAR(expected[0], expected[1], 0.02 * expected[0]);
}

}  // namespace
}  // namespace relume::test
