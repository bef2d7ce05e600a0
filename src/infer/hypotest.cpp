// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic tests and discovery from profile likelihood ratios (CCGV: Eur. Phys. J. C 71 (2011) 1554).
#include "relume/infer/hypotest.hpp"

#include <chrono>
#include <cmath>

#include "infer/test_fits.hpp"

namespace relume::infer {

std::string_view to_string(Asimov asimov) { return asimov == Asimov::a_posteriori ? "a-posteriori" : "a-priori"; }

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::fit_failed: return "fit_failed";
    case Status::no_sensitivity: return "no_sensitivity";
    case Status::not_bracketed: return "not_bracketed";
    case Status::not_defined: return "not_defined";
    case Status::interrupted: return "interrupted";
  }
  return "unknown";
}

HypoTest hypotest(const model::Likelihood& likelihood, const model::Data& data, double poi_value,
                  const TestOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  HypoTest result;
  result.poi = options.statistic == TestStatistic::q0 ? 0.0 : poi_value;
  result.statistic = options.statistic;
  result.asimov = options.asimov;
  TestFits fits(likelihood, data, options);
  fits.single_test = true;
  if (!std::isfinite(poi_value)) {
    fits.fail(Status::not_defined, "only finite values can be tested");
  } else if (options.statistic == TestStatistic::q0 && poi_value != 0.0) {
    fits.fail(Status::not_defined, "q0 tests " + fits.poi_name() + " = 0, and no other value");
  } else if (poi_value < 0.0 && !allows_negative(options.statistic)) {
    fits.fail(Status::not_defined,
              std::string(to_string(options.statistic)) + " is for signal strengths of at least 0; q and t allow less");
  }
  if (result.poi > fits.upper()) {
    fits.notes.push_back("the tested value lies beyond the upper bound " + TestFits::number(fits.upper()) + " of " +
                         fits.poi_name() + ": the bound was widened");
    fits.widen(result.poi);
  }
  const bool is_two_sided = options.statistic == TestStatistic::t || options.statistic == TestStatistic::ttilde;
  const auto compute = [&] {
    if (fits.status != Status::ok) return;
    const auto qa = fits.q_asimov(result.poi);
    if (!qa) return;
    auto q = fits.q_observed(result.poi);
    // Above the best fit one-sided statistics are 0 wherever it is; two-sided ones measure the distance to it.
    constexpr int max_widenings = 20;
    for (int i = 0; q && is_two_sided && fits.free()->mu >= fits.upper() && i < max_widenings; ++i) {
      fits.widen(10.0 * std::max(1.0, fits.upper()));
      q = fits.q_observed(result.poi);
      if (i == 0)
        fits.notes.push_back("the best fit lies beyond the upper bound of " + fits.poi_name() +
                             ": the bound was widened");
    }
    if (!q) return;
    if (fits.free()->mu >= fits.upper()) {
      fits.notes.push_back(
          "the best fit is held by the upper bound " + TestFits::number(fits.upper()) + " of " + fits.poi_name() +
          (options.statistic == TestStatistic::q0 ? ": without it the significance would be larger" : ""));
    }
    result.q = q->first;
    result.q_asimov = qa->first;
    result.mu_hat = fits.free()->mu;
    const bool is_below = result.poi < 0.0;
    result.observed = asymptotic_p_values(options.statistic, result.q, result.q_asimov, is_below);
    for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
      result.expected[i] = expected_p_values(options.statistic, result.q_asimov, band_sigmas[i], is_below);
    }
  };
  compute();
  result.status = fits.status;
  result.reason = fits.reason;
  result.notes = std::move(fits.notes);
  result.fits = std::move(fits.fits);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

Discovery significance(const model::Likelihood& likelihood, const model::Data& data, const TestOptions& options) {
  TestOptions with_q0 = options;
  with_q0.statistic = TestStatistic::q0;
  const HypoTest test = hypotest(likelihood, data, 0.0, with_q0);
  Discovery d;
  d.q0 = test.q;
  d.q0_asimov = test.q_asimov;
  d.mu_hat = test.mu_hat;
  d.asimov = test.asimov;
  d.status = test.status;
  d.reason = test.reason;
  d.notes = test.notes;
  d.fits = test.fits;
  d.seconds = test.seconds;
  if (d.is_usable()) {
    d.significance = std::sqrt(d.q0);
    d.significance_expected = std::sqrt(d.q0_asimov);
    d.p0 = normal_cdf(-d.significance);
    d.p0_expected = normal_cdf(-d.significance_expected);
  }
  return d;
}

}  // namespace relume::infer
