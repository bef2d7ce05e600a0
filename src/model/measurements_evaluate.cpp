// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "model/measurements_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A prediction may be beyond the end of a table by this share of the axis: rounding of its expression.
constexpr double edge_tolerance = 1e-12;
/// Stiffness beyond the ends of a table, while a search looks for its way in: a deviance of 50 per length of the axis.
constexpr double outside_stiffness = 100.0;

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

MeasurementsLikelihood::Work::Work(const MeasurementsLikelihood& model)
    : Scratch(model.layout()),
      expressions(model.tape.make_work()),
      expected(model.values.size()),
      response(model.values.size()),
      pulled(model.values.size()) {
  std::size_t largest = 0, most_axes = 0;
  for (const Group& group : model.groups) {
    if (group.block == none) continue;
    largest = std::max(largest, group.size * model.layout().dense_blocks[group.block].parameters.size());
  }
  for (const Table& table : model.tables) most_axes = std::max(most_axes, table.axes.size());
  rows.resize(largest);
  weighted.resize(largest);
  x.resize(most_axes);
  slope.resize(most_axes);
  second.resize(most_axes * most_axes);
}

std::unique_ptr<Scratch> MeasurementsLikelihood::make_scratch() const {
  auto work = std::make_unique<Work>(*this);
  fill_dense_blocks(*this, *work);
  // Gradients of linear predictions are the same everywhere.
  tape.evaluate(std::vector<double>(parameters_.size()), math::Derivatives::gradient, work->expressions);
  for (std::size_t i = 0; i < values.size(); ++i) {
    work->expected[i] = {0.0, 1.0, 0.0};
    work->response[i] = values[i].error.response(0.0, 0.0).value_or(math::Jet{});
  }
  for (const Group& group : groups) {
    if (group.is_constant) fill_group(group, *work);
  }
  return work;
}

math::Jet MeasurementsLikelihood::expected(const Value& value, double prediction) const {
  return value.curve == none ? math::Jet{prediction, 1.0, 0.0} : curves[value.curve](prediction);
}

bool MeasurementsLikelihood::respond(std::span<const double> data, double floor, Work& work) const noexcept {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double prediction = work.expressions.value[values[i].prediction];
    work.failed = i;
    work.failed_in_table = false;
    work.expected[i] = expected(values[i], prediction);
    if (!std::isfinite(work.expected[i].value)) {
      work.failure = Work::Failure::not_finite;
      return false;
    }
    const auto u = values[i].error.response(work.expected[i].value - data[i], floor);
    if (!u) {
      work.failure = Work::Failure::beyond_pole;
      return false;
    }
    work.response[i] = *u;
  }
  return true;
}

bool MeasurementsLikelihood::add_groups(math::Derivatives derivatives, Work& work, double& sum) const noexcept {
  for (const Group& group : groups) {
    for (std::size_t i = group.first; i < group.first + group.size; ++i) {
      double pulled = 0.0;
      if (group.precision.empty()) {
        pulled = work.response[i].value;
      } else {
        const double* row = group.precision.data() + (i - group.first) * group.size;
        for (std::size_t k = 0; k < group.size; ++k) pulled += row[k] * work.response[group.first + k].value;
      }
      work.pulled[i] = pulled;
      sum += 0.5 * pulled * work.response[i].value;
      if (derivatives == math::Derivatives::none) continue;
      const std::span<const double> gradient = tape.gradient(values[i].prediction, work.expressions);
      if (!all_finite(gradient)) {
        work.failure = Work::Failure::not_finite;
        work.failed = i;
        return false;
      }
      const std::span<const std::uint32_t> variables = tape.variables(values[i].prediction);
      const double t = pulled * work.response[i].slope * work.expected[i].slope;
      for (std::size_t k = 0; k < variables.size(); ++k) work.gradient[variables[k]] += t * gradient[k];
    }
    if (derivatives != math::Derivatives::curvature) continue;
    for (std::size_t i = group.first; i < group.first + group.size; ++i) fill_row(i, work);
    if (group.precision.empty()) {
      fill_single(group, work);
    } else if (!group.is_constant) {
      fill_group(group, work);
    }
  }
  return true;
}

void MeasurementsLikelihood::fill_row(std::size_t row, Work& work) const noexcept {
  const std::span<const double> gradient = tape.gradient(values[row].prediction, work.expressions);
  double* jacobian = work.curvature.jacobian.data() + layout_.groups[row].jacobian;
  for (std::size_t k = 0; k < gradient.size(); ++k) jacobian[k] = work.expected[row].slope * gradient[k];
}

