// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "reinterpret/moment_draws.hpp"

#include <algorithm>
#include <cmath>

#include "math/random_stream.hpp"
#include "model/constraint_draws.hpp"

namespace relume::reinterpret {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

namespace {

/// Draws of all parameters of a fit together; where they hardly ever are within all bounds, the last one is moved.
constexpr int most_draws = 20;
/// A flat prior would move the mean of every background upwards (docs/concepts/simplify.md).
constexpr model::ConstraintDraws::Options of_moments{.counts = model::CountPrior::reciprocal};

class PriorDraws final : public Draws {
 public:
  PriorDraws(const std::vector<double>& point, model::ConstraintDraws priors, std::uint64_t seed)
      : point_(point), priors_(std::move(priors)), space_(seed, 0) {}

  void draw(std::uint64_t first, Eigen::Index n, Matrix& points, DrawCounts& counts) const override {
    for (Eigen::Index j = 0; j < n; ++j) {
      math::RandomStream stream = space_.at(first + static_cast<std::uint64_t>(j), 0);
      double* x = points.col(j).data();
      std::copy(point_.begin(), point_.end(), x);
      const auto outcome = priors_.draw(stream, {x, point_.size()});
      counts.redrawn += outcome.is_redrawn;
      counts.clipped += outcome.is_clipped;
    }
  }

 private:
  const std::vector<double>& point_;
  model::ConstraintDraws priors_;
  math::RandomSpace space_;
};

class FitDraws final : public Draws {
 public:
  FitDraws(const model::Likelihood& likelihood, const std::vector<double>& point, FitDistribution distribution,
           model::ConstraintDraws priors, std::uint64_t seed)
      : point_(point), distribution_(std::move(distribution)), priors_(std::move(priors)), space_(seed, 1) {
    for (const std::size_t i : distribution_.varying) {
      // A fit may end a rounding beyond a bound, or where the caller put it: that is no reason to draw for ever.
      lower_.push_back(std::min(likelihood.parameters()[i].lower, point[i]));
      upper_.push_back(std::max(likelihood.parameters()[i].upper, point[i]));
    }
  }

  void draw(std::uint64_t first, Eigen::Index n, Matrix& points, DrawCounts& counts) const override {
    const auto m = static_cast<Eigen::Index>(distribution_.varying.size());
    std::vector<math::RandomStream> streams;
    Matrix z(m, n);
    for (Eigen::Index j = 0; j < n; ++j) {
      streams.push_back(space_.at(first + static_cast<std::uint64_t>(j), 0));
      for (Eigen::Index a = 0; a < m; ++a) z(a, j) = math::draw_normal(0.0, 1.0, streams.back());
    }
    const Matrix shifts = times_root(z);
    for (Eigen::Index j = 0; j < n; ++j) {
      double* x = points.col(j).data();
      std::copy(point_.begin(), point_.end(), x);
      bool is_inside = place(shifts.col(j), x), is_clipped = false;
      bool is_redrawn = !is_inside;
      for (int k = 1; k < most_draws && !is_inside; ++k) {
        Vector again(m);
        for (double& value : again) value = math::draw_normal(0.0, 1.0, streams[static_cast<std::size_t>(j)]);
        is_inside = place(times_root(again), x);
      }
      for (std::size_t a = 0; a < distribution_.varying.size() && !is_inside; ++a) {
        double& value = x[distribution_.varying[a]];
        value = std::clamp(value, lower_[a], upper_[a]);
        is_clipped = true;
      }
      const auto outcome = priors_.draw(streams[static_cast<std::size_t>(j)], {x, point_.size()});
      counts.redrawn += is_redrawn || outcome.is_redrawn;
      counts.clipped += is_clipped || outcome.is_clipped;
    }
  }

 private:
  template <class Derived>
  typename Derived::PlainObject times_root(const Eigen::MatrixBase<Derived>& z) const {
    if (distribution_.is_triangular) return distribution_.root.triangularView<Eigen::Lower>() * z;
    return distribution_.root * z;
  }

  bool place(const Vector& shift, double* x) const {
    bool is_inside = true;
    for (std::size_t a = 0; a < distribution_.varying.size(); ++a) {
      const std::size_t i = distribution_.varying[a];
      x[i] = point_[i] + shift[static_cast<Eigen::Index>(a)];
      is_inside &= x[i] >= lower_[a] && x[i] <= upper_[a];
    }
    return is_inside;
  }

  const std::vector<double>& point_;
  FitDistribution distribution_;
  model::ConstraintDraws priors_;
  math::RandomSpace space_;
  std::vector<double> lower_, upper_;
};

}  // namespace

FitDistribution distribution_of(const infer::FitResult& fit, const std::vector<char>& held) {
  const std::size_t n = fit.minimum.x.size();
  FitDistribution d;
  for (std::size_t i = 0; i < n; ++i) {
    if (held[i] == 0 && fit.covariance[i * n + i] > 0.0) d.varying.push_back(i);
  }
  const auto m = static_cast<Eigen::Index>(d.varying.size());
  Vector sigma(m);
  for (Eigen::Index a = 0; a < m; ++a) {
    const std::size_t i = d.varying[static_cast<std::size_t>(a)];
    sigma[a] = std::sqrt(fit.covariance[i * n + i]);
  }
  Matrix correlation(m, m);
  for (Eigen::Index a = 0; a < m; ++a) {
    for (Eigen::Index b = 0; b < m; ++b) {
      correlation(a, b) =
          fit.covariance[d.varying[static_cast<std::size_t>(a)] * n + d.varying[static_cast<std::size_t>(b)]] /
          (sigma[a] * sigma[b]);
    }
  }
  const Eigen::LLT<Matrix> factors(correlation);
  if (factors.info() == Eigen::Success) {
    d.root = sigma.asDiagonal() * Matrix(factors.matrixL());
  } else {
    // Combinations that the fit knows to all digits have eigenvalues that rounding makes negative.
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(correlation);
    d.root = sigma.asDiagonal() * eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
    d.is_triangular = false;
  }
  return d;
}

std::unique_ptr<Draws> prior_draws(const model::Likelihood& likelihood, const model::Data& data,
                                   const std::vector<double>& point, std::span<const char> is_drawn,
                                   std::uint64_t seed) {
  return std::make_unique<PriorDraws>(point, model::ConstraintDraws(likelihood, data, point, is_drawn, of_moments),
                                      seed);
}

std::unique_ptr<Draws> fit_draws(const model::Likelihood& likelihood, const model::Data& data,
                                 const std::vector<double>& point, FitDistribution distribution,
                                 std::span<const char> is_drawn, std::uint64_t seed) {
  return std::make_unique<FitDraws>(likelihood, point, std::move(distribution),
                                    model::ConstraintDraws(likelihood, data, point, is_drawn, of_moments), seed);
}

}  // namespace relume::reinterpret
