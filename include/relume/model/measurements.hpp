// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Measured values with their errors and correlations, and tabulated likelihoods, become a Likelihood of the parameters
// that predict them (docs/concepts/measurements.md).
//
//   auto compiled = model::compile(measurements).value();
//   infer::fit(*compiled.likelihood, compiled.observed);
//
// Data: one number per measured value and per constraint. Tables hold no data: with them there are no Asimov data and
// no toys. Cost: a few operations per value and parameter it depends on. Thread-safety: pure function.
#pragma once

#include <optional>
#include <string>

#include "relume/model/histfactory.hpp"
#include "relume/spec/publication.hpp"

namespace relume::model {

struct MeasurementsOptions {
  std::optional<std::string> poi = {};  ///< another parameter of interest than the file's; "" for none
};

/// Precondition: valid (spec/validate.hpp). Errors: expressions that cannot be read, with the position; unknown names;
/// correlations that are not positive definite; errors that a form cannot have; a signal without a parameter of
/// interest.
Result<Compiled> compile(const spec::Measurements& measurements, const MeasurementsOptions& options = {});

}  // namespace relume::model
