// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Second derivatives of a sum of terms over "rows" (bins) as structured linear algebra, so that a Newton step needs no
// dense Hessian unless that is the cheapest form. With J the derivatives of the row rates,
//
//   H = diag(d) + sum_r w_r j_r j_r^T              positive semidefinite part (weights: observed or Fisher)
//     + diag(e) + sum_k s_k (e_k c_k^T + c_k e_k^T)     exact part: couplings of per-row parameters with the rest,
//     + pairs + sum_q (p_q p'_q^T + p'_q p_q^T)         pairs of per-row parameters, products of shared factors
//     + dense blocks                                    correlated constraints, whatever has no rows
//
// A parameter is "private" when it acts in one row only (a Monte Carlo statistics gamma); private parameters are
// eliminated exactly and never enter the dense algebra. All others are "shared".
//
//   Curvature curvature(layout);            // layout: fixed by the model; numbers: refreshed by each evaluation
//   curvature.multiply(v, out, Form::exact);
//
// Cost of multiply: one pass over the Jacobian. Thread-safety: the layout is immutable; a Curvature belongs to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace relume::math {

/// Rows that touch the same shared parameters (for HistFactory: the bins of a channel).
struct RowGroup {
  std::size_t first_row = 0, n_rows = 0;
  std::vector<std::uint32_t> columns;  ///< shared parameters, ascending
  std::size_t jacobian = 0;            ///< offset of the n_rows x columns block, column by column
};

/// A parameter that acts in one row only.
struct PrivateEntry {
  std::uint32_t parameter = 0, row = 0;
};

/// Second derivative between a per-row parameter and the shared parameters of its row: `scale` times row `row` of block
/// `matrix`.
struct CouplingEntry {
  std::uint32_t parameter = 0, row = 0;
  std::uint32_t matrix = 0;         ///< index into coupling_matrices
  std::int32_t private_index = -1;  ///< position among the privates, or -1 for a shared parameter
};

/// A block of n_rows x columns, column by column: the Jacobian of those terms of a group that carry some per-row
/// parameter.
struct CouplingMatrix {
  std::uint32_t group = 0;
  bool is_jacobian = false;            ///< all of them: the group's Jacobian itself, with all its columns
  std::vector<std::uint32_t> columns;  ///< positions in the group's columns, ascending; unused for the Jacobian
  std::size_t values = 0;              ///< offset into Curvature::coupling_values, when not the Jacobian
};

/// Symmetric second derivative between two per-row parameters of one row.
struct PairEntry {
  std::uint32_t first = 0, second = 0, row = 0;
};

/// p q^T + q p^T over the listed shared parameters.
struct ProductTerm {
  std::size_t first = 0, size = 0;  ///< range in product_columns (ascending within a term), product_p, product_q
};

/// Second derivatives among a few shared parameters, as a full symmetric matrix.
struct DenseBlock {
  std::vector<std::uint32_t> parameters;  ///< ascending, none of them private
  std::size_t offset = 0;                 ///< into dense_exact and dense_safe
};

struct CurvatureLayout {
  std::size_t n_parameters = 0, n_rows = 0;
  std::vector<RowGroup> groups;
  std::size_t jacobian_size = 0;
  std::vector<PrivateEntry> privates;       ///< ascending in row
  std::vector<std::uint32_t> row_privates;  ///< privates of row r: [row_privates[r], row_privates[r+1])
  std::vector<CouplingMatrix> coupling_matrices;
  std::size_t coupling_size = 0;
  std::vector<CouplingEntry> couplings;  ///< ascending in row
  std::vector<std::uint32_t> row_couplings;
  std::vector<PairEntry> pairs;  ///< ascending in row
  std::vector<std::uint32_t> row_pairs;
  std::vector<ProductTerm> products;
  std::vector<std::uint32_t> product_columns;
  std::vector<DenseBlock> dense_blocks;
  std::size_t dense_size = 0;                      ///< sum of the squares of their sizes
  std::vector<std::int32_t> private_of_parameter;  ///< position among the privates, or -1
};

enum class Form {
  exact,           ///< the Hessian
  semidefinite,    ///< diag(d) + J^T W J with weights that never underestimate (Fisher-corrected)
  preconditioner,  ///< semidefinite plus the exact diagonal as far as it stays positive: for the solver only
};

class Curvature {
 public:
  explicit Curvature(const CurvatureLayout& layout);

  const CurvatureLayout& layout() const { return *layout_; }

  /// out = H v. `v` and `out`: one entry per parameter.
  void multiply(std::span<const double> v, std::span<double> out, Form form) const;
  /// Diagonal of H in the given form; entries that `wanted` (empty: all) does not mark are left incomplete.
  void diagonal(std::span<double> out, Form form, std::span<const char> wanted = {}) const;
  /// Sum over the rows of |d rate / d parameter|: the scale on which a gradient is rounded.
  void absolute_slopes(std::span<double> out) const;

  std::vector<double> constraint;      ///< d, per parameter, >= 0
  std::vector<double> exact_diagonal;  ///< e, per parameter
  std::vector<double> jacobian;        ///< J of the shared parameters
  std::vector<double> private_slope;   ///< J of the private parameters, one per private
  std::vector<double> weight_exact;    ///< per row: second derivative of the row's term in its rate
  std::vector<double> weight_safe;     ///< per row: the same, never below its expectation
  std::vector<double> coupling_scale;  ///< per coupling
  std::vector<double> coupling_values;
  std::vector<double> pair_values;
  std::vector<double> product_p, product_q;
  std::vector<double> dense_exact;  ///< both triangles of every dense block, part of the Hessian
  std::vector<double> dense_safe;   ///< the same in the semidefinite form: positive semidefinite by itself

 private:
  const CurvatureLayout* layout_;
  mutable std::vector<double> row_a_, row_b_;
};

}  // namespace relume::math
