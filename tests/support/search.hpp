// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A search with a control region, small enough to be worked out by hand.
#pragma once

#include "relume/spec/workspace.hpp"

namespace relume::test {

/// CR: 100 k, 120 observed. SR of two bins, 30 and 25 observed: signal 5 mu and 8 mu; top 20 k and 10 k with a linear
/// JES of 10 %; fakes 4 and 6 with uncorrelated uncertainties `fakes`.
inline spec::Workspace search(const spec::Numbers& fakes) {
  using enum spec::ModifierType;
  spec::Workspace ws;
  ws.channels.push_back({"SR",
                         {{"signal", {5.0, 8.0}, {{"mu", normfactor, {}}}},
                          {"top",
                           {20.0, 10.0},
                           {{"k", normfactor, {}}, {"JES", histosys, spec::HistoSysData{{18.0, 9.0}, {22.0, 11.0}}}}},
                          {"fakes", {4.0, 6.0}, {{"stat", staterror, fakes}}}}});
  ws.channels.push_back({"CR", {{"top", {100.0}, {{"k", normfactor, {}}}}}});
  ws.observations = {{"SR", {30.0, 25.0}}, {"CR", {120.0}}};
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

}  // namespace relume::test
