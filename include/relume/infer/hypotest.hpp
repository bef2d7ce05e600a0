// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic hypothesis tests and upper limits.
//
//   infer::HypoTest test = infer::hypotest(*likelihood, observed, 1.0);
//   infer::Limit limit = infer::upper_limit(*likelihood, observed);
//
// Cost: a test needs four fits (the minimum on Asimov data is known), a limit with band about twenty warm ones.
// Thread-safety: pure; one call uses one thread.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/fit.hpp"
#include "relume/infer/test_statistic.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// Where the nuisance parameters of the Asimov data come from. Every expected result says which.
enum class Asimov {
  a_posteriori,  ///< from the background-only fit to the observed data (pyhf's way)
  a_priori,      ///< from the model's initial values
};
std::string_view to_string(Asimov asimov);
std::optional<Asimov> asimov_from_string(std::string_view name);

enum class Status {
  ok,
  fit_failed,      ///< a fit could not be certified; `reason` names it
  no_sensitivity,  ///< the parameter of interest changes nothing
  not_bracketed,   ///< no limit between 1e-9 and 1e12 in the parameter of interest
  not_defined,  ///< a question without an answer: `reason` says why (a fixed parameter of interest, a negative value …)
  interrupted,
  not_converged,  ///< a sample that is too small, or whose parts disagree: `reason` says where
};
std::string_view to_string(Status status);

struct TestOptions {
  TestStatistic statistic = TestStatistic::qtilde;
  Asimov asimov = Asimov::a_posteriori;
  std::vector<FixedParameter> fixed = {};
  /// Background-only point of another signal on the same background, matched by name by the caller: a warm start.
  std::vector<double> start = {};
  const std::atomic<bool>* stop = nullptr;
};

/// What one of the fits behind a result said.
struct FitSummary {
  std::string name;  ///< "free fit", "background-only fit", "fit at mu = …", "Asimov fit at mu = …"
  std::string status;
  std::string reason;
  double poi = 0.0, twice_nll = 0.0;
  int iterations = 0;
};

struct HypoTest {
  double poi = 0.0;  ///< tested value
  TestStatistic statistic = TestStatistic::qtilde;
  double q = 0.0, q_asimov = 0.0;
  double mu_hat = 0.0;
  PValues observed;
  std::array<PValues, 5> expected;  ///< at -2, -1, 0, 1, 2 sigma; ascending in CLs for one-sided statistics
  Asimov asimov = Asimov::a_posteriori;
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;  ///< doubts and choices, in words
  std::vector<FitSummary> fits;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

/// Precondition: likelihood.poi().
HypoTest hypotest(const model::Likelihood& likelihood, const model::Data& data, double poi_value,
                  const TestOptions& options = {});

struct LimitOptions {
  TestOptions test = {};
  double level = 0.95;      ///< confidence level, 0 < level < 1
  bool expected = true;     ///< the band too
  double tolerance = 1e-7;  ///< relative, of each root
};

struct Limit {
  double level = 0.95;
  TestStatistic statistic = TestStatistic::qtilde;
  std::optional<double> observed;
  std::array<std::optional<double>, 5> expected;  ///< -2..+2 sigma, ascending
  double mu_hat = 0.0;
  std::array<double, 2> poi_bounds = {0.0, 0.0};  ///< used by all fits
  bool bounds_widened = false;
  Asimov asimov = Asimov::a_posteriori;
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  std::vector<FitSummary> fits;    ///< background-only and free fit, and every fit that was not certified
  std::vector<double> background;  ///< background-only point: the warm start for the next signal
  int n_fits = 0;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

Limit upper_limit(const model::Likelihood& likelihood, const model::Data& data, const LimitOptions& options = {});

struct Discovery {
  double q0 = 0.0, p0 = 1.0, significance = 0.0;                           ///< observed
  double q0_asimov = 0.0, p0_expected = 1.0, significance_expected = 0.0;  ///< for a signal of strength 1
  double mu_hat = 0.0;
  Asimov asimov = Asimov::a_posteriori;
  Status status = Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  std::vector<FitSummary> fits;
  double seconds = 0.0;

  bool is_usable() const { return status == Status::ok; }
};

Discovery significance(const model::Likelihood& likelihood, const model::Data& data, const TestOptions& options = {});

}  // namespace relume::infer
