// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/fit.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "infer/likelihood_objective.hpp"
#include "math/covariance.hpp"
#include "relume/minimize/minimize.hpp"

namespace relume::infer {

std::vector<double> initial_point(const model::Likelihood& likelihood) {
  std::vector<double> point;
  for (const model::Parameter& p : likelihood.parameters()) {
    point.push_back(p.is_fixed ? p.initial : std::clamp(p.initial, p.lower, p.upper));
  }
  return point;
}

std::vector<double> carry_point(const model::Likelihood& from, std::span<const double> point,
                                const model::Likelihood& to) {
  std::unordered_map<std::string_view, double> values;
  for (std::size_t i = 0; i < point.size(); ++i) values.emplace(from.parameters()[i].name, point[i]);
  std::vector<double> carried = initial_point(to);
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const model::Parameter& p = to.parameters()[i];
    const auto found = values.find(p.name);
    if (found != values.end() && !p.is_fixed) carried[i] = std::clamp(found->second, p.lower, p.upper);
  }
  return carried;
}

namespace {

/// "0.71 mu + 0.70 mu_ttbar": the largest components of a direction.
std::string describe_direction(const model::Likelihood& likelihood, const std::vector<double>& direction) {
  std::vector<std::size_t> order(direction.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::fabs(direction[a]) > std::fabs(direction[b]); });
  constexpr double worth_naming = 0.1;
  constexpr std::size_t at_most = 5;
  std::string text;
  for (std::size_t k = 0; k < std::min(order.size(), at_most); ++k) {
    const double weight = direction[order[k]];
    if (k > 0 && std::fabs(weight) < worth_naming) break;
    char number[32];
    std::snprintf(number, sizeof number, "%.2f ", std::fabs(weight));
    text += text.empty() ? (weight < 0 ? "-" : "") : (weight < 0 ? " - " : " + ");
    text += number + likelihood.parameters()[order[k]].name;
  }
  return text;
}

}  // namespace

FitResult fit(const model::Likelihood& likelihood, const model::Data& data, const FitOptions& options) {
  LikelihoodObjective objective(likelihood);
  objective.set_data(data);
  minimize::Minimizer minimizer(objective);

  std::vector<double> nominal = initial_point(likelihood);
  std::vector<double> start = options.start.empty() ? nominal : options.start;
  std::vector<char> fixed;
  for (const model::Parameter& p : likelihood.parameters()) fixed.push_back(p.is_fixed);
  for (const FixedParameter& f : options.fixed) {
    fixed[f.parameter.index] = 1;
    start[f.parameter.index] = f.value;
  }
  FitResult result;
  if (std::string note = note_of_idle(likelihood, data, fixed); !note.empty()) result.notes.push_back(std::move(note));
  for (const std::uint32_t i : objective.idle()) {
    if (fixed[i] == 0) start[i] = nominal[i];
    fixed[i] = 1;
  }
  result.minimum = minimizer.minimize(start, {.max_iterations = options.max_iterations,
                                              .fixed = fixed,
                                              .lower = options.lower,
                                              .upper = options.upper,
                                              .nominal = nominal,
                                              .stop = options.stop});
  result.twice_nll = 2.0 * (result.minimum.value + likelihood.constant(data));
  if (result.minimum.status != minimize::MinimumStatus::infeasible && !std::isfinite(result.twice_nll)) {
    result.minimum.status = minimize::MinimumStatus::infeasible;
    result.minimum.reason = "the likelihood is not finite at any point that was tried: numbers of the model overflow";
  }
  if (result.minimum.status == minimize::MinimumStatus::infeasible) return result;
  if (options.uncertainties || options.covariance) {
    if (!result.minimum.edge.empty()) {
      // A rate held at zero cannot move: its direction gets a stiffness that leaves it no variance, not the finite one
      // of the search.
      constexpr double rigid = 1e10;
      objective.evaluate(result.minimum.x, math::Derivatives::curvature, {.penalty = rigid});
    }
    math::CovarianceResult covariance = math::invert(objective.curvature(), minimizer.free(), options.covariance);
    if (covariance.positive_definite) {
      for (const double variance : covariance.variances)
        result.uncertainties.push_back(std::sqrt(std::max(0.0, variance)));
      result.covariance = std::move(covariance.covariance);
    } else if (!covariance.null_direction.empty() && std::isfinite(covariance.null_direction.front())) {
      result.covariance_problem = (covariance.curves_downwards ? "the likelihood curves downwards along "
                                                               : "the likelihood does not change along ") +
                                  describe_direction(likelihood, covariance.null_direction);
      if (covariance.curves_downwards && result.minimum.status == minimize::MinimumStatus::converged) {
        result.minimum.status = minimize::MinimumStatus::not_converged;
        result.minimum.reason = "a stationary point, but no minimum: " + result.covariance_problem;
      } else if (result.minimum.status == minimize::MinimumStatus::converged) {
        result.minimum.status = minimize::MinimumStatus::singular;
        result.minimum.reason = "the value is certified, the point is not unique: " + result.covariance_problem;
      }
    } else {
      result.covariance_problem = "the second derivatives are not finite";
    }
  }
  return result;
}

}  // namespace relume::infer
