// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/constraint_terms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "math/gamma_variance.hpp"
#include "math/poisson.hpp"
#include "math/random_stream.hpp"
#include "math/symmetric_matrix.hpp"

namespace relume::model {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Correlations are inverted: below this eigenvalue the constraint would be stiffer than rounding of its gradient lets
/// fits be certified (1e-16 / 1e-9 of a standard deviation).
constexpr double min_correlation_eigenvalue = 1e-9;

/// What one constraint that stands alone adds to the deviance.
double single_deviance(const Constraint& c, double theta, const Data& data) {
  switch (c.kind) {
    case ConstraintKind::none:
    case ConstraintKind::correlated_normal: return 0.0;
    case ConstraintKind::normal: {
      const double pull = (theta - data.values[c.data_index]) / c.width;
      return 0.5 * pull * pull;
    }
    case ConstraintKind::poisson: {
      const double m = data.values[c.data_index];
      if (!(theta > 0.0) && m > 0.0) return infinity;
      return math::poisson_deviance(m, c.rate * theta);
    }
    case ConstraintKind::gamma_variance:
      return math::gamma_variance_term(theta - data.values[c.data_index], data.values[c.variance_index],
                                       c.error_on_error)
          .value;
  }
  return 0.0;
}

double pull_of(const Parameter& p, double theta, const Data& data) {
  return (theta - data.values[p.constraint.data_index]) / p.constraint.width;
}

/// u^T R^-1 u / 2 over the marked parameters, R their own correlation.
double correlated_deviance(const Likelihood& likelihood, const CorrelatedConstraint& block,
                           std::span<const double> point, const Data& data, std::span<const char> which) {
  std::vector<std::size_t> marked;
  for (std::size_t k = 0; k < block.parameters.size(); ++k) {
    if (which.empty() || which[block.parameters[k]] != 0) marked.push_back(k);
  }
  const auto n = static_cast<Eigen::Index>(marked.size());
  if (n == 0) return 0.0;
  Eigen::MatrixXd correlation(n, n);
  Eigen::VectorXd pulls(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const std::size_t k = marked[static_cast<std::size_t>(a)];
    pulls[a] = pull_of(likelihood.parameters()[block.parameters[k]], point[block.parameters[k]], data);
    for (Eigen::Index b = 0; b < n; ++b) {
      correlation(a, b) = block.correlation[k * block.parameters.size() + marked[static_cast<std::size_t>(b)]];
    }
  }
  return 0.5 * pulls.dot(Eigen::LLT<Eigen::MatrixXd>(correlation).solve(pulls));
}

}  // namespace

double constraint_deviance(const Likelihood& likelihood, std::span<const double> point, const Data& data,
                           std::span<const char> which) {
  double sum = 0.0;
  for (std::size_t i = 0; i < point.size(); ++i) {
    if (which.empty() || which[i] != 0) sum += single_deviance(likelihood.parameters()[i].constraint, point[i], data);
  }
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    sum += correlated_deviance(likelihood, block, point, data, which);
  }
  return sum;
}

ConstraintSum add_constraint_terms(const Likelihood& likelihood, std::span<const double> point, const Data& data,
                                   math::Derivatives derivatives, Scratch& scratch) noexcept {
  const bool with_gradient = derivatives != math::Derivatives::none;
  const bool with_curvature = derivatives == math::Derivatives::curvature;
  const std::span<const Parameter> parameters = likelihood.parameters();
  math::Curvature& curvature = scratch.curvature;
  double value = 0.0;
  const std::vector<char>& left_out = scratch.left_out;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Constraint& c = parameters[i].constraint;
    const ConstraintKind kind = left_out.empty() || left_out[i] == 0 ? c.kind : ConstraintKind::none;
    double slope = 0.0, second = 0.0, bend = 0.0;
    if (kind == ConstraintKind::normal) {
      const double pull = (point[i] - data.values[c.data_index]) / c.width;
      value += 0.5 * pull * pull;
      slope = pull / c.width;
      second = 1.0 / (c.width * c.width);
    } else if (kind == ConstraintKind::poisson) {
      const double m = data.values[c.data_index];
      if (!(point[i] > 0.0) && m > 0.0) return {infinity, static_cast<std::ptrdiff_t>(i)};
      value += math::poisson_deviance(m, c.rate * point[i]);
      slope = m > 0.0 ? c.rate - m / point[i] : c.rate;
      second = m > 0.0 ? m / (point[i] * point[i]) : 0.0;
    } else if (kind == ConstraintKind::gamma_variance) {
      const double v = data.values[c.variance_index];
      if (!(v > 0.0)) return {infinity, static_cast<std::ptrdiff_t>(i)};
      const math::GammaVarianceTerm term =
          math::gamma_variance_term(point[i] - data.values[c.data_index], v, c.error_on_error);
      value += term.value;
      slope = term.slope;
      second = term.safe;
      bend = term.bend;
    }
    if (with_gradient) scratch.gradient[i] = slope;
    if (with_curvature) {
      curvature.constraint[i] = second;
      curvature.exact_diagonal[i] = bend;
    }
  }
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    if (!left_out.empty() && left_out[block.parameters.front()] != 0) continue;
    const std::size_t n = block.parameters.size();
    double* pulls = scratch.pulls.data();
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint32_t i = block.parameters[k];
      pulls[k] = pull_of(parameters[i], point[i], data);
    }
    for (std::size_t k = 0; k < n; ++k) {
      const std::uint32_t i = block.parameters[k];
      const double* row = block.precision.data() + k * n;
      double sum = 0.0;
      for (std::size_t j = 0; j < n; ++j) sum += row[j] * pulls[j];
      value += 0.5 * pulls[k] * sum;
      const double width = parameters[i].constraint.width;
      if (with_gradient) scratch.gradient[i] = sum / width;
      if (with_curvature) curvature.constraint[i] = block.least_precision / (width * width);
    }
  }
  return {value, -1};
}

