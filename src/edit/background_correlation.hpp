// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How the backgrounds of a simplified likelihood go together, once, for all workspaces that are made of it: what is
// tolerated as rounding of published numbers, what is said about it, and what is refused.
//
//   const BackgroundCorrelation correlation = background_correlation(likelihood, forms).value();
//   if (correlation.is_singular) add_modes(modes_of(correlation, forms), ...);
//
// Cost: a few P^3 for P regions. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::edit {

struct BackgroundCorrelation {
  std::vector<std::size_t> varying;                            ///< regions whose background is uncertain
  std::vector<double> matrix;                                  ///< of their t, row by row
  double smallest_eigenvalue = 0.0, largest_eigenvalue = 0.0;  ///< before any projection
  double projection_distance = 0.0;                            ///< Frobenius norm of what was changed; 0: nothing
  bool is_singular = false;                                    ///< there are directions in which nothing varies
  std::vector<std::string> notices;                            ///< what was tolerated, in words
};

/// Correlations such that the forms have the published covariance. Where there are none, the nearest; errors: they are
/// farther away than rounding explains. Singular matrices of linear forms stay so, others can be inverted.
Result<BackgroundCorrelation> background_correlation(const spec::SimplifiedLikelihood& likelihood,
                                                     std::span<const RegionForm> forms);

/// Mode k: the shift of each region's background at one standard deviation of it, events. The eigenvectors of the
/// correlation matrix, scaled with the standard deviations, the largest eigenvalue first: as exact as those of the
/// covariance, V = S R S, and the small backgrounds keep their digits beside the large ones. Needs linear forms.
std::vector<std::vector<double>> modes_of(const BackgroundCorrelation& correlation, std::span<const RegionForm> forms);

/// As parameters background_mode[k] within +-bound that shift the first sample of each channel, one per region.
void add_modes(std::span<const std::vector<double>> modes, bool is_parabola, double bound, spec::Workspace& workspace);

}  // namespace relume::edit
