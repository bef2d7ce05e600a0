// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Upper limits: roots of CLs(mu) = alpha by Newton's method on functions that are nearly linear in mu, sqrt(q_A) and
// sqrt(-ln CLs).
#include <algorithm>
#include <chrono>
#include <cmath>

#include "infer/root_finder.hpp"
#include "infer/test_fits.hpp"

namespace relume::infer {

namespace {

/// -ln CLs and its slope, from q, q_A and their slopes (chain rule over asymptotic_p_values, by central differences of
/// closed forms).
std::pair<double, double> minus_log_cls(TestStatistic s, std::pair<double, double> q, std::pair<double, double> qa) {
  const auto at = [&](double a, double b) { return -asymptotic_p_values(s, a, b).log_cls; };
  const double value = at(q.first, qa.first);
  const double h = 1e-5 * (1.0 + q.first), ha = 1e-5 * (1.0 + qa.first);
  const double dq = (at(q.first + h, qa.first) - at(std::max(0.0, q.first - h), qa.first)) / (h + std::min(h, q.first));
  const double da =
      (at(q.first, qa.first + ha) - at(q.first, std::max(0.0, qa.first - ha))) / (ha + std::min(ha, qa.first));
  return {value, dq * q.second + da * qa.second};
}

}  // namespace

Limit upper_limit(const model::Likelihood& likelihood, const model::Data& data, const LimitOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const double alpha = 1.0 - options.level;
  const TestStatistic s = options.test.statistic;
  Limit limit;
  limit.level = options.level;
  limit.statistic = s;
  limit.asimov = options.test.asimov;
  TestFits fits(likelihood, data, options.test);

  const auto sqrt_qa = [&](double mu) -> std::optional<std::pair<double, double>> {
    const auto qa = fits.q_asimov(mu);
    if (!qa) return std::nullopt;
    const double a = std::sqrt(qa->first);
    return std::pair{a, a > 0.0 ? 0.5 * qa->second / a : 0.0};
  };
  const auto compute = [&] {
    if (fits.status != Status::ok) return;
    // A signal that changes no rate has no limit, whatever the fits say.
    double scale = 1.0;
    {
      std::vector<double> zero = initial_point(likelihood), one = zero;
      zero[fits.poi()] = 0.0;
      one[fits.poi()] = 1.0;
      const model::Data b = likelihood.expected_data(zero), sb = likelihood.expected_data(one);
      if (b.values == sb.values) {
        fits.fail(Status::no_sensitivity, "the signal changes no rate: there is nothing to limit");
        return;
      }
      double information = 0.0;
      std::size_t channel = 0;
      for (const model::DataBlock& block : likelihood.data_blocks()) {
        if (block.is_auxiliary || data.is_masked(channel++)) continue;
        for (std::size_t i = block.first; i < block.first + block.size; ++i) {
          const double signal = sb.values[i] - b.values[i];
          information += signal * signal / std::max(b.values[i], 1.0);
        }
      }
      if (information > 0.0) scale = 2.0 / std::sqrt(information);
    }
    RootFinder root;
    double median = 0.0;
    const auto give_up = [&](const char* what) {
      if (root.failure == RootFinder::Failure::not_bracketed) {
        fits.fail(Status::not_bracketed, std::string("no ") + what + " between 1e-9 and 1e12 in " + fits.poi_name());
      } else if (root.failure == RootFinder::Failure::not_settled) {
        fits.fail(Status::fit_failed,
                  std::string("the search for the ") + what + " did not settle: its fits are not on one curve");
      }
    };
    // Median first: it sets the scale for all others.
    const double c0 = asimov_significance_at(alpha, 0.0);
    const auto found = root.find(
        [&](double mu) {
          auto y = sqrt_qa(mu);
          if (y) y->first -= c0;
          return y;
        },
        scale, options.tolerance);
    if (!found) return give_up("expected limit");
    median = *found;
    if (s == TestStatistic::q || s == TestStatistic::qtilde) {
      if (options.expected) {
        for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
          const double c = asimov_significance_at(alpha, band_sigmas[i]);
          limit.expected[i] = band_sigmas[i] == 0.0 ? found
                                                    : root.find(
                                                          [&](double mu) {
                                                            auto y = sqrt_qa(mu);
                                                            if (y) y->first -= c;
                                                            return y;
                                                          },
                                                          median * c / c0, options.tolerance);
          if (!limit.expected[i]) return give_up("expected limit");
        }
      }
    } else if (options.expected) {
      for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
        const double n = band_sigmas[i];
        limit.expected[i] = root.find(
            [&](double mu) -> std::optional<std::pair<double, double>> {
              const auto qa = fits.q_asimov(mu);
              if (!qa) return std::nullopt;
              const auto at = [&](double v) { return -expected_p_values(s, v, n).log_cls + std::log(alpha); };
              const double h = 1e-5 * (1.0 + qa->first);
              return std::pair{at(qa->first), (at(qa->first + h) - at(qa->first)) / h * qa->second};
            },
            median, options.tolerance);
        if (!limit.expected[i]) return give_up("expected limit");
      }
    }
    const TestFits::Free* free = fits.free();
    if (free == nullptr) return;
    const auto observed = [&](double mu) -> std::optional<std::pair<double, double>> {
      // Below the best fit CLs only falls from 1/2 / CLb on: no root there (one-sided statistics).
      const auto qa = fits.q_asimov(mu);
      if (!qa) return std::nullopt;
      const auto q = fits.q_observed(mu);
      if (!q) return std::nullopt;
      auto y = minus_log_cls(s, *q, *qa);
      y.first += std::log(alpha);
      // Newton on sqrt(-ln CLs), which is closer to linear in mu than its square.
      const double target = std::sqrt(-std::log(alpha)), root_y = std::sqrt(std::max(1e-12, y.first - std::log(alpha)));
      return std::pair{root_y - target, 0.5 * y.second / root_y};
    };
    const double guess = free->mu > 0.0 ? free->mu + median : median;
    limit.observed = root.find(observed, guess, options.tolerance);
    if (!limit.observed) return give_up("observed limit");
  };
  compute();
  // Limits beyond the file's bound on the parameter of interest: all fits of this limit use a wider one.
  if (fits.status == Status::ok) {
    double furthest = limit.observed.value_or(0.0);
    for (const auto& e : limit.expected) furthest = std::max(furthest, e.value_or(0.0));
    const double bound = fits.upper();
    if (furthest > bound) {
      limit.bounds_widened = true;
      fits.widen(2.0 * furthest);
      fits.notes.push_back("limits lie beyond the upper bound " + TestFits::number(bound) + " of " + fits.poi_name() +
                           ": it was widened to " + TestFits::number(2.0 * furthest) + " for all fits");
      // The bound enters free fits only; where those were not held by it (or just short of it, where the slope beside
      // the bound is next to nothing), nothing changes.
      if (fits.is_best_fit_beyond(bound)) compute();
    }
  }
  if (const auto* free = fits.status == Status::ok ? fits.free() : nullptr; free != nullptr) limit.mu_hat = free->mu;
  if (fits.status == Status::ok && options.test.asimov == Asimov::a_posteriori) limit.background = fits.background()->x;
  limit.poi_bounds = {fits.lower(), fits.upper()};
  limit.n_fits = fits.n_fits();
  limit.status = fits.status;
  limit.reason = fits.reason;
  limit.notes = std::move(fits.notes);
  limit.fits = std::move(fits.fits);
  if (limit.status != Status::ok) {
    limit.observed.reset();
    limit.expected = {};
  }
  limit.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return limit;
}

}  // namespace relume::infer
