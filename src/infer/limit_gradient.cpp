// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Implicit differentiation of CLs(q(mu, s), q_A(mu, s)) = alpha in the yields s. By the envelope theorem the
// derivatives of q and q_A are partial derivatives of -ln L at the conditional and the free minima; those at mu = 0
// vanish, since no signal is there.
#include "relume/infer/limit_gradient.hpp"

#include <cmath>
#include <limits>

#include "infer/test_fits.hpp"

namespace relume::infer {

namespace {

struct Slopes {
  double q = 0.0;              ///< d q / d mu
  std::vector<double> yields;  ///< d q / d yield
};

/// Derivatives of 2 (L(mu) - L(free)) at a conditional minimum; `free`: where the free one is, empty when no signal is
/// there.
Slopes slopes(const model::Likelihood& likelihood, const model::Data& data, const std::vector<double>& conditional,
              double slope, const std::vector<double>& free, model::Scratch& scratch) {
  Slopes s{2.0 * slope, likelihood.yield_gradient(conditional, data, scratch)};
  for (double& y : s.yields) y *= 2.0;
  if (!free.empty()) {
    const std::vector<double> there = likelihood.yield_gradient(free, data, scratch);
    for (std::size_t i = 0; i < there.size(); ++i) s.yields[i] -= 2.0 * there[i];
  }
  return s;
}

}  // namespace

LimitGradient limit_gradient(const model::Likelihood& likelihood, const model::Data& data,
                             const LimitOptions& options) {
  LimitGradient g;
  g.limit = upper_limit(likelihood, data, options);
  if (!g.limit.is_usable()) return g;
  const TestStatistic statistic = options.test.statistic;
  if (statistic != TestStatistic::q && statistic != TestStatistic::qtilde) {
    g.limit.notes.emplace_back("no derivative of the limit: only q and qtilde have one");
    return g;
  }
  std::vector<double> zero = initial_point(likelihood);
  zero[likelihood.poi()->index] = 0.0;
  const std::vector<double> without_signal = likelihood.expected_by_sample(zero);
  if (without_signal.empty()) return g;
  const auto scratch = likelihood.make_scratch();
  if (likelihood.yield_gradient(zero, data, *scratch).empty()) {
    g.limit.notes.emplace_back("no derivative of the limit: this kind of likelihood has none in yields");
    return g;
  }

  TestFits fits(likelihood, data, options.test);
  fits.widen(std::max(fits.upper(), g.limit.poi_bounds[1]));
  const auto only_signal = [&](std::vector<double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (without_signal[i] != 0.0) values[i] = std::numeric_limits<double>::quiet_NaN();
    }
    return values;
  };
  const auto asimov_slopes = [&](double mu) -> std::optional<Slopes> {
    if (!fits.q_asimov(mu)) return std::nullopt;
    const Profile& p = fits.asimov_profile(mu);
    return slopes(likelihood, fits.asimov_data(), p.x, p.slope, {}, *scratch);
  };
  for (std::size_t i = 0; options.expected && i < band_sigmas.size(); ++i) {
    // sqrt(q_A) is a constant of the level.
    const auto a = asimov_slopes(*g.limit.expected[i]);
    if (!a || !(a->q > 0.0)) return g;
    std::vector<double> gradient = a->yields;
    for (double& y : gradient) y /= -a->q;
    g.expected[i] = only_signal(std::move(gradient));
  }
  const double mu = *g.limit.observed;
  const auto qa = fits.q_asimov(mu);
  const auto q = fits.q_observed(mu);
  const TestFits::Free* free = fits.free();
  if (!qa || !q || free == nullptr) return g;
  const auto a = asimov_slopes(mu);
  if (!a) return g;
  const Profile& p = fits.observed_profile(mu);
  const Slopes o = slopes(likelihood, data, p.x, p.slope, free->x, *scratch);
  // d ln CLs = c_q dq + c_A dq_A, by central differences of closed forms.
  const auto log_cls = [&](double x, double y) { return asymptotic_p_values(statistic, x, y).log_cls; };
  const double h = 1e-5 * (1.0 + q->first), ha = 1e-5 * (1.0 + qa->first);
  const double below = std::max(0.0, q->first - h);
  const double c_q = (log_cls(q->first + h, qa->first) - log_cls(below, qa->first)) / (q->first + h - below);
  const double c_a = (log_cls(q->first, qa->first + ha) - log_cls(q->first, qa->first - ha)) / (2.0 * ha);
  const double in_mu = c_q * o.q + c_a * a->q;
  if (!(in_mu < 0.0)) return g;
  std::vector<double> gradient(o.yields.size());
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = -(c_q * o.yields[i] + c_a * a->yields[i]) / in_mu;
  g.observed = only_signal(std::move(gradient));
  return g;
}

}  // namespace relume::infer
