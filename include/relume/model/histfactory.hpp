// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HistFactory: a workspace becomes a Likelihood and the observed Data (CERN-OPEN-2012-016; pyhf schema 1.0.0).
//
//   auto compiled = model::compile(workspace, {.measurement = "NormalMeasurement"}).value();
//   infer::fit(*compiled.likelihood, compiled.observed);
//
// Cost: one pass over the modifiers (about 0.2 us each). Thread-safety: pure function.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::model {

/// Interpolation between the variations (docs/concepts/interpolation.md). `code2_pyhf` keeps the jump at |alpha| = 1
/// that pyhf's formula has.
enum class InterpolationCode { code0, code1, code2, code2_pyhf, code4, code4p };
std::optional<InterpolationCode> interpolation_code_from_string(std::string_view name);
std::string_view to_string(InterpolationCode code);

struct CompileOptions {
  std::string measurement = {};         ///< empty: the first one
  std::optional<std::string> poi = {};  ///< another parameter of interest than the measurement's; "" for none
  InterpolationCode normsys = InterpolationCode::code4;    ///< code1 or code4
  InterpolationCode histosys = InterpolationCode::code4p;  ///< code0, code2, code2_pyhf or code4p
  std::optional<double> clip_sample_data = {};  ///< rates of samples are raised to this; default: not at all, as pyhf
  std::optional<double> clip_bin_data = {};     ///< the same for the sum of samples
  /// Relative uncertainties of the widths of normal constraints, by name of the parameter set, above 0 and at most 1;
  /// they take the place of what the measurement says (docs/concepts/errors_on_errors.md).
  std::map<std::string, double> errors_on_errors = {};
  /// Whether constraints are priors (Likelihood::constraints_are_priors); default: what the workspace says.
  std::optional<bool> constraints_are_priors = {};
};

struct Compiled {
  std::unique_ptr<Likelihood> likelihood;
  Data observed;
  /// What was tolerated, in words: configuration of unknown parameters, a POI that no sample carries, …
  std::vector<std::string> notices;
};

/// Precondition: the workspace is valid, as what readers and edits return is; one that is put together by hand goes
/// through spec::validate first.
Result<Compiled> compile(const spec::Workspace& workspace, const CompileOptions& options = {});

}  // namespace relume::model
