// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "math/curvature_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "math/gather.hpp"

namespace relume::math {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using BlockMap = Eigen::Map<const Matrix>;

constexpr std::uint32_t absent = std::numeric_limits<std::uint32_t>::max();

/// Smallest pivot of a Cholesky factor, relative to the diagonal it came from, that still counts as curvature: below
/// it the direction is flat to within the rounding of the Hessian itself.
constexpr double min_relative_pivot = 1e-13;

/// The private parameters of one row with their exact curvature, factorised: Gamma = L L^T.
struct RowElimination {
  std::vector<std::uint32_t> privates;  ///< indices into layout.privates, the free ones of the row
  Matrix factor;
};

}  // namespace

struct CurvatureSolver::Impl {
  explicit Impl(const CurvatureLayout& l) : layout(l), shared_of_parameter(l.n_parameters, absent) {
    for (std::uint32_t i = 0; i < l.n_parameters; ++i) {
      if (l.private_of_parameter[i] < 0) {
        shared_of_parameter[i] = static_cast<std::uint32_t>(shared.size());
        shared.push_back(i);
      }
    }
    const double p = static_cast<double>(shared.size());
    const double b = static_cast<double>(l.n_rows);
    row_space = p > small_dense && b * b * p / 2 + b * b * b / 6 < b * p * p / 2 + p * p * p / 6;
    stiffness.resize(l.n_parameters);
    fisher_diagonal.resize(l.n_parameters);
    is_unconstrained.resize(l.n_parameters);
    reduced_weight.resize(l.n_rows);
    private_sum.resize(l.n_rows);
    shared_rhs.resize(static_cast<Eigen::Index>(shared.size()));
    shared_x.resize(static_cast<Eigen::Index>(shared.size()));
    row_vector.resize(static_cast<Eigen::Index>(l.n_rows));
    eliminations.resize(l.n_rows);
    choose_stacking();
  }

  /// Below this many shared parameters a dense factorisation costs next to nothing and serves the exact form too.
  static constexpr double small_dense = 24;

  const CurvatureLayout& layout;
  std::vector<std::uint32_t> shared_of_parameter, shared;
  bool row_space = false;

  const Curvature* curvature = nullptr;
  std::vector<char> free;
  Form form = Form::semidefinite;
  bool exact_elimination = false;
  std::size_t failed_row = 0;
  std::vector<char> is_unconstrained;

  std::vector<double> stiffness, fisher_diagonal, reduced_weight, private_sum;
  std::vector<RowElimination> eliminations;
  std::vector<std::uint32_t> product_rows;
  Matrix dense, panel, panel_weighted, row_matrix, scaled_jacobian;
  Eigen::LLT<Matrix> llt;
  Vector shared_rhs, shared_x, row_vector, group_weight;
  Matrix row_coupling;               ///< of one row's privates
  Vector inverse_root, root_weight;  ///< row space: stiffness^-1/2 per shared parameter, weight^1/2 per row

  bool is_free(std::uint32_t parameter) const { return free[parameter] != 0; }

  /// `share`: see null_direction_share; 0 keeps the Hessian as it is.
  void set_stiffness(double share, bool with_exact_diagonal = false) {
    if (share == 0.0) {
      stiffness = curvature->constraint;
      return;
    }
    for (std::size_t i = 0; i < layout.n_parameters; ++i) is_unconstrained[i] = curvature->constraint[i] == 0.0;
    curvature->diagonal(fisher_diagonal, Form::semidefinite, is_unconstrained);
    for (std::size_t i = 0; i < layout.n_parameters; ++i) {
      stiffness[i] = curvature->constraint[i];
      if (is_unconstrained[i]) stiffness[i] += share * fisher_diagonal[i];
      // What the exact diagonal adds makes conjugate gradients two to three times shorter; at least half of the
      // constraint stays, so that the form stays positive.
      if (with_exact_diagonal) stiffness[i] += std::max(curvature->exact_diagonal[i], -0.5 * curvature->constraint[i]);
      if (!(stiffness[i] > 0.0)) stiffness[i] = 1.0;  // a parameter without any effect: any value solves it
    }
  }

  /// Fisher form of the private blocks: diag(kappa) + w a a^T, inverted by Sherman-Morrison.
  void reduce_rows_semidefinite() {
    for (std::size_t r = 0; r < layout.n_rows; ++r) {
      double sum = 0.0;
      for (std::uint32_t k = layout.row_privates[r]; k < layout.row_privates[r + 1]; ++k) {
        const std::uint32_t i = layout.privates[k].parameter;
        if (is_free(i)) sum += curvature->private_slope[k] * curvature->private_slope[k] / stiffness[i];
      }
      private_sum[r] = sum;
      reduced_weight[r] = curvature->weight_safe[r] / (1.0 + curvature->weight_safe[r] * sum);
    }
  }

