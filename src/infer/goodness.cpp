// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/goodness.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include "infer/asimov_rates.hpp"
#include "infer/profile_curve.hpp"
#include "math/poisson.hpp"
#include "math/rank.hpp"
#include "relume/base/parallel.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t failures_told = 5;
/// Stream of random numbers; those of toy_test are 0 to 3.
constexpr std::uint64_t goodness_stream = 16;
/// A bin without events whose expectation is below this is held at zero: it cannot be anything else.
constexpr double no_expectation = 1e-9;
/// A bin whose share of freedom is below this follows the data whatever they are.
constexpr double no_freedom = 1e-6;

std::optional<double> chi2_tail(double t, long degrees) {
  if (degrees <= 0) return std::nullopt;
  return boost::math::gamma_q(0.5 * static_cast<double>(degrees), 0.5 * std::max(0.0, t), math::double_only{});
}

bool is_stopped(const std::atomic<bool>* stop) { return stop != nullptr && stop->load(std::memory_order_relaxed); }

double elapsed(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<char> held_parameters(const model::Likelihood& likelihood, std::span<const FixedParameter> fixed) {
  std::vector<char> held;
  for (const model::Parameter& p : likelihood.parameters()) held.push_back(p.is_fixed || !(p.lower < p.upper));
  for (const FixedParameter& f : fixed) held[f.parameter.index] = 1;
  return held;
}

/// What the constraint terms of held parameters add to the deviance.
double held_deviance(const model::Likelihood& likelihood, std::span<const char> held, std::span<const double> x,
                     const model::Data& data) {
  return std::count(held.begin(), held.end(), 0) == static_cast<std::ptrdiff_t>(held.size())
             ? 0.0
             : model::constraint_deviance(likelihood, x, data, held);
}

void add_bins(const model::Likelihood& likelihood, const model::Data& data, Goodness& g) {
  const model::Data expected = likelihood.expected_data(g.x);
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary) continue;
    ChannelGoodness channel;
    const bool is_masked = data.is_masked(g.channels.size());
    for (std::size_t i = block.first; i < block.first + block.size; ++i) {
      BinResidual bin;
      bin.is_masked = is_masked;
      if (is_masked) {
        g.bins.push_back(bin);
        continue;
      }
      bin.observed = data.values[i];
      bin.expected = expected.values[i];
      if (block.kind == model::BlockKind::counts) {
        bin.t = 2.0 * math::poisson_deviance(bin.observed, bin.expected);
        if (bin.observed == 0.0 && bin.expected <= no_expectation) {
          bin.t = 0.0;
        } else {
          ++channel.n_bins;
        }
        if (bin.expected > no_expectation) bin.residual = (bin.observed - bin.expected) / std::sqrt(bin.expected);
      } else {
        ++channel.n_bins;
      }
      channel.t += bin.t;
      g.bins.push_back(bin);
    }
    g.n_bins += channel.n_bins;
    g.channels.push_back(channel);
  }
}

/// Variance of each row's rate, j C j^T with j its derivatives.
void add_pulls(const math::Curvature& curvature, std::span<const double> covariance, Goodness& g) {
  const math::CurvatureLayout& layout = curvature.layout();
  const std::size_t n = layout.n_parameters;
  std::vector<std::uint32_t> parameters;
  std::vector<double> slopes;
  for (const math::RowGroup& group : layout.groups) {
    for (std::size_t r = 0; r < group.n_rows; ++r) {
      const std::size_t row = group.first_row + r;
      parameters.assign(group.columns.begin(), group.columns.end());
      slopes.clear();
      for (std::size_t c = 0; c < group.columns.size(); ++c) {
        slopes.push_back(curvature.jacobian[group.jacobian + c * group.n_rows + r]);
      }
      for (std::uint32_t k = layout.row_privates[row]; k < layout.row_privates[row + 1]; ++k) {
        parameters.push_back(layout.privates[k].parameter);
        slopes.push_back(curvature.private_slope[k]);
      }
      double variance = 0.0;
      for (std::size_t i = 0; i < slopes.size(); ++i) {
        if (slopes[i] == 0.0) continue;
        double sum = 0.0;
        for (std::size_t k = 0; k < slopes.size(); ++k)
          sum += covariance[parameters[i] * n + parameters[k]] * slopes[k];
        variance += slopes[i] * sum;
      }
      BinResidual& bin = g.bins[row];
      if (bin.is_masked) continue;
      bin.uncertainty = std::sqrt(std::max(0.0, variance));
      const double left = bin.expected - variance;
      if (bin.residual && left > no_freedom * bin.expected) {
        bin.pull = (bin.observed - bin.expected) / std::sqrt(left);
      }
    }
  }
}

