// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The flat model's own order: which parameters touch which rows (math::CurvatureLayout), where each effect stands in
// it, and the lists that evaluation walks.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "model/histfactory_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

}  // namespace

struct HistFactoryArranger {
  HistFactory& model;
  std::vector<std::uint32_t> column_of_parameter{}, position_of_parameter{};

  void run() {
    HistFactory& m = model;
    math::CurvatureLayout& l = m.layout_;
    const std::size_t n = m.parameters_.size();
    l.n_parameters = n;
    l.n_rows = m.n_bins;

    // A per-bin parameter is private when it acts in one row only.
    constexpr std::uint32_t many = none - 1;
    std::vector<std::uint32_t> row_of(n, none);
    for (const Block& block : m.blocks) {
      for_each_bin_factor(block, [&](std::uint32_t parameter, std::uint32_t row, std::size_t) {
        row_of[parameter] = row_of[parameter] == none || row_of[parameter] == row ? row : many;
      });
    }
    // What is correlated with others cannot be eliminated row by row.
    for (const CorrelatedConstraint& block : m.correlated_constraints_) {
      for (const std::uint32_t parameter : block.parameters) row_of[parameter] = many;
    }
    l.private_of_parameter.assign(n, -1);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> privates;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (row_of[i] < many) privates.emplace_back(row_of[i], i);
    }
    std::sort(privates.begin(), privates.end());
    l.row_privates.assign(l.n_rows + 1, 0);
    for (const auto& [row, parameter] : privates) {
      l.private_of_parameter[parameter] = static_cast<std::int32_t>(l.privates.size());
      l.privates.push_back({parameter, row});
      ++l.row_privates[row + 1];
    }
    std::partial_sum(l.row_privates.begin(), l.row_privates.end(), l.row_privates.begin());

