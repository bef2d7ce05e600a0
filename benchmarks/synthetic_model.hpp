// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HistFactory models of any size, built in memory: how time grows with bins, samples and parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "relume/spec/workspace.hpp"

namespace relume::benchmarks {

struct SyntheticSize {
  std::size_t bins = 1000, samples = 12;
  std::size_t shared_parameters = 400;   ///< half normsys, half histosys, one normfactor among them
  std::size_t per_bin_parameters = 340;  ///< staterror gammas
  double share = 0.2;                    ///< of (channel, sample, parameter) triples that have an effect
  std::size_t bins_per_channel = 20;
  unsigned seed = 1;
};

/// Smoothly falling backgrounds, a peaking signal, systematic effects of a few percent, data fluctuated around nominal.
inline spec::Workspace make_synthetic(const SyntheticSize& size) {
  std::mt19937_64 random(size.seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::normal_distribution<double> normal(0.0, 1.0);
  spec::Workspace ws;
  ws.measurements.push_back({"measurement", "mu", {}});
  std::size_t bins_left = size.bins, gammas_left = size.per_bin_parameters;
  for (std::size_t c = 0; bins_left > 0; ++c) {
    const std::size_t n = std::min(size.bins_per_channel, bins_left);
    bins_left -= n;
    const bool with_gammas = gammas_left >= n;
    if (with_gammas) gammas_left -= n;
    spec::Channel channel{"channel_" + std::to_string(c), {}};
    spec::Observation observation{channel.name, {}};
    std::vector<double> totals(n, 0.0);
    for (std::size_t s = 0; s < size.samples; ++s) {
      spec::Sample sample{s == 0 ? "signal" : "background_" + std::to_string(s), {}, {}};
      const double scale = s == 0 ? 20.0 : 400.0 * uniform(random) + 20.0;
      const double peak = static_cast<double>(n) * uniform(random);
      for (std::size_t b = 0; b < n; ++b) {
        const double x = static_cast<double>(b);
        const double yield = s == 0 ? scale * std::exp(-0.5 * std::pow((x - peak) / 2.0, 2)) + 0.05
                                    : scale * std::exp(-2.0 * x / static_cast<double>(n)) + 0.5;
        sample.data.push_back(yield);
        totals[b] += yield;
      }
      if (s == 0) sample.modifiers.push_back({"mu", spec::ModifierType::normfactor, {}});
      for (std::size_t p = 1; p < size.shared_parameters; ++p) {
        if (uniform(random) >= size.share) continue;
        const std::string name = "alpha_" + std::to_string(p);
        const double effect = 0.03 * normal(random);
        if (p % 2 == 0) {
          sample.modifiers.push_back(
              {name, spec::ModifierType::normsys, spec::NormSysData{1.0 - effect, 1.0 + 1.1 * effect}});
          continue;
        }
        spec::HistoSysData histo;
        const double tilt = 0.03 * normal(random);
        for (std::size_t b = 0; b < n; ++b) {
          const double shift = effect + tilt * (static_cast<double>(b) / static_cast<double>(n) - 0.5);
          histo.hi.push_back(sample.data[b].value * (1.0 + shift));
          histo.lo.push_back(sample.data[b].value * (1.0 - 0.9 * shift));
        }
        sample.modifiers.push_back({name, spec::ModifierType::histosys, std::move(histo)});
      }
      if (with_gammas) {
        spec::Numbers uncertainties;
        for (std::size_t b = 0; b < n; ++b) uncertainties.push_back(0.3 * std::sqrt(sample.data[b].value));
        sample.modifiers.push_back(
            {"staterror_" + channel.name, spec::ModifierType::staterror, std::move(uncertainties)});
      }
      channel.samples.push_back(std::move(sample));
    }
    for (const double total : totals) {
      observation.data.push_back({static_cast<double>(std::poisson_distribution<long>(total)(random)), true});
    }
    ws.channels.push_back(std::move(channel));
    ws.observations.push_back(std::move(observation));
  }
  return ws;
}

}  // namespace relume::benchmarks
