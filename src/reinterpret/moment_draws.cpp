// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "reinterpret/moment_draws.hpp"

#include <algorithm>
#include <cmath>

#include "math/gamma_variance.hpp"
#include "math/random_stream.hpp"

namespace relume::reinterpret {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

namespace {

/// Bounds usually lie at five standard deviations; where draws hardly ever fall between them, the last one is moved.
constexpr int most_draws = 20;

/// Parameters from their constraints, each independent of all others but those it is correlated with.
class Priors {
 public:
  Priors(const model::Likelihood& likelihood, const model::Data& data, std::vector<char> is_drawn)
      : likelihood_(likelihood), data_(data), is_drawn_(std::move(is_drawn)) {
    const auto parameters = likelihood.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const model::ConstraintKind kind = parameters[i].constraint.kind;
      const bool is_single = kind != model::ConstraintKind::none && kind != model::ConstraintKind::correlated_normal;
      if (is_drawn_[i] != 0 && is_single) single_.push_back(i);
    }
    for (const model::CorrelatedConstraint& block : likelihood.correlated_constraints()) {
      const auto is_marked = [&](std::uint32_t i) { return is_drawn_[i] != 0; };
      if (std::any_of(block.parameters.begin(), block.parameters.end(), is_marked)) blocks_.push_back(&block);
    }
  }

  void draw(math::RandomStream& stream, double* x, bool& is_redrawn, bool& is_clipped) const {
    for (const std::size_t i : single_) {
      const model::Parameter& p = likelihood_.parameters()[i];
      for (int k = 0; k < most_draws; ++k) {
        x[i] = draw_one(p.constraint, stream);
        if (x[i] >= p.lower && x[i] <= p.upper) break;
        is_redrawn = true;
      }
      is_clipped |= clip(p, x[i]);
    }
    for (const model::CorrelatedConstraint* block : blocks_) {
      for (int k = 0; k < most_draws && !draw_block(*block, stream, x); ++k) is_redrawn = true;
      for (const std::uint32_t i : block->parameters) {
        if (is_drawn_[i] != 0) is_clipped |= clip(likelihood_.parameters()[i], x[i]);
      }
    }
  }

 private:
  double draw_one(const model::Constraint& c, math::RandomStream& stream) const {
    const double auxiliary = data_.values[c.data_index];
    switch (c.kind) {
      case model::ConstraintKind::poisson: return auxiliary > 0.0 ? math::draw_gamma(auxiliary, stream) / c.rate : 0.0;
      case model::ConstraintKind::gamma_variance:
        return math::draw_from_gamma_variance(auxiliary, data_.values[c.variance_index], c.error_on_error, stream);
      default: return math::draw_normal(auxiliary, c.width, stream);
    }
  }

  /// Whether all are within their bounds.
  bool draw_block(const model::CorrelatedConstraint& block, math::RandomStream& stream, double* x) const {
    const std::size_t n = block.parameters.size();
    Vector normals(static_cast<Eigen::Index>(n));
    for (double& z : normals) z = math::draw_normal(0.0, 1.0, stream);
    bool is_inside = true;
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t i = block.parameters[k];
      if (is_drawn_[i] == 0) continue;
      const model::Parameter& p = likelihood_.parameters()[i];
      double pull = 0.0;
      for (std::size_t j = 0; j <= k; ++j) pull += block.root[k * n + j] * normals[static_cast<Eigen::Index>(j)];
      x[i] = data_.values[p.constraint.data_index] + p.constraint.width * pull;
      is_inside &= x[i] >= p.lower && x[i] <= p.upper;
    }
    return is_inside;
  }

  static bool clip(const model::Parameter& p, double& x) {
    const double inside = std::clamp(x, p.lower, p.upper);
    const bool is_outside = inside != x;
    x = inside;
    return is_outside;
  }

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  std::vector<char> is_drawn_;
  std::vector<std::size_t> single_;
  std::vector<const model::CorrelatedConstraint*> blocks_;
};

class PriorDraws final : public Draws {
 public:
  PriorDraws(const std::vector<double>& point, Priors priors, std::uint64_t seed)
      : point_(point), priors_(std::move(priors)), space_(seed, 0) {}

  void draw(std::uint64_t first, Eigen::Index n, Matrix& points, DrawCounts& counts) const override {
    for (Eigen::Index j = 0; j < n; ++j) {
      math::RandomStream stream = space_.at(first + static_cast<std::uint64_t>(j), 0);
      double* x = points.col(j).data();
      std::copy(point_.begin(), point_.end(), x);
      bool is_redrawn = false, is_clipped = false;
      priors_.draw(stream, x, is_redrawn, is_clipped);
      counts.redrawn += is_redrawn;
      counts.clipped += is_clipped;
    }
  }

 private:
  const std::vector<double>& point_;
  Priors priors_;
  math::RandomSpace space_;
};

class FitDraws final : public Draws {
 public:
  FitDraws(const model::Likelihood& likelihood, const std::vector<double>& point, FitDistribution distribution,
           Priors priors, std::uint64_t seed)
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
      priors_.draw(streams[static_cast<std::size_t>(j)], x, is_redrawn, is_clipped);
      counts.redrawn += is_redrawn;
      counts.clipped += is_clipped;
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
  Priors priors_;
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
                                   const std::vector<double>& point, std::vector<char> is_drawn, std::uint64_t seed) {
  return std::make_unique<PriorDraws>(point, Priors(likelihood, data, std::move(is_drawn)), seed);
}

std::unique_ptr<Draws> fit_draws(const model::Likelihood& likelihood, const model::Data& data,
                                 const std::vector<double>& point, FitDistribution distribution,
                                 std::vector<char> is_drawn, std::uint64_t seed) {
  return std::make_unique<FitDraws>(likelihood, point, std::move(distribution),
                                    Priors(likelihood, data, std::move(is_drawn)), seed);
}

}  // namespace relume::reinterpret
