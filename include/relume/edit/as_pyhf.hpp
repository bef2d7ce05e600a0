// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Publications as workspaces that pyhf can read: without correlations of constraints and parabolas, which its format
// does not have.
//
//   const edit::PyhfConversion converted = edit::as_pyhf(publication, {}).value();
//   if (converted.lost.empty()) write(formats::workspace_to_json(converted.workspace));
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

struct PyhfOptions {
  std::optional<std::string> region = {};  ///< of counting experiments: the one that is used
  std::string poi = "mu";                  ///< that signals bring along
};

struct PyhfConversion {
  spec::Workspace workspace;
  std::vector<std::string> lost = {};   ///< what the workspace does not say any more; empty: the likelihood is the same
  std::vector<std::string> notes = {};  ///< what is different although the likelihood is the same
};

/// The backgrounds of a simplified likelihood vary along the eigenvectors of their covariance: one symmetric histosys
/// background_mode[k] for each, shared by the regions, which are channels of one bin. Errors: covariances that
/// `as_workspace` refuses too, and kinds that are no workspace at all.
Result<PyhfConversion> as_pyhf(const spec::Publication& publication, const PyhfOptions& options);

}  // namespace relume::edit
