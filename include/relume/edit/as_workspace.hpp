// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Simplified likelihoods and counting experiments as workspaces, so that all that is done with a full likelihood
// (signals, masks, toys, yields, pictures) is done with them: a region is a channel of one bin, its background varies
// with a parameter background[REGION], and these are correlated (docs/concepts/simplified_likelihoods.md).
//
//   auto converted = edit::as_workspace(simplified).value();
//   auto with = edit::add_signal(converted.workspace, signal).value();
//   auto compiled = model::compile(with).value();
//
// Cost: a few P^3 for P regions. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

/// How the background of one region is represented: a + b t + c t^2 with a standard normal t.
struct RegionForm {
  std::string region;
  double a = 0.0, b = 0.0, c = 0.0;  ///< events
  double skewness = 0.0;             ///< third moment / variance^1.5, as published
  bool is_too_skewed = false;        ///< beyond 2 sqrt(2), which no such form has: it is linear instead
  /// The least (c > 0) or greatest (c < 0) background there is, at t = -b / (2 c); fits stay on this side of it.
  std::optional<double> turning_background = {}, turning_point = {};
};

struct WorkspaceConversion {
  spec::Workspace workspace;
  std::vector<RegionForm> regions;
  double smallest_eigenvalue = 0.0, largest_eigenvalue = 0.0;  ///< of the correlation matrix, before any projection
  std::size_t n_modes = 0;           ///< independent directions of the background; fewer than regions: V is singular
  double projection_distance = 0.0;  ///< Frobenius norm of what was changed to get a correlation matrix; 0: nothing
  std::vector<std::string> notices;  ///< what was tolerated or approximated, in words
};

/// Precondition: valid (spec/validate.hpp). A singular covariance is represented by its modes, background_mode[k], when
/// the likelihood is linear. Errors: eigenvalues that are negative, or covariances that the forms cannot have, beyond
/// what rounding of published numbers explains.
Result<WorkspaceConversion> as_workspace(const spec::SimplifiedLikelihood& likelihood);

/// One region of them. Errors: no region of that name.
Result<WorkspaceConversion> as_workspace(const spec::CountingExperiments& experiments, const std::string& region);

/// The same as a simplified likelihood of one region.
Result<spec::SimplifiedLikelihood> one_region(const spec::CountingExperiments& experiments, const std::string& region);

}  // namespace relume::edit
