// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A search in three categories of bins with one nuisance parameter per bin and four that all bins share, as a user's
// likelihood (the model of arXiv:1809.05548, section 4). With a category c, its bin I and nuisance parameters delta,
// the background is
//
//   n_I = N_c prod_j g_cj(delta_j)  f_I / sum_c f  (1 + eps_I)^delta_I,     f_I = f0_I prod_j p_Ij(delta_j)
//
// where g moves the events of a category and p the shape of its bins, normalised apart.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "relume/relume.hpp"

namespace toy_search {

inline constexpr std::size_t n_categories = 3;

/// Relative numbers of events when a nuisance parameter is at +1 (or -1), minus 1, per category.
struct NormEffect {
  std::array<double, n_categories> up = {}, down = {};
};

/// Ratios to the nominal shape at +1 and -1, per bin.
struct ShapeEffect {
  std::vector<double> up, down;
};

/// All numbers that the search publishes. Bins of all categories one after the other.
struct Tables {
  std::array<std::size_t, n_categories> n_bins = {};
  std::vector<double> observed, background, signal;
  std::vector<double> eps;                 ///< relative uncertainty of a bin's simulation
  std::array<ShapeEffect, 2> shapes = {};  ///< ISR, JES
  std::array<NormEffect, 4> norms = {};    ///< ISR, JES, LV, CR
};

//! [rates]
class Search {
 public:
  static constexpr std::size_t slots = 6;  // mu, ISR, JES, LV, CR, and a bin's own parameter

  explicit Search(Tables tables) : tables_(std::move(tables)) {
    std::size_t first = 0;
    for (std::size_t c = 0; c < n_categories; ++c) {
      first_[c] = first;
      for (std::size_t b = 0; b < tables_.n_bins[c]; ++b) total_[c] += tables_.background[first++];
    }
  }

  /// Of a category: signal in all bins, then background in all bins.
  template <class T>
  void rates(std::size_t c, std::span<const T> shared, std::span<const T> own, std::span<T> rates) const {
    using std::pow;
    const T& mu = shared[0];
    const std::span<const T> delta = shared.subspan(1);
    T norm = total_[c];
    for (std::size_t j = 0; j < delta.size(); ++j) norm *= norm_factor(tables_.norms[j], c, delta[j]);
    const std::array<T, 2> bend = {bent(delta[0]), bent(delta[1])};

    const std::size_t n = own.size();
    T sum = 0.0;
    for (std::size_t b = 0; b < n; ++b) {
      const std::size_t i = first_[c] + b;
      T shape = tables_.background[i] / total_[c];
      for (std::size_t j = 0; j < 2; ++j) {
        const double up = tables_.shapes[j].up[i], down = tables_.shapes[j].down[i];
        shape *= 1.0 + 0.5 * (up - down) * delta[j] + (0.5 * (up + down) - 1.0) * bend[j];
      }
      sum += shape;
      rates[n + b] = shape;
    }
    norm /= sum;
    for (std::size_t b = 0; b < n; ++b) {
      const std::size_t i = first_[c] + b;
      rates[b] = mu * tables_.signal[i];
      rates[n + b] *= norm * pow(1.0 + tables_.eps[i], own[b]);
    }
  }

 private:
  /// The slope jumps at 0: the side is that of the sign bit.
  template <class T>
  static T norm_factor(const NormEffect& effect, std::size_t c, const T& delta) {
    using std::pow, std::signbit;
    return signbit(delta) ? pow(1.0 + effect.down[c], -delta) : pow(1.0 + effect.up[c], delta);
  }
  /// The square of a parameter, continued linearly beyond 1.
  template <class T>
  static T bent(const T& delta) {
    using std::abs;
    return abs(delta) < 1.0 ? delta * delta : 2.0 * abs(delta) - 1.0;
  }

  Tables tables_;
  std::array<std::size_t, n_categories> first_ = {};
  std::array<double, n_categories> total_ = {};
};
//! [rates]

//! [model]
inline relume::model::Compiled full_likelihood(const Tables& tables) {
  using relume::model::UserConstraint;
  const auto normal = UserConstraint::normal(0.0, 1.0);
  relume::model::UserModel model;
  model.parameters = {{.name = "mu", .initial = 1.0, .lower = -5.0, .upper = 10.0},
                      {.name = "eps", .constraint = normal, .size = tables.observed.size()}};
  for (const char* name : {"ISR", "JES", "LV", "CR"}) {
    model.parameters.push_back({.name = name, .constraint = normal, .has_kink = true});
  }
  std::size_t first = 0;
  for (std::size_t c = 0; c < n_categories; ++c) {
    const auto begin = tables.observed.begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t n = tables.n_bins[c];
    model.channels.push_back({.name = "category" + std::to_string(c + 1),
                              .observed = {begin, begin + static_cast<std::ptrdiff_t>(n)},
                              .shared = {"mu", "ISR", "JES", "LV", "CR"},
                              .own = relume::model::components("eps", n, first),
                              .samples = {"signal", "background"}});
    first += n;
  }
  model.poi = "mu";
  return relume::model::binned(Search(tables), std::move(model)).value();
}
//! [model]

//! [simplify]
/// A simplified likelihood from means, covariance and, where `third` says so, third moments of the background.
inline relume::model::Compiled simplified_likelihood(const Tables& tables, const relume::reinterpret::Moments& moments,
                                                     bool third) {
  const std::size_t n = moments.size();
  relume::spec::SimplifiedLikelihood simplified;
  relume::spec::Signal signal{.name = "signal", .poi = "mu", .samples = {{.name = "signal"}}};
  for (std::size_t i = 0; i < n; ++i) {
    const std::string name = "bin" + std::to_string(i + 1);
    simplified.regions.push_back({name, tables.observed[i], moments.mean[i]});
    signal.samples[0].channels.push_back({.channel = name, .yields = {tables.signal[i]}});
    if (third) simplified.third_moments.push_back(moments.third[i]);
  }
  simplified.covariance = {n, moments.covariance};

  relume::spec::Workspace workspace = relume::edit::as_workspace(simplified).value().workspace;
  workspace = relume::edit::add_signal(workspace, signal).value();
  // As in the full likelihood.
  relume::spec::ParameterConfig mu;
  mu.name = "mu";
  mu.bounds = std::vector<relume::spec::ParameterConfig::Bounds>{{-5.0, 10.0}};
  workspace.measurements[0].parameters.push_back(std::move(mu));
  return std::move(relume::model::compile(workspace).value());
}
//! [simplify]

}  // namespace toy_search
