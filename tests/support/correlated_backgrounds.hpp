// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Regions with backgrounds of 100 +- 10 events whose constraints are correlated: conditional distributions are known in
// closed form.
#pragma once

#include <string>
#include <vector>

#include "relume/model/histfactory.hpp"

namespace relume::test {

/// Region "R0" expects 100 + 10 b0, with b0, b1, … constrained to 0 +- 1; the last one has a signal of 10 mu.
inline spec::Workspace correlated_backgrounds(const spec::SquareMatrix& correlation) {
  using enum spec::ModifierType;
  spec::Workspace ws;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < correlation.size; ++i) {
    const std::string region = "R" + std::to_string(i);
    names.push_back("b" + std::to_string(i));
    ws.channels.push_back(
        {region, {{"background", {100.0}, {{names.back(), histosys, spec::HistoSysData{{90.0}, {110.0}}}}}}});
    ws.observations.push_back({region, {100.0}});
  }
  ws.channels.back().samples.push_back({"signal", {10.0}, {{"mu", normfactor, {}}}});
  ws.measurements.push_back({"measurement", "mu", {}});
  ws.correlations.push_back({names, correlation});
  return ws;
}

}  // namespace relume::test
