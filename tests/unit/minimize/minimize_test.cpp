// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/minimize/minimize.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

namespace relume::minimize {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two parameters, any function: its Hessian is a diagonal and one product term.
class TwoParameters : public Objective {
 public:
  struct Values {
    double f, gx, gy, hxx, hxy, hyy;
  };
  explicit TwoParameters(std::function<Values(double, double)> function)
      : function_(std::move(function)), layout_(make_layout()), curvature_(layout_) {}

  std::vector<double> lower_bounds{-infinity, -infinity}, upper_bounds{infinity, infinity};
  std::vector<std::uint32_t> kink_list;

  std::size_t size() const override { return 2; }
  std::span<const double> lower() const override { return lower_bounds; }
  std::span<const double> upper() const override { return upper_bounds; }
  std::span<const double> units() const override { return units_; }
  std::span<const std::uint32_t> kinks() const override { return kink_list; }
  const math::CurvatureLayout& layout() const override { return layout_; }
  Evaluation evaluate(std::span<const double> x, Derivatives, const Relaxation&) override {
    const Values v = function_(x[0], x[1]);
    if (!std::isfinite(v.f)) return {EvaluationStatus::infeasible, infinity, infinity};
    gradient_ = {v.gx, v.gy};
    curvature_.constraint = {std::max(v.hxx, 0.1), std::max(v.hyy, 0.1)};
    curvature_.exact_diagonal = {v.hxx - curvature_.constraint[0], v.hyy - curvature_.constraint[1]};
    curvature_.product_p = {v.hxy, 0.0};
    curvature_.product_q = {0.0, 1.0};
    return {EvaluationStatus::ok, v.f, v.f};
  }
  std::span<const double> gradient() const override { return gradient_; }
  const math::Curvature& curvature() const override { return curvature_; }

 private:
  static math::CurvatureLayout make_layout() {
    math::CurvatureLayout l;
    l.n_parameters = 2;
    l.row_privates = l.row_couplings = l.row_pairs = {0};
    l.products.push_back({0, 2});
    l.product_columns = {0, 1};
    l.private_of_parameter = {-1, -1};
    return l;
  }
  std::function<Values(double, double)> function_;
  math::CurvatureLayout layout_;
  math::Curvature curvature_;
  std::vector<double> gradient_{0.0, 0.0}, units_{1.0, 1.0};
};

TwoParameters rosenbrock() {
  return TwoParameters([](double x, double y) {
    const double r = y - x * x;
    return TwoParameters::Values{100 * r * r + (1 - x) * (1 - x),
                                 -400 * x * r - 2 * (1 - x),
                                 200 * r,
                                 1200 * x * x - 400 * y + 2,
                                 -400 * x,
                                 200};
  });
}

TEST(Minimize, FindsRosenbrocksValleyFromTheUsualStart) {
  TwoParameters f = rosenbrock();
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{-1.2, 1.0});
  ASSERT_TRUE(m.is_converged()) << m.reason;
  EXPECT_NEAR(m.x[0], 1.0, 1e-7);
  EXPECT_NEAR(m.x[1], 1.0, 1e-7);
  EXPECT_LE(m.certificate.projected_gradient, max_projected_gradient);
  EXPECT_LE(m.certificate.edm, max_edm);
  EXPECT_LT(m.counts.iterations, 60);
}

TEST(Minimize, StopsAtABoundAndSaysWhich) {
  TwoParameters f = rosenbrock();
  f.upper_bounds = {0.5, 10.0};
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{-1.2, 1.0});
  ASSERT_TRUE(m.is_converged()) << m.reason;
  EXPECT_EQ(m.x[0], 0.5);
  EXPECT_NEAR(m.x[1], 0.25, 1e-7);
  EXPECT_EQ(m.at_upper, std::vector<std::uint32_t>{0});
}

TEST(Minimize, HoldsFixedParameters) {
  TwoParameters f = rosenbrock();
  Minimizer minimizer(f);
  const std::vector<char> fixed = {1, 0};
  const Minimum m = minimizer.minimize(std::vector<double>{2.0, 0.0}, {.fixed = fixed});
  ASSERT_TRUE(m.is_converged());
  EXPECT_EQ(m.x[0], 2.0);
  EXPECT_NEAR(m.x[1], 4.0, 1e-7);
}

