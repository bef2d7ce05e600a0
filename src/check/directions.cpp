// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "check/kinds.hpp"

namespace relume::check {
namespace {

using Matrix = Eigen::MatrixXd;

/// Columns of unit length that differ from the span of others by less than this are in it. Slopes are exact to a few
/// digits of double precision; what is told apart by less than a billionth of its effect is not told apart by any data.
constexpr double rank_tolerance = 1e-9;
/// Shares of a direction below this are rounding: the tolerance, with a few digits lost to columns that are alike.
constexpr double no_share = 1e-6;

/// Free parameters without a constraint. Nothing else can be part of a flat direction v: the Fisher information gives
/// sum over bins of (J v)^2 / rate + sum over constraints of (v / width)^2 = 0, and each term has to vanish.
std::vector<std::size_t> candidates(const model::Likelihood& likelihood, std::span<const ParamId> fixed) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < likelihood.parameters().size(); ++i) {
    const model::Parameter& p = likelihood.parameters()[i];
    const bool is_held =
        p.is_fixed || std::any_of(fixed.begin(), fixed.end(), [&](const ParamId id) { return id.index == i; });
    if (!is_held && p.constraint.kind == model::ConstraintKind::none) found.push_back(i);
  }
  return found;
}

/// Derivatives of the rates of all bins in these parameters, in units of the rates' standard deviations.
Matrix slopes(const math::Curvature& curvature, const std::vector<std::size_t>& parameters,
              const std::vector<double>& rates) {
  const math::CurvatureLayout& layout = curvature.layout();
  constexpr Eigen::Index none = -1;
  std::vector<Eigen::Index> column_of(layout.n_parameters, none);
  for (std::size_t k = 0; k < parameters.size(); ++k) column_of[parameters[k]] = static_cast<Eigen::Index>(k);
  Matrix matrix = Matrix::Zero(static_cast<Eigen::Index>(layout.n_rows), static_cast<Eigen::Index>(parameters.size()));
  for (const math::RowGroup& group : layout.groups) {
    for (std::size_t c = 0; c < group.columns.size(); ++c) {
      const Eigen::Index column = column_of[group.columns[c]];
      if (column == none) continue;
      for (std::size_t r = 0; r < group.n_rows; ++r) {
        matrix(static_cast<Eigen::Index>(group.first_row + r), column) =
            curvature.jacobian[group.jacobian + c * group.n_rows + r];
      }
    }
  }
  for (std::size_t k = 0; k < layout.privates.size(); ++k) {
    const Eigen::Index column = column_of[layout.privates[k].parameter];
    if (column != none) matrix(layout.privates[k].row, column) = curvature.private_slope[k];
  }
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    const double rate = rates[static_cast<std::size_t>(r)];
    if (rate > 0.0) matrix.row(r) /= std::sqrt(rate);
  }
  return matrix;
}

}  // namespace

/// A direction is flat when no rate changes along it: the slopes in its parameters are linearly dependent. A pivoted QR
/// factorisation of them gives a basis, and each parameter outside of it goes along with those that it is a combination
/// of, and with no fewer.
void find_flat_directions(const model::Likelihood& likelihood, std::span<const ParamId> fixed, RawFindings& findings) {
  std::vector<double> point;
  for (const model::Parameter& p : likelihood.parameters()) {
    point.push_back(p.is_fixed ? p.initial : std::clamp(p.initial, p.lower, p.upper));
  }
  const auto add = [&](Kind kind, RawPlace place) {
    findings[static_cast<std::size_t>(kind)].push_back(std::move(place));
  };
  const model::Data asimov = likelihood.expected_data(point);
  const auto scratch = likelihood.make_scratch();
  const auto evaluation = likelihood.evaluate(point, asimov, math::Derivatives::curvature, {}, *scratch);
  if (evaluation.status != math::EvaluationStatus::ok) {
    // A negative rate is named by its bin, where it is looked for.
    if (findings[static_cast<std::size_t>(Kind::negative_prediction)].empty())
      add(Kind::nothing_at_nominal, {.parameters = {likelihood.explain(point, *scratch)}});
    return;
  }
  const auto name = [&](std::size_t i) { return likelihood.parameters()[i].name; };
  const auto is_poi = [&](std::size_t i) { return likelihood.poi() && likelihood.poi()->index == i; };
  std::vector<std::size_t> parameters = candidates(likelihood, fixed);
  Matrix matrix = slopes(scratch->curvature, parameters, asimov.values);
  Eigen::Index kept = 0;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const double length = matrix.col(static_cast<Eigen::Index>(k)).norm();
    if (length > 0.0) {
      matrix.col(kept) = matrix.col(static_cast<Eigen::Index>(k)) / length;
      parameters[static_cast<std::size_t>(kept++)] = parameters[k];
    } else if (!is_poi(parameters[k])) {
      // That of the parameter of interest is found from its samples, with or without a likelihood.
      add(Kind::free_parameter_without_effect, {.parameters = {name(parameters[k])}});
    }
  }
  if (kept == 0) return;
  matrix.conservativeResize(Eigen::NoChange, kept);
  Eigen::ColPivHouseholderQR<Matrix> qr(matrix);
  qr.setThreshold(rank_tolerance);
  const Eigen::Index rank = qr.rank();
  if (rank == kept) return;
  const Matrix combinations = qr.matrixR()
                                  .topLeftCorner(rank, rank)
                                  .triangularView<Eigen::Upper>()
                                  .solve(Matrix(qr.matrixR().topRightCorner(rank, kept - rank)));
  const auto parameter_at = [&](Eigen::Index pivot) {
    return parameters[static_cast<std::size_t>(qr.colsPermutation().indices()(pivot))];
  };
  for (Eigen::Index d = 0; d < kept - rank; ++d) {
    std::vector<std::size_t> members{parameter_at(rank + d)};
    for (Eigen::Index i = 0; i < rank; ++i) {
      if (std::fabs(combinations(i, d)) > no_share) members.push_back(parameter_at(i));
    }
    std::sort(members.begin(), members.end());
    RawPlace place;
    for (const std::size_t i : members) place.parameters.push_back(name(i));
    const bool has_poi = std::any_of(members.begin(), members.end(), is_poi);
    add(has_poi ? Kind::poi_degenerate : Kind::degenerate_parameters, std::move(place));
  }
}

}  // namespace relume::check