void add_dense_blocks(std::span<const CorrelatedConstraint> constraints, math::CurvatureLayout& layout) {
  for (const CorrelatedConstraint& block : constraints) {
    layout.dense_blocks.push_back({block.parameters, layout.dense_size});
    layout.dense_size += block.parameters.size() * block.parameters.size();
  }
}

void fill_dense_blocks(const Likelihood& likelihood, Scratch& scratch) {
  std::size_t at = 0;
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    const std::size_t n = block.parameters.size();
    const auto width = [&](std::size_t k) { return likelihood.parameters()[block.parameters[k]].constraint.width; };
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < n; ++k) {
        // The diagonal gets the share that keeps both parts positive: the smallest eigenvalue of the precision.
        const double value = block.precision[j * n + k] - (j == k ? block.least_precision : 0.0);
        scratch.curvature.dense_exact[at] = scratch.curvature.dense_safe[at] = value / (width(j) * width(k));
        ++at;
      }
    }
  }
}

void leave_out_constraints(const Likelihood& likelihood, std::span<const char> which, Scratch& scratch) {
  scratch.left_out.assign(which.begin(), which.end());
  std::ptrdiff_t at = 0;
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    const auto size = static_cast<std::ptrdiff_t>(block.parameters.size() * block.parameters.size());
    if (which[block.parameters.front()] != 0) {
      std::fill_n(scratch.curvature.dense_exact.begin() + at, size, 0.0);
      std::fill_n(scratch.curvature.dense_safe.begin() + at, size, 0.0);
    }
    at += size;
  }
}

Result<OrderedCorrelation> in_order(const spec::Correlation& given, const std::string& where,
                                    const std::function<Result<std::uint32_t>(const std::string& name)>& find) {
  const std::size_t n = given.parameters.size();
  if (given.matrix.size != n || given.matrix.values.size() != n * n) {
    return Error{
        ErrorCode::model,
        where,
        fmt::format("{} parameters need a matrix of as many rows and columns, not of {}", n, given.matrix.size),
        {}};
  }
  Errors errors;
  std::vector<std::pair<std::uint32_t, std::size_t>> order;  // parameter, place in the file
  for (std::size_t k = 0; k < n; ++k) {
    const Result<std::uint32_t> found = find(given.parameters[k]);
    if (!found) {
      errors.insert(errors.end(), found.errors().begin(), found.errors().end());
      continue;
    }
    const auto is_same = [&](const auto& entry) { return entry.first == *found; };
    if (std::any_of(order.begin(), order.end(), is_same)) {
      errors.push_back({ErrorCode::model, where, fmt::format("'{}' is there twice", given.parameters[k]), {}});
    }
    order.emplace_back(*found, k);
  }
  if (!errors.empty()) return errors;
  std::sort(order.begin(), order.end());
  OrderedCorrelation ordered;
  for (const auto& [parameter, place] : order) {
    ordered.parameters.push_back(parameter);
    for (const auto& other : order) ordered.correlation.push_back(given.matrix(place, other.second));
  }
  return ordered;
}

