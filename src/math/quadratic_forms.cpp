// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/quadratic_forms.hpp"

#include <Eigen/Dense>

namespace relume::math {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

}  // namespace

void row_variances(std::span<const double> a, std::span<const std::uint32_t> columns, std::span<const double> c,
                   std::size_t n, std::span<double> variances) {
  Matrix local(index(columns.size()), index(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double* const row = c.data() + columns[i] * n;
    for (std::size_t j = 0; j < columns.size(); ++j) local(index(i), index(j)) = row[columns[j]];
  }
  const Eigen::Map<const Matrix> rows(a.data(), index(variances.size()), index(columns.size()));
  const Matrix product = rows * local;
  Eigen::Map<Eigen::VectorXd>(variances.data(), index(variances.size())) = product.cwiseProduct(rows).rowwise().sum();
}

std::vector<double> row_covariance(std::span<const double> a, std::size_t n_rows, std::span<const double> c,
                                   std::size_t n) {
  const Eigen::Map<const Matrix> rows(a.data(), index(n_rows), index(n)), matrix(c.data(), index(n), index(n));
  std::vector<double> result(n_rows * n_rows);
  const Matrix product = rows * matrix;
  Eigen::Map<Matrix>(result.data(), index(n_rows), index(n_rows)).noalias() = product * rows.transpose();
  return result;
}

}  // namespace relume::math