/// out += slope * (second derivatives of the prediction) + bend * (its gradient, squared).
void MeasurementsLikelihood::add_bends(math::ExpressionTape::Node node, std::span<const std::uint32_t> places,
                                       std::size_t n, double slope, double bend, const Work& work,
                                       double* out) const noexcept {
  const std::span<const double> gradient = tape.gradient(node, work.expressions);
  const std::span<const double> hessian = tape.hessian(node, work.expressions);
  std::size_t at = 0;
  for (std::size_t j = 0; j < gradient.size(); ++j) {
    for (std::size_t k = 0; k <= j; ++k, ++at) {
      const double value = bend * gradient[j] * gradient[k] + (hessian.empty() ? 0.0 : slope * hessian[at]);
      out[places[j] * n + places[k]] += value;
      if (j != k) out[places[k] * n + places[j]] += value;
    }
  }
}

void MeasurementsLikelihood::fill_single(const Group& group, Work& work) const noexcept {
  const std::size_t i = group.first;
  const Value& value = values[i];
  const math::Jet& u = work.response[i];
  const math::Jet& e = work.expected[i];
  // Of u^2 / 2 in the expected datum.
  const double gauss_newton = u.slope * u.slope, second = gauss_newton + u.value * u.curvature;
  work.curvature.weight_safe[i] = std::max(gauss_newton, second);
  work.curvature.weight_exact[i] = std::max(second, 0.0);
  if (value.block == none) return;
  const math::DenseBlock& block = layout_.dense_blocks[value.block];
  const std::size_t n = block.parameters.size();
  double* out = work.curvature.dense_exact.data() + block.offset;
  std::fill_n(out, n * n, 0.0);
  const double t = u.value * u.slope;
  // A negative weight goes here: those of rows are squares.
  add_bends(value.prediction, group.places, n, t * e.slope, t * e.curvature + std::min(second, 0.0) * e.slope * e.slope,
            work, out);
}

void MeasurementsLikelihood::fill_group(const Group& group, Work& work) const noexcept {
  const math::DenseBlock& block = layout_.dense_blocks[group.block];
  const std::size_t n = block.parameters.size(), m = group.size;
  double *rows = work.rows.data(), *weighted = work.weighted.data();
  std::fill_n(rows, m * n, 0.0);
  std::size_t at = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const Value& value = values[group.first + i];
    const double scale = work.response[group.first + i].slope * work.expected[group.first + i].slope;
    for (const double g : tape.gradient(value.prediction, work.expressions))
      rows[i * n + group.places[at++]] = scale * g;
  }
  std::fill_n(weighted, m * n, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t k = 0; k < m; ++k) {
      const double p = group.precision[i * m + k];
      for (std::size_t c = 0; c < n; ++c) weighted[i * n + c] += p * rows[k * n + c];
    }
  }
  double* safe = work.curvature.dense_safe.data() + block.offset;
  double* exact = work.curvature.dense_exact.data() + block.offset;
  std::fill_n(safe, n * n, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t c = 0; c < n; ++c) {
      const double x = rows[i * n + c];
      if (x == 0.0) continue;
      for (std::size_t d = 0; d < n; ++d) safe[c * n + d] += x * weighted[i * n + d];
    }
  }
  // Both triangles to the last bit.
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t d = 0; d < c; ++d) safe[d * n + c] = safe[c * n + d];
  }
  std::copy_n(safe, n * n, exact);
  at = 0;
  for (std::size_t i = group.first; i < group.first + m; ++i) {
    const std::size_t k = tape.variables(values[i].prediction).size();
    const math::Jet &u = work.response[i], &e = work.expected[i];
    const double t = work.pulled[i] * u.slope, bend = work.pulled[i] * u.curvature;
    if (!group.is_constant && (bend != 0.0 || e.curvature != 0.0 || !tape.is_linear(values[i].prediction))) {
      add_bends(values[i].prediction, std::span(group.places).subspan(at, k), n, t * e.slope,
                t * e.curvature + bend * e.slope * e.slope, work, exact);
    }
    at += k;
  }
}

