// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/test_statistic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "math/normal.hpp"

namespace relume::infer {

std::optional<TestStatistic> test_statistic_from_string(std::string_view name) {
  if (name == "q0") return TestStatistic::q0;
  if (name == "q") return TestStatistic::q;
  if (name == "qtilde") return TestStatistic::qtilde;
  if (name == "t") return TestStatistic::t;
  if (name == "ttilde") return TestStatistic::ttilde;
  return std::nullopt;
}

std::string_view to_string(TestStatistic statistic) {
  switch (statistic) {
    case TestStatistic::q0: return "q0";
    case TestStatistic::q: return "q";
    case TestStatistic::qtilde: return "qtilde";
    case TestStatistic::t: return "t";
    case TestStatistic::ttilde: return "ttilde";
  }
  return "unknown";
}

double normal_cdf(double x) { return math::normal_cdf(x); }

double normal_quantile(double p) { return math::normal_quantile(p); }

double log_normal_cdf(double x) { return math::log_normal_cdf(x); }

namespace {

PValues from_logs(double log_clsb, double log_clb) {
  PValues p;
  p.clsb = std::exp(log_clsb);
  p.clb = std::exp(log_clb);
  p.log_cls = log_clsb - log_clb;
  p.cls = std::exp(p.log_cls);
  return p;
}

/// ln(exp(a) + exp(b))
double log_sum(double a, double b) {
  const double high = std::max(a, b), low = std::min(a, b);
  return high + std::log1p(std::exp(low - high));
}

/// ln P(statistic >= t | mu') of the two-sided statistics with (mu - mu')/sigma = shift, mu/sigma = a.
double log_two_sided(double t, double a, double shift, bool tilde) {
  const double root = std::sqrt(t);
  const double upper = log_normal_cdf(-(root + shift));  // mu-hat above
  // mu-hat below: at mu - sigma sqrt(t), or for t-tilde beyond mu-hat = 0 at (mu^2 - sigma^2 t)/(2 mu) (CCGV 11, 41).
  const bool beyond_zero = tilde && t > a * a && a > 0.0;
  const double lower = log_normal_cdf(beyond_zero ? -((t + a * a) / (2.0 * a) - shift) : -(root - shift));
  return log_sum(upper, lower);
}

}  // namespace

PValues asymptotic_p_values(TestStatistic statistic, double q, double q_asimov, bool is_below) {
  q = std::max(q, 0.0);
  q_asimov = std::max(q_asimov, 0.0);
  const double root = std::sqrt(q), a = is_below ? -std::sqrt(q_asimov) : std::sqrt(q_asimov);
  switch (statistic) {
    case TestStatistic::q0:
    case TestStatistic::q: return from_logs(log_normal_cdf(-root), log_normal_cdf(a - root));  // CCGV 57, 66
    case TestStatistic::qtilde:
      if (q <= q_asimov || a == 0.0) return from_logs(log_normal_cdf(-root), log_normal_cdf(a - root));
      // CCGV 65: beyond mu-hat = 0 the statistic is linear in mu-hat.
      return from_logs(log_normal_cdf(-(q + q_asimov) / (2.0 * a)), log_normal_cdf(-(q - q_asimov) / (2.0 * a)));
    case TestStatistic::t:
    case TestStatistic::ttilde: {
      const bool tilde = statistic == TestStatistic::ttilde;
      return from_logs(std::min(0.0, log_two_sided(q, a, 0.0, tilde)), std::min(0.0, log_two_sided(q, a, a, tilde)));
    }
  }
  return {};
}

PValues expected_p_values(TestStatistic statistic, double q_asimov, double n_sigma, bool is_below) {
  const double a = (is_below ? -1.0 : 1.0) * std::sqrt(std::max(q_asimov, 0.0));
  if (statistic == TestStatistic::t || statistic == TestStatistic::ttilde) {
    // Background-only data with mu-hat = n sigma; for t-tilde a negative mu-hat is compared with mu = 0 (CCGV 11).
    const double t =
        statistic == TestStatistic::ttilde && n_sigma < 0.0 ? a * a - 2.0 * a * n_sigma : (a - n_sigma) * (a - n_sigma);
    return asymptotic_p_values(statistic, t, q_asimov, is_below);
  }
  return from_logs(log_normal_cdf(n_sigma - a), log_normal_cdf(n_sigma));
}

double asimov_significance_at(double alpha, double n_sigma) {
  // Phi(n - a) / Phi(n) = alpha
  return n_sigma - normal_quantile(alpha * normal_cdf(n_sigma));
}

}  // namespace relume::infer
