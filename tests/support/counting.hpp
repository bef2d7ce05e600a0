// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A counting experiment without nuisance parameters, which has closed forms.
#pragma once

#include "relume/model/histfactory.hpp"

namespace relume::test {

/// n events observed, mu * signal + background expected.
inline spec::Workspace counting(double signal, double background, double observed) {
  spec::Workspace ws;
  spec::Channel channel{"channel", {}};
  channel.samples.push_back({"background", {background}, {}});
  channel.samples.push_back({"signal", {signal}, {{"mu", spec::ModifierType::normfactor, {}}}});
  ws.channels.push_back(channel);
  ws.observations.push_back({"channel", {observed}});
  ws.measurements.push_back({"measurement", "mu", {}});
  return ws;
}

inline model::Compiled compile(const spec::Workspace& ws) { return std::move(model::compile(ws).value()); }

}  // namespace relume::test