Result<CorrelatedConstraint> correlated_constraint(std::vector<std::uint32_t> parameters,
                                                   std::vector<double> correlation) {
  auto normal = math::correlated_normal(correlation, parameters.size(), min_correlation_eigenvalue);
  if (!normal.is_positive_definite) {
    return Error{
        ErrorCode::model,
        {},
        fmt::format("the matrix is not positive definite: its smallest eigenvalue is {:g}", normal.smallest_eigenvalue),
        fmt::format("eigenvalues of at least {:g} are needed", min_correlation_eigenvalue)};
  }
  return CorrelatedConstraint{.parameters = std::move(parameters),
                              .correlation = std::move(correlation),
                              .precision = std::move(normal.precision),
                              .root = std::move(normal.root),
                              .log_determinant = normal.log_determinant,
                              .least_precision = 1.0 / normal.largest_eigenvalue};
}

double constraint_constant(const Likelihood& likelihood, const Data& data) {
  double sum = 0.0;
  for (const Parameter& parameter : likelihood.parameters()) {
    const Constraint& c = parameter.constraint;
    switch (c.kind) {
      case ConstraintKind::none: break;
      case ConstraintKind::normal:
      case ConstraintKind::correlated_normal: sum += std::log(c.width) + 0.5 * std::log(2.0 * std::numbers::pi); break;
      case ConstraintKind::poisson: sum += math::poisson_saturated(data.values[c.data_index]); break;
      case ConstraintKind::gamma_variance:
        sum += math::gamma_variance_saturated(data.values[c.variance_index], c.error_on_error);
        break;
    }
  }
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) sum += 0.5 * block.log_determinant;
  return sum;
}

void set_expected_auxiliary(const Likelihood& likelihood, std::span<const double> point, Data& data) {
  const std::span<const Parameter> parameters = likelihood.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Constraint& c = parameters[i].constraint;
    switch (c.kind) {
      case ConstraintKind::none: break;
      case ConstraintKind::poisson: data.values[c.data_index] = c.rate * point[i]; break;
      case ConstraintKind::gamma_variance: data.values[c.variance_index] = c.width * c.width; [[fallthrough]];
      case ConstraintKind::normal:
      case ConstraintKind::correlated_normal: data.values[c.data_index] = point[i]; break;
    }
  }
}

void fluctuate_auxiliary(const Likelihood& likelihood, const Data& expected, const RandomKey& key, Data& toy) {
  const math::RandomSpace space(key.seed, key.stream);
  for (const Parameter& parameter : likelihood.parameters()) {
    const Constraint& c = parameter.constraint;
    if (c.kind == ConstraintKind::none) continue;
    math::RandomStream s = space.at(key.index, c.data_index);
    const double mean = expected.values[c.data_index];
    switch (c.kind) {
      case ConstraintKind::none: break;
      case ConstraintKind::poisson: toy.values[c.data_index] = math::draw_poisson(mean, s); break;
      case ConstraintKind::normal: toy.values[c.data_index] = math::draw_normal(mean, c.width, s); break;
      case ConstraintKind::correlated_normal: toy.values[c.data_index] = math::draw_normal(0.0, 1.0, s); break;
      case ConstraintKind::gamma_variance: {
        // The expected estimate is the variance that is true in this toy.
        const double variance = expected.values[c.variance_index];
        math::RandomStream of_variance = space.at(key.index, c.variance_index);
        toy.values[c.data_index] = math::draw_normal(mean, std::sqrt(variance), s);
        toy.values[c.variance_index] = math::draw_variance(variance, c.error_on_error, of_variance);
        break;
      }
    }
  }
  // Independent draws become correlated ones from the last to the first, since row k of the root needs the first k.
  for (const CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    const std::size_t n = block.parameters.size();
    const auto constraint = [&](std::size_t k) -> const Constraint& {
      return likelihood.parameters()[block.parameters[k]].constraint;
    };
    for (std::size_t k = n; k-- > 0;) {
      double pull = 0.0;
      for (std::size_t j = 0; j <= k; ++j) pull += block.root[k * n + j] * toy.values[constraint(j).data_index];
      const Constraint& c = constraint(k);
      toy.values[c.data_index] = expected.values[c.data_index] + c.width * pull;
    }
  }
}

std::string explain_constraint(const Likelihood& likelihood, std::span<const double> point, std::size_t parameter) {
  const Parameter& p = likelihood.parameters()[parameter];
  if (p.constraint.kind == ConstraintKind::gamma_variance) {
    return fmt::format("the estimated variance of the constraint on {} is not positive", p.name);
  }
  return fmt::format("{} = {:g}, where its Poisson constraint needs a positive value", p.name, point[parameter]);
}

}  // namespace relume::model
