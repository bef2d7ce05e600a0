// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The dense block of the shared parameters (all that are not private) after the private ones have been eliminated
// row by row: the Schur complement
//
//   diag(kappa + e) + J^T W J + couplings + pairs + products + dense blocks - sum over rows of B^T Gamma^-1 B
//
//   SharedBlock block(layout);
//   if (block.assemble_dense(eliminator)) llt.compute(block.dense);
//
// Cost: B P^2/2 multiply-adds. Thread-safety: one block per thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Dense>

#include "math/row_elimination.hpp"
#include "relume/math/curvature.hpp"

namespace relume::math {

class SharedBlock {
 public:
  explicit SharedBlock(const CurvatureLayout& layout);

  /// Fills `dense` with the form that `eliminator` is prepared for, and eliminates the rows when that is the exact one.
  /// False when the privates of a row, `failed_row`, are not positive definite. A parameter that is not free gets a one
  /// on the diagonal and nothing else.
  bool assemble_dense(RowEliminator& eliminator);

  /// Position among the shared parameters of a column of a group.
  std::uint32_t shared_index(const RowGroup& g, Eigen::Index c) const {
    return shared_of_parameter[g.columns[static_cast<std::size_t>(c)]];
  }

  std::vector<std::uint32_t> shared_of_parameter;  ///< position among the shared ones; not for private parameters
  std::vector<std::uint32_t> shared;               ///< the shared parameters, ascending
  Eigen::MatrixXd dense;                           ///< lower triangle
  std::size_t failed_row = 0;

 private:
  void choose_stacking();
  void flush_stack();
  void stack_group(const RowGroup& g, const double* block, const Eigen::Ref<const Eigen::VectorXd>& weight);
  void add_weighted_rows(const RowGroup& g, const double* block, const Eigen::Ref<const Eigen::VectorXd>& weight);
  void scatter(const RowGroup& g);
  void add_lower(std::uint32_t i, std::uint32_t j, double value);
  void add_shared_row_terms(const Curvature& curvature, const RowGroup& g, std::size_t row);
  void add_product(const Curvature& curvature, const ProductTerm& term);
  void add_dense(const DenseBlock& block, const double* values);

  const CurvatureLayout& layout_;
  Eigen::MatrixXd panel_, panel_weighted_;
  Eigen::VectorXd group_weight_;
  std::vector<std::uint32_t> product_rows_;

  /// Rows of many groups, side by side in all shared parameters, waiting for one large product: cheaper than one
  /// product and one scatter per group when the groups touch most parameters.
  static constexpr Eigen::Index stack_rows = 512;
  Eigen::MatrixXd stack_;
  Eigen::VectorXd stack_weight_;
  Eigen::Index n_stacked_ = 0;
  bool stacks_ = false;
};

}  // namespace relume::math