/// Directions of free parameters in which nothing changes. Where the Hessian has an inverse, only parameters at their
/// bounds, which it leaves out, can be flat.
std::size_t count_flat(const math::Curvature& curvature, std::span<const char> free, minimize::MinimumStatus status) {
  const auto n_free = static_cast<std::size_t>(std::count_if(free.begin(), free.end(), [](char f) { return f != 0; }));
  if (status == minimize::MinimumStatus::singular) return n_free - math::rank(curvature, free);
  std::vector<double> diagonal(free.size());
  curvature.diagonal(diagonal, math::Form::semidefinite);
  std::size_t flat = 0;
  for (std::size_t i = 0; i < free.size(); ++i) flat += free[i] != 0 && !(diagonal[i] > 0.0) ? 1 : 0;
  return flat;
}

void note_doubts(const model::Likelihood& likelihood, const minimize::Minimum& minimum, Goodness& g) {
  // The usual rule: at most a fifth of the expectations below five (W. G. Cochran, Biometrics 10 (1954) 417).
  std::size_t few = 0, used = 0, at = 0;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    for (std::size_t i = 0; i < block.size && !block.is_auxiliary; ++i, ++at) {
      if (block.kind != model::BlockKind::counts || g.bins[at].is_masked) continue;
      ++used;
      few += g.bins[at].expected < 5.0 ? 1 : 0;
    }
  }
  if (5 * few > used) {
    g.notes.push_back(
        fmt::format("{} of {} bins expect fewer than 5 events: the chi-squared distribution is doubtful, "
                    "compare with toys",
                    few, used));
  }
  if (used < g.bins.size()) {
    const auto blocks = likelihood.data_blocks();
    const bool has_values = std::any_of(blocks.begin(), blocks.end(), [](const model::DataBlock& block) {
      return !block.is_auxiliary && block.kind != model::BlockKind::counts;
    });
    if (has_values) g.notes.emplace_back("t is split by channel for counts only: measured values may be correlated");
  }
  const std::size_t n_bounds = minimum.at_lower.size() + minimum.at_upper.size();
  if (n_bounds > 0) {
    const std::uint32_t first = minimum.at_lower.empty() ? minimum.at_upper.front() : minimum.at_lower.front();
    g.notes.push_back(fmt::format(
        "counted as fitted, but at a bound: '{}'{}; the chi-squared distribution is doubtful, "
        "compare with toys",
        likelihood.parameters()[first].name, n_bounds > 1 ? fmt::format(" and {} more", n_bounds - 1) : ""));
  }
  constexpr double uncertain = 0.2;
  for (const model::Parameter& p : likelihood.parameters()) {
    if (p.constraint.kind != model::ConstraintKind::gamma_variance || !(p.constraint.error_on_error > uncertain))
      continue;
    g.notes.push_back("errors on errors above 0.2: the chi-squared distribution is doubtful, compare with toys");
    break;
  }
}

