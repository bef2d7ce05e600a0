// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Moments of expected backgrounds, beside closed forms.
#include "relume/reinterpret/moments.hpp"

#include <array>
#include <atomic>
#include <cmath>

#include <gtest/gtest.h>

#include "math/quadratic_moments.hpp"
#include "relume/model/channel_mask.hpp"
#include "support/correlated_backgrounds.hpp"
#include "support/counting.hpp"
#include "support/search.hpp"

namespace relume::reinterpret {
namespace {

using enum spec::ModifierType;
using infer::Status;

/// Estimates agree with what is true within this many of their own standard errors; seeds are fixed.
constexpr double n_sigma = 4.5;

/// Fakes of 20 %: five standard deviations from their bound.
spec::Workspace search() { return test::search({0.8, 1.2}); }

/// 10 events known to a factor 1.3, exp(theta ln 1.3) everywhere.
model::Compiled log_normal() {
  spec::Workspace ws;
  ws.channels.push_back({"SR", {{"background", {10.0}, {{"scale", normsys, spec::NormSysData{1.0 / 1.3, 1.3}}}}}});
  ws.observations = {{"SR", {11.0}}};
  ws.measurements.push_back({"measurement", "", {}});
  return model::compile(ws, {.normsys = model::InterpolationCode::code1}).value();
}

model::Data control_data(const model::Compiled& c) {
  return model::only_channels(*c.likelihood, c.observed, std::array<std::string, 1>{"CR"}).value();
}

infer::FitResult fit_to_controls(const model::Compiled& c) {
  return infer::fit(*c.likelihood, control_data(c), {.fixed = {{*c.likelihood->poi(), 0.0}}, .covariance = true});
}

TEST(Moments, OfALogNormalBackgroundAreThoseOfTheFormula) {
  const auto c = log_normal();
  const Moments m = prefit_moments(*c.likelihood, c.observed, {.n_toys = 200000, .seed = 3});
  ASSERT_TRUE(m.is_usable()) << m.reason;
  // m1 = b e^{s^2/2}, m2 = m1^2 (e^{s^2} - 1), m3 = m1^3 (e^{s^2} - 1)^2 (e^{s^2} + 2), s = ln 1.3.
  const double e = std::exp(std::log(1.3) * std::log(1.3)), m1 = 10.0 * std::sqrt(e);
  EXPECT_NEAR(m1, 10.3501664, 1e-6);
  EXPECT_NEAR(m.mean[0], m1, n_sigma * m.mean_error[0]);
  EXPECT_NEAR(m.variance(0), m1 * m1 * (e - 1.0), n_sigma * m.covariance_error[0]);
  EXPECT_NEAR(m.third[0], m1 * m1 * m1 * (e - 1.0) * (e - 1.0) * (e + 2.0), n_sigma * m.third_error[0]);
  EXPECT_LT(m.third_error[0], 0.03 * m.third[0]);
  EXPECT_EQ(m.nominal, std::vector<double>{10.0});
  const auto q = math::quadratic_moments(10.3501664, 7.6337353, 17.2919259);
  ASSERT_TRUE(q);
  EXPECT_NEAR(q->a, 9.9677492, 1e-6);
  EXPECT_NEAR(q->b, 2.7094740, 1e-6);
  EXPECT_NEAR(q->c, 0.3824172, 1e-6);
}

TEST(Moments, StandardErrorsAreTheScatterOfSeeds) {
  const auto c = log_normal();
  constexpr int n = 40;
  double sum = 0.0, squares = 0.0, errors = 0.0;
  for (int seed = 0; seed < n; ++seed) {
    const Moments m =
        prefit_moments(*c.likelihood, c.observed, {.n_toys = 4000, .seed = static_cast<std::uint64_t>(seed)});
    sum += m.third[0];
    squares += m.third[0] * m.third[0];
    errors += m.third_error[0] / n;
  }
  const double scatter = std::sqrt((squares - sum * sum / n) / (n - 1));
  EXPECT_NEAR(errors / scatter, 1.0, 0.4);  // the scatter of 40 numbers is known to 11 %; the rest is for long tails
}

TEST(Moments, AreTheSameBitsForAnyNumberOfThreads) {
  const auto c = test::compile(search());
  const infer::FitResult fit = fit_to_controls(c);
  const Moments one = postfit_moments(*c.likelihood, control_data(c), fit, {.n_toys = 5000, .channels = {"SR"}});
  const Moments three =
      postfit_moments(*c.likelihood, control_data(c), fit, {.n_toys = 5000, .channels = {"SR"}, .threads = 3});
  ASSERT_TRUE(one.is_usable()) << one.reason;
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.covariance, three.covariance);
  EXPECT_EQ(one.third, three.third);
  EXPECT_EQ(one.third_error, three.third_error);
}

TEST(Moments, AfterAFitToControlsHaveItsCovariance) {
  const auto c = test::compile(search());
  const infer::FitResult fit = fit_to_controls(c);
  const Moments linear = linear_moments(*c.likelihood, fit, {.channels = {"SR"}});
  ASSERT_TRUE(linear.is_usable()) << linear.reason;
  // k = 1.2 +- sqrt(120)/100; JES and stat as before the fit. No term is quadratic in one parameter, and k and JES are
  // not correlated: the mean does not shift.
  const double dk = std::sqrt(120.0) / 100.0;
  EXPECT_NEAR(linear.mean[0], 28.0, 1e-6);
  EXPECT_NEAR(linear.mean[1], 18.0, 1e-6);
  EXPECT_NEAR(linear.variance(0), 400.0 * dk * dk + 4.0 * 1.44 + 0.64, 1e-6);
  EXPECT_NEAR(linear.variance(1), 100.0 * dk * dk + 1.44 + 1.44, 1e-6);
  EXPECT_NEAR(linear.covariance[1], 200.0 * dk * dk + 2.0 * 1.44, 1e-6);

  const Moments toys = postfit_moments(*c.likelihood, control_data(c), fit, {.n_toys = 100000, .channels = {"SR"}});
  ASSERT_TRUE(toys.is_usable()) << toys.reason;
  // To the linear variance the product k JES adds (2 dk)^2 and (1 dk)^2, and 2 dk 1 dk to the covariance.
  const std::array<double, 4> product = {4.0 * dk * dk, 2.0 * dk * dk, 2.0 * dk * dk, dk * dk};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(toys.covariance[i], linear.covariance[i] + product[i], n_sigma * toys.covariance_error[i]) << i;
  }
  for (std::size_t b = 0; b < 2; ++b) EXPECT_NEAR(toys.mean[b], linear.mean[b], n_sigma * toys.mean_error[b]) << b;
}

