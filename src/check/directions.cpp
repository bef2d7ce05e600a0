// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>

#include "check/kinds.hpp"
#include "math/covariance.hpp"

namespace relume::check {
namespace {

/// Components of a direction that are worth naming, relative to the largest.
constexpr double worth_naming = 0.1;
/// Each direction costs one factorisation. Nobody reads more.
constexpr int max_directions = 50;

std::vector<char> free_parameters(const model::Likelihood& likelihood, std::span<const ParamId> fixed) {
  std::vector<char> is_free;
  for (const model::Parameter& p : likelihood.parameters()) is_free.push_back(p.is_fixed ? 0 : 1);
  for (const ParamId id : fixed) is_free[id.index] = 0;
  return is_free;
}

std::size_t largest(const std::vector<double>& direction) {
  std::size_t k = 0;
  for (std::size_t i = 1; i < direction.size(); ++i) {
    if (std::fabs(direction[i]) > std::fabs(direction[k])) k = i;
  }
  return k;
}

}  // namespace

/// On Asimov data of the nominal point the gradient is zero and the Hessian is the Fisher information: a constrained
/// parameter always adds to it, so that what is flat is made of free ones, and of those that follow them.
void find_flat_directions(const model::Likelihood& likelihood, std::span<const ParamId> fixed, RawFindings& findings) {
  std::vector<double> point;
  for (const model::Parameter& p : likelihood.parameters()) {
    point.push_back(p.is_fixed ? p.initial : std::clamp(p.initial, p.lower, p.upper));
  }
  const auto add = [&](Kind kind, RawPlace place) { findings[static_cast<std::size_t>(kind)].push_back(std::move(place)); };
  const model::Data asimov = likelihood.expected_data(point);
  const auto scratch = likelihood.make_scratch();
  const auto evaluation = likelihood.evaluate(point, asimov, math::Derivatives::curvature, {}, *scratch);
  if (evaluation.status != math::EvaluationStatus::ok) {
    // A negative rate is named by its bin, where it is looked for.
    if (findings[static_cast<std::size_t>(Kind::negative_prediction)].empty())
      add(Kind::nothing_at_nominal, {.parameters = {likelihood.explain(point, *scratch)}});
    return;
  }
  const auto poi = likelihood.poi();
  std::vector<char> is_free = free_parameters(likelihood, fixed);
  std::vector<double> diagonal(is_free.size());
  scratch->curvature.diagonal(diagonal, math::Form::exact);
  for (std::size_t i = 0; i < is_free.size(); ++i) {
    if (is_free[i] == 0 || diagonal[i] != 0.0) continue;
    is_free[i] = 0;
    // That of the parameter of interest is found from its samples, with or without a likelihood.
    if (!poi || poi->index != i)
      add(Kind::free_parameter_without_effect, {.parameters = {likelihood.parameters()[i].name}});
  }
  const auto flat_direction = [&]() -> std::vector<double> {
    math::CovarianceResult covariance = math::invert(scratch->curvature, is_free, false);
    if (covariance.positive_definite || covariance.null_direction.empty()) return {};
    const double size = std::fabs(covariance.null_direction[largest(covariance.null_direction)]);
    return std::isfinite(size) && size > 0.0 ? std::move(covariance.null_direction) : std::vector<double>{};
  };
  // One parameter of each direction is held until nothing is flat any more. Directions may come mixed here; with only
  // one of the held parameters let go there is one direction, made of just those that go along with it.
  std::vector<std::size_t> held;
  for (int n = 0; n < max_directions; ++n) {
    const std::vector<double> direction = flat_direction();
    if (direction.empty()) break;
    held.push_back(largest(direction));
    is_free[held.back()] = 0;
  }
  for (const std::size_t h : held) {
    is_free[h] = 1;
    const std::vector<double> direction = flat_direction();
    is_free[h] = 0;
    if (direction.empty()) continue;
    RawPlace place;
    bool has_poi = false;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      if (std::fabs(direction[i]) < worth_naming * std::fabs(direction[largest(direction)])) continue;
      place.parameters.push_back(likelihood.parameters()[i].name);
      has_poi = has_poi || (poi && poi->index == i);
    }
    add(has_poi ? Kind::poi_degenerate : Kind::degenerate_parameters, std::move(place));
  }
}

}  // namespace relume::check
