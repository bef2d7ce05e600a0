// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model/user_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

std::string problem_of(const UserParameter& p) {
  if (p.name.empty()) return "it has no name";
  if (!std::isfinite(p.initial)) return "its initial value is no finite number";
  if (!(p.lower <= p.upper))
    return fmt::format("its bounds, {:g} and {:g}, leave nothing between them", p.lower, p.upper);
  const UserConstraint& c = p.constraint;
  if (c.kind == ConstraintKind::correlated_normal) return "correlations of normal constraints are listed apart";
  if (c.kind == ConstraintKind::none) return {};
  if (!std::isfinite(c.observed)) return "its auxiliary datum is no finite number";
  if (c.kind == ConstraintKind::poisson) return c.observed > 0.0 ? "" : "its auxiliary count must be positive";
  if (!(c.width > 0.0) || !std::isfinite(c.width)) return "the width of its constraint must be positive";
  const bool has_bad_error = !(c.error_on_error > 0.0 && c.error_on_error <= 1.0);
  if (c.kind == ConstraintKind::gamma_variance && has_bad_error) return "errors on errors lie between 0 and 1";
  return {};
}

}  // namespace

std::vector<std::string> components(std::string_view name, std::size_t n, std::size_t first) {
  std::vector<std::string> names;
  for (std::size_t i = first; i < first + n; ++i) names.push_back(fmt::format("{}[{}]", name, i));
  return names;
}

void UserDefined::add_parameters(std::span<const UserParameter> parameters, const std::string& poi,
                                 std::span<const spec::Correlation> correlations, Data& observed, Errors& errors) {
  std::vector<double> auxiliaries;
  for (const UserParameter& p : parameters) {
    if (std::string problem = problem_of(p); !problem.empty()) {
      errors.push_back({ErrorCode::model, "parameter '" + p.name + "'", std::move(problem), {}});
    }
    const bool is_known = std::any_of(parameter_sets_.begin(), parameter_sets_.end(),
                                      [&](const ParameterSet& set) { return set.name == p.name; });
    if (is_known) {
      errors.push_back({ErrorCode::model, "parameter '" + p.name + "'", "there are two parameters of this name", {}});
    }
    const std::size_t n = std::max<std::size_t>(1, p.size);
    parameter_sets_.push_back({p.name, parameters_.size(), n, p.size == 0});
    const std::vector<std::string> names = p.size == 0 ? std::vector{p.name} : components(p.name, n);
    for (const std::string& name : names) {
      const auto index = static_cast<std::uint32_t>(parameters_.size());
      if (p.has_kink) kinks_.push_back(index);
      if (p.is_two_sided) two_sided_.push_back(index);
      Parameter parameter{name, p.initial, p.lower, p.upper, p.is_fixed, {}};
      parameter.constraint.kind = p.constraint.kind;
      parameter.constraint.width = p.constraint.width;
      parameter.constraint.rate = p.constraint.observed;
      parameter.constraint.error_on_error = p.constraint.error_on_error;
      parameters_.push_back(std::move(parameter));
      auxiliaries.push_back(p.constraint.observed);
    }
  }
  if (parameters_.empty()) errors.push_back({ErrorCode::model, {}, "the model has no parameter", {}});
  if (!errors.empty()) return;
  add_auxiliary_data(auxiliaries, observed);
  for (std::size_t c = 0; c < correlations.size(); ++c) {
    correlate(correlations[c], fmt::format("correlation {}", c), errors);
  }
  if (!poi.empty()) poi_ = ParamId{place_of(poi, "parameter of interest", errors)};
}

std::uint32_t UserDefined::place_of(const std::string& name, const std::string& where, Errors& errors) const {
  if (const auto found = find_parameter(name)) return static_cast<std::uint32_t>(found->index);
  std::vector<std::string> known;
  for (const Parameter& p : parameters_) known.push_back(p.name);
  errors.push_back(
      {ErrorCode::reference, where, fmt::format("no parameter is called '{}'", name), hint_for_unknown(name, known)});
  return 0;
}

void UserDefined::correlate(const spec::Correlation& given, const std::string& where, Errors& errors) {
  const auto ordered = in_order(given, where, [&](const std::string& name) -> Result<std::uint32_t> {
    Errors unknown;
    const std::uint32_t i = place_of(name, where, unknown);
    if (!unknown.empty()) return unknown;
    if (parameters_[i].constraint.kind == ConstraintKind::normal) return i;
    return Error{
        ErrorCode::model, where, fmt::format("'{}' has no normal constraint that is not correlated already", name), {}};
  });
  if (!ordered) {
    errors.insert(errors.end(), ordered.errors().begin(), ordered.errors().end());
    return;
  }
  auto block = correlated_constraint(ordered->parameters, ordered->correlation);
  if (!block) {
    errors.push_back({ErrorCode::model, where, block.error().message, {}});
    return;
  }
  for (const std::uint32_t i : block->parameters) parameters_[i].constraint.kind = ConstraintKind::correlated_normal;
  correlated_constraints_.push_back(std::move(*block));
}

void UserDefined::add_auxiliary_data(std::span<const double> auxiliaries, Data& observed) {
  std::size_t at = observed.values.size();
  const auto add = [&](const ParameterSet& set, std::string name, BlockKind kind) {
    data_blocks_.push_back({std::move(name), kind, at, set.size, true});
    return std::span(parameters_).subspan(set.first, set.size);
  };
  for (const ParameterSet& set : parameter_sets_) {
    const ConstraintKind kind = parameters_[set.first].constraint.kind;
    if (kind == ConstraintKind::none) continue;
    for (Parameter& p : add(set, set.name, kind == ConstraintKind::poisson ? BlockKind::counts : BlockKind::reals)) {
      p.constraint.data_index = at++;
      observed.values.push_back(auxiliaries[static_cast<std::size_t>(&p - parameters_.data())]);
    }
  }
  // Estimated variances come last, as in HistFactory.
  for (const ParameterSet& set : parameter_sets_) {
    if (parameters_[set.first].constraint.kind != ConstraintKind::gamma_variance) continue;
    for (Parameter& p : add(set, set.name + ".variance", BlockKind::variances)) {
      p.constraint.variance_index = at++;
      observed.values.push_back(p.constraint.width * p.constraint.width);
    }
  }
  n_data_ = at;
}

}  // namespace relume::model
