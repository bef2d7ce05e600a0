// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where toys of moments take their parameters from: constraints, or the normal distribution that a fit leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "relume/infer/fit.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::reinterpret {

struct DrawCounts {
  std::size_t not_finite = 0, negative = 0, redrawn = 0, clipped = 0;
};

/// Draws parameters into the columns of a matrix, each from the stream of its toy.
class Draws {
 public:
  virtual ~Draws() = default;
  virtual void draw(std::uint64_t first, Eigen::Index n, Eigen::MatrixXd& points, DrawCounts& counts) const = 0;
};

/// Parameters that `is_drawn` marks come from their constraints, given the others, which stay at `point` (see
/// model::ConstraintDraws). `point` has to outlive the result.
std::unique_ptr<Draws> prior_draws(const model::Likelihood& likelihood, const model::Data& data,
                                   const std::vector<double>& point, std::span<const char> is_drawn,
                                   std::uint64_t seed);

/// The normal distribution that a fit leaves: x = point + root z on the parameters that vary.
struct FitDistribution {
  std::vector<std::size_t> varying;
  Eigen::MatrixXd root;  ///< lower triangle when `is_triangular`
  bool is_triangular = true;
};

/// `held`: one entry per parameter.
FitDistribution distribution_of(const infer::FitResult& fit, const std::vector<char>& held);

/// The same, with what varies in the fit around `point`.
std::unique_ptr<Draws> fit_draws(const model::Likelihood& likelihood, const model::Data& data,
                                 const std::vector<double>& point, FitDistribution distribution,
                                 std::span<const char> is_drawn, std::uint64_t seed);

}  // namespace relume::reinterpret
