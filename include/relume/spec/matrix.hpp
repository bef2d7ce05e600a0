// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A square matrix as published: covariances and correlations, row by row.
//
//   spec::SquareMatrix covariance{2, {144.0, 13.0, 13.0, 256.0}};
//   covariance(0, 1);
#pragma once

#include <cstddef>
#include <vector>

namespace relume::spec {

struct SquareMatrix {
  std::size_t size = 0;
  std::vector<double> values = {};  ///< size * size, row by row; empty: there is no matrix

  bool empty() const { return values.empty(); }
  double operator()(std::size_t row, std::size_t column) const { return values[row * size + column]; }
  double& operator()(std::size_t row, std::size_t column) { return values[row * size + column]; }
  bool operator==(const SquareMatrix&) const = default;
};

}  // namespace relume::spec