bool MeasurementsLikelihood::add_tables(math::Derivatives derivatives, double floor, Work& work,
                                        double& sum) const noexcept {
  for (std::size_t number = 0; number < tables.size(); ++number) {
    const Table& table = tables[number];
    const std::size_t d = table.axes.size();
    work.failed = number;
    work.failed_in_table = true;
    double outside = 0.0;
    for (std::size_t k = 0; k < d; ++k) {
      const double p = work.expressions.value[table.axes[k].prediction];
      const math::SplineAxis& axis = table.values.axis(k);
      const double length = axis.last() - axis.first(), slack = edge_tolerance * length;
      work.failed_axis = k;
      work.x[k] = p;
      if (!std::isfinite(p)) {
        work.failure = Work::Failure::not_finite;
        return false;
      }
      if (p >= axis.first() - slack && p <= axis.last() + slack) continue;
      if (!(floor > 0.0)) {
        work.failure = Work::Failure::outside_of_table;
        return false;
      }
      work.x[k] = std::clamp(p, axis.first(), axis.last());
      outside = std::max(outside, std::fabs(p - work.x[k]));
    }
    const bool with_gradient = derivatives != math::Derivatives::none;
    const bool with_curvature = derivatives == math::Derivatives::curvature;
    const std::span<double> slope(work.slope.data(), d), second(work.second.data(), d * d);
    double value = table.values.evaluate(std::span(work.x).first(d), slope, second) - table.minimum;
    if (outside > 0.0) {
      // The tangent at the nearest point of the table, and a stiffness that leads back there.
      for (std::size_t k = 0; k < d; ++k) {
        const double away = work.expressions.value[table.axes[k].prediction] - work.x[k];
        if (away == 0.0) continue;
        const math::SplineAxis& axis = table.values.axis(k);
        const double length = axis.last() - axis.first();
        const double stiffness = outside_stiffness / (length * length) / table.factor;
        value += away * (slope[k] + 0.5 * stiffness * away);
        for (std::size_t j = 0; j < d; ++j) {
          if (j != k) slope[j] += second[j * d + k] * away;
        }
        slope[k] += stiffness * away;
        second[k * d + k] = stiffness;
      }
    }
    sum += table.factor * value;
    if (!with_gradient) continue;
    for (std::size_t k = 0; k < d; ++k) {
      const std::span<const double> gradient = tape.gradient(table.axes[k].prediction, work.expressions);
      work.failed_axis = k;
      if (!all_finite(gradient)) {
        work.failure = Work::Failure::not_finite;
        return false;
      }
      const std::span<const std::uint32_t> variables = tape.variables(table.axes[k].prediction);
      for (std::size_t v = 0; v < variables.size(); ++v) {
        work.gradient[variables[v]] += table.factor * slope[k] * gradient[v];
      }
    }
    if (!with_curvature || table.block == none) continue;
    const math::DenseBlock& block = layout_.dense_blocks[table.block];
    const std::size_t n = block.parameters.size();
    double* exact = work.curvature.dense_exact.data() + block.offset;
    double* safe = work.curvature.dense_safe.data() + block.offset;
    std::fill_n(exact, n * n, 0.0);
    std::fill_n(safe, n * n, 0.0);
    for (std::size_t k = 0; k < d; ++k) {
      const Table::Axis& axis = table.axes[k];
      const std::span<const double> gradient = tape.gradient(axis.prediction, work.expressions);
      // A diagonal of row sums is never below the matrix (Gershgorin).
      double row_sum = 0.0;
      for (std::size_t l = 0; l < d; ++l) row_sum += std::fabs(second[k * d + l]);
      add_bends(axis.prediction, axis.places, n, table.factor * slope[k], table.factor * second[k * d + k], work,
                exact);
      for (std::size_t a = 0; a < gradient.size(); ++a) {
        for (std::size_t b = 0; b < gradient.size(); ++b) {
          safe[axis.places[a] * n + axis.places[b]] += table.factor * row_sum * gradient[a] * gradient[b];
        }
      }
      for (std::size_t l = 0; l < k; ++l) {
        const std::span<const double> other = tape.gradient(table.axes[l].prediction, work.expressions);
        for (std::size_t a = 0; a < gradient.size(); ++a) {
          for (std::size_t b = 0; b < other.size(); ++b) {
            const double product = table.factor * second[k * d + l] * gradient[a] * other[b];
            const std::size_t i = axis.places[a], j = table.axes[l].places[b];
            exact[i * n + j] += product;
            exact[j * n + i] += product;
          }
        }
      }
    }
  }
  return true;
}

math::Evaluation MeasurementsLikelihood::evaluate(std::span<const double> point, const Data& data,
                                                  math::Derivatives derivatives, const math::Relaxation& relaxation,
                                                  Scratch& scratch) const noexcept {
  Work& work = static_cast<Work&>(scratch);
  work.failure = Work::Failure::no;
  const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, work);
  work.bad_parameter = constraints.bad_parameter;
  const math::Evaluation infeasible{math::EvaluationStatus::infeasible, infinity, infinity};
  if (constraints.bad_parameter >= 0) return infeasible;
  tape.evaluate(point, derivatives, work.expressions);
  double main = 0.0;
  if (!respond(data.values, relaxation.floor, work)) return infeasible;
  if (!add_groups(derivatives, work, main)) return infeasible;
  if (!add_tables(derivatives, relaxation.floor, work, main)) return infeasible;
  const double value = constraints.value + main;
  if (!std::isfinite(value)) {
    work.failure = Work::Failure::too_large;
    return {math::EvaluationStatus::not_finite, infinity, infinity};
  }
  return {math::EvaluationStatus::ok, value, main};
}