TEST(Minimize, LeavesASaddle) {
  // x^4/4 - x^2/2 + y^2/2: negative curvature at the start, minima at x = +-1.
  TwoParameters f([](double x, double y) {
    return TwoParameters::Values{
        0.25 * x * x * x * x - 0.5 * x * x + 0.5 * y * y, x * x * x - x, y, 3 * x * x - 1, 0, 1};
  });
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{0.01, 3.0});
  ASSERT_TRUE(m.is_converged()) << m.reason;
  EXPECT_NEAR(m.x[0], 1.0, 1e-6);
}

TEST(Minimize, EndsAtAKinkWhereZeroIsInsideTheOneSidedGradients) {
  // |x| + (x - 0.3)^2/2 + (y - x - 1)^2: the minimum is at the kink x = 0.
  TwoParameters f([](double x, double y) {
    const double s = std::signbit(x) ? -1.0 : 1.0, r = y - x - 1;
    return TwoParameters::Values{
        std::fabs(x) + 0.5 * (x - 0.3) * (x - 0.3) + r * r, s + x - 0.3 - 2 * r, 2 * r, 1 + 2, -2, 2};
  });
  f.kink_list = {0};
  Minimizer minimizer(f);
  for (const double start : {-2.0, 0.0, 4.0}) {
    const Minimum m = minimizer.minimize(std::vector<double>{start, 5.0});
    ASSERT_TRUE(m.is_converged()) << start << ": " << m.reason;
    EXPECT_EQ(m.x[0], 0.0);
    EXPECT_NEAR(m.x[1], 1.0, 1e-7);
    EXPECT_EQ(m.at_kink, std::vector<std::uint32_t>{0});
  }
}

TEST(Minimize, CrossesAKinkThatDoesNotHold) {
  TwoParameters f([](double x, double y) {
    const double s = std::signbit(x) ? -1.0 : 1.0;
    return TwoParameters::Values{std::fabs(x) + 0.5 * (x - 3) * (x - 3) + 0.5 * y * y, s + x - 3, y, 1, 0, 1};
  });
  f.kink_list = {0};
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{-2.0, 1.0});
  ASSERT_TRUE(m.is_converged()) << m.reason;
  EXPECT_NEAR(m.x[0], 2.0, 1e-7);
}

TEST(Minimize, ComesBackFromOutsideOfTheDomain) {
  // x - ln x + y^2: infeasible for x <= 0, with steps that would go there.
  TwoParameters f([](double x, double y) {
    return TwoParameters::Values{
        x > 0 ? 1e3 * (x - std::log(x)) + y * y : infinity, 1e3 * (1 - 1 / x), 2 * y, 1e3 / (x * x), 0, 2};
  });
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{30.0, 2.0});
  ASSERT_TRUE(m.is_converged()) << m.reason;
  EXPECT_NEAR(m.x[0], 1.0, 1e-8);
  EXPECT_EQ(minimizer.minimize(std::vector<double>{-1.0, 2.0}).status, MinimumStatus::infeasible);
}

TEST(Minimize, DoesNotClaimWhatItCannotReach) {
  // exp(x): no minimum; the gradient only vanishes at -infinity.
  TwoParameters f([](double x, double y) { return TwoParameters::Values{-x + y * y, -1.0, 2 * y, 0, 0, 2}; });
  Minimizer minimizer(f);
  const Minimum m = minimizer.minimize(std::vector<double>{0.0, 1.0}, {.max_iterations = 30});
  EXPECT_FALSE(m.is_usable());
  EXPECT_FALSE(m.reason.empty());
}

TEST(Minimize, StopsWhenAsked) {
  TwoParameters f = rosenbrock();
  Minimizer minimizer(f);
  const std::atomic<bool> stop = true;
  EXPECT_EQ(minimizer.minimize(std::vector<double>{-1.2, 1.0}, {.stop = &stop}).status, MinimumStatus::interrupted);
}

TEST(Certify, ChecksAnyPoint) {
  TwoParameters f = rosenbrock();
  Minimizer minimizer(f);
  EXPECT_LE(minimizer.certify(std::vector<double>{1.0, 1.0}).projected_gradient, 1e-12);
  const Certificate off = minimizer.certify(std::vector<double>{1.01, 1.0201});
  EXPECT_GT(off.projected_gradient, max_projected_gradient);
  EXPECT_GT(off.edm, max_edm);
}

}  // namespace
}  // namespace relume::minimize