/// t of toys, in one thread.
class ToyFits {
 public:
  ToyFits(const model::Likelihood& likelihood, const model::Data& observed, const Goodness& g,
          std::span<const char> held, const GoodnessOptions& options)
      : likelihood_(likelihood),
        options_(options),
        held_(held),
        truth_(g.x),
        nominal_(initial_point(likelihood)),
        expected_(likelihood.expected_data(g.x)),
        space_(likelihood) {
    expected_.masked = observed.masked;
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (held[i] != 0) nominal_[i] = truth_[i];
    }
  }

  double operator()(std::uint64_t index, std::string& failure) {
    likelihood_.fluctuate(expected_, {options_.seed, goodness_stream, index}, toy_);
    for (std::size_t i = 0; i < held_.size(); ++i) {
      const model::Constraint& c = likelihood_.parameters()[i].constraint;
      if (held_[i] == 0 || c.kind == model::ConstraintKind::none) continue;
      toy_.values[c.data_index] = expected_.values[c.data_index];
    }
    space_.objective.set_data(toy_);
    const minimize::Minimum minimum =
        space_.minimizer.minimize(truth_, {.fixed = held_, .nominal = nominal_, .settle = true, .stop = options_.stop});
    if (minimum.is_usable()) return 2.0 * minimum.value;
    failure = minimum.reason;
    return nan;
  }

 private:
  const model::Likelihood& likelihood_;
  const GoodnessOptions& options_;
  std::span<const char> held_;
  std::vector<double> truth_, nominal_;
  model::Data expected_, toy_;
  FitSpace space_;
};

void add_toys(const model::Likelihood& likelihood, const model::Data& data, std::span<const char> held,
              const GoodnessOptions& options, Goodness& g) {
  g.toys.assign(options.n_toys, nan);
  std::map<std::size_t, std::string> failures;
  std::mutex mutex;
  constexpr std::size_t chunk = 16;
  for_each_in_parallel(
      options.n_toys, static_cast<std::size_t>(std::max(1, options.threads)),
      [&] {
        return [&, toy = std::make_shared<ToyFits>(likelihood, data, g, held, options)](std::size_t i) {
          if (is_stopped(options.stop)) return;
          std::string failure;
          g.toys[i] = (*toy)(i, failure);
          if (std::isnan(g.toys[i])) {
            const std::lock_guard lock(mutex);
            failures.emplace(i, std::move(failure));
          }
          if (options.n_done != nullptr) options.n_done->fetch_add(1, std::memory_order_relaxed);
        };
      },
      chunk);
  if (is_stopped(options.stop)) {
    g.toys.clear();
    g.status = Status::interrupted;
    g.reason = "interrupted by the caller";
    return;
  }
  g.n_fits += static_cast<int>(options.n_toys);
  g.n_failed = failures.size();
  for (const auto& [i, failure] : failures) {
    if (g.failures.size() == failures_told) break;
    g.failures.push_back(fmt::format("toy {}: {}", i, failure));
  }
  std::vector<double> sorted;
  for (const double t : g.toys) {
    if (!std::isnan(t)) sorted.push_back(t);
  }
  if (sorted.empty()) {
    g.status = Status::fit_failed;
    g.reason = "no toy could be fitted; " + g.failures.front();
    return;
  }
  std::sort(sorted.begin(), sorted.end());
  g.p_toys = tail_probability(sorted, g.t);
  if (g.n_failed > 0) {
    g.notes.push_back(fmt::format("{} of {} toys could not be fitted and are left out: {}", g.n_failed, options.n_toys,
                                  g.failures.front()));
  }
}

Status status_of(const minimize::Minimum& minimum) {
  return minimum.status == minimize::MinimumStatus::interrupted ? Status::interrupted : Status::fit_failed;
}

}  // namespace

