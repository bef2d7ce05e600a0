// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Correlations of measured values and of constraints, as numbers that likelihoods compute with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "math/symmetric_matrix.hpp"
#include "relume/base/error.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/matrix.hpp"

namespace relume::model {

/// Correlations are inverted: below this eigenvalue the likelihood would be stiffer than rounding of its gradient lets
/// fits be certified (1e-16 / 1e-9 of a standard deviation).
inline constexpr double least_correlation_eigenvalue = 1e-9;

/// The matrix with its rows and columns in the order of `places`.
inline Result<math::CorrelatedNormal> invert_correlation(const spec::SquareMatrix& matrix,
                                                         std::span<const std::size_t> places,
                                                         const std::string& where) {
  std::vector<double> ordered;
  for (const std::size_t i : places) {
    for (const std::size_t j : places) ordered.push_back(i == j ? 1.0 : matrix(i, j));
  }
  math::CorrelatedNormal normal = math::correlated_normal(ordered, places.size(), least_correlation_eigenvalue);
  if (normal.is_positive_definite) return normal;
  return Error{ErrorCode::model, where,
               fmt::format("the correlation matrix is not positive definite: its smallest eigenvalue is {:g}",
                           normal.smallest_eigenvalue),
               fmt::format("eigenvalues of at least {:g} are needed", least_correlation_eigenvalue)};
}

/// Makes the normal constraints of these parameters (index, place in the matrix) parts of one multivariate normal.
inline Errors correlate(std::vector<Parameter>& parameters, std::vector<CorrelatedConstraint>& correlations,
                        std::vector<std::pair<std::uint32_t, std::size_t>> order, const spec::SquareMatrix& matrix,
                        const std::string& where) {
  std::sort(order.begin(), order.end());
  CorrelatedConstraint block;
  std::vector<std::size_t> places;
  for (const auto& [parameter, place] : order) {
    block.parameters.push_back(parameter);
    places.push_back(place);
  }
  auto normal = invert_correlation(matrix, places, where);
  if (!normal) return normal.errors();
  for (const std::size_t i : places) {
    for (const std::size_t j : places) block.correlation.push_back(i == j ? 1.0 : matrix(i, j));
  }
  block.precision = std::move(normal->precision);
  block.root = std::move(normal->root);
  block.log_determinant = normal->log_determinant;
  block.least_precision = 1.0 / normal->largest_eigenvalue;
  for (const std::uint32_t parameter : block.parameters) {
    parameters[parameter].constraint.kind = ConstraintKind::correlated_normal;
  }
  correlations.push_back(std::move(block));
  return {};
}

}  // namespace relume::model
