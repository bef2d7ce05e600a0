// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The main terms of likelihoods that count events in bins: a Poisson term per bin, with rate >= 0 as a constraint where
// no event was observed (nothing in the likelihood keeps the rate from going below zero there).
//
//   PoissonRows rows(n);  // in a scratch
//   rows.begin();
//   const auto status = rows.add(bins, data, with_curvature, relaxation, rates, curvature, sum);
//   use(rows.slope);  // d value / d rate
//
// Thread-safety: PoissonRows belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "relume/math/curvature.hpp"
#include "relume/math/evaluation.hpp"
#include "relume/model/data.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::model {

/// Nominal rate below which a bin's constraint rate >= 0 is measured in absolute events.
inline constexpr double min_bin_scale = 1e-3;

/// What a model knows about its bins.
struct PoissonBins {
  std::span<const std::uint32_t> channel;  ///< per bin
  std::span<const double> scale;           ///< per bin: nominal total, at least min_bin_scale
  std::optional<double> clip = {};         ///< rates are raised to this
};

/// What an evaluation writes about the bins of a model.
struct PoissonRows {
  explicit PoissonRows(std::size_t n_bins) : slope(n_bins), multipliers(n_bins), observed(n_bins) {}

  std::vector<double> slope;          ///< d value / d rate
  std::vector<double> multipliers;    ///< of rate >= 0, for bins without events
  std::vector<double> observed;       ///< main data of the last evaluation
  std::ptrdiff_t bad_bin = -1;        ///< first bin that made the last evaluation infeasible
  std::ptrdiff_t bad_parameter = -1;  ///< the parameter whose constraint did
  bool is_too_large = false;          ///< every bin was fine, and their sum with the constraints is not finite

  void begin() {
    bad_bin = bad_parameter = -1;
    is_too_large = false;
  }
  /// Adds the terms of all bins that are not masked to `sum`, and sets their weights in `curvature`.
  math::EvaluationStatus add(const PoissonBins& bins, const Data& data, bool with_curvature,
                             const math::Relaxation& relaxation, std::span<double> rates, math::Curvature& curvature,
                             double& sum) noexcept;
  void reset_multipliers();
  /// See minimize::Objective::update_multipliers.
  double update_multipliers(double penalty, const PoissonBins& bins, std::span<const double> rates);
};

/// Saturated terms of the bins that are not masked: what their deviances leave out of -ln L.
double poisson_constant(std::span<const std::uint32_t> channel, const Data& data);

/// Draws the counts of a toy; its mask is that of `expected`, its auxiliary data are still to be drawn.
void fluctuate_counts(std::size_t n_bins, const Data& expected, const RandomKey& key, Data& toy);

/// "rate -0.1 in channel 'SR' bin 0 (observed 0)"; bins are counted through all channels.
std::string describe_rate(const Likelihood& likelihood, std::size_t channel, std::size_t bin, double rate,
                          double observed);

/// See Likelihood::explain; `describe` says what there is to say about a bin.
std::string explain_rows(const Likelihood& likelihood, std::span<const double> point, const PoissonRows& rows,
                         const std::function<std::string(std::size_t bin)>& describe);

}  // namespace relume::model