Goodness goodness(const model::Likelihood& likelihood, const model::Data& data, const GoodnessOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Goodness g;
  g.seed = options.seed;
  const std::vector<char> held = held_parameters(likelihood, options.fixed);
  const auto compute = [&] {
    std::string problem = why_not_available(likelihood);
    if (!likelihood.peaks_at_expected_data())
      problem = "not available: an average over nuisance parameters is not saturated";
    if (!problem.empty()) {
      g.status = Status::not_defined;
      g.reason = std::move(problem);
      return;
    }
    FitOptions fit_options;
    fit_options.fixed = options.fixed;
    fit_options.start = options.start;
    fit_options.covariance = options.pulls;
    fit_options.stop = options.stop;
    FitResult best = fit(likelihood, data, fit_options);
    g.n_fits = 1;
    if (!best.minimum.is_usable()) {
      g.status = status_of(best.minimum);
      g.reason = "fit: " + best.minimum.reason;
      return;
    }
    g.x = best.minimum.x;
    g.twice_nll = best.twice_nll;
    g.t = 2.0 * (best.minimum.value - held_deviance(likelihood, held, g.x, data));
    add_bins(likelihood, data, g);
    std::vector<char> free;
    for (std::size_t i = 0; i < held.size(); ++i) {
      free.push_back(held[i] == 0);
      if (held[i] != 0) continue;
      ++g.n_parameters;
      const model::Constraint& c = likelihood.parameters()[i].constraint;
      if (c.kind == model::ConstraintKind::none) continue;
      ++g.n_constraints;
    }
    g.t_constraints =
        2.0 * (model::constraint_deviance(likelihood, g.x, data) - held_deviance(likelihood, held, g.x, data));
    const auto scratch = likelihood.make_scratch();
    likelihood.evaluate(g.x, data, math::Derivatives::curvature, {.penalty = 1.0}, *scratch);
    g.n_flat = count_flat(scratch->curvature, free, best.minimum.status);
    g.degrees = static_cast<long>(g.n_bins + g.n_constraints + g.n_flat) - static_cast<long>(g.n_parameters);
    g.p_value = chi2_tail(g.t, g.degrees);
    if (g.degrees <= 0) {
      g.notes.emplace_back(
          "no degrees of freedom: the model has as many free parameters as it is measured by, and fits "
          "whatever is observed");
    }
    const bool rows_are_bins = likelihood.layout().n_rows == g.bins.size();
    if (options.pulls && !best.covariance.empty() && rows_are_bins) {
      add_pulls(scratch->curvature, best.covariance, g);
    } else if (options.pulls) {
      g.notes.push_back("no pulls of bins that account for the fit: " +
                        (best.covariance_problem.empty() ? std::string("the model has no derivatives by bin")
                                                         : best.covariance_problem));
    }
    note_doubts(likelihood, best.minimum, g);
    if (options.n_toys == 0) return;
    if (std::string why = why_no_toys(likelihood); !why.empty()) {
      g.notes.push_back(std::move(why));
    } else {
      add_toys(likelihood, data, held, options, g);
    }
  };
  compute();
  g.seconds = elapsed(begin);
  return g;
}

namespace {

/// Whether the main data that a model expects depend on the parameter.
bool changes_rates(const model::Likelihood& likelihood, ParamId parameter) {
  std::vector<double> zero = initial_point(likelihood), one = zero;
  zero[parameter.index] = 0.0;
  one[parameter.index] = 1.0;
  return likelihood.expected_data(zero).values != likelihood.expected_data(one).values;
}

/// A fit in which these parameters have no bounds.
FitResult unbounded_fit(const model::Likelihood& likelihood, const model::Data& data,
                        std::span<const ParamId> parameters, FitOptions options) {
  for (const model::Parameter& p : likelihood.parameters()) {
    options.lower.push_back(p.lower);
    options.upper.push_back(p.upper);
  }
  for (const ParamId p : parameters) {
    options.lower[p.index] = -infinity;
    options.upper[p.index] = infinity;
  }
  return fit(likelihood, data, options);
}

/// Directions in which nothing changes at the minimum of such a fit.
std::size_t count_flat(const model::Likelihood& likelihood, const model::Data& data, const minimize::Minimum& minimum,
                       std::span<const FixedParameter> fixed) {
  std::vector<char> free = held_parameters(likelihood, fixed);
  for (char& f : free) f = f == 0;
  const auto scratch = likelihood.make_scratch();
  likelihood.evaluate(minimum.x, data, math::Derivatives::curvature, {.penalty = 1.0}, *scratch);
  return count_flat(scratch->curvature, free, minimum.status);
}

std::optional<double> uncertainty_of(const FitResult& fit, ParamId parameter) {
  if (fit.uncertainties.empty() || !(fit.uncertainties[parameter.index] > 0.0)) return std::nullopt;
  return fit.uncertainties[parameter.index];
}

}  // namespace

