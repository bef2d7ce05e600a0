// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/likelihood.hpp"

#include <algorithm>
#include <cmath>

namespace relume::model {

std::string_view to_string(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::none: return "none";
    case ConstraintKind::normal: return "normal";
    case ConstraintKind::poisson: return "poisson";
    case ConstraintKind::gamma_variance: return "gamma_variance";
    case ConstraintKind::correlated_normal: return "correlated_normal";
  }
  return {};
}

double Parameter::prefit_sigma() const {
  switch (constraint.kind) {
    case ConstraintKind::none: return 0.0;
    case ConstraintKind::normal:
    case ConstraintKind::correlated_normal:
    case ConstraintKind::gamma_variance: return constraint.width;
    // The auxiliary measurement of theta has relative uncertainty 1/sqrt(expected count).
    case ConstraintKind::poisson: return 1.0 / std::sqrt(constraint.rate);
  }
  return 0.0;
}

std::optional<ParamId> Likelihood::find_parameter(std::string_view name) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name == name) return ParamId{i};
  }
  return std::nullopt;
}

void Likelihood::evaluate_lanes(std::span<const std::span<const double>> points, std::span<const Data* const> data,
                                math::Derivatives derivatives, const math::Relaxation& relaxation,
                                std::span<Scratch* const> scratch, std::span<math::Evaluation> results) const noexcept {
  for (std::size_t k = 0; k < points.size(); ++k) {
    results[k] = evaluate(points[k], *data[k], derivatives, relaxation, *scratch[k]);
  }
}

void Likelihood::settle(std::span<double>, const Data&, std::span<const char>, Scratch&) const noexcept {}

std::vector<std::uint32_t> Likelihood::idle_parameters(const Data& data) const {
  if (data.masked.empty()) return {};
  std::vector<char> acts(parameters_.size(), 0), is_masked_row(layout_.n_rows, 0);
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const std::size_t end = std::min(channels_[c].first_bin + channels_[c].n_bins, is_masked_row.size());
    for (std::size_t row = channels_[c].first_bin; row < end; ++row) is_masked_row[row] = data.is_masked(c);
  }
  for (const math::RowGroup& group : layout_.groups) {
    for (std::size_t row = group.first_row; row < group.first_row + group.n_rows; ++row) {
      if (is_masked_row[row] != 0) continue;
      for (const std::uint32_t parameter : group.columns) acts[parameter] = 1;
    }
  }
  for (const math::PrivateEntry& entry : layout_.privates) {
    if (is_masked_row[entry.row] == 0) acts[entry.parameter] = 1;
  }
  return without_constraint(acts);
}

std::vector<std::uint32_t> Likelihood::without_constraint(std::span<const char> acts) const {
  std::vector<std::uint32_t> idle;
  for (std::uint32_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& p = parameters_[i];
    if (acts[i] == 0 && !p.is_fixed && p.constraint.kind == ConstraintKind::none) idle.push_back(i);
  }
  return idle;
}

Data Likelihood::sample(std::span<const double> point, const RandomKey& key) const {
  Data toy;
  fluctuate(expected_data(point), key, toy);
  return toy;
}

void Likelihood::expected_main(std::span<const double> point, std::span<const char> masked, Scratch&,
                               std::span<double> expected) const {
  const Data data = expected_data(point);
  auto out = expected.begin();
  for (const DataBlock& block : data_blocks_) {
    if (block.is_auxiliary) continue;
    out = std::copy_n(data.values.begin() + static_cast<std::ptrdiff_t>(block.first), block.size, out);
  }
  for (std::size_t c = 0; c < masked.size(); ++c) {
    if (masked[c] == 0) continue;
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(channels_[c].first_bin), channels_[c].n_bins, 0.0);
  }
}

std::vector<double> Likelihood::expected_by_sample(std::span<const double>) const { return {}; }

PredictionSlopes Likelihood::prediction_slopes(std::span<const double> point) const {
  // Rounding and curvature spoil a central difference alike near the cube root of the rounding.
  constexpr double share = 1e-5;
  std::vector<double> steps;
  for (std::size_t i = 0; i < point.size(); ++i) {
    const double sigma = parameters_[i].prefit_sigma();
    steps.push_back(share * (sigma > 0.0 ? sigma : std::max(1.0, std::fabs(point[i]))));
  }
  return difference_slopes(point, steps);
}

std::vector<double> Likelihood::main_slopes(std::span<const double> point) const {
  const PredictionSlopes slopes = prediction_slopes(point);
  std::vector<double> all;
  std::size_t row = 0, first = 0;
  for (const ChannelInfo& c : channels_) {
    all.resize((first + c.n_bins) * point.size(), 0.0);
    for (std::size_t s = 0; s < std::max<std::size_t>(c.samples.size(), 1); ++s) {
      for (std::size_t b = 0; b < c.n_bins; ++b, ++row) {
        for (std::size_t k = slopes.rows[row]; k < slopes.rows[row + 1]; ++k) {
          all[(first + b) * point.size() + slopes.parameters[k]] += slopes.slopes[k];
        }
      }
    }
    first += c.n_bins;
  }
  return all;
}

PredictionSlopes Likelihood::difference_slopes(std::span<const double> point, std::span<const double> steps) const {
  const auto predicted = [&](std::span<const double> x) {
    std::vector<double> values = expected_by_sample(x);
    if (!values.empty()) return values;
    const Data data = expected_data(x);
    for (const DataBlock& block : data_blocks_) {
      if (block.is_auxiliary) continue;
      const auto first = data.values.begin() + static_cast<std::ptrdiff_t>(block.first);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(block.size));
    }
    return values;
  };
  struct Column {
    std::uint32_t parameter;
    std::vector<double> slopes;
  };
  std::vector<Column> columns;
  std::vector<double> x(point.begin(), point.end());
  std::size_t n_rows = 0;
  for (std::uint32_t i = 0; i < x.size(); ++i) {
    if (!(steps[i] > 0.0)) continue;
    // A point beyond a bound (a parameter held there) steps to both sides all the same.
    const auto [low, high] = std::minmax({point[i], parameters_[i].lower, parameters_[i].upper});
    const double up = std::min(point[i] + steps[i], high), down = std::max(point[i] - steps[i], low);
    if (!(up > down)) continue;
    x[i] = up;
    Column column{i, predicted(x)};
    x[i] = down;
    const std::vector<double> below = predicted(x);
    x[i] = point[i];
    for (std::size_t r = 0; r < below.size(); ++r) column.slopes[r] = (column.slopes[r] - below[r]) / (up - down);
    n_rows = below.size();
    columns.push_back(std::move(column));
  }
  if (columns.empty()) n_rows = predicted(x).size();
  PredictionSlopes slopes;
  for (std::size_t r = 0; r < n_rows; ++r) {
    for (const Column& column : columns) {
      if (column.slopes[r] == 0.0) continue;
      slopes.parameters.push_back(column.parameter);
      slopes.slopes.push_back(column.slopes[r]);
    }
    slopes.rows.push_back(slopes.parameters.size());
  }
  return slopes;
}

std::vector<double> Likelihood::yield_gradient(std::span<const double>, const Data&, Scratch&) const { return {}; }

}  // namespace relume::model
