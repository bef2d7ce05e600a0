// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Conditional fits at values of several parameters, each started from its nearest neighbour, moved along the
// neighbour's tangents. The slopes are the partial derivatives at the conditional minimum (envelope theorem).
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "infer/profile_curve.hpp"

namespace relume::infer {

struct SurfacePoint {
  std::vector<double> values;  ///< of the parameters that are held
  double value = std::numeric_limits<double>::infinity();
  std::vector<double> slopes;  ///< d value / d each of them
  bool is_usable = false;
  bool is_interrupted = false;
  bool is_infeasible = false;  ///< no point there has a likelihood: rates would be negative
  std::string reason;
  std::vector<double> x;
  std::vector<std::vector<double>> tangents;  ///< d x / d each of them; empty: not known
};

class ProfileSurface {
 public:
  /// `widths`: of the parameters, the metric in which neighbours are near.
  ProfileSurface(FitSpace& space, const model::Data& data, std::span<const ParamId> parameters,
                 std::vector<double> widths, std::vector<char> fixed, std::vector<double> nominal,
                 const std::atomic<bool>* stop, int& n_fits)
      : objective_(space.objective),
        minimizer_(space.minimizer),
        data_(data),
        parameters_(parameters.begin(), parameters.end()),
        widths_(std::move(widths)),
        fixed_(std::move(fixed)),
        nominal_(std::move(nominal)),
        stop_(stop),
        n_fits_(n_fits) {
    for (const ParamId p : parameters_) fixed_[p.index] = 1;
  }

  /// The free minimum is a point of every surface.
  void insert_free(const minimize::Minimum& m) {
    objective_.set_data(data_);
    SurfacePoint p;
    for (const ParamId parameter : parameters_) p.values.push_back(m.x[parameter.index]);
    p.value = m.value;
    p.x = m.x;
    p.is_usable = true;
    if (minimizer_.linearise(p.x, {.fixed = fixed_})) set_tangents(p);
    points_.push_back(std::move(p));
  }

  /// Makes the fit each time that it is asked; neighbours keep it.
  const SurfacePoint& at(std::span<const double> values) {
    objective_.set_data(data_);
    SurfacePoint p;
    p.values.assign(values.begin(), values.end());
    std::vector<double> lower(objective_.lower().begin(), objective_.lower().end());
    std::vector<double> upper(objective_.upper().begin(), objective_.upper().end());
    std::vector<double> nominal = nominal_;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      const std::size_t i = parameters_[k].index;
      lower[i] = std::min(lower[i], values[k]);
      upper[i] = std::max(upper[i], values[k]);
      nominal[i] = values[k];
    }
    ++n_fits_;
    minimize::Minimum m = minimizer_.minimize(
        predict(values),
        {.fixed = fixed_, .lower = lower, .upper = upper, .nominal = nominal, .explore = false, .stop = stop_});
    p.is_usable = m.is_usable();
    p.is_interrupted = m.status == minimize::MinimumStatus::interrupted;
    p.is_infeasible = m.status == minimize::MinimumStatus::infeasible;
    p.reason = m.reason;
    p.value = m.value;
    p.x = std::move(m.x);
    if (p.is_usable) {
      for (const ParamId parameter : parameters_) p.slopes.push_back(objective_.gradient()[parameter.index]);
      set_tangents(p);
    }
    points_.push_back(std::move(p));
    return points_.back();
  }

 private:
  void set_tangents(SurfacePoint& p) {
    const std::size_t n = p.x.size();
    std::vector<double> unit(n, 0.0), column(n);
    for (const ParamId parameter : parameters_) {
      unit[parameter.index] = 1.0;
      objective_.curvature().multiply(unit, column, math::Form::exact);
      unit[parameter.index] = 0.0;
      for (double& c : column) c = -c;
      std::vector<double> tangent(n, 0.0);
      if (!minimizer_.solve_linearised(column, tangent)) {
        p.tangents.clear();
        return;
      }
      p.tangents.push_back(std::move(tangent));
    }
  }

  std::vector<double> predict(std::span<const double> values) {
    const SurfacePoint* nearest = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const SurfacePoint& p : points_) {
      if (!p.is_usable) continue;
      double distance = 0.0;
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double d = (p.values[k] - values[k]) / widths_[k];
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        nearest = &p;
      }
    }
    std::vector<double> plain = nearest != nullptr ? nearest->x : nominal_;
    for (std::size_t k = 0; k < values.size(); ++k) plain[parameters_[k].index] = values[k];
    if (nearest == nullptr || nearest->tangents.empty()) return plain;
    std::vector<double> moved = plain;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      if (fixed_[i]) continue;
      for (std::size_t k = 0; k < values.size(); ++k) {
        moved[i] += nearest->tangents[k][i] * (values[k] - nearest->values[k]);
      }
      moved[i] = std::clamp(moved[i], objective_.lower()[i], objective_.upper()[i]);
    }
    return value_at(moved) < value_at(plain) ? moved : plain;
  }

  double value_at(const std::vector<double>& x) {
    const auto e = objective_.evaluate(x, math::Derivatives::none, {.penalty = 1.0});
    return e.status == math::EvaluationStatus::ok ? e.value : std::numeric_limits<double>::infinity();
  }

  LikelihoodObjective& objective_;
  minimize::Minimizer& minimizer_;
  const model::Data& data_;
  std::vector<ParamId> parameters_;
  std::vector<double> widths_;
  std::vector<char> fixed_;
  std::vector<double> nominal_;
  const std::atomic<bool>* stop_;
  int& n_fits_;  ///< counts
  std::deque<SurfacePoint> points_;
};

}  // namespace relume::infer
