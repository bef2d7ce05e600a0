// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The oddities of a workspace, found in one pass.
#pragma once

#include <vector>

#include "relume/report/summary.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::report {

/// `measurement` may be nullptr: nothing is then known about the parameter of interest.
std::vector<Oddity> find_oddities(const spec::Workspace& workspace, const spec::Measurement* measurement);

}  // namespace relume::report
