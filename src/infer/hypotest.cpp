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

std::optional<Asimov> asimov_from_string(std::string_view name) {
  if (name == "a-posteriori") return Asimov::a_posteriori;
  if (name == "a-priori") return Asimov::a_priori;
  return std::nullopt;
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::fit_failed: return "fit_failed";
    case Status::no_sensitivity: return "no_sensitivity";
    case Status::not_bracketed: return "not_bracketed";
    case Status::not_defined: return "not_defined";
    case Status::interrupted: return "interrupted";
    case Status::not_converged: return "not_converged";
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
  if (const auto tested = fits.test(poi_value)) {
    result.q = tested->q;
    result.q_asimov = tested->q_asimov;
    result.mu_hat = tested->mu_hat;
    const bool is_below = result.poi < 0.0;
    result.observed = asymptotic_p_values(options.statistic, result.q, result.q_asimov, is_below);
    for (std::size_t i = 0; i < band_sigmas.size(); ++i) {
      result.expected[i] = expected_p_values(options.statistic, result.q_asimov, band_sigmas[i], is_below);
    }
  }
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
