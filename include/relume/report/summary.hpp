// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is in a workspace, and what checks find odd about it.
//
//   report::Summary summary = report::summarise(workspace, {}, compiled.likelihood.get());
//   std::cout << report::to_table(summary);
//
// Cost: one pass over the workspace, and check::find. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "relume/check/findings.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::report {

struct ChannelSummary {
  std::string name;
  std::size_t n_bins = 0;
  std::vector<std::string> samples;
  double observed = 0.0, nominal = 0.0;  ///< sums over bins (and samples)
};

struct SampleSummary {
  std::string name;
  std::size_t n_channels = 0;
  double nominal = 0.0;  ///< sum over channels and bins
};

struct ModifierTypeSummary {
  spec::ModifierType type = spec::ModifierType::normfactor;
  std::size_t n_names = 0, n_uses = 0;
};

struct ParameterSummary {
  std::string name;
  std::vector<spec::ModifierType> types;  ///< more than one when histosys and normsys share the name
  std::size_t n_uses = 0;                 ///< samples that carry it, counted in each channel
  // From the model; empty without one.
  std::vector<double> initial, lower, upper;
  bool is_fixed = false;  ///< every component
};

struct MeasurementSummary {
  std::string name, poi;
  std::vector<std::string> configured;
  bool is_chosen = false;
};

struct Summary {
  std::vector<ChannelSummary> channels;
  std::vector<SampleSummary> samples;
  std::vector<ModifierTypeSummary> modifier_types;
  std::vector<ParameterSummary> parameters;
  std::vector<MeasurementSummary> measurements;
  check::Findings findings;
};

/// `measurement`: whose parameter of interest and configuration are looked at; empty: the first. `model`, if there is
/// one, adds the values and bounds of parameters, and what checks find with it.
Summary summarise(const spec::Workspace& workspace, std::string_view measurement = {},
                  const model::Likelihood* model = nullptr);

/// pyhf's keys (samples, channels, modifiers, parameters, systematics, measurements) and ours.
spec::JsonObject to_json(const Summary& summary);
std::string to_table(const Summary& summary);

}  // namespace relume::report
