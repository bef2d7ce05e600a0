// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The toy search of arXiv:1809.05548 with its own tables, through the class of the example: t_mu and mu-hat beside
// independent fits of the full likelihood, and of the simplified ones that moments of 400000 toys make.
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "../examples/toy_search/search.hpp"
#include "support/reference_case.hpp"

namespace relume::test {
namespace {

constexpr std::array<const char*, 4> sources = {"ISR", "JES", "LV", "CR"};

struct Published {
  toy_search::Tables tables;
  spec::Json recorded;
};

Published published() {
  const auto path = shared_data() / "data" / "toy-search" / "toy_search.json";
  const spec::Json file = formats::parse_json(read_bytes(path), path.string()).value();
  Published p;
  toy_search::Tables& t = p.tables;
  t.observed = numbers(at(file, "observed"));
  t.signal = numbers(at(file, "signal"));
  t.eps = numbers(at(file, "epsilon_stat"));
  // The recorded values come from background yields rounded to a tenth of an event, ties to even: one is 11.45, and its
  // side moves t by 0.007.
  for (const double b : numbers(at(file, "background"))) t.background.push_back(std::nearbyint(10.0 * b) / 10.0);
  const std::vector<double> n_bins = numbers(at(file, "bins_per_category"));
  for (std::size_t c = 0; c < toy_search::n_categories; ++c) {
    t.n_bins[c] = static_cast<std::size_t>(n_bins[c]);
    for (std::size_t j = 0; j < sources.size(); ++j) {
      const spec::Json& norm = at(at(file, "K_norm"), sources[j]);
      t.norms[j].up[c] = numbers(at(norm, "up"))[c];
      t.norms[j].down[c] = numbers(at(norm, "down"))[c];
    }
  }
  for (std::size_t j = 0; j < 2; ++j) {
    const spec::Json& shape = at(at(file, "kappa_shape"), sources[j]);
    t.shapes[j] = {numbers(at(shape, "up")), numbers(at(shape, "down"))};
  }
  p.recorded = at(file, "recorded");
  return p;
}

void expect_curve(const model::Compiled& model, const spec::Json& recorded, const std::string& name, double tolerance,
                  double mu_hat_tolerance) {
  SCOPED_TRACE(name);
  const std::vector<double> values = numbers(at(recorded, "mu")), expected = numbers(at(recorded, "t_mu_" + name));
  const infer::ProfileScan scan = infer::scan(*model.likelihood, model.observed, *model.likelihood->poi(), values);
  ASSERT_TRUE(scan.is_usable()) << scan.reason;
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(scan.points[i].twice_delta_nll, expected[i], tolerance)
        << "mu = " << values[i] << scan.points[i].reason;
  }
  EXPECT_NEAR(scan.best, number(at(recorded, "muhat"), name), mu_hat_tolerance);
}

TEST(ToySearch, FullLikelihoodAgreesWithIndependentFits) {
  RELUME_NEEDS_SHARED_DATA();
  const Published p = published();
  const model::Compiled full = toy_search::full_likelihood(p.tables);
  EXPECT_EQ(full.likelihood->parameters().size(), 95u);
  // Recorded to five digits; the fits behind them are good to a few 1e-4.
  expect_curve(full, p.recorded, "full", 1e-4, 1e-4);
}

TEST(ToySearch, SimplifiedLikelihoodsFromMomentsAgreeWithIndependentOnes) {
  RELUME_NEEDS_SHARED_DATA();
  const Published p = published();
  const model::Compiled full = toy_search::full_likelihood(p.tables);
  const auto moments =
      reinterpret::prefit_moments(*full.likelihood, full.observed, {.n_toys = 400000, .seed = 12345, .threads = 2});
  ASSERT_TRUE(moments.is_usable()) << moments.reason;
  ASSERT_EQ(moments.size(), 90u);
  // Recorded moments of another 400000 toys (mean, variance, third), rounded to four digits: both have the error that
  // moments.*_error estimate.
  struct Recorded {
    std::size_t bin;
    double mean, variance, third;
  };
  for (const Recorded& r : {Recorded{0, 140.03, 203.5, 749.0}, {59, 1.768, 0.587, 0.557}, {89, 1.318, 0.3645, 0.287}}) {
    const double both = 3.0 * std::sqrt(2.0);  // three standard deviations of the difference of two estimates
    const double rounding = 6e-4;
    EXPECT_NEAR(moments.mean[r.bin], r.mean, both * moments.mean_error[r.bin] + rounding * r.mean);
    EXPECT_NEAR(moments.variance(r.bin), r.variance,
                both * moments.covariance_error[r.bin * 91] + rounding * r.variance);
    EXPECT_NEAR(moments.third[r.bin], r.third, both * moments.third_error[r.bin] + 2e-3 * r.third);
  }
  // Toys of another seed move the curves by 0.01 at mu = 1.
  expect_curve(toy_search::simplified_likelihood(p.tables, moments, true), p.recorded, "quadratic", 0.02, 0.003);
  expect_curve(toy_search::simplified_likelihood(p.tables, moments, false), p.recorded, "linear", 0.02, 0.003);
}

}  // namespace
}  // namespace relume::test