Constants MeasurementsLikelihood::constants(const Data& data) const {
  Constants constants;
  for (const Group& group : groups) {
    bool is_density = true;
    double sum = 0.5 * group.log_determinant;
    for (std::size_t i = group.first; i < group.first + group.size; ++i) {
      const AsymmetricError& error = values[i].error;
      is_density = is_density && !error.is_curved() && (group.size == 1 || error.is_symmetric());
      sum += std::log(error.width()) + 0.5 * std::log(2.0 * std::numbers::pi);
    }
    // Chi-square forms have no normalisation that anyone published.
    if (is_density) constants.main += sum;
  }
  constants.constraint = constraint_constant(*this, data);
  return constants;
}

Data MeasurementsLikelihood::expected_data(std::span<const double> point) const {
  math::ExpressionWork work = tape.make_work();
  tape.evaluate(point, math::Derivatives::none, work);
  Data data;
  data.values.assign(n_data_, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    data.values[i] = expected(values[i], work.value[values[i].prediction]).value;
  }
  set_expected_auxiliary(*this, point, data);
  return data;
}

PredictionSlopes MeasurementsLikelihood::prediction_slopes(std::span<const double> point) const {
  math::ExpressionWork work = tape.make_work();
  tape.evaluate(point, math::Derivatives::gradient, work);
  PredictionSlopes slopes;
  for (const Value& value : values) {
    const std::span<const std::uint32_t> variables = tape.variables(value.prediction);
    const std::span<const double> gradient = tape.gradient(value.prediction, work);
    const double slope = expected(value, work.value[value.prediction]).slope;
    for (std::size_t k = 0; k < variables.size(); ++k) {
      if (gradient[k] == 0.0) continue;
      slopes.parameters.push_back(variables[k]);
      slopes.slopes.push_back(slope * gradient[k]);
    }
    slopes.rows.push_back(slopes.parameters.size());
  }
  return slopes;
}

std::string MeasurementsLikelihood::explain(std::span<const double> point, const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t i = 0; i < point.size(); ++i) {
    if (!std::isfinite(point[i]))
      return fmt::format("{} = {:g}, which is not a finite number", parameters_[i].name, point[i]);
  }
  if (work.bad_parameter >= 0) return explain_constraint(*this, point, static_cast<std::size_t>(work.bad_parameter));
  if (work.failure == Work::Failure::no) return {};
  if (work.failure == Work::Failure::too_large) return "-ln L is too large for a number";
  const Table* table = work.failed_in_table ? &tables[work.failed] : nullptr;
  const math::ExpressionTape::Node node =
      table != nullptr ? table->axes[work.failed_axis].prediction : values[work.failed].prediction;
  std::string where;
  for (const std::uint32_t i : tape.variables(node)) {
    constexpr std::size_t enough = 100;
    if (where.size() > enough) {
      where += ", …";
      break;
    }
    where += fmt::format("{}{} = {:g}", where.empty() ? " at " : ", ", parameters_[i].name, point[i]);
  }
  const std::string what = table != nullptr
                               ? fmt::format("axis '{}' of table '{}'", table->axes[work.failed_axis].name, table->name)
                               : fmt::format("'{}'", values[work.failed].name);
  const double prediction = work.expressions.value[node];
  switch (work.failure) {
    case Work::Failure::not_finite:
      return fmt::format("the prediction of {}{} {}", what, where,
                         std::isfinite(prediction) ? "has no finite slope" : "is not a finite number");
    case Work::Failure::beyond_pole: {
      const AsymmetricError& error = values[work.failed].error;
      return fmt::format("the prediction {:g} of {}{} lies beyond the pole of its {} ({:g} from the measured value)",
                         prediction, what, where, to_string(error.model()), error.pole().value_or(0.0));
    }
    case Work::Failure::outside_of_table: {
      const math::SplineAxis& axis = table->values.axis(work.failed_axis);
      return fmt::format("the prediction {:g} of {}{} lies outside of what was published, {:g} to {:g}", prediction,
                         what, where, axis.first(), axis.last());
    }
    case Work::Failure::no:
    case Work::Failure::too_large: break;
  }
  return {};
}

}  // namespace relume::model
