// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Several measurements of one mean, each with a systematic uncertainty of 1, as a workspace: closed forms and published
// numbers exist for them.
#pragma once

#include <string>
#include <vector>

#include "relume/spec/workspace.hpp"

namespace relume::test {

/// y_i = mean + theta_i with theta_i constrained to 0 +- 1, by `events` counts per unit: the counts' own uncertainty is
/// sqrt(y / events).
inline spec::Workspace measurements(const std::vector<double>& y, double events, double start) {
  spec::Workspace ws;
  spec::Measurement measurement{"measurement", "mean", {}};
  measurement.parameters.push_back({.name = "mean", .inits = spec::Numbers{start}, .bounds = {{{-100.0, 100.0}}}});
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::string name = "theta" + std::to_string(i), channel = "channel" + std::to_string(i);
    ws.channels.push_back({channel, {}});
    ws.channels.back().samples.push_back({"mean", {events}, {{"mean", spec::ModifierType::normfactor, {}}}});
    // One unit more than the mean, so that the sample does not vanish at theta = 0.
    ws.channels.back().samples.push_back(
        {"bias", {events}, {{name, spec::ModifierType::histosys, spec::HistoSysData{{0.0}, {2.0 * events}}}}});
    ws.observations.push_back({channel, {events * (y[i] + 1.0)}});
    measurement.parameters.push_back({.name = name, .bounds = {{{-50.0, 50.0}}}});
  }
  ws.measurements.push_back(measurement);
  return ws;
}

}  // namespace relume::test