Compatibility compatibility(const CompatibilityQuestion& q, const std::vector<FixedParameter>& fixed,
                            const std::atomic<bool>* stop) {
  const auto begin = std::chrono::steady_clock::now();
  Compatibility result;
  const auto fail = [&](Status status, std::string reason) {
    result.status = status;
    result.reason = std::move(reason);
  };
  const auto usable = [&](const FitResult& f, const char* what) {
    ++result.n_fits;
    if (f.minimum.is_usable()) return true;
    fail(status_of(f.minimum), std::string(what) + ": " + f.minimum.reason);
    return false;
  };
  const auto compute = [&] {
    const std::string& name = q.common.parameters()[q.parameter.index].name;
    if (held_parameters(q.common, fixed)[q.parameter.index] != 0) {
      return fail(Status::not_defined, fmt::format("'{}' is held: channels cannot differ in it", name));
    }
    for (const model::Likelihood* likelihood : {&q.common, &q.separate}) {
      if (std::string why = why_not_available(*likelihood); !why.empty())
        return fail(Status::not_defined, std::move(why));
    }
    FitOptions separate_options{.stop = stop};
    for (const FixedParameter& f : fixed) {
      const auto same = q.separate.find_parameter(q.common.parameters()[f.parameter.index].name);
      if (same) separate_options.fixed.push_back({*same, f.value});
    }
    std::vector<ParamId> free;
    for (const ChannelStrength& channel : q.channels) {
      if (changes_rates(q.separate, channel.parameter)) {
        result.channels.push_back(channel);
        free.push_back(channel.parameter);
      } else {
        separate_options.fixed.push_back({channel.parameter, 1.0});
        result.notes.push_back(fmt::format("channel '{}' does not depend on '{}': left out", channel.channel, name));
      }
    }
    if (free.empty()) return fail(Status::no_sensitivity, fmt::format("no channel depends on '{}'", name));
    const FitResult common =
        unbounded_fit(q.common, q.common_data, std::span(&q.parameter, 1), {.fixed = fixed, .stop = stop});
    if (!usable(common, "fit with one value")) return;
    result.best = common.minimum.x[q.parameter.index];
    result.uncertainty = uncertainty_of(common, q.parameter);
    separate_options.start = carry_point(q.common, common.minimum.x, q.separate);
    for (const ParamId p : free) separate_options.start[p.index] = result.best;
    const FitResult separate = unbounded_fit(q.separate, q.separate_data, free, separate_options);
    if (!usable(separate, "fit with one value per channel")) return;
    for (ChannelStrength& channel : result.channels) {
      channel.best = separate.minimum.x[channel.parameter.index];
      channel.uncertainty = uncertainty_of(separate, channel.parameter);
    }
    // Below this it is rounding of two certified minima.
    constexpr double rounding = 1e-8;
    const double t = 2.0 * (common.minimum.value - separate.minimum.value);
    if (t < -rounding) {
      return fail(Status::fit_failed, fmt::format("the fit with one value per channel ended {:.3g} above the one with "
                                                  "one value in -2 ln L: it is not the lowest minimum",
                                                  -t));
    }
    result.t = std::max(0.0, t);
    const std::size_t flat = count_flat(q.separate, q.separate_data, separate.minimum, separate_options.fixed),
                      flat_before = count_flat(q.common, q.common_data, common.minimum, fixed);
    result.degrees = static_cast<long>(free.size() + flat_before) - static_cast<long>(1 + flat);
    result.p_value = chi2_tail(result.t, result.degrees);
    for (const FitResult* f : {&common, &separate}) {
      if (f->minimum.edge.empty()) continue;
      result.notes.push_back("rates are held at zero, where -2 ln L has no chi-squared distribution: " +
                             f->minimum.edge);
      break;
    }
    if (separate.minimum.status == minimize::MinimumStatus::singular) {
      result.notes.push_back("fit with one value per channel: " + separate.minimum.reason);
    }
  };
  compute();
  result.seconds = elapsed(begin);
  return result;
}

}  // namespace relume::infer
