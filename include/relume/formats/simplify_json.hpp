// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The layout of simplified ATLAS likelihoods (ATL-PHYS-PUB-2021-038): a pyhf workspace in which one sample "Bkg" holds
// the background after a fit, and one histosys "totalError" its uncertainty. Because it has one name everywhere, all
// bins move together.
//
//   const spec::Workspace w = formats::workspace_from_postfit({{"SR", {3.2, 1.1}, {0.4, 0.2}, {4, 1}}}, {}).value();
//
// It is read like any other workspace (formats/pyhf_json.hpp). Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::formats {

struct PostfitChannel {
  std::string name;
  std::vector<double> yields = {};         ///< expected background after the fit, per bin
  std::vector<double> uncertainties = {};  ///< its standard deviation, per bin
  std::vector<double> observed = {};
};

struct PostfitOptions {
  std::string measurement = "simplified";
  std::string poi = "mu_SIG";  ///< that signals bring along
  /// Kept of the measurement of the full workspace, fixed: signals of patchsets have a lumi modifier.
  std::vector<spec::ParameterConfig> parameters = {};
};

Result<spec::Workspace> workspace_from_postfit(const std::vector<PostfitChannel>& channels,
                                               const PostfitOptions& options);

}  // namespace relume::formats
