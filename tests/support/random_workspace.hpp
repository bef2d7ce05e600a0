// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Random but valid workspaces: every modifier type, shared names, zero bins, per-bin factors of every kind on the same
// sample.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "relume/spec/workspace.hpp"

namespace relume::test {

class RandomWorkspace {
 public:
  explicit RandomWorkspace(unsigned seed) : random_(seed) {}

  spec::Workspace make() {
    spec::Workspace ws;
    const int n_channels = integer(1, 3);
    const bool same_bins = chance(0.5);
    const int common = integer(1, 4);
    for (int c = 0; c < n_channels; ++c) {
      const int n = same_bins ? common : integer(1, 4);
      spec::Channel channel{"channel" + std::to_string(c), {}};
      const int n_samples = integer(1, 4);
      for (int s = 0; s < n_samples; ++s) channel.samples.push_back(sample(c, s, n, same_bins));
      spec::Observation observation{channel.name, {}};
      for (int b = 0; b < n; ++b) {
        double total = 0.0;
        for (const auto& smp : channel.samples) total += smp.data[static_cast<std::size_t>(b)].value;
        observation.data.push_back(chance(0.1) ? 0.0 : std::floor(total * uniform(0.7, 1.3)));
      }
      ws.channels.push_back(std::move(channel));
      ws.observations.push_back(std::move(observation));
    }
    spec::Measurement measurement{"measurement", "mu", {}};
    spec::ParameterConfig lumi;
    lumi.name = "lumi";
    lumi.auxdata = spec::Numbers{1.0};
    lumi.inits = spec::Numbers{1.0};
    lumi.sigmas = spec::Numbers{0.02};
    lumi.bounds = std::vector<spec::ParameterConfig::Bounds>{{0.5, 1.5}};
    measurement.parameters.push_back(lumi);
    ws.measurements.push_back(std::move(measurement));
    return ws;
  }

  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance(double p) { return uniform(0.0, 1.0) < p; }

 private:
  spec::Sample sample(int c, int s, int n, bool same_bins) {
    spec::Sample sample{s == 0 ? "signal" : "background" + std::to_string(s), {}, {}};
    for (int b = 0; b < n; ++b) sample.data.push_back(chance(0.05) && s > 1 ? 0.0 : uniform(1.0, 40.0));
    using enum spec::ModifierType;
    if (s == 0) sample.modifiers.push_back({"mu", normfactor, {}});
    if (s == 1 && chance(0.5)) sample.modifiers.push_back({"norm_b", normfactor, {}});
    if (chance(0.4)) sample.modifiers.push_back({"lumi", lumi, {}});
    for (int k = 0; k < 3; ++k) {
      const std::string name = "alpha" + std::to_string(k);
      if (chance(0.5))
        sample.modifiers.push_back({name, normsys, spec::NormSysData{uniform(0.7, 1.05), uniform(0.95, 1.3)}});
      if (chance(0.4)) sample.modifiers.push_back({name, histosys, variation(sample.data)});
    }
    if (chance(0.5))
      sample.modifiers.push_back({"staterror_channel" + std::to_string(c), staterror, uncertainties(sample.data)});
    if (chance(0.3)) {
      sample.modifiers.push_back(
          {"shapesys_" + std::to_string(c) + "_" + std::to_string(s), shapesys, uncertainties(sample.data)});
    }
    if (same_bins && s == 1 && chance(0.5)) sample.modifiers.push_back({"shape", shapefactor, {}});
    if (s == 2 && chance(0.3)) sample.modifiers.push_back({"shape_of_channel" + std::to_string(c), shapefactor, {}});
    return sample;
  }
  spec::HistoSysData variation(const spec::Numbers& nominal) {
    spec::HistoSysData data;
    const bool symmetric = chance(0.3);
    for (const spec::Number& x : nominal) {
      const double up = x.value * uniform(0.9, 1.25);
      data.hi.push_back(up);
      data.lo.push_back(symmetric ? 2.0 * x.value - up : x.value * uniform(0.8, 1.1));
    }
    return data;
  }
  spec::Numbers uncertainties(const spec::Numbers& nominal) {
    spec::Numbers out;
    for (const spec::Number& x : nominal) out.push_back(chance(0.1) ? 0.0 : x.value * uniform(0.05, 0.4));
    return out;
  }

  std::mt19937 random_;
};

}  // namespace relume::test
