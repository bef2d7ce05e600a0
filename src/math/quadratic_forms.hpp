// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Quadratic forms of many rows: A C A^T, where C is a large symmetric matrix and A has entries in some of its columns.
//
//   row_variances(a, columns, c, n, variances);      // the diagonal alone
//
// Cost: rows x columns^2 multiply-adds, as dense products. Allocates.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace relume::math {

/// variances[r] = a_r C a_r^T. `a`: one row of columns.size() numbers per variance; `c`: n x n.
void row_variances(std::span<const double> a, std::span<const std::uint32_t> columns, std::span<const double> c,
                   std::size_t n, std::span<double> variances);

/// A C A^T, n_rows x n_rows, row by row. `a`: n_rows x n; `c`: n x n.
std::vector<double> row_covariance(std::span<const double> a, std::size_t n_rows, std::span<const double> c,
                                   std::size_t n);

}  // namespace relume::math