  /// Rows of many groups, side by side in all shared parameters, waiting for one large product: cheaper than one
  /// product and one scatter per group when the groups touch most parameters.
  static constexpr Eigen::Index stack_rows = 512;
  Matrix stack;
  Vector stack_weight;
  Eigen::Index n_stacked = 0;
  bool stacks = false;

  void choose_stacking() {
    double scattered = 0.0;
    for (const RowGroup& g : layout.groups) scattered += 0.5 * static_cast<double>(g.columns.size() * g.columns.size());
    stacks = scattered > static_cast<double>(layout.n_rows * shared.size());
    if (stacks) {
      const auto rows = std::min<Eigen::Index>(stack_rows, static_cast<Eigen::Index>(layout.n_rows));
      stack.setZero(rows, static_cast<Eigen::Index>(shared.size()));
      stack_weight.setZero(rows);
    }
  }

  void flush_stack() {
    if (n_stacked == 0) return;
    const auto rows = stack.topRows(n_stacked);
    panel_weighted.noalias() = stack_weight.head(n_stacked).asDiagonal() * rows;
    dense.triangularView<Eigen::Lower>() += rows.transpose() * panel_weighted;
    stack.setZero();
    n_stacked = 0;
  }

  void stack_group(const RowGroup& g, const double* block, const Eigen::Ref<const Vector>& weight) {
    for (std::size_t done = 0; done < g.n_rows;) {
      const auto room = static_cast<std::size_t>(stack.rows() - n_stacked);
      const std::size_t take = std::min(room, g.n_rows - done);
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        const double* from = block + c * g.n_rows + done;
        double* to =
            stack.data() + static_cast<Eigen::Index>(shared_of_parameter[g.columns[c]]) * stack.rows() + n_stacked;
        std::copy(from, from + take, to);
      }
      for (std::size_t r = 0; r < take; ++r) {
        stack_weight[n_stacked + static_cast<Eigen::Index>(r)] = weight[static_cast<Eigen::Index>(done + r)];
      }
      n_stacked += static_cast<Eigen::Index>(take);
      done += take;
      if (n_stacked == stack.rows()) flush_stack();
    }
  }

  /// dense += J^T diag(weight) J over the shared parameters (lower triangle).
  void add_weighted_rows(const RowGroup& g, const double* block, const Eigen::Ref<const Vector>& weight) {
    const auto rows = static_cast<Eigen::Index>(g.n_rows);
    const auto columns = static_cast<Eigen::Index>(g.columns.size());
    if (columns == 0) return;
    if (stacks) return stack_group(g, block, weight);
    const BlockMap j(block, rows, columns);
    if (rows == 1) {
      const double w = weight[0];
      if (w == 0.0) return;
      for (Eigen::Index c = 0; c < columns; ++c) {
        const double x = w * j(0, c);
        if (x == 0.0) continue;
        double* out = dense.data() + static_cast<Eigen::Index>(shared_index(g, c)) * dense.rows();
        for (Eigen::Index d = c; d < columns; ++d) out[shared_index(g, d)] += x * j(0, d);
      }
      return;
    }
    panel_weighted.noalias() = weight.asDiagonal() * j;
    panel.resize(columns, columns);
    panel.triangularView<Eigen::Lower>().setZero();
    panel.triangularView<Eigen::Lower>() += j.transpose() * panel_weighted;
    scatter(g);
  }

  std::uint32_t shared_index(const RowGroup& g, Eigen::Index c) const {
    return shared_of_parameter[g.columns[static_cast<std::size_t>(c)]];
  }

  void scatter(const RowGroup& g) {
    const Eigen::Index columns = panel.cols();
    for (Eigen::Index c = 0; c < columns; ++c) {
      double* out = dense.data() + static_cast<Eigen::Index>(shared_index(g, c)) * dense.rows();
      for (Eigen::Index d = c; d < columns; ++d) out[shared_index(g, d)] += panel(d, c);
    }
  }

  void add_lower(std::uint32_t i, std::uint32_t j, double value) {
    const std::uint32_t a = shared_of_parameter[i], b = shared_of_parameter[j];
    dense(static_cast<Eigen::Index>(std::max(a, b)), static_cast<Eigen::Index>(std::min(a, b))) += value;
  }

  /// Coupling of private `k` in row r to the shared parameters, exact form: w a J_r + sum of scaled coupling rows.
  void coupling_row(const RowGroup& g, std::size_t row, std::uint32_t k, Eigen::Ref<Vector> out) const {
    const std::size_t r = row - g.first_row;
    const double wa = curvature->weight_exact[row] * curvature->private_slope[k];
    double jacobian_scale = wa;
    for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
      const CouplingEntry& c = layout.couplings[m];
      if (c.private_index != static_cast<std::int32_t>(k)) continue;
      const CouplingMatrix& matrix = layout.coupling_matrices[c.matrix];
      if (matrix.is_jacobian) {
        jacobian_scale += curvature->coupling_scale[m];
      } else {
        const double* values = curvature->coupling_values.data() + matrix.values + r;
        for (std::size_t j = 0; j < matrix.columns.size(); ++j) {
          out[static_cast<Eigen::Index>(matrix.columns[j])] += curvature->coupling_scale[m] * values[j * g.n_rows];
        }
      }
    }
    const double* values = curvature->jacobian.data() + g.jacobian + r;
    for (std::size_t j = 0; j < g.columns.size(); ++j) {
      out[static_cast<Eigen::Index>(j)] += jacobian_scale * values[j * g.n_rows];
    }
  }

  /// Gamma of one row in exact form; false when it is not positive definite.
  bool factorise_row(std::size_t row, RowElimination& e) const {
    e.privates.clear();
    for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
      if (is_free(layout.privates[k].parameter)) e.privates.push_back(k);
    }
    const auto n = static_cast<Eigen::Index>(e.privates.size());
    e.factor.resize(n, n);
    if (n == 0) return true;
    for (Eigen::Index a = 0; a < n; ++a) {
      const std::uint32_t ka = e.privates[static_cast<std::size_t>(a)];
      const std::uint32_t i = layout.privates[ka].parameter;
      for (Eigen::Index b = 0; b <= a; ++b) {
        const std::uint32_t kb = e.privates[static_cast<std::size_t>(b)];
        e.factor(a, b) = curvature->weight_exact[row] * curvature->private_slope[ka] * curvature->private_slope[kb];
      }
      e.factor(a, a) += stiffness[i] + curvature->exact_diagonal[i];
    }
    for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
      const PairEntry& pair = layout.pairs[m];
      Eigen::Index a = -1, b = -1;
      for (Eigen::Index x = 0; x < n; ++x) {
        const std::uint32_t i = layout.privates[e.privates[static_cast<std::size_t>(x)]].parameter;
        if (i == pair.first) a = x;
        if (i == pair.second) b = x;
      }
      if (a >= 0 && b >= 0) e.factor(std::max(a, b), std::min(a, b)) += curvature->pair_values[m];
    }
    if (n == 1) {
      if (!(e.factor(0, 0) > 0.0)) return false;
      e.factor(0, 0) = std::sqrt(e.factor(0, 0));
      return true;
    }
    const Vector diagonal = e.factor.diagonal();
    const Eigen::LLT<Eigen::Ref<Matrix>> factor(e.factor);
    bool positive = factor.info() == Eigen::Success;
    for (Eigen::Index a = 0; positive && a < n; ++a) {
      positive = e.factor(a, a) * e.factor(a, a) > min_relative_pivot * diagonal[a];
    }
    return positive;
  }

  /// Private-shared pairs of one row add to a private's coupling row.
  void add_shared_pairs(std::size_t row, std::uint32_t k, const RowGroup& g, Eigen::Ref<Vector> out) const {
    const std::uint32_t i = layout.privates[k].parameter;
    for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
      const PairEntry& pair = layout.pairs[m];
      const std::uint32_t other = pair.first == i ? pair.second : pair.second == i ? pair.first : absent;
      if (other == absent || layout.private_of_parameter[other] >= 0) continue;
      const auto at = std::lower_bound(g.columns.begin(), g.columns.end(), other);
      out[at - g.columns.begin()] += curvature->pair_values[m];
    }
  }

  bool assemble_dense() {
    const auto n = static_cast<Eigen::Index>(shared.size());
    dense.setZero(n, n);
    for (std::size_t s = 0; s < shared.size(); ++s) {
      const std::uint32_t i = shared[s];
      dense(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(s)) =
          stiffness[i] + (exact_elimination ? curvature->exact_diagonal[i] : 0.0);
    }
    Vector& weight = group_weight;
    Matrix rows;
    for (const RowGroup& g : layout.groups) {
      const double* jacobian = curvature->jacobian.data() + g.jacobian;
      const auto n_rows = static_cast<Eigen::Index>(g.n_rows);
      weight.resize(n_rows);
      if (!exact_elimination) {
        for (Eigen::Index r = 0; r < n_rows; ++r) {
          weight[r] = reduced_weight[g.first_row + static_cast<std::size_t>(r)];
        }
        add_weighted_rows(g, jacobian, weight);
        continue;
      }
      // Rows whose privates couple through the Jacobian alone keep the form weight * j j^T; the others add explicit
      // rows.
      Eigen::Index n_extra = 0;
      for (Eigen::Index r = 0; r < n_rows; ++r) {
        const std::size_t row = g.first_row + static_cast<std::size_t>(r);
        weight[r] = curvature->weight_exact[row];
        if (layout.row_privates[row] == layout.row_privates[row + 1]) continue;
        RowElimination& e = eliminations[row];
        if (!factorise_row(row, e)) {
          failed_row = row;
          return false;
        }
        if (e.privates.empty()) continue;
        const auto k = static_cast<Eigen::Index>(e.privates.size());
        if (couples_through_jacobian(row, e)) {
          if (k == 1) {
            const double scale = jacobian_scale(row, e.privates[0]) / e.factor(0, 0);
            weight[r] -= scale * scale;
            continue;
          }
          Vector scale(k);
          for (Eigen::Index a = 0; a < k; ++a) scale[a] = jacobian_scale(row, e.privates[static_cast<std::size_t>(a)]);
          e.factor.triangularView<Eigen::Lower>().solveInPlace(scale);
          weight[r] -= scale.squaredNorm();
          continue;
        }
        const auto columns = static_cast<Eigen::Index>(g.columns.size());
        if (rows.rows() < n_extra + k || rows.cols() != columns) rows.conservativeResize(n_extra + k + n_rows, columns);
        Matrix coupling = Matrix::Zero(columns, k);
        for (Eigen::Index a = 0; a < k; ++a) {
          coupling_row(g, row, e.privates[static_cast<std::size_t>(a)], coupling.col(a));
          add_shared_pairs(row, e.privates[static_cast<std::size_t>(a)], g, coupling.col(a));
        }
        rows.middleRows(n_extra, k) = coupling.transpose();
        Matrix solved = rows.middleRows(n_extra, k);
        e.factor.triangularView<Eigen::Lower>().solveInPlace(solved);
        rows.middleRows(n_extra, k) = solved;
        n_extra += k;
      }
      add_weighted_rows(g, jacobian, weight);
      if (n_extra > 0) {
        const Matrix extra = rows.topRows(n_extra);
        panel.resize(extra.cols(), extra.cols());
        panel.triangularView<Eigen::Lower>().setZero();
        panel.triangularView<Eigen::Lower>() -= extra.transpose() * extra;
        scatter(g);
      }
      for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) add_shared_row_terms(g, row);
    }
    flush_stack();
    if (exact_elimination) {
      for (const ProductTerm& term : layout.products) add_product(term);
    }
    for (std::size_t s = 0; s < shared.size(); ++s) {
      if (is_free(shared[s])) continue;
      const auto i = static_cast<Eigen::Index>(s);
      dense.row(i).setZero();
      dense.col(i).setZero();
      dense(i, i) = 1.0;
    }
    return true;
  }

  bool couples_through_jacobian(std::size_t row, const RowElimination& e) const {
    for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
      const CouplingEntry& c = layout.couplings[m];
      if (c.private_index < 0 || layout.coupling_matrices[c.matrix].is_jacobian) continue;
      if (std::find(e.privates.begin(), e.privates.end(), static_cast<std::uint32_t>(c.private_index)) !=
          e.privates.end()) {
        return false;
      }
    }
    for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
      const bool first = layout.private_of_parameter[layout.pairs[m].first] >= 0;
      const bool second = layout.private_of_parameter[layout.pairs[m].second] >= 0;
      if (first != second) return false;
    }
    return true;
  }

  double jacobian_scale(std::size_t row, std::uint32_t k) const {
    double scale = curvature->weight_exact[row] * curvature->private_slope[k];
    for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
      if (layout.couplings[m].private_index == static_cast<std::int32_t>(k)) scale += curvature->coupling_scale[m];
    }
    return scale;
  }

  /// Couplings of shared per-row parameters (a shapefactor of several channels) and pairs among them.
  void add_shared_row_terms(const RowGroup& g, std::size_t row) {
    const std::size_t r = row - g.first_row;
    for (std::uint32_t m = layout.row_couplings[row]; m < layout.row_couplings[row + 1]; ++m) {
      const CouplingEntry& c = layout.couplings[m];
      if (c.private_index >= 0) continue;
      const CouplingMatrix& matrix = layout.coupling_matrices[c.matrix];
      const double* values = curvature->coupling_values.data() + matrix.values + r;
      for (std::size_t j = 0; j < matrix.columns.size(); ++j) {
        const double value = curvature->coupling_scale[m] * values[j * g.n_rows];
        if (value != 0.0) add_lower(c.parameter, g.columns[matrix.columns[j]], value);
      }
    }
    for (std::uint32_t m = layout.row_pairs[row]; m < layout.row_pairs[row + 1]; ++m) {
      const PairEntry& pair = layout.pairs[m];
      if (layout.private_of_parameter[pair.first] < 0 && layout.private_of_parameter[pair.second] < 0) {
        add_lower(pair.first, pair.second, curvature->pair_values[m]);
      }
    }
  }

  /// Columns of a product term ascend, so its elements fall into the lower triangle.
  void add_product(const ProductTerm& term) {
    const std::uint32_t* columns = layout.product_columns.data() + term.first;
    const double* p = curvature->product_p.data() + term.first;
    const double* q = curvature->product_q.data() + term.first;
    product_rows.resize(term.size);
    for (std::size_t a = 0; a < term.size; ++a) product_rows[a] = shared_of_parameter[columns[a]];
    for (std::size_t b = 0; b < term.size; ++b) {
      if (p[b] == 0.0 && q[b] == 0.0) continue;
      double* out = dense.data() + static_cast<Eigen::Index>(product_rows[b]) * dense.rows();
      for (std::size_t a = b; a < term.size; ++a) out[product_rows[a]] += p[a] * q[b] + q[a] * p[b];
    }
  }

  Factorisation factorise_dense() {
    if (!assemble_dense()) return Factorisation::not_positive_definite;
    shared_x = dense.diagonal();
    const Vector& diagonal = shared_x;
    llt.compute(dense);
    if (llt.info() != Eigen::Success) return Factorisation::not_positive_definite;
    for (Eigen::Index i = 0; i < diagonal.size(); ++i) {
      const double pivot = llt.matrixLLT()(i, i);
      if (!(pivot * pivot > min_relative_pivot * diagonal[i])) return Factorisation::not_positive_definite;
    }
    return Factorisation::positive_definite;
  }

  /// I + W^1/2 J D^-1 J^T W^1/2 over the rows.
  void factorise_row_space() {
    const auto b = static_cast<Eigen::Index>(layout.n_rows);
    scaled_jacobian.setZero(static_cast<Eigen::Index>(shared.size()),
                            b);  // one row of H's columns per shared parameter
    inverse_root.resize(shared_x.size());
    for (Eigen::Index s = 0; s < inverse_root.size(); ++s)
      inverse_root[s] = 1.0 / std::sqrt(stiffness[shared[static_cast<std::size_t>(s)]]);
    root_weight.resize(b);
    for (Eigen::Index r = 0; r < b; ++r) root_weight[r] = std::sqrt(reduced_weight[static_cast<std::size_t>(r)]);
    for (const RowGroup& g : layout.groups) {
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        const std::uint32_t i = g.columns[c];
        if (!is_free(i)) continue;
        const std::uint32_t s = shared_of_parameter[i];
        const double* column = curvature->jacobian.data() + g.jacobian + c * g.n_rows;
        for (std::size_t r = 0; r < g.n_rows; ++r) {
          const auto row = static_cast<Eigen::Index>(g.first_row + r);
          scaled_jacobian(s, row) = inverse_root[s] * root_weight[row] * column[r];
        }
      }
    }
    row_matrix.setIdentity(b, b);
    row_matrix.selfadjointView<Eigen::Lower>().rankUpdate(scaled_jacobian.transpose());
    llt.compute(row_matrix);
  }

  /// shared_x = (Schur complement)^-1 shared_rhs
  void solve_shared() {
    if (!uses_row_space()) {
      for (std::size_t s = 0; s < shared.size(); ++s) {
        if (!is_free(shared[s])) shared_rhs[static_cast<Eigen::Index>(s)] = 0.0;
      }
      shared_x = llt.solve(shared_rhs);
      return;
    }
    for (std::size_t s = 0; s < shared.size(); ++s) {
      const auto i = static_cast<Eigen::Index>(s);
      shared_x[i] = is_free(shared[s]) ? shared_rhs[i] * inverse_root[i] : 0.0;
    }
    row_vector.noalias() = scaled_jacobian.transpose() * shared_x;
    llt.solveInPlace(row_vector);
    shared_x.noalias() -= scaled_jacobian * row_vector;
    for (std::size_t s = 0; s < shared.size(); ++s) {
      const auto i = static_cast<Eigen::Index>(s);
      shared_x[i] = is_free(shared[s]) ? shared_x[i] * inverse_root[i] : 0.0;
    }
  }

  bool uses_row_space() const { return row_space && form != Form::exact; }

  void gather_shared(std::span<const double> b) {
    for (std::size_t s = 0; s < shared.size(); ++s) shared_rhs[static_cast<Eigen::Index>(s)] = b[shared[s]];
  }
  void spread_shared(std::span<double> x) const {
    std::fill(x.begin(), x.end(), 0.0);
    for (std::size_t s = 0; s < shared.size(); ++s) {
      if (is_free(shared[s])) x[shared[s]] = shared_x[static_cast<Eigen::Index>(s)];
    }
  }

  /// shared_rhs(columns) += block * factor, for a group of one row.
  void shared_columns(const RowGroup& g, const double* block, double factor) {
    for (std::size_t c = 0; c < g.columns.size(); ++c) {
      shared_rhs[shared_of_parameter[g.columns[c]]] += block[c] * factor;
    }
  }

  void solve_semidefinite(std::span<const double> b, std::span<double> x) {
    gather_shared(b);
    // Row vector w (a^T Gamma^-1 b_gamma), to be subtracted through J^T.
    for (const RowGroup& g : layout.groups) {
      if (layout.row_privates[g.first_row] == layout.row_privates[g.first_row + g.n_rows]) continue;
      bool any = false;
      for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) {
        double sum = 0.0;
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (is_free(i)) sum += curvature->private_slope[k] * b[i] / stiffness[i];
        }
        row_vector[static_cast<Eigen::Index>(row)] = reduced_weight[row] * sum;
        any = any || sum != 0.0;
      }
      if (!any) continue;
      if (g.n_rows == 1) {
        const double pulled = -row_vector[static_cast<Eigen::Index>(g.first_row)];
        shared_columns(g, curvature->jacobian.data() + g.jacobian, pulled);
        continue;
      }
      for (std::size_t c = 0; c < g.columns.size(); ++c) {
        const double* column = curvature->jacobian.data() + g.jacobian + c * g.n_rows;
        double sum = 0.0;
        for (std::size_t r = 0; r < g.n_rows; ++r) {
          sum += column[r] * row_vector[static_cast<Eigen::Index>(g.first_row + r)];
        }
        shared_rhs[shared_of_parameter[g.columns[c]]] -= sum;
      }
    }
    solve_shared();
    spread_shared(x);
    for (const RowGroup& g : layout.groups) {
      for (std::size_t r = 0; r < g.n_rows; ++r) {
        const std::size_t row = g.first_row + r;
        if (layout.row_privates[row] == layout.row_privates[row + 1]) continue;
        double s = 0.0;
        if (g.n_rows == 1) {
          s = gathered_dot(curvature->jacobian.data() + g.jacobian, g.columns.data(), g.columns.size(), x.data());
        } else {
          for (std::size_t c = 0; c < g.columns.size(); ++c) {
            s += curvature->jacobian[g.jacobian + c * g.n_rows + r] * x[g.columns[c]];
          }
        }
        double sum = 0.0;
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (is_free(i)) sum += curvature->private_slope[k] * b[i] / stiffness[i];
        }
        const double pull = reduced_weight[row] * (s + sum);
        for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
          const std::uint32_t i = layout.privates[k].parameter;
          if (is_free(i)) x[i] = (b[i] - curvature->private_slope[k] * pull) / stiffness[i];
        }
      }
    }
  }

  /// Calls f(group, row, elimination, coupling rows: columns x privates) for every row with free privates.
  template <class F>
  void for_each_elimination(F&& f) {
    Matrix& coupling = row_coupling;
    for (const RowGroup& g : layout.groups) {
      for (std::size_t row = g.first_row; row < g.first_row + g.n_rows; ++row) {
        const RowElimination& e = eliminations[row];
        if (e.privates.empty()) continue;
        coupling.setZero(static_cast<Eigen::Index>(g.columns.size()), static_cast<Eigen::Index>(e.privates.size()));
        for (std::size_t a = 0; a < e.privates.size(); ++a) {
          coupling_row(g, row, e.privates[a], coupling.col(static_cast<Eigen::Index>(a)));
          add_shared_pairs(row, e.privates[a], g, coupling.col(static_cast<Eigen::Index>(a)));
        }
        f(g, e, coupling);
      }
    }
  }

  static void solve_row(const RowElimination& e, Vector& v) {
    e.factor.triangularView<Eigen::Lower>().solveInPlace(v);
    e.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(v);
  }

  void solve_exact(std::span<const double> b, std::span<double> x) {
    gather_shared(b);
    for_each_elimination([&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
      if (e.privates.size() == 1) {
        const double v = b[layout.privates[e.privates[0]].parameter] / (e.factor(0, 0) * e.factor(0, 0));
        for (Eigen::Index c = 0; c < coupling.rows(); ++c) shared_rhs[shared_index(g, c)] -= coupling(c, 0) * v;
        return;
      }
      Vector v = private_part(e, b);
      solve_row(e, v);
      const Vector pulled = coupling * v;
      for (Eigen::Index c = 0; c < pulled.size(); ++c) shared_rhs[shared_index(g, c)] -= pulled[c];
    });
    solve_shared();
    spread_shared(x);
    for_each_elimination([&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
      if (e.privates.size() == 1) {
        const std::uint32_t i = layout.privates[e.privates[0]].parameter;
        double v = b[i];
        for (Eigen::Index c = 0; c < coupling.rows(); ++c)
          v -= coupling(c, 0) * x[g.columns[static_cast<std::size_t>(c)]];
        x[i] = v / (e.factor(0, 0) * e.factor(0, 0));
        return;
      }
      Vector v = private_part(e, b);
      Vector at(coupling.rows());
      for (Eigen::Index c = 0; c < at.size(); ++c) at[c] = x[g.columns[static_cast<std::size_t>(c)]];
      v.noalias() -= coupling.transpose() * at;
      solve_row(e, v);
      for (std::size_t a = 0; a < e.privates.size(); ++a) {
        x[layout.privates[e.privates[a]].parameter] = v[static_cast<Eigen::Index>(a)];
      }
    });
  }

  Vector private_part(const RowElimination& e, std::span<const double> b) const {
    Vector v(static_cast<Eigen::Index>(e.privates.size()));
    for (std::size_t a = 0; a < e.privates.size(); ++a) {
      v[static_cast<Eigen::Index>(a)] = b[layout.privates[e.privates[a]].parameter];
    }
    return v;
  }
};