TEST(Moments, SecondOrderShiftsTheMean) {
  infer::FitResult fit;
  fit.minimum.x = {0.0};
  fit.minimum.status = minimize::MinimumStatus::converged;
  fit.covariance = {1.0};
  // 10 + 2 t + 0.5 t^2, t ~ N(0, 1): mean 10.5.
  spec::Workspace ws;
  ws.channels.push_back({"SR", {{"background", {10.0}, {{"t", histosys, spec::HistoSysData{{8.5}, {12.5}, true}}}}}});
  ws.observations = {{"SR", {11.0}}};
  ws.measurements.push_back({"measurement", "", {}});
  const Moments quadratic = linear_moments(*test::compile(ws).likelihood, fit);
  EXPECT_NEAR(quadratic.mean[0], 10.5, 1e-9);
  EXPECT_NEAR(quadratic.variance(0), 4.0, 1e-12);
  EXPECT_TRUE(quadratic.third.empty());
  // Of a log-normal, whose mean is 10.3501664, the rule of fifth degree leaves 0.06 % of the shift out.
  const Moments exponential = linear_moments(*log_normal().likelihood, fit);
  EXPECT_NEAR(exponential.mean[0], 10.0 + 10.0 * (std::cosh(std::sqrt(3.0) * std::log(1.3)) - 1.0) / 3.0, 1e-9);
  EXPECT_NEAR(exponential.mean[0], 10.3501664, 2e-4);
}

TEST(Moments, OfAPoissonConstraintHaveItsMean) {
  spec::Workspace ws;
  ws.channels.push_back({"SR", {{"background", {50.0}, {{"stat", shapesys, spec::Numbers{10.0}}}}}});
  ws.observations = {{"SR", {50.0}}};
  ws.measurements.push_back({"measurement", "", {}});
  const auto c = test::compile(ws);
  const Moments m = prefit_moments(*c.likelihood, c.observed);
  ASSERT_TRUE(m.is_usable()) << m.reason;
  // Gamma(25) of mean 50: variance 50^2 / 25, skewness 2 / 5.
  EXPECT_NEAR(m.mean[0], 50.0, n_sigma * m.mean_error[0]);
  EXPECT_NEAR(m.variance(0), 100.0, n_sigma * m.covariance_error[0]);
  EXPECT_NEAR(m.third[0], 400.0, n_sigma * m.third_error[0]);
  EXPECT_NEAR(m.skewness(0), 0.4, n_sigma * m.third_error[0] / 1000.0);
}

