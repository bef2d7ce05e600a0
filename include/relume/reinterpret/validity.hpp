// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How well a simplified likelihood stands for the full one: limits on one signal and the profile likelihood along its
// strength, side by side (docs/concepts/simplify.md).
//
//   const FullAnswers full = ask_full(*likelihood, observed, {});
//   const Validity v = check(full, *likelihood, observed, simplification, {.tolerance = 0.1});
//   if (v.misleads()) …
//
// Cost: a limit with band and a scan of each. Thread-safety: pure; one call uses one thread.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/reinterpret/simplify.hpp"
#include "relume/spec/signal.hpp"

namespace relume::reinterpret {

/// What a signal of strength 1 adds to the main data at the initial values, laid out as Data::values; zeros where there
/// is no parameter of interest.
std::vector<double> signal_yields(const model::Likelihood& likelihood);

bool has_signal(const model::Likelihood& likelihood);

/// For a model without signal, the same with one to check simplified versions with, and a notice that says so: the
/// square root of the expected background in every bin of the regions of the result, so that each says as much about it
/// as any other, and nothing elsewhere. `workspace` and `how` are what the likelihood was compiled from; data and masks
/// are those of `observed`; what the options hold is found again by name.
Result<model::Compiled> with_probe_signal(const spec::Workspace& workspace, model::CompileOptions how,
                                          const model::Likelihood& likelihood, const model::Data& observed,
                                          SimplifyOptions& options);

/// The simplified likelihood with the signal of the full one: yields (laid out as Data::values of the full one) in the
/// channels that both have, without uncertainties of its own, and with constraints that are what they are there.
Result<model::Compiled> with_signal(const Simplification& simplification, const model::Likelihood& full,
                                    const std::vector<double>& yields);

struct ValidityOptions {
  /// Of limits, relative. Cross sections of signals are known to 10 to 20 %, and limits are read to no better.
  double tolerance = 0.1;
  std::size_t n_points = 13;  ///< of the scan, from 0 to 1.2 times the limits
  /// The result is to be written for pyhf, which has no priors: there its constraints are measurements.
  bool is_for_pyhf = false;
  std::vector<infer::FixedParameter> fixed = {};
  const std::atomic<bool>* stop = nullptr;
};

/// What all simplified versions are compared with.
struct FullAnswers {
  std::vector<double> signal;  ///< signal_yields
  infer::Limit limit;
  infer::ProfileScan scan;
};

/// Precondition: a parameter of interest.
FullAnswers ask_full(const model::Likelihood& likelihood, const model::Data& observed, const ValidityOptions& options);

struct RegionCheck {
  std::string name;
  double observed = 0.0, background = 0.0, uncertainty = 0.0, signal = 0.0;
  double pull = 0.0;           ///< (observed - background) / sqrt(uncertainty^2 + background)
  double skewness = 0.0;       ///< of the background, as estimated
  bool is_quadratic = false;   ///< its third moment is in the likelihood
  bool is_too_skewed = false;  ///< beyond what a quadratic form can have: linear instead
};

struct Validity {
  double tolerance = 0.1;
  infer::Limit full, simplified;
  std::optional<double> observed_shift, expected_shift;  ///< of the limits, simplified / full - 1
  std::vector<double> mu, t_full, t_simplified;          ///< profile likelihood along the signal strength
  double distance = 0.0;                                 ///< largest |t_full - t_simplified|; NaN without a scan
  std::vector<RegionCheck> regions;                      ///< of simplified likelihoods
  double projection_distance = 0.0;  ///< of the correlations of a quadratic likelihood, to the nearest possible ones
  std::size_t n_modes = 0;           ///< independent directions of the background
  std::size_t n_parameters_full = 0, n_parameters = 0;
  infer::Status status = infer::Status::ok;
  std::string reason;
  std::vector<std::string> notes;
  double seconds = 0.0;

  bool is_usable() const { return status == infer::Status::ok; }
  /// The larger of the two shifts, without its sign.
  double shift() const;
  /// Not usable, or a limit that shifts by more than the tolerance.
  bool misleads() const { return !is_usable() || !(shift() <= tolerance); }
};

/// Expected limits of both come from a-posteriori Asimov data by the convention of the full likelihood
/// (Likelihood::constraints_are_priors). Where constraints are measurements, all that constrains the background moves
/// along: control regions and auxiliary data of the full likelihood, and what they were condensed to. Published limits
/// of simplified likelihoods keep the latter: another question, which would not compare like with like.
Validity check(const FullAnswers& full, const model::Likelihood& likelihood, const model::Data& observed,
               const Simplification& simplification, const ValidityOptions& options = {});

struct Attempt {
  Simplification simplification;
  Validity validity;  ///< not_defined where the simplification is not usable
};

struct SimplifyQuestion {
  SimplifyOptions simplify = {};
  ValidityOptions validity = {};
  bool checks = true;  ///< compares limits; without, Validity is empty
  /// Instead of one method, methods from the smallest result to the largest, as far as the options allow them, until
  /// the limits of one shift by no more than the tolerance: that is the last one. postfit-total, linear and
  /// toys-postfit with control regions (or all regions fitted), toys-prefit without; linearised.
  bool searches = false;
};

/// What was asked for, where anything was: the same combinations are refused at every door.
struct SimplifyChoices {
  std::optional<SimplifyMethod> method = {};
  std::optional<std::size_t> n_toys = {};
  std::optional<std::uint64_t> seed = {};
  bool decorrelate = false;
  bool checks = true;
  std::optional<double> tolerance = {};
  std::optional<double> target_accuracy = {};  ///< searches
};

/// Errors, at the names of the choices: what does not apply to the rest, and accuracies that are none.
Result<SimplifyQuestion> question_of(const SimplifyChoices& choices);

/// At least one attempt. Precondition: a parameter of interest, when it checks or searches.
Result<std::vector<Attempt>> simplify_and_check(const model::Likelihood& likelihood, const model::Data& observed,
                                                const SimplifyQuestion& question);

}  // namespace relume::reinterpret