    build_groups();
    build_products();
    build_couplings();
    add_dense_blocks(m.correlated_constraints_, l);
    list_factors();
    list_two_sided();
  }

  /// The block's factors, then its additives: what acts on all of its bins.
  template <class F>
  void for_each_effect(const Block& block, F&& f) const {
    for (std::uint32_t i = 0; i < block.n_factors; ++i) f(model.factors[block.factors + i]);
    for (std::uint32_t i = 0; i < block.n_additives; ++i) f(model.additives[block.additives + i]);
  }

  template <class F>
  void for_each_bin_factor(const Block& block, F&& f) const {
    for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
      const std::uint32_t first = model.bin_factors[block.bin_factors + i].first;
      for (std::uint32_t b = 0; b < block.n_bins; ++b)
        f(model.bin_parameters[first + b], block.first_bin + b, first + b);
    }
  }

  void build_groups() {
    HistFactory& m = model;
    math::CurvatureLayout& l = m.layout_;
    column_of_parameter.assign(m.parameters_.size(), none);
    m.bin_columns.assign(m.bin_parameters.size(), HistFactory::no_column);
    std::size_t at = 0;
    std::vector<char> is_listed(m.parameters_.size(), 0);
    for (std::size_t c = 0; c < m.channels_.size(); ++c) {
      const std::size_t first_block = at;
      while (at < m.blocks.size() && m.blocks[at].channel == c) ++at;
      math::RowGroup group;
      group.first_row = m.channels_[c].first_bin;
      group.n_rows = m.channels_[c].n_bins;
      const auto list = [&](std::uint32_t parameter) {
        if (is_listed[parameter] == 0) group.columns.push_back(parameter);
        is_listed[parameter] = 1;
      };
      for (std::size_t k = first_block; k < at; ++k) {
        const Block& block = m.blocks[k];
        for_each_effect(block, [&](auto& effect) { list(effect.parameter); });
        for_each_bin_factor(block, [&](std::uint32_t parameter, std::uint32_t, std::size_t) {
          if (l.private_of_parameter[parameter] < 0) list(parameter);
        });
      }
      std::sort(group.columns.begin(), group.columns.end());
      for (std::uint32_t j = 0; j < group.columns.size(); ++j) {
        column_of_parameter[group.columns[j]] = j;
        is_listed[group.columns[j]] = 0;
      }
      for (std::size_t k = first_block; k < at; ++k) {
        const Block& block = m.blocks[k];
        for_each_effect(block, [&](auto& effect) { effect.column = column_of_parameter[effect.parameter]; });
        for_each_bin_factor(block, [&](std::uint32_t parameter, std::uint32_t, std::size_t index) {
          if (l.private_of_parameter[parameter] < 0) m.bin_columns[index] = column_of_parameter[parameter];
        });
      }
      group.jacobian = l.jacobian_size;
      l.jacobian_size += group.n_rows * group.columns.size();
      l.groups.push_back(std::move(group));
    }
  }

  void build_products() {
    HistFactory& m = model;
    math::CurvatureLayout& l = m.layout_;
    position_of_parameter.assign(m.parameters_.size(), none);
    std::vector<char> is_listed(m.parameters_.size(), 0);
    for (Block& block : m.blocks) {
      math::ProductTerm term;
      term.first = l.product_columns.size();
      block.product = static_cast<std::uint32_t>(l.products.size());
      for_each_effect(block, [&](auto& effect) { is_listed[effect.parameter] = 1; });
      for (const std::uint32_t parameter : l.groups[block.channel].columns) {  // ascending
        if (is_listed[parameter] == 0) continue;
        is_listed[parameter] = 0;
        position_of_parameter[parameter] = static_cast<std::uint32_t>(term.size++);
        l.product_columns.push_back(parameter);
      }
      for_each_effect(block, [&](auto& effect) { effect.position = position_of_parameter[effect.parameter]; });
      l.products.push_back(term);
    }
  }

  /// Second derivatives with per-bin parameters: d rate / d theta divided by gamma, summed over the samples that carry
  /// gamma.
  void build_couplings() {
    HistFactory& m = model;
    math::CurvatureLayout& l = m.layout_;
    std::vector<math::CouplingEntry> couplings;
    std::vector<math::PairEntry> pairs;
    std::vector<std::vector<PairUse>> uses(m.blocks.size());
    std::vector<std::vector<std::uint32_t>> matrices(m.blocks.size());
    // Which blocks carry each per-bin parameter. Within a channel it acts in one row only.
    struct Use {
      std::uint32_t row, parameter;
      std::vector<std::size_t> blocks;
    };
    std::vector<Use> list;
    std::vector<std::uint32_t> use_of_parameter(m.parameters_.size(), none);
    is_aliased.assign(m.parameters_.size(), 0);
    std::size_t at = 0;
    for (std::uint32_t c = 0; c < m.channels_.size(); ++c) {
      const std::size_t first_block = at;
      while (at < m.blocks.size() && m.blocks[at].channel == c) ++at;
      list.clear();
      for (std::size_t k = first_block; k < at; ++k) {
        for_each_bin_factor(m.blocks[k], [&](std::uint32_t parameter, std::uint32_t row, std::size_t) {
          std::uint32_t& use = use_of_parameter[parameter];
          if (use == none) {
            use = static_cast<std::uint32_t>(list.size());
            list.push_back({row, parameter, {}});
          }
          list[use].blocks.push_back(k);
        });
      }
      std::map<std::vector<std::size_t>, std::uint32_t> matrix_of_blocks;
      std::uint32_t jacobian_matrix = none;
      for (const Use& use : list) {
        const bool is_private = l.private_of_parameter[use.parameter] >= 0;
        const bool alias = is_private && use.blocks.size() == at - first_block;
        std::uint32_t matrix;
        if (alias) {
          if (jacobian_matrix == none) {
            jacobian_matrix = static_cast<std::uint32_t>(l.coupling_matrices.size());
            l.coupling_matrices.push_back({c, true, {}, 0});
          }
          matrix = jacobian_matrix;
        } else {
          const auto [found, is_new] = matrix_of_blocks.try_emplace(use.blocks, none);
          if (is_new) found->second = add_coupling_matrix(c, use.blocks);
          matrix = found->second;
          if (is_new && matrix != none) {
            for (const std::size_t k : use.blocks) matrices[k].push_back(matrix);
          }
        }
        is_aliased[use.parameter] = alias;
        use_of_parameter[use.parameter] = none;
        if (matrix != none) {
          couplings.push_back({use.parameter, use.row, matrix, l.private_of_parameter[use.parameter]});
        }
      }
      add_pairs(first_block, at, pairs, uses);
    }
    const auto by_row = [](const auto& a, const auto& b) { return a.row < b.row; };
    std::stable_sort(couplings.begin(), couplings.end(), by_row);
    l.couplings = std::move(couplings);
    l.row_couplings = row_offsets(l.couplings, l.n_rows);
    // Pairs are made channel by channel, row by row within a block: sort them, and carry the uses along.
    std::vector<std::uint32_t> order(pairs.size()), rank_of(pairs.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return pairs[a].row < pairs[b].row; });
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      rank_of[order[i]] = i;
      l.pairs.push_back(pairs[order[i]]);
    }
    l.row_pairs = row_offsets(l.pairs, l.n_rows);
    for (std::size_t k = 0; k < m.blocks.size(); ++k) {
      m.blocks[k].matrix_uses = static_cast<std::uint32_t>(m.matrix_uses.size());
      m.blocks[k].n_matrix_uses = static_cast<std::uint32_t>(matrices[k].size());
      for (const std::uint32_t matrix : matrices[k]) add_matrix_use(m.blocks[k], matrix);
      m.blocks[k].pair_uses = static_cast<std::uint32_t>(m.pair_uses.size());
      m.blocks[k].n_pair_uses = static_cast<std::uint32_t>(uses[k].size());
      for (const PairUse& use : uses[k]) m.pair_uses.push_back({use.bin, rank_of[use.pair]});
    }
  }
  std::vector<char> is_aliased{};  ///< per-bin parameters of the current channel that couple through the whole Jacobian

  /// Columns: what the blocks' scalar parameters touch. None where there are no such parameters.
  std::uint32_t add_coupling_matrix(std::uint32_t channel, const std::vector<std::size_t>& blocks) {
    math::CurvatureLayout& l = model.layout_;
    const math::RowGroup& group = l.groups[channel];
    std::vector<char>& is_touched = touched;
    is_touched.resize(l.n_parameters, 0);
    for (const std::size_t k : blocks) {
      const math::ProductTerm& term = l.products[model.blocks[k].product];
      for (std::size_t j = 0; j < term.size; ++j) is_touched[l.product_columns[term.first + j]] = 1;
    }
    math::CouplingMatrix matrix{channel, false, {}, l.coupling_size};
    for (std::uint32_t column = 0; column < group.columns.size(); ++column) {
      char& is_column = is_touched[group.columns[column]];
      if (is_column != 0) matrix.columns.push_back(column);
      is_column = 0;
    }
    if (matrix.columns.empty()) return none;
    l.coupling_size += group.n_rows * matrix.columns.size();
    l.coupling_matrices.push_back(std::move(matrix));
    return static_cast<std::uint32_t>(l.coupling_matrices.size() - 1);
  }
  std::vector<char> touched{};  ///< scratch of add_coupling_matrix, which leaves zeros

  /// Both lists of columns ascend.
  void add_matrix_use(const Block& block, std::uint32_t index) {
    const math::CurvatureLayout& l = model.layout_;
    const math::CouplingMatrix& matrix = l.coupling_matrices[index];
    const math::RowGroup& group = l.groups[matrix.group];
    const math::ProductTerm& term = l.products[block.product];
    model.matrix_uses.push_back({matrix.values, static_cast<std::uint32_t>(model.block_columns.size())});
    std::uint32_t position = 0;
    for (std::size_t j = 0; j < term.size; ++j) {
      while (group.columns[matrix.columns[position]] != l.product_columns[term.first + j]) ++position;
      model.block_columns.push_back(position);
    }
  }

  void add_pairs(std::size_t first_block, std::size_t end, std::vector<math::PairEntry>& pairs,
                 std::vector<std::vector<PairUse>>& uses) const {
    const HistFactory& m = model;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> index;
    for (std::size_t k = first_block; k < end; ++k) {
      const Block& block = m.blocks[k];
      for (std::uint32_t b = 0; b < block.n_bins; ++b) {
        for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
          for (std::uint32_t j = 0; j < i; ++j) {
            const std::uint32_t x = m.bin_parameters[m.bin_factors[block.bin_factors + i].first + b];
            const std::uint32_t y = m.bin_parameters[m.bin_factors[block.bin_factors + j].first + b];
            // A private parameter coupled through the whole Jacobian already sees the shared per-bin columns in it.
            const bool x_shared = m.layout_.private_of_parameter[x] < 0,
                       y_shared = m.layout_.private_of_parameter[y] < 0;
            if ((x_shared && is_aliased[y] != 0) || (y_shared && is_aliased[x] != 0)) continue;
            const auto [at, is_new] =
                index.try_emplace({std::min(x, y), std::max(x, y)}, static_cast<std::uint32_t>(pairs.size()));
            if (is_new) pairs.push_back({std::min(x, y), std::max(x, y), block.first_bin + b});
            uses[k].push_back({b, at->second});
          }
        }
      }
    }
  }

  template <class T>
  static std::vector<std::uint32_t> row_offsets(const std::vector<T>& entries, std::size_t n_rows) {
    std::vector<std::uint32_t> offsets(n_rows + 1, 0);
    for (const T& entry : entries) ++offsets[entry.row + 1];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    return offsets;
  }

  void list_two_sided() {
    HistFactory& m = model;
    std::vector<char> same_side(m.parameters_.size(), 0);
    for (const Block& block : m.blocks) {
      for (std::uint32_t i = 0; i < block.n_additives; ++i) {
        const Additive& a = m.additives[block.additives + i];
        if (a.symmetric == Additive::no_symmetric) continue;
        for (std::uint32_t b = 0; b < block.n_bins; ++b) {
          // hi - nominal = M + D, lo - nominal = M - D
          same_side[a.parameter] |=
              std::fabs(m.coefficients[a.symmetric + b]) > std::fabs(m.coefficients[a.linear + b]);
        }
      }
      for (std::uint32_t i = 0; i < block.n_factors; ++i) {
        const Factor& f = m.factors[block.factors + i];
        if (f.kind == FactorKind::linear) continue;
        const math::MultiplicativeResponse& response = m.responses[f.response];
        same_side[f.parameter] |= response.log_hi * response.log_lo > 0.0;
      }
    }
    for (std::uint32_t i = 0; i < same_side.size(); ++i) {
      if (same_side[i] != 0) m.two_sided_.push_back(i);
    }
  }

  void list_factors() {
    HistFactory& m = model;
    const std::size_t n = m.factors.size();
    for (auto& coefficients : m.factor_polynomials) coefficients.assign(n, 0.0);
    m.factor_parameters.resize(n);
    std::vector<std::uint32_t> sizes(m.parameters_.size(), 0);
    for (std::size_t i = 0; i < n; ++i) {
      const Factor& f = m.factors[i];
      m.factor_parameters[i] = f.parameter;
      if (f.kind == FactorKind::linear) {
        m.factor_polynomials[1][i] = 1.0;
        continue;
      }
      ++sizes[f.parameter];
      m.factor_polynomials[0][i] = 1.0;
      const auto& polynomial = m.responses[f.response].polynomial;
      for (std::size_t k = 0; k < polynomial.size(); ++k) m.factor_polynomials[k + 1][i] = polynomial[k];
    }
    std::uint32_t first = 0;
    std::vector<std::uint32_t> list_of_parameter(sizes.size(), none);
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == 0) continue;
      list_of_parameter[i] = static_cast<std::uint32_t>(m.exponential_factors.size());
      m.exponential_factors.push_back({i, first, 0});
      first += sizes[i];
    }
    m.exponential_lists.resize(first);
    for (std::uint32_t i = 0; i < n; ++i) {
      if (m.factors[i].kind == FactorKind::linear) continue;
      ExponentialFactors& list = m.exponential_factors[list_of_parameter[m.factors[i].parameter]];
      m.exponential_lists[list.first + list.size++] = i;
    }
  }
};

void arrange(HistFactory& model) { HistFactoryArranger{model}.run(); }

}  // namespace relume::model
