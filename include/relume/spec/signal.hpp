// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A signal hypothesis addressed by names: yields per channel, to be put into any workspace (edit/signal.hpp).
//
//   spec::Signal signal{.poi = "mu", .samples = {{.name = "signal", .channels = {{.channel = "SR", .yields =
//   {1.2}}}}}};
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/spec/json.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::spec {

/// Yields of one signal sample in one channel.
struct SignalYields {
  std::string channel;
  Numbers yields = {};  ///< one per bin, at signal strength 1
  /// Absolute, per bin; become a staterror called staterror_<sample>_<channel>, shared with nothing.
  std::optional<Numbers> stat_uncertainties = {};
  std::vector<Modifier> modifiers = {};  ///< normsys, histosys (absolute histograms) or any other modifier
};

struct SignalSample {
  std::string name;
  std::vector<SignalYields> channels = {};
  std::vector<Modifier> modifiers = {};  ///< apply in every channel of the sample (scalar types only)
};

/// What a cross section may be given in.
struct CrossSectionUnit {
  std::string_view name;
  double femtobarn;
};
inline constexpr std::array<CrossSectionUnit, 7> cross_section_units = {
    {{"b", 1e15}, {"mb", 1e12}, {"ub", 1e9}, {"nb", 1e6}, {"pb", 1e3}, {"fb", 1.0}, {"ab", 1e-3}}};

struct CrossSection {
  double value = 0.0;       ///< at signal strength 1
  std::string unit = "fb";  ///< one of cross_section_units
};

struct Signal {
  std::string name;
  std::string poi = "mu";  ///< every sample is scaled by a normfactor of this name
  std::vector<SignalSample> samples = {};
  std::vector<std::string> replace = {};           ///< samples of the workspace that are removed first
  bool other_channels_are_zero = false;            ///< channels that are not mentioned see no signal
  std::vector<std::string> zero_channels = {};     ///< channels that see no signal, by name
  std::optional<CrossSection> cross_section = {};  ///< limits then also come in fb
  Json metadata = {};                              ///< free: an object or null
};

}  // namespace relume::spec