TEST(Moments, NeedADistributionOfEveryParameter) {
  const auto c = test::compile(search());
  const Moments before = prefit_moments(*c.likelihood, c.observed, {.channels = {"SR"}});
  EXPECT_EQ(before.status, Status::not_defined);
  EXPECT_NE(before.reason.find("'k'"), std::string::npos) << before.reason;
  const Moments held = prefit_moments(*c.likelihood, c.observed,
                                      {.channels = {"SR"}, .fixed = {{*c.likelihood->find_parameter("k"), 1.2}}});
  ASSERT_TRUE(held.is_usable()) << held.reason;
  EXPECT_NEAR(held.mean[0], 28.0, n_sigma * held.mean_error[0]);

  // The control region of another background says nothing about top.
  spec::Workspace ws = search();
  ws.channels[1].samples[0].modifiers.clear();
  const auto other = test::compile(ws);
  const Moments after =
      postfit_moments(*other.likelihood, control_data(other), fit_to_controls(other), {.channels = {"SR"}});
  EXPECT_EQ(after.status, Status::not_defined);
  EXPECT_NE(after.reason.find("'k'"), std::string::npos) << after.reason;
}

TEST(Moments, DrawsStayWithinBounds) {
  spec::Workspace ws;
  ws.channels.push_back({"SR", {{"background", {10.0}, {{"JES", histosys, spec::HistoSysData{{9.0}, {11.0}}}}}}});
  ws.observations = {{"SR", {10.0}}};
  ws.measurements.push_back({"measurement", "", {{.name = "JES", .bounds = {{{0.0, 5.0}}}}}});
  const auto c = test::compile(ws);
  const Moments m = prefit_moments(*c.likelihood, c.observed);
  ASSERT_TRUE(m.is_usable()) << m.reason;
  // The upper half of a normal distribution: mean sqrt(2/pi), variance 1 - 2/pi.
  EXPECT_NEAR(m.mean[0], 10.0 + std::sqrt(2.0 / M_PI), n_sigma * m.mean_error[0]);
  EXPECT_NEAR(m.variance(0), 1.0 - 2.0 / M_PI, n_sigma * m.covariance_error[0]);
  EXPECT_NEAR(static_cast<double>(m.n_redrawn), 5e4, 800.0);  // binomial: 158
  EXPECT_EQ(m.n_clipped, 0u);
}

// With a correlation of 0.9 and the first background held two standard deviations up, the other one is 100 + 0.9 * 20,
// within 10 sqrt(1 - 0.81).
TEST(Moments, AreThoseGivenWhatIsHeld) {
  const auto c = test::compile(test::correlated_backgrounds({2, {1.0, 0.9, 0.9, 1.0}}));
  const Moments m = prefit_moments(*c.likelihood, c.observed,
                                   {.channels = {"R1"}, .fixed = {{*c.likelihood->find_parameter("b0"), 2.0}}});
  ASSERT_TRUE(m.is_usable()) << m.reason;
  EXPECT_NEAR(m.mean[0], 118.0, n_sigma * m.mean_error[0]);
  EXPECT_NEAR(m.variance(0), 19.0, n_sigma * m.covariance_error[0]);
}

TEST(Moments, QuestionsWithoutAnswerSayWhy) {
  const auto c = log_normal();
  EXPECT_EQ(prefit_moments(*c.likelihood, c.observed, {.n_toys = 10}).status, Status::not_defined);
  const Moments unknown = prefit_moments(*c.likelihood, c.observed, {.channels = {"VR"}});
  EXPECT_EQ(unknown.status, Status::not_defined);
  EXPECT_NE(unknown.reason.find("'SR'"), std::string::npos) << unknown.reason;
  std::atomic<bool> stop = true;
  EXPECT_EQ(prefit_moments(*c.likelihood, c.observed, {.stop = &stop}).status, Status::interrupted);
}

}  // namespace
}  // namespace relume::reinterpret
