// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "model/poisson_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "math/poisson.hpp"
#include "math/random_stream.hpp"
#include "math/smooth_clip.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

/// Expected information of a bin grows without limit as its rate vanishes; below this share of the nominal it is held,
/// which only shortens steps.
constexpr double min_information_share = 1e-3;
/// A bin without events may sit this share of its scale below zero: rounding, not a gain.
constexpr double edge_tolerance = 1e-9;

// Apart from the loop over what is not masked, and not inlined there: masks cost nothing where there are none.
[[gnu::noinline]] void leave_out(std::size_t bin, bool with_curvature, PoissonRows& rows,
                                 math::Curvature& curvature) noexcept {
  // As where there are events: no constraint rate >= 0.
  rows.observed[bin] = std::numeric_limits<double>::infinity();
  rows.slope[bin] = 0.0;
  if (with_curvature) curvature.weight_exact[bin] = curvature.weight_safe[bin] = 0.0;
}

}  // namespace

math::EvaluationStatus PoissonRows::add(const PoissonBins& bins, const Data& data, bool with_curvature,
                                        const math::Relaxation& relaxation, std::span<double> rates,
                                        math::Curvature& curvature, double& sum) noexcept {
  const bool has_mask = !data.masked.empty();
  double main = 0.0;
  for (std::size_t b = 0; b < rates.size(); ++b) {
    if (has_mask && data.masked[bins.channel[b]] != 0) {
      leave_out(b, with_curvature, *this, curvature);
      continue;
    }
    const double n = data.values[b];
    double rate = rates[b];
    bool clipped = false;
    if (bins.clip && rate < *bins.clip) {
      rate = rates[b] = *bins.clip;
      clipped = true;
    }
    const double scale = bins.scale[b];
    math::SmoothClip clip;
    const bool is_near_zero = relaxation.clip > 0.0 && rate < relaxation.clip * scale;
    if (is_near_zero) {
      clip = math::smooth_clip(rate, relaxation.clip * scale);
      rate = clip.value;
    }
    double t = 0.0, weight = 0.0, safe = 0.0;
    observed[b] = n;
    if (!std::isfinite(rate)) {
      bad_bin = static_cast<std::ptrdiff_t>(b);
      return math::EvaluationStatus::not_finite;
    }
    if (n > 0.0) {
      const double floor = relaxation.floor * std::max(n, scale);
      if (rate > floor) {
        main += math::poisson_deviance(n, rate);
        t = (rate - n) / rate;
        weight = n / (rate * rate);
        safe = std::max(n, rate) / (rate * rate);
      } else if (floor > 0.0) {
        // Taylor series of -n ln(rate) at the floor: the search is pushed back smoothly.
        const double d = (rate - floor) / floor;
        main += math::poisson_deviance(n, floor) + (rate - floor) - n * (d - 0.5 * d * d);
        t = 1.0 - n / floor * (1.0 - d);
        weight = safe = n / (floor * floor);
      } else {
        bad_bin = static_cast<std::ptrdiff_t>(b);
        return math::EvaluationStatus::infeasible;
      }
    } else {
      main += rate;
      t = 1.0;
      safe = 1.0 / std::max(rate, min_information_share * scale);
      const double stiffness = relaxation.penalty / (scale * scale);
      if (relaxation.penalty > 0.0) {
        // Augmented Lagrangian of rate >= 0: (max(0, lambda - rho rate)^2 - lambda^2) / (2 rho).
        const double lambda = multipliers[b];
        const double force = std::max(0.0, lambda - stiffness * rate);
        main += (force * force - lambda * lambda) / (2.0 * stiffness);
        t -= force;
        if (force > 0.0) weight = safe = stiffness;
      } else if (rate < -edge_tolerance * scale) {
        bad_bin = static_cast<std::ptrdiff_t>(b);
        return math::EvaluationStatus::infeasible;
      }
    }
    if (clipped) t = weight = safe = 0.0;
    if (is_near_zero) {
      weight = weight * clip.slope * clip.slope + t * clip.curvature;
      safe = std::max(weight, 0.0);
      t *= clip.slope;
    }
    slope[b] = t;
    if (with_curvature) {
      curvature.weight_exact[b] = weight;
      curvature.weight_safe[b] = safe;
    }
  }
  sum += main;
  return math::EvaluationStatus::ok;
}

void PoissonRows::reset_multipliers() { std::fill(multipliers.begin(), multipliers.end(), 0.0); }

double PoissonRows::update_multipliers(double penalty, const PoissonBins& bins, std::span<const double> rates) {
  double worst = 0.0;
  for (std::size_t b = 0; b < rates.size(); ++b) {
    if (observed[b] > 0.0 || bins.clip) continue;
    const double stiffness = penalty / (bins.scale[b] * bins.scale[b]);
    const double next = std::max(0.0, multipliers[b] - stiffness * rates[b]);
    // Violation where negative, complementarity gap where a multiplier still presses on a positive rate.
    const double gap = rates[b] < 0.0 ? -rates[b] : next > 0.0 || multipliers[b] > 0.0 ? rates[b] : 0.0;
    worst = std::max(worst, gap / bins.scale[b]);
    multipliers[b] = next;
  }
  return worst;
}

double poisson_constant(std::span<const std::uint32_t> channel, const Data& data) {
  double sum = 0.0;
  for (std::size_t b = 0; b < channel.size(); ++b) {
    if (!data.is_masked(channel[b])) sum += math::poisson_saturated(data.values[b]);
  }
  return sum;
}

void fluctuate_counts(std::size_t n_bins, const Data& expected, const RandomKey& key, Data& toy) {
  const math::RandomSpace space(key.seed, key.stream);
  toy.values.resize(expected.values.size());
  toy.masked = expected.masked;
  for (std::size_t b = 0; b < n_bins; ++b) {
    math::RandomStream s = space.at(key.index, b);
    toy.values[b] = math::draw_poisson(expected.values[b], s);
  }
}

std::string describe_rate(const Likelihood& likelihood, std::size_t channel, std::size_t bin, double rate,
                          double observed) {
  // Compilers differ in the sign of a NaN, which says nothing.
  const ChannelInfo& info = likelihood.channels()[channel];
  return fmt::format("rate {:g} in channel '{}' bin {} (observed {:g})", std::isnan(rate) ? std::fabs(rate) : rate,
                     info.name, bin - info.first_bin, observed);
}

std::string explain_rows(const Likelihood& likelihood, std::span<const double> point, const PoissonRows& rows,
                         const std::function<std::string(std::size_t bin)>& describe) {
  const auto name = [&](std::size_t i) -> const std::string& { return likelihood.parameters()[i].name; };
  for (std::size_t i = 0; i < point.size(); ++i) {
    if (!std::isfinite(point[i])) return fmt::format("{} = {:g}, which is not a finite number", name(i), point[i]);
  }
  if (rows.bad_parameter >= 0)
    return explain_constraint(likelihood, point, static_cast<std::size_t>(rows.bad_parameter));
  if (rows.bad_bin >= 0) return describe(static_cast<std::size_t>(rows.bad_bin));
  if (rows.is_too_large) {
    const auto largest =
        std::max_element(point.begin(), point.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    return fmt::format("-ln L is too large for a number; the largest parameter is {} = {:g}",
                       name(static_cast<std::size_t>(largest - point.begin())), *largest);
  }
  std::string text;
  for (std::size_t b = 0; b < rows.multipliers.size(); ++b) {
    if (rows.multipliers[b] > 0.0) text += (text.empty() ? "" : "; ") + describe(b);
  }
  return text;
}

}  // namespace relume::model
