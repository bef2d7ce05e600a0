// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The curvature layout of a product: those of its components one after the other, with parameters that they share taken
// out of what each eliminates by itself.
#include <algorithm>
#include <numeric>

#include "model/product_model.hpp"

namespace relume::model {

namespace {

struct LayoutOfComponent {
  Component& c;
  math::CurvatureLayout& l;
  const math::CurvatureLayout& own = c.likelihood->layout();
  std::vector<std::vector<std::uint32_t>> position_of_column{};  ///< per group: old column -> new one
  std::vector<char> has_demoted = std::vector<char>(own.groups.size(), 0);
  std::vector<std::int32_t> private_of_private{};
  std::uint32_t first_group = 0, first_matrix = 0;

  void add() {
    c.first_row = l.n_rows;
    c.first_coupling = l.couplings.size();
    c.first_pair = l.pairs.size();
    first_group = static_cast<std::uint32_t>(l.groups.size());
    first_matrix = static_cast<std::uint32_t>(l.coupling_matrices.size());
    add_privates();
    for (std::size_t g = 0; g < own.groups.size(); ++g) add_group(g);
    for (const math::CouplingMatrix& matrix : own.coupling_matrices) add_matrix(matrix);
    for (const math::CouplingEntry& entry : own.couplings) {
      l.couplings.push_back(
          {c.parameters[entry.parameter], row(entry.row), first_matrix + entry.matrix,
           entry.private_index < 0 ? -1 : private_of_private[static_cast<std::size_t>(entry.private_index)]});
    }
    for (const math::PairEntry& pair : own.pairs) {
      l.pairs.push_back({c.parameters[pair.first], c.parameters[pair.second], row(pair.row)});
    }
    for (const math::ProductTerm& term : own.products) add_product(term);
    // The first ones are those of its correlated constraints, which are the product's to count.
    const std::size_t n_constraints = c.likelihood->correlated_constraints().size();
    for (std::size_t b = n_constraints; b < own.dense_blocks.size(); ++b) add_dense(own.dense_blocks[b]);
    l.n_rows += own.n_rows;
  }

  std::uint32_t row(std::uint32_t own_row) const { return static_cast<std::uint32_t>(c.first_row) + own_row; }

  /// Positions sorted by what they stand for.
  template <class Key>
  static std::vector<std::uint32_t> sorted(std::size_t n, Key key) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
    return order;
  }

  void add_privates() {
    for (std::size_t k = 0; k < own.privates.size(); ++k) {
      const math::PrivateEntry& entry = own.privates[k];
      if (c.is_demoted[entry.parameter] != 0) {
        private_of_private.push_back(-1);
        continue;
      }
      const auto at = static_cast<std::int32_t>(l.privates.size());
      private_of_private.push_back(at);
      l.private_of_parameter[c.parameters[entry.parameter]] = at;
      c.private_slope.add(k, l.privates.size(), 1);
      l.privates.push_back({c.parameters[entry.parameter], row(entry.row)});
    }
  }

  /// Demoted parameters become columns, which are zero but in their row.
  void add_group(std::size_t g) {
    const math::RowGroup& old = own.groups[g];
    math::RowGroup group{c.first_row + old.first_row, old.n_rows, {}, l.jacobian_size};
    for (const std::uint32_t column : old.columns) group.columns.push_back(c.parameters[column]);
    for (std::uint32_t k = own.row_privates[old.first_row]; k < own.row_privates[old.first_row + old.n_rows]; ++k) {
      if (private_of_private[k] >= 0) continue;
      group.columns.push_back(c.parameters[own.privates[k].parameter]);
      has_demoted[g] = 1;
    }
    std::sort(group.columns.begin(), group.columns.end());
    const auto position = [&](std::uint32_t parameter) {
      const auto at = std::lower_bound(group.columns.begin(), group.columns.end(), c.parameters[parameter]);
      return static_cast<std::uint32_t>(at - group.columns.begin());
    };
    std::vector<std::uint32_t> positions;
    for (std::size_t column = 0; column < old.columns.size(); ++column) {
      positions.push_back(position(old.columns[column]));
      c.jacobian.add(old.jacobian + column * old.n_rows, group.jacobian + positions.back() * old.n_rows, old.n_rows);
    }
    for (std::uint32_t k = own.row_privates[old.first_row]; k < own.row_privates[old.first_row + old.n_rows]; ++k) {
      if (private_of_private[k] >= 0) continue;
      const math::PrivateEntry& entry = own.privates[k];
      const std::size_t column = group.jacobian + position(entry.parameter) * old.n_rows;
      c.slope_to_jacobian.add(k, column + (entry.row - old.first_row), 1);
    }
    position_of_column.push_back(std::move(positions));
    l.jacobian_size += group.n_rows * group.columns.size();
    l.groups.push_back(std::move(group));
  }

  /// A matrix that was the whole Jacobian no longer is it where demoted parameters have columns: second derivatives
  /// with those are pairs already.
  void add_matrix(const math::CouplingMatrix& old) {
    const std::vector<std::uint32_t>& positions = position_of_column[old.group];
    const math::RowGroup& old_group = own.groups[old.group];
    math::CouplingMatrix matrix{
        first_group + old.group, old.is_jacobian && has_demoted[old.group] == 0, {}, l.coupling_size};
    if (matrix.is_jacobian) {
      matrix.values = 0;
      l.coupling_matrices.push_back(std::move(matrix));
      return;
    }
    std::vector<std::uint32_t> columns = old.columns;
    if (old.is_jacobian) {
      columns.resize(old_group.columns.size());
      std::iota(columns.begin(), columns.end(), 0u);
    }
    for (const std::uint32_t k : sorted(columns.size(), [&](std::uint32_t a) { return positions[columns[a]]; })) {
      const std::size_t to = matrix.values + matrix.columns.size() * old_group.n_rows;
      matrix.columns.push_back(positions[columns[k]]);
      if (old.is_jacobian) {
        c.jacobian_to_coupling.add(old_group.jacobian + columns[k] * old_group.n_rows, to, old_group.n_rows);
      } else {
        c.coupling_values.add(old.values + k * old_group.n_rows, to, old_group.n_rows);
      }
    }
    l.coupling_size += matrix.columns.size() * old_group.n_rows;
    l.coupling_matrices.push_back(std::move(matrix));
  }

  void add_product(const math::ProductTerm& old) {
    const std::uint32_t* columns = own.product_columns.data() + old.first;
    l.products.push_back({l.product_columns.size(), old.size});
    for (const std::uint32_t k : sorted(old.size, [&](std::uint32_t a) { return c.parameters[columns[a]]; })) {
      c.product_columns.add(old.first + k, l.product_columns.size(), 1);
      l.product_columns.push_back(c.parameters[columns[k]]);
    }
  }

  void add_dense(const math::DenseBlock& old) {
    const std::size_t n = old.parameters.size();
    const auto order = sorted(n, [&](std::uint32_t a) { return c.parameters[old.parameters[a]]; });
    math::DenseBlock block{{}, l.dense_size};
    for (std::size_t j = 0; j < n; ++j) {
      block.parameters.push_back(c.parameters[old.parameters[order[j]]]);
      for (std::size_t k = 0; k < n; ++k) {
        c.dense.add(old.offset + order[j] * n + order[k], block.offset + j * n + k, 1);
      }
    }
    l.dense_size += n * n;
    l.dense_blocks.push_back(std::move(block));
  }
};

}  // namespace

void append_layout(Component& component, math::CurvatureLayout& layout) { LayoutOfComponent{component, layout}.add(); }

}  // namespace relume::model
