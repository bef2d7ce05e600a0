// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The sampler on densities that are known: what a leapfrog step keeps, and what chains have to add up to.
#include "infer/nuts.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "infer/chain_diagnostics.hpp"

namespace relume::infer {
namespace {

/// Normal with a given precision matrix, plus a quartic term, and zero beyond `wall` in the first coordinate.
class TestDensity final : public Density {
 public:
  TestDensity(Eigen::MatrixXd precision, double quartic, double wall = std::numeric_limits<double>::infinity())
      : precision_(std::move(precision)), quartic_(quartic), wall_(wall) {}
  std::size_t size() const override { return static_cast<std::size_t>(precision_.rows()); }
  double evaluate(const Eigen::VectorXd& y, Eigen::VectorXd& gradient) override {
    if (y[0] > wall_) return std::numeric_limits<double>::infinity();
    gradient = precision_ * y;
    const double value = 0.5 * y.dot(gradient) + quartic_ * y.array().square().square().sum();
    gradient.array() += 4.0 * quartic_ * y.array().cube();
    return value;
  }

 private:
  Eigen::MatrixXd precision_;
  double quartic_, wall_;
};

Eigen::MatrixXd correlated_covariance() {
  Eigen::MatrixXd c(3, 3);
  c << 1.0, 0.9, 0.3, 0.9, 4.0, 0.2, 0.3, 0.2, 0.25;
  return c;
}

Eigen::VectorXd vector(std::initializer_list<double> values) {
  Eigen::VectorXd v(static_cast<Eigen::Index>(values.size()));
  std::copy(values.begin(), values.end(), v.begin());
  return v;
}

TEST(Leapfrog, GoesBackWhereItCameFrom) {
  TestDensity density(correlated_covariance().inverse(), 0.1);
  Nuts nuts(density);
  nuts.set_scale(correlated_covariance().llt().matrixL());
  const Nuts::State begin = nuts.state_at(vector({0.3, -1.0, 0.2}), vector({1.0, 0.4, -0.7}));
  Nuts::State state = begin;
  for (int i = 0; i < 50; ++i) nuts.leapfrog(state, 0.1);
  EXPECT_GT((state.y - begin.y).norm(), 0.5);
  for (int i = 0; i < 50; ++i) nuts.leapfrog(state, -0.1);
  EXPECT_LT((state.y - begin.y).norm(), 1e-12);
  EXPECT_LT((state.p - begin.p).norm(), 1e-12);
}

TEST(Leapfrog, LosesEnergyWithTheSquareOfTheStep) {
  TestDensity density(correlated_covariance().inverse(), 0.1);
  Nuts nuts(density);
  nuts.set_scale(correlated_covariance().llt().matrixL());
  const auto loss = [&](int steps) {
    Nuts::State state = nuts.state_at(vector({0.3, -1.0, 0.2}), vector({1.0, 0.4, -0.7}));
    const double before = state.energy();
    for (int i = 0; i < steps; ++i) nuts.leapfrog(state, 0.8 / steps);
    return state.energy() - before;
  };
  EXPECT_NEAR(loss(20) / loss(40), 4.0, 0.05);
  EXPECT_NEAR(loss(40) / loss(80), 4.0, 0.02);
}

/// Of Hamilton's flow and of each of its leapfrog steps: volumes in phase space stay.
TEST(Leapfrog, KeepsVolumes) {
  TestDensity density(correlated_covariance().inverse(), 0.1);
  Nuts nuts(density);
  nuts.set_scale(correlated_covariance().llt().matrixL());
  const auto flow = [&](const Eigen::VectorXd& from) {
    Nuts::State s = nuts.state_at(from.head(3), from.tail(3));
    for (int i = 0; i < 5; ++i) nuts.leapfrog(s, 0.3);
    Eigen::VectorXd to(6);
    to << s.y, s.p;
    return to;
  };
  const Eigen::VectorXd at = vector({0.3, -1.0, 0.2, 1.0, 0.4, -0.7});
  Eigen::MatrixXd jacobian(6, 6);
  constexpr double h = 1e-5;
  for (Eigen::Index i = 0; i < 6; ++i) {
    Eigen::VectorXd up = at, down = at;
    up[i] += h;
    down[i] -= h;
    jacobian.col(i) = (flow(up) - flow(down)) / (2.0 * h);
  }
  EXPECT_NEAR(jacobian.determinant(), 1.0, 1e-7);
}

struct Sample {
  Eigen::MatrixXd draws;
  int n_divergent = 0, n_outside = 0;
};

Sample sample(Density& density, const Eigen::MatrixXd& factor, double step_size, int n) {
  Nuts nuts(density);
  nuts.set_scale(factor);
  nuts.step_size = step_size;
  const auto size = static_cast<Eigen::Index>(density.size());
  nuts.start(Eigen::VectorXd::Constant(size, -0.1));
  const math::RandomSpace random(7, 0);
  Sample result{Eigen::MatrixXd(n, size)};
  for (int i = 0; i < n; ++i) {
    math::RandomStream stream = random.at(static_cast<std::uint64_t>(i), 0);
    const Transition t = nuts.move(stream);
    result.n_divergent += t.is_divergent;
    result.n_outside += t.left_the_domain;
    result.draws.row(i) = nuts.position();
  }
  return result;
}

void expect_mean(const Eigen::VectorXd& values, double truth, const char* what) {
  const Chains chain{{values.data(), static_cast<std::size_t>(values.size())}, 1};
  EXPECT_NEAR(values.mean(), truth, 5.0 * mean_error(chain)) << what;
}

/// Whatever the metric and the step size, which only decide how fast.
TEST(Nuts, SamplesACorrelatedNormal) {
  const Eigen::MatrixXd covariance = correlated_covariance();
  TestDensity density(covariance.inverse(), 0.0);
  const Eigen::MatrixXd right = covariance.llt().matrixL(), wrong = 0.5 * Eigen::MatrixXd::Identity(3, 3);
  for (const auto& [factor, step] : {std::pair{right, 0.5}, {right, 1.4}, {wrong, 0.3}}) {
    const Eigen::MatrixXd draws = sample(density, factor, step, 20000).draws;
    for (Eigen::Index i = 0; i < 3; ++i) {
      expect_mean(draws.col(i), 0.0, "mean");
      for (Eigen::Index k = 0; k <= i; ++k) {
        expect_mean((draws.col(i).array() * draws.col(k).array()).matrix(), covariance(i, k), "covariance");
      }
    }
  }
}

/// exp(-y^4): <y^2> = Gamma(3/4) / Gamma(1/4), <y^4> = 1/4.
TEST(Nuts, SamplesWhatIsNotNormal) {
  TestDensity density(Eigen::MatrixXd::Zero(1, 1), 1.0);
  const Eigen::VectorXd y = sample(density, Eigen::MatrixXd::Identity(1, 1), 0.4, 20000).draws.col(0);
  expect_mean(y, 0.0, "mean");
  expect_mean(y.array().square().matrix(), std::tgamma(0.75) / std::tgamma(0.25), "square");
  expect_mean(y.array().square().square().matrix(), 0.25, "fourth power");
}

/// A normal density cut at its middle: the half-normal one, with no smoothness at its edge.
TEST(Nuts, IsExactWhereTheDensityEnds) {
  TestDensity density(Eigen::MatrixXd::Identity(2, 2), 0.0, 0.0);
  const Sample s = sample(density, Eigen::MatrixXd::Identity(2, 2), 0.3, 20000);
  EXPECT_LE(s.draws.col(0).maxCoeff(), 0.0);
  EXPECT_GT(s.n_outside, 0);
  EXPECT_EQ(s.n_divergent, 0);
  expect_mean(s.draws.col(0), -std::sqrt(2.0 / 3.141592653589793), "half-normal");
  expect_mean(s.draws.col(0).array().square().matrix(), 1.0, "square");
  expect_mean(s.draws.col(1), 0.0, "the other");
}

TEST(Nuts, TellsWhenTheStepIsTooLarge) {
  TestDensity density(1e6 * Eigen::MatrixXd::Identity(2, 2), 0.0);
  const Sample s = sample(density, Eigen::MatrixXd::Identity(2, 2), 1.0, 20);
  EXPECT_EQ(s.n_divergent, 20);
}

TEST(StepSizeSearch, FindsTheAcceptanceThatItAimsAt) {
  // A smooth model of acceptance that falls with the step size: exp(-step), 0.8 at 0.223.
  StepSizeSearch search(1.0, 0.8);
  double step = 1.0;
  for (int i = 0; i < 2000; ++i) step = search.update(std::exp(-step));
  EXPECT_NEAR(search.average(), -std::log(0.8), 0.005);
}

}  // namespace
}  // namespace relume::infer
