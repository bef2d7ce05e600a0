// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The checks, for those who fill them in. Their names, severities and words are in checks.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "relume/check/findings.hpp"

namespace relume::check {

/// In the order of checks().
enum class Kind {
  poi_without_effect,
  poi_degenerate,
  data_without_prediction,
  negative_prediction,
  nothing_at_nominal,
  poi_fixed,
  poi_constrained,
  free_parameter_without_effect,
  degenerate_parameters,
  signal_without_background,
  signal_negligible,
  configured_unknown_parameter,
  lumi_not_configured,
  empty_variation,
  up_equals_down,
  one_sided_variation,
  same_side_normalisation,
  large_normalisation,
  large_shape,
  normsys_zero,
  histosys_negative,
  nominal_negative,
  identical_samples,
  sample_without_yield,
  staterror_zero,
  staterror_above_nominal,
  shapesys_above_nominal,
  shapesys_nearly_exact,
  poi_on_no_sample,
  channel_without_poi,
  signal_without_yield,
  signal_negligible_in_channel,
  background_empty_bin,
  same_side_bin,
  odd_and_small,
  identical_variations,
  negligible_variation,
  shape_is_normalisation,
  modifier_without_effect,
  parameter_without_effect,
  histosys_on_zero_nominal,
  histosys_and_normsys_share_name,
  nominal_tiny,
  shapesys_zero,
  observation_not_integer,
  observation_zero,
  observation_of_no_channel,
};
inline constexpr std::size_t n_kinds = static_cast<std::size_t>(Kind::observation_of_no_channel) + 1;

/// A place by indices: names are looked up for those that are shown.
struct RawPlace {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t channel = none, sample = none, other_sample = none, modifier = none, other_modifier = none, bin = none;
  /// Of the observation, or of the configuration in the measurement.
  std::size_t observation = none, measurement = none, config = none;
  std::vector<std::string> parameters = {};
  std::array<std::pair<const char*, double>, 3> numbers = {};
  double size = 0.0;  ///< the largest are shown first
};

using RawFindings = std::array<std::vector<RawPlace>, n_kinds>;

/// Directions in the space of parameters along which nothing changes at the nominal point.
void find_flat_directions(const model::Likelihood& likelihood, std::span<const ParamId> fixed, RawFindings& findings);

}  // namespace relume::check
