// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// How large the variations of a workspace are: what checks warn about, and what pruning removes and loses.
//
//   const Effect up = effect_of(nominal, histosys.hi, nominal);     // 0.03: three percent more events
//   for (const ChannelUncertainty& c : linear_uncertainties(ws, measurement, {})) use(c.sigma[bin]);
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/spec/workspace.hpp"

namespace relume::spec {

double sum(const Numbers& numbers);

/// A varied histogram beside its nominal one, yield and shape apart.
struct Effect {
  bool is_defined = false;     ///< false: a yield that is zero or negative has no shape
  double normalisation = 0.0;  ///< (varied - nominal) / reference, of the sums over bins
  /// Largest over the bins of |varied, scaled to the nominal yield, - nominal| / reference. Infinite where the
  /// reference is zero and the difference is not.
  double shape = 0.0;
};

/// `reference`: what effects are relative to, one number per bin: the nominal histogram, or that of the whole channel.
/// Precondition: all of one length.
Effect effect_of(const Numbers& nominal, const Numbers& varied, std::span<const double> reference);

std::vector<double> values_of(const Numbers& numbers);

/// Expected events of a channel and their standard deviation before any fit.
struct ChannelUncertainty {
  std::string channel;
  std::vector<double> nominal, sigma;             ///< per bin
  double total_nominal = 0.0, total_sigma = 0.0;  ///< of the sum of all bins
};

/// To first order in every constrained parameter, half of the difference of its two sides, added in quadrature over
/// parameters. Free and fixed parameters add nothing. `measurement`: initial values, the width of lumi and what is
/// fixed; nullptr: none of these. Samples that carry a modifier called `left_out` do not count ("": all do).
std::vector<ChannelUncertainty> linear_uncertainties(const Workspace& workspace, const Measurement* measurement,
                                                     std::string_view left_out);

/// Whether the sample carries a modifier of this name; no sample carries "".
bool carries(const Sample& sample, std::string_view name);

/// The measurement of that name, the first one for "", nullptr if there is none.
const Measurement* find_measurement(const Workspace& workspace, std::string_view name);
/// What a measurement says of a parameter, or nullptr.
const ParameterConfig* find_config(const Measurement* measurement, std::string_view parameter);

}  // namespace relume::spec
