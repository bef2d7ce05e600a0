// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Tables of a search that never was, with 3 x 30 bins: the same seed gives the same search.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "search.hpp"

namespace toy_search {

inline Tables invent(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  // Distributions of the standard library differ between implementations, their generators do not.
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  const auto either_sign = [&](double low, double high) {
    const double size = uniform(low, high);
    return uniform(0.0, 1.0) < 0.5 ? -size : size;
  };
  constexpr std::size_t bins = 30;
  constexpr std::array<double, n_categories> events = {900.0, 240.0, 60.0};  // in a category
  constexpr std::array<double, n_categories> decay = {0.13, 0.09, 0.05};     // of its background, per bin
  constexpr std::array<double, n_categories> signal_events = {40.0, 20.0, 16.0};
  Tables t;
  t.n_bins = {bins, bins, bins};
  for (std::size_t c = 0; c < n_categories; ++c) {
    std::vector<double> background, signal;
    double n_background = 0.0, n_signal = 0.0;
    for (std::size_t b = 0; b < bins; ++b) {
      const auto x = static_cast<double>(b);
      background.push_back(std::exp(-decay[c] * x) * uniform(0.92, 1.08));
      signal.push_back(x * std::exp(-x / (12.0 + 4.0 * static_cast<double>(c))));
      n_background += background.back();
      n_signal += signal.back();
    }
    for (std::size_t b = 0; b < bins; ++b) {
      t.background.push_back(0.1 * std::round(10.0 * events[c] * background[b] / n_background));
      t.signal.push_back(signal_events[c] * signal[b] / n_signal);
      t.eps.push_back(uniform(0.26, 0.36) / std::sqrt(t.background.back()));
    }
    // From the first bin to the last shapes change by a constant factor per bin; the sides are not quite inverse.
    for (ShapeEffect& shape : t.shapes) {
      const double tilt = either_sign(0.002, 0.01), skew = uniform(0.9, 1.1);
      for (std::size_t b = 0; b < bins; ++b) {
        const double x = tilt * (static_cast<double>(b) - uniform(8.0, 9.0));
        shape.up.push_back(std::exp(x));
        shape.down.push_back(std::exp(-skew * x));
      }
    }
    const double size = 0.04 * std::pow(2.0, static_cast<double>(c));
    for (NormEffect& norm : t.norms) {
      norm.up[c] = either_sign(0.5 * size, 1.5 * size);
      norm.down[c] = -norm.up[c] * uniform(0.8, 1.3);
    }
  }
  // What is observed is one toy of the background.
  t.observed = t.background;
  const relume::model::Compiled model = full_likelihood(t);
  std::vector<double> truth = relume::infer::initial_point(*model.likelihood);
  truth[model.likelihood->poi()->index] = 0.0;
  const relume::model::Data toy = model.likelihood->sample(truth, {.seed = seed});
  std::copy_n(toy.values.begin(), t.observed.size(), t.observed.begin());
  return t;
}

}  // namespace toy_search