CurvatureSolver::CurvatureSolver(const CurvatureLayout& layout) : impl_(std::make_unique<Impl>(layout)) {}
CurvatureSolver::~CurvatureSolver() = default;

bool CurvatureSolver::prefers_dense() const { return !impl_->row_space; }

Factorisation CurvatureSolver::factorise(const Curvature& curvature, std::span<const char> free, Form form) {
  Impl& s = *impl_;
  s.curvature = &curvature;
  s.free.assign(free.begin(), free.end());
  s.form = form;
  s.exact_elimination = form == Form::exact;
  s.set_stiffness(null_direction_share, form == Form::preconditioner);
  if (form != Form::exact) {
    s.reduce_rows_semidefinite();
    if (s.uses_row_space()) {
      s.factorise_row_space();
      return Factorisation::positive_definite;
    }
  }
  return s.factorise_dense();
}

void CurvatureSolver::solve(std::span<const double> b, std::span<double> x) {
  if (impl_->exact_elimination) {
    impl_->solve_exact(b, x);
  } else {
    impl_->solve_semidefinite(b, x);
  }
}

CovarianceResult invert(const Curvature& curvature, std::span<const char> free, bool full_matrix) {
  const CurvatureLayout& layout = curvature.layout();
  CurvatureSolver::Impl s(layout);
  s.curvature = &curvature;
  s.free.assign(free.begin(), free.end());
  s.form = Form::exact;
  s.exact_elimination = true;
  s.set_stiffness(0.0);
  CovarianceResult result;
  const std::size_t n = layout.n_parameters;
  result.variances.assign(n, 0.0);
  if (!s.assemble_dense()) {
    // Some row's own parameters have no curvature between them.
    result.null_direction.assign(n, 0.0);
    for (std::uint32_t k = layout.row_privates[s.failed_row]; k < layout.row_privates[s.failed_row + 1]; ++k) {
      if (s.is_free(layout.privates[k].parameter)) result.null_direction[layout.privates[k].parameter] = 1.0;
    }
    return result;
  }

  // In units of each parameter's own curvature, before the private ones are eliminated, pivots and eigenvalues are
  // comparable: what elimination leaves of a flat direction is rounding on that scale.
  const Eigen::Index p = s.dense.rows();
  curvature.diagonal(s.fisher_diagonal, Form::semidefinite);
  Vector scale(p);
  for (Eigen::Index i = 0; i < p; ++i) {
    const std::uint32_t parameter = s.shared[static_cast<std::size_t>(i)];
    const double own = s.is_free(parameter) ? std::max(s.fisher_diagonal[parameter], s.dense(i, i)) : 1.0;
    scale[i] = own > 0.0 ? 1.0 / std::sqrt(own) : 1.0;
  }
  Matrix scaled = s.dense.selfadjointView<Eigen::Lower>();
  scaled = scale.asDiagonal() * scaled * scale.asDiagonal();
  const Eigen::LLT<Matrix> llt(scaled);
  // A pivot below this share of its diagonal is a direction in which the likelihood does not change.
  constexpr double flat = 1e-11;
  bool positive = llt.info() == Eigen::Success;
  for (Eigen::Index i = 0; positive && i < p; ++i) {
    positive = llt.matrixLLT()(i, i) * llt.matrixLLT()(i, i) > flat;
  }
  if (!positive) {
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(scaled);
    // In units of the parameters' own curvature: far above what rounding makes of a flat direction.
    constexpr double downwards = 1e-6;
    result.curves_downwards = eigen.eigenvalues()(0) < -downwards;
    result.null_direction.assign(n, 0.0);
    for (Eigen::Index i = 0; i < p; ++i)
      result.null_direction[s.shared[static_cast<std::size_t>(i)]] = eigen.eigenvectors()(i, 0);
    return result;
  }
  result.positive_definite = true;
  Matrix inverse = Matrix::Identity(p, p);
  llt.solveInPlace(inverse);
  inverse = scale.asDiagonal() * inverse * scale.asDiagonal();
  for (Eigen::Index i = 0; i < p; ++i) {
    const std::uint32_t parameter = s.shared[static_cast<std::size_t>(i)];
    if (s.is_free(parameter)) result.variances[parameter] = inverse(i, i);
  }
  if (full_matrix) {
    result.covariance.assign(n * n, 0.0);
    for (Eigen::Index i = 0; i < p; ++i) {
      const std::uint32_t pi = s.shared[static_cast<std::size_t>(i)];
      if (!s.is_free(pi)) continue;
      for (Eigen::Index j = 0; j < p; ++j) {
        const std::uint32_t pj = s.shared[static_cast<std::size_t>(j)];
        if (s.is_free(pj)) result.covariance[pi * n + pj] = inverse(i, j);
      }
    }
  }
  // Private parameters: C_gs = -Gamma^-1 B C_ss, C_gg = Gamma^-1 + Gamma^-1 B C_ss B^T Gamma^-1.
  std::size_t n_private = 0;
  for (const RowElimination& e : s.eliminations) n_private += e.privates.size();
  if (n_private == 0) return result;
  Matrix coupled(static_cast<Eigen::Index>(full_matrix ? n_private : 0), p);  // Gamma^-1 B, one row per private
  std::vector<std::uint32_t> order;
  Matrix local;  // C_ss on the columns of the current group
  const RowGroup* local_group = nullptr;
  s.for_each_elimination([&](const RowGroup& g, const RowElimination& e, const Matrix& coupling) {
    const auto k = static_cast<Eigen::Index>(e.privates.size());
    Matrix gamma_inverse = Matrix::Identity(k, k);
    e.factor.triangularView<Eigen::Lower>().solveInPlace(gamma_inverse);
    e.factor.triangularView<Eigen::Lower>().transpose().solveInPlace(gamma_inverse);
    const Matrix solved = gamma_inverse * coupling.transpose();  // k x columns
    // B C_ss B^T needs the columns of this row only.
    const Eigen::Index m = coupling.rows();
    if (!full_matrix) {
      if (local_group != &g) {
        local_group = &g;
        local.resize(m, m);
        for (Eigen::Index b = 0; b < m; ++b) {
          for (Eigen::Index a = 0; a < m; ++a) {
            const bool both =
                s.is_free(g.columns[static_cast<std::size_t>(a)]) && s.is_free(g.columns[static_cast<std::size_t>(b)]);
            local(a, b) = both ? inverse(s.shared_index(g, a), s.shared_index(g, b)) : 0.0;
          }
        }
      }
      const Matrix spread = solved * local;
      for (Eigen::Index a = 0; a < k; ++a) {
        result.variances[layout.privates[e.privates[static_cast<std::size_t>(a)]].parameter] =
            gamma_inverse(a, a) + spread.row(a).dot(solved.row(a));
      }
      return;
    }
    for (Eigen::Index a = 0; a < k; ++a) {
      const auto row = static_cast<Eigen::Index>(order.size());
      const std::uint32_t pa = layout.privates[e.privates[static_cast<std::size_t>(a)]].parameter;
      order.push_back(pa);
      coupled.row(row).setZero();
      for (Eigen::Index c = 0; c < m; ++c) {
        if (s.is_free(g.columns[static_cast<std::size_t>(c)])) coupled(row, s.shared_index(g, c)) = solved(a, c);
      }
      for (Eigen::Index b = 0; b < k; ++b) {
        const std::uint32_t pb = layout.privates[e.privates[static_cast<std::size_t>(b)]].parameter;
        result.covariance[pa * n + pb] = gamma_inverse(a, b);
      }
    }
  });
  if (!full_matrix) return result;
  const Matrix cross = -coupled * inverse;           // privates x shared
  const Matrix both = -cross * coupled.transpose();  // privates x privates
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (Eigen::Index j = 0; j < p; ++j) {
      const std::uint32_t pj = s.shared[static_cast<std::size_t>(j)];
      if (!s.is_free(pj)) continue;
      result.covariance[order[a] * n + pj] = result.covariance[pj * n + order[a]] =
          cross(static_cast<Eigen::Index>(a), j);
    }
    for (std::size_t b = 0; b < order.size(); ++b) {
      result.covariance[order[a] * n + order[b]] += both(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
    }
    result.variances[order[a]] = result.covariance[order[a] * n + order[a]];
  }
  return result;
}

}  // namespace relume::math
