// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/symmetric_matrix.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix to_eigen(std::span<const double> values, std::size_t n) {
  const auto size = static_cast<Eigen::Index>(n);
  const Matrix m = Eigen::Map<const RowMajor>(values.data(), size, size);
  return 0.5 * (m + m.transpose());
}

std::vector<double> to_vector(const RowMajor& m) { return {m.data(), m.data() + m.size()}; }

}  // namespace

EigenDecomposition eigen_decomposition(std::span<const double> matrix, std::size_t n) {
  EigenDecomposition result;
  if (n == 0) return result;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(to_eigen(matrix, n));
  const auto& values = solver.eigenvalues();
  const Matrix& vectors = solver.eigenvectors();
  result.values.assign(values.data(), values.data() + values.size());
  result.vectors.assign(vectors.data(), vectors.data() + vectors.size());
  return result;
}

CorrelatedNormal correlated_normal(std::span<const double> correlation, std::size_t n, double smallest) {
  CorrelatedNormal result;
  const Matrix r = to_eigen(correlation, n);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(r, Eigen::EigenvaluesOnly);
  result.smallest_eigenvalue = solver.eigenvalues()[0];
  result.largest_eigenvalue = solver.eigenvalues()[static_cast<Eigen::Index>(n) - 1];
  if (!(result.smallest_eigenvalue >= smallest)) return result;
  const Eigen::LLT<Matrix> llt(r);
  if (llt.info() != Eigen::Success) return result;
  result.is_positive_definite = true;
  const auto size = static_cast<Eigen::Index>(n);
  const Matrix inverse = llt.solve(Matrix::Identity(size, size));
  result.precision = to_vector(0.5 * (inverse + inverse.transpose()));
  const Matrix root = llt.matrixL();
  result.root = to_vector(root);
  for (Eigen::Index i = 0; i < size; ++i) result.log_determinant += 2.0 * std::log(root(i, i));
  return result;
}

NearestCorrelation nearest_correlation(std::span<const double> matrix, std::size_t n, double smallest) {
  // Convergence is linear: a few hundred steps for matrices far from any correlation.
  constexpr int max_iterations = 2000;
  constexpr double tolerance = 1e-13;
  const Matrix start = to_eigen(matrix, n);
  Matrix y = start, x = start, correction = Matrix::Zero(start.rows(), start.cols());
  NearestCorrelation result;
  for (int i = 0; i < max_iterations && !result.is_converged; ++i) {
    const Matrix r = y - correction;
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(r);
    x = solver.eigenvectors() * solver.eigenvalues().cwiseMax(smallest).asDiagonal() *
        solver.eigenvectors().transpose();
    correction = x - r;
    const Matrix before = y;
    y = 0.5 * (x + x.transpose());
    y.diagonal().setOnes();
    result.is_converged = (y - before).norm() <= tolerance * y.norm() && (y - x).norm() <= tolerance * y.norm();
  }
  // The last projection sets the diagonal, which may leave eigenvalues below the smallest by the last step's change:
  // scaling of what is positive definite keeps it so.
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(y);
  if (solver.eigenvalues()[0] < smallest) {
    x = solver.eigenvectors() * solver.eigenvalues().cwiseMax(smallest).asDiagonal() *
        solver.eigenvectors().transpose();
    const Eigen::VectorXd scale = x.diagonal().cwiseSqrt().cwiseInverse();
    y = scale.asDiagonal() * x * scale.asDiagonal();
    y = 0.5 * (y + y.transpose()).eval();
    y.diagonal().setOnes();
  }
  result.distance = (y - start).norm();
  result.largest_change = (y - start).cwiseAbs().maxCoeff();
  result.matrix = to_vector(y);
  return result;
}

}  // namespace relume::math
