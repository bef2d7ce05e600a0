// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic distributions beside toys, where they must agree: published models with many events, tested at their own
// limit, far from every bound. Half of the toys have q = 0 and the others a chi-squared distribution (CCGV 49).
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "relume/infer/intervals.hpp"
#include "relume/infer/toys.hpp"
#include "support/reference_case.hpp"

namespace relume::infer {
namespace {

/// Largest distance between the sample's distribution and chi-squared with one degree of freedom.
double kolmogorov_distance(std::vector<double> q) {
  std::sort(q.begin(), q.end());
  const auto n = static_cast<double>(q.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const double cdf = 1.0 - probability_above(q[i]);
    largest = std::max(
        {largest, std::fabs(cdf - static_cast<double>(i) / n), std::fabs(static_cast<double>(i + 1) / n - cdf)});
  }
  return largest;
}

class Asymptotics : public testing::TestWithParam<const char*> {};

TEST_P(Asymptotics, AreThoseOfToys) {
  RELUME_NEEDS_SHARED_DATA();
  const auto files = test::reference_files();
  const auto file = std::find_if(files.begin(), files.end(), [](const auto& f) { return f.stem() == GetParam(); });
  ASSERT_NE(file, files.end());
  const test::ReferenceCase c = test::load_reference(*file);
  const auto compiled = std::move(model::compile(c.workspace, {.measurement = c.measurement}).value());
  LimitOptions limit;
  limit.test.statistic = TestStatistic::q;
  limit.expected = false;
  const double mu = upper_limit(*compiled.likelihood, compiled.observed, limit).observed.value();
  constexpr double n = 20000;
  ToyOptions options{.test = limit.test, .n_toys = static_cast<std::size_t>(n), .threads = 2, .alternative = false};
  const ToyTest toys = toy_test(*compiled.likelihood, compiled.observed, mu, options);
  ASSERT_TRUE(toys.is_usable()) << toys.reason;
  EXPECT_EQ(toys.tested.n_failed, 0u);
  std::vector<double> positive;
  for (const double q : toys.tested.q) {
    if (q > 0.0) positive.push_back(q);
  }
  const double share = 1.0 - static_cast<double>(positive.size()) / n;
  const double distance = kolmogorov_distance(positive);
  const double formula = hypotest(*compiled.likelihood, compiled.observed, mu, limit.test).observed.clsb;
  std::printf("| %s | %.4g | %.4f ± %.4f | %.4f | %.4f ± %.4f | %.4f |\n", c.id.c_str(), mu, share, 0.5 / std::sqrt(n),
              distance, toys.observed.clsb.value, toys.observed.clsb.uncertainty, formula);
  EXPECT_NEAR(toys.observed.clsb.value, formula, 4.0 * toys.observed.clsb.uncertainty + 0.002);
  // P(q = 0) = 1/2: a binomial test at three standard deviations, and half a percent for what counts of this size
  // leave.
  EXPECT_NEAR(share, 0.5, 3.0 * 0.5 / std::sqrt(n) + 0.005);
  EXPECT_LT(distance, 0.02);
}

INSTANTIATE_TEST_SUITE_P(PublishedModels, Asymptotics, testing::Values("0L__MB-C", "tttt__prod"));

}  // namespace
}  // namespace relume::infer
