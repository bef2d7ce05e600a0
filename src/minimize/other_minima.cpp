// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "minimize/other_minima.hpp"

#include <algorithm>
#include <cmath>

namespace relume::minimize {

namespace {

/// A parameter with a natural unit (a constrained one) that is pulled to one of its bounds, far from where it began.
bool is_pulled_to_bound(const Descent& d, std::size_t i, double at, double from) {
  constexpr double far = 3.0;  // sigma: nearer bounds (a gamma whose auxiliary count is 0) are no sign of trouble
  return !d.is_fixed(i) && d.lower[i] < d.upper[i] && d.f.units()[i] > 0.0 && (at <= d.lower[i] || at >= d.upper[i]) &&
         std::fabs(at - from) > far * d.f.units()[i];
}

}  // namespace

bool is_constrained_at_bound(const Descent& descent, std::span<const double> point, std::span<const double> from) {
  for (std::size_t i = 0; i < descent.n; ++i) {
    if (is_pulled_to_bound(descent, i, point[i], from[i])) return true;
  }
  return false;
}

bool flip(Descent& descent, std::span<const double> point, std::span<const double> from) {
  std::vector<double>& trial = descent.trial;
  trial.assign(point.begin(), point.end());
  ++descent.counts.evaluations;
  double lowest = descent.f.evaluate(trial, Derivatives::none, plain).value;
  bool changed = false;
  for (std::size_t i = 0; i < descent.n; ++i) {
    if (!is_pulled_to_bound(descent, i, point[i], from[i])) continue;
    const double opposite = point[i] <= descent.lower[i] ? descent.upper[i] : descent.lower[i];
    for (const double candidate : {from[i], opposite}) {
      const double before = trial[i];
      trial[i] = candidate;
      ++descent.counts.evaluations;
      const Evaluation e = descent.f.evaluate(trial, Derivatives::none, plain);
      if (e.status == EvaluationStatus::ok && e.value < lowest - lower_minimum) {
        lowest = e.value;
        changed = true;
      } else {
        trial[i] = before;
      }
    }
  }
  return changed;
}

std::vector<std::uint32_t> other_sides(const Descent& descent) {
  constexpr double large = 0.3, share = 0.5;  // sigma; of the constraint
  const math::Curvature& curvature = descent.f.curvature();
  std::vector<std::uint32_t> result;
  for (const std::uint32_t i : descent.f.two_sided()) {
    if (descent.is_fixed(i)) continue;
    if (std::fabs(descent.x[i]) >= large || curvature.exact_diagonal[i] <= -share * curvature.constraint[i])
      result.push_back(i);
  }
  return result;
}

std::vector<double> inverse_columns(Descent& descent, std::span<const std::uint32_t> parameters) {
  std::vector<double> columns(parameters.size() * descent.n);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    descent.solve_for_column(parameters[k], std::span(columns).subspan(k * descent.n, descent.n));
  }
  return columns;
}

std::vector<OtherEnd> other_ends(const Descent& descent, std::span<const std::uint32_t> parameters,
                                 std::span<const double> columns) {
  // Two minima lie on different sides of the bend, k d^2 = v; half of that leaves room for what is no parabola.
  constexpr double tail_share = 0.5;
  std::vector<OtherEnd> ends;
  std::size_t column = 0;
  for (const std::uint32_t i : parameters) {
    const double variance = columns[column++ * descent.n + i];
    for (const HeavyTail& tail : descent.f.heavy_tails()) {
      if (tail.parameter != i) continue;
      const double d = descent.x[i] - tail.centre;
      if (tail.k * d * d > tail_share * tail.variance) ends.push_back({i, tail.centre});
      if (tail.k * d * d >= tail.variance) continue;
      // The term is balanced by the pull of everything else. Were that a parabola, it would have its minimum at `far`,
      // and gain this much on the way there; the likelihood of counts is longer than its parabola, hence the factor.
      constexpr double margin = 2.0;
      const double scale = tail.variance + tail.k * d * d;
      const double pull = (1.0 + tail.k) * d / scale;
      const double second = (1.0 + tail.k) * (tail.variance - tail.k * d * d) / (scale * scale);
      const double rest = 1.0 / variance - second;
      if (!(variance > 0.0 && rest > 0.0) || d == 0.0) continue;
      const double far = d + pull / rest, gain = 0.5 * pull * pull / rest;
      const double loss = 0.5 * (1.0 + 1.0 / tail.k) * std::log((tail.variance + tail.k * far * far) / scale);
      if (margin * gain > loss && tail.k * far * far > tail_share * tail.variance) {
        ends.push_back({i, tail.centre + far});
      }
    }
  }
  return ends;
}

bool move_along_profile(Descent& descent, std::span<const double> point, std::uint32_t i, double target,
                        std::span<const double> column) {
  std::vector<double>& trial = descent.trial;
  const double to = std::clamp(target, descent.lower[i], descent.upper[i]);
  if (!(column[i] > 0.0) || to == point[i]) return false;
  const double distance = point[i] - to;
  for (std::size_t k = 0; k < descent.n; ++k) {
    trial[k] = descent.is_fixed(k)
                   ? point[k]
                   : std::clamp(point[k] - distance * column[k] / column[i], descent.lower[k], descent.upper[k]);
  }
  trial[i] = to;
  ++descent.counts.evaluations;
  return descent.f.evaluate(trial, Derivatives::none, plain).status == EvaluationStatus::ok;
}

bool bends_away(Descent& descent, std::span<const double> point, std::uint32_t i, std::span<const double> column,
                double lowest) {
  constexpr double bent = 1.0 / 3.0, straight = 0.2, next_to_zero = 0.05, aside = 0.5;
  const double variance = column[i];
  if (!(variance > 0.0)) return false;
  const bool is_on_top = std::fabs(point[i]) < next_to_zero;
  const double targets[] = {is_on_top ? aside : -point[i], is_on_top ? -aside : -0.5 * point[i]};
  std::vector<double>& trial = descent.trial;
  for (const double target : targets) {
    const double distance = point[i] - target;
    if (target < descent.lower[i] || target > descent.upper[i]) continue;
    for (std::size_t k = 0; k < descent.n; ++k) {
      trial[k] = descent.is_fixed(k)
                     ? point[k]
                     : std::clamp(point[k] - distance * column[k] / variance, descent.lower[k], descent.upper[k]);
    }
    trial[i] = target;
    ++descent.counts.evaluations;
    ++descent.counts.gradients;
    const Evaluation e = descent.f.evaluate(trial, Derivatives::gradient, plain);
    if (e.status != EvaluationStatus::ok) continue;
    const double slope = -descent.f.gradient()[i] * variance / distance;
    if (slope < bent || e.value < lowest - lower_minimum) return true;
    if (!is_on_top && std::fabs(slope - 1.0) < straight) break;
  }
  return false;
}

}  // namespace relume::minimize
