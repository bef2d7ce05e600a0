// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A likelihood without expected data answers what its observed data can answer, and says why for all else.
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "relume/infer/asimov.hpp"
#include "relume/infer/comparison.hpp"
#include "relume/infer/goodness.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/impacts.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/infer/toy_limit.hpp"
#include "relume/infer/toys.hpp"
#include "relume/infer/yields.hpp"
#include "support/counting.hpp"
#include "support/frozen.hpp"

namespace relume::infer {
namespace {

class FrozenData : public testing::Test {
 protected:
  model::Compiled compiled_ = test::compile(test::counting(4.0, 12.0, 20.0));
  test::Frozen frozen_{*compiled_.likelihood};
  const model::Data& observed_ = compiled_.observed;
};

template <class Result>
void expect_not_available(const Result& result) {
  EXPECT_EQ(result.status, Status::not_defined);
  EXPECT_EQ(result.reason, "not available: published at observed data only");
}

TEST_F(FrozenData, FitsAndIntervalsNeedNoOthers) {
  const FitResult best = fit(frozen_, observed_);
  ASSERT_TRUE(best.minimum.is_converged()) << best.minimum.reason;
  const ParamId mu = *frozen_.poi();
  EXPECT_NEAR(best.minimum.x[mu.index], 2.0, 1e-6);
  EXPECT_NEAR(best.uncertainties[mu.index], std::sqrt(20.0) / 4.0, 1e-6);
  const Intervals found = intervals(frozen_, observed_, std::array{mu});
  ASSERT_TRUE(found.is_usable()) << found.reason;
  EXPECT_TRUE(found.intervals[0].lower && found.intervals[0].upper);
}

TEST_F(FrozenData, WhatNeedsAsimovDataOrToysSaysWhyThereAreNone) {
  expect_not_available(hypotest(frozen_, observed_, 1.0));
  expect_not_available(significance(frozen_, observed_));
  expect_not_available(upper_limit(frozen_, observed_));
  expect_not_available(asimov_data(frozen_, observed_));
  expect_not_available(toy_test(frozen_, observed_, 1.0, {.n_toys = 10}));
  expect_not_available(toy_limit(frozen_, observed_));
  ToyLimitOptions two_sided;
  two_sided.toys.test.statistic = TestStatistic::ttilde;
  expect_not_available(feldman_cousins(frozen_, observed_, two_sided));
  expect_not_available(goodness(frozen_, observed_));
  expect_not_available(prefit_yields(frozen_));
  expect_not_available(postfit_yields(frozen_, fit(frozen_, observed_)));
  expect_not_available(compatibility({.common = frozen_,
                                      .common_data = observed_,
                                      .parameter = *frozen_.poi(),
                                      .separate = frozen_,
                                      .separate_data = observed_,
                                      .channels = {}}));
  EXPECT_EQ(compare({frozen_, observed_}, {frozen_, observed_}).before.reason,
            "not available: published at observed data only");
}

}  // namespace
}  // namespace relume::infer
