// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/contour.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "infer/profiles.hpp"
#include "infer/root_finder.hpp"

namespace relume::infer {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// Angle between the rays on both sides of a corner: a hundredth of the distance from the best fit.
constexpr double narrowest_corner = 0.01;

void check(Profiles& profiles, std::span<const ParamId> parameters) {
  if (parameters.empty()) profiles.fail(Status::not_defined, "no parameter is named");
  for (std::size_t a = 0; a < parameters.size(); ++a) {
    profiles.check_parameter(parameters[a]);
    for (std::size_t b = 0; b < a; ++b) {
      if (parameters[a] == parameters[b]) {
        profiles.fail(Status::not_defined, "'" + profiles.name(parameters[a]) + "' is named twice");
      }
    }
  }
}

std::vector<double> best_of(const Profiles& profiles, std::span<const ParamId> parameters) {
  std::vector<double> best;
  for (const ParamId p : parameters) best.push_back(profiles.minimum().x[p.index]);
  return best;
}

/// Covariance of the parameters at the minimum. Where there is none (a bound, a flat direction), as far as one standard
/// deviation reaches along the parameter.
std::vector<double> shape_of(Profiles& profiles, const model::Likelihood& likelihood, const model::Data& data,
                             std::span<const ParamId> parameters, const ProfileOptions& options) {
  const std::size_t k = parameters.size();
  std::vector<double> covariance = profiles.covariance(parameters);
  if (covariance.empty()) covariance.assign(k * k, 0.0);
  for (std::size_t a = 0; a < k; ++a) {
    double& variance = covariance[a * k + a];
    if (variance > 0.0 && std::isfinite(variance)) continue;
    ProfileOptions from_here = options;
    from_here.start = profiles.minimum().x;
    const Intervals one =
        intervals(likelihood, data, parameters.subspan(a, 1), {.profile = from_here, .tolerance = 0.1});
    double width = 0.0;
    if (one.is_usable()) {
      const Interval& interval = one.intervals[0];
      width = std::max(interval.best - interval.lower.value_or(interval.best),
                       interval.upper.value_or(interval.best) - interval.best);
    }
    if (!(width > 0.0))
      width = profiles.width_without_curvature(likelihood.parameters()[parameters[a].index], parameters[a]);
    for (std::size_t b = 0; b < k; ++b) covariance[a * k + b] = covariance[b * k + a] = 0.0;
    variance = width * width;
  }
  return covariance;
}

std::vector<double> widths_of(std::span<const double> covariance, std::size_t k) {
  std::vector<double> widths;
  for (std::size_t a = 0; a < k; ++a) widths.push_back(std::sqrt(covariance[a * k + a]));
  return widths;
}

/// A ray from the best fit; distances are in units of the likelihood's ellipse.
class Ray {
 public:
  Ray(Profiles& profiles, ProfileSurface& surface, std::span<const ParamId> parameters,
      std::span<const model::Parameter> all, std::array<double, 2> direction)
      : profiles_(profiles), surface_(surface), parameters_(parameters), direction_(direction) {
    for (std::size_t k = 0; k < 2; ++k) {
      const model::Parameter& p = all[parameters[k].index];
      best_[k] = profiles.minimum().x[parameters[k].index];
      const double bound = direction[k] > 0.0 ? p.upper : p.lower;
      if (direction[k] == 0.0) continue;
      const double reach = std::max(0.0, (bound - best_[k]) / direction[k]);
      if (reach >= reach_) continue;
      reach_ = reach;
      bound_ = bound;
      bounded_ = k;
    }
  }

  std::optional<ContourPoint> cross(double height, double guess, double tolerance) {
    height_ = height;
    if (reach_ == 0.0) return point(0.0, true);
    const auto distance = root_.find([this](double d) { return at(d); }, std::min(guess, reach_), tolerance);
    if (distance && edge_.cuts(*distance, tolerance)) {
      // Along the edge of the model as along a bound.
      ContourPoint p = point(*distance, false);
      p.is_at_bound = true;
      return p;
    }
    if (distance) return point(*distance, false);
    if (ends_at_bound_) return point(reach_, true);
    if (reason.empty() && edge_.was_met()) return point(0.0, true);
    return std::nullopt;
  }

  double distance_of(const ContourPoint& p) const {
    return std::hypot(p.x - best_[0], p.y - best_[1]) / std::hypot(direction_[0], direction_[1]);
  }

  std::string reason;

 private:
  ContourPoint point(double d, bool is_at_bound) const {
    std::array<double, 2> values = {best_[0] + d * direction_[0], best_[1] + d * direction_[1]};
    if (is_at_bound) values[bounded_] = bound_;
    return {values[0], values[1], is_at_bound};
  }

  /// sqrt(t) - sqrt(height), nearly linear in the distance, and its slope.
  std::optional<std::pair<double, double>> at(double d) {
    const bool is_beyond = d >= reach_;
    const ContourPoint here = point(is_beyond ? reach_ : d, is_beyond);
    const SurfacePoint& fitted = surface_.at(std::array{here.x, here.y});
    if (fitted.is_infeasible) {
      edge_.see(d, 0.0, true);
      return std::pair{std::numeric_limits<double>::infinity(), 0.0};
    }
    const auto t = profiles_.height(fitted, parameters_);
    if (!t) {
      reason = fmt::format("the fit at {:.6g}, {:.6g} is not certified: {}", here.x, here.y, fitted.reason);
      return std::nullopt;
    }
    if (profiles_.is_outdated()) return std::nullopt;
    const double root = std::sqrt(std::max(0.0, *t));
    if (is_beyond && *t < height_) {
      ends_at_bound_ = true;
      return std::nullopt;
    }
    edge_.see(d, root - std::sqrt(height_), false);
    const double along = fitted.slopes[0] * direction_[0] + fitted.slopes[1] * direction_[1];
    return std::pair{root - std::sqrt(height_), root > 0.0 && !is_beyond ? along / root : 0.0};
  }

  Profiles& profiles_;
  ProfileSurface& surface_;
  std::span<const ParamId> parameters_;
  std::array<double, 2> direction_, best_ = {};
  double reach_ = std::numeric_limits<double>::infinity(), bound_ = 0.0;
  std::size_t bounded_ = 0;
  double height_ = 0.0;
  bool ends_at_bound_ = false;
  Edge edge_;
  RootFinder root_;
};

}  // namespace

ProfileGrid scan_grid(const model::Likelihood& likelihood, const model::Data& data, std::span<const ParamId> parameters,
                      std::span<const double> points, const ProfileOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  ProfileGrid grid;
  grid.parameters.assign(parameters.begin(), parameters.end());
  Profiles profiles(likelihood, data, options);
  check(profiles, parameters);
  if (!std::all_of(points.begin(), points.end(), [](double v) { return std::isfinite(v); })) {
    profiles.fail(Status::not_defined, "only finite values can be scanned");
  }
  profiles.run([&] {
    const std::size_t k = parameters.size(), n = points.size() / k;
    const auto at = [&](std::size_t i) { return points.subspan(i * k, k); };
    grid.best = best_of(profiles, parameters);
    const std::vector<double> widths = widths_of(shape_of(profiles, likelihood, data, parameters, options), k);
    const auto distance = [&](std::size_t i) {
      double sum = 0.0;
      for (std::size_t a = 0; a < k; ++a) {
        const double d = (at(i)[a] - grid.best[a]) / widths[a];
        sum += d * d;
      }
      return sum;
    };
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
    grid.points.assign(n, {});
    ProfileSurface surface = profiles.surface(parameters, widths);
    for (const std::size_t i : order) {
      if (profiles.is_stopped()) break;
      const SurfacePoint& fitted = surface.at(at(i));
      const auto t = profiles.height(fitted, parameters);
      grid.points[i] = {{at(i).begin(), at(i).end()}, t.value_or(nan), t ? "" : fitted.reason};
      if (profiles.is_outdated() || profiles.status != Status::ok) break;
    }
  });
  finish(grid, profiles, begin);
  return grid;
}

Contours contours(const model::Likelihood& likelihood, const model::Data& data, std::array<ParamId, 2> parameters,
                  const ContourOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Contours result;
  result.parameters = parameters;
  Profiles profiles(likelihood, data, options.profile);
  check(profiles, parameters);
  for (const double level : options.levels) {
    if (!(level > 0.0 && level < 1.0)) {
      profiles.fail(Status::not_defined, fmt::format("{:g} is no confidence level: it lies between 0 and 1", level));
    }
  }
  if (options.n_points < 3) profiles.fail(Status::not_defined, "a contour has at least three points");
  profiles.run([&] {
    result.contours.clear();
    result.best = {profiles.minimum().x[parameters[0].index], profiles.minimum().x[parameters[1].index]};
    const std::vector<double> c = shape_of(profiles, likelihood, data, parameters, options.profile);
    const std::vector<double> widths = widths_of(c, 2);
    // The unit circle becomes the ellipse of the covariance: L (cos, sin), C = L L^T.
    const double slant = c[1] / widths[0];
    const double rest = std::sqrt(std::max(c[3] - slant * slant, 1e-12 * c[3]));
    ProfileSurface surface = profiles.surface(parameters, widths);
    for (const double level : options.levels) {
      result.contours.push_back({level, height_at(level, 2), {}});
      Contour& contour = result.contours.back();
      double guess = std::sqrt(contour.height);
      const auto add_point = [&](double angle, std::size_t place) {
        const std::array direction = {widths[0] * std::cos(angle), slant * std::cos(angle) + rest * std::sin(angle)};
        Ray ray(profiles, surface, parameters, likelihood.parameters(), direction);
        const auto point = ray.cross(contour.height, guess, options.tolerance);
        if (profiles.is_outdated() || profiles.status != Status::ok) return false;
        if (!point) {
          return profiles.fail(
              Status::fit_failed,
              fmt::format("the contour at {:g} has no point in the direction ({:.3g}, {:.3g}): {}", level, direction[0],
                          direction[1], ray.reason.empty() ? "the likelihood does not fall that far" : ray.reason));
        }
        contour.points.insert(contour.points.begin() + static_cast<std::ptrdiff_t>(place), *point);
        if (!point->is_at_bound) guess = ray.distance_of(*point);
        return true;
      };
      std::vector<double> angles;
      for (std::size_t i = 0; i < options.n_points; ++i) {
        angles.push_back(2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(options.n_points));
        if (!add_point(angles[i], i)) return;
      }
      // Where the contour meets a bound it has a corner, between two rays: closer and closer ones show it.
      for (std::size_t i = 0; i < contour.points.size(); ++i) {
        const std::size_t next = (i + 1) % contour.points.size();
        const double width = next == 0 ? 2.0 * std::numbers::pi - angles[i] : angles[next] - angles[i];
        if (contour.points[i].is_at_bound == contour.points[next].is_at_bound || width < narrowest_corner) continue;
        angles.insert(angles.begin() + static_cast<std::ptrdiff_t>(i) + 1, angles[i] + 0.5 * width);
        if (!add_point(angles[i + 1], i + 1)) return;
        --i;  // the half that is left first
      }
      // Rays that leave the bounds at once end where they begin, at the best fit: once is enough.
      const auto is_same = [](const ContourPoint& a, const ContourPoint& b) { return a.x == b.x && a.y == b.y; };
      contour.points.erase(std::unique(contour.points.begin(), contour.points.end(), is_same), contour.points.end());
    }
  });
  finish(result, profiles, begin);
  return result;
}

RatioTest ratio_test(const model::Likelihood& likelihood, const model::Data& data,
                     std::span<const FixedParameter> tested, const ProfileOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  RatioTest result;
  result.tested.assign(tested.begin(), tested.end());
  std::vector<ParamId> parameters;
  std::vector<double> values;
  for (const FixedParameter& f : tested) {
    parameters.push_back(f.parameter);
    values.push_back(f.value);
  }
  Profiles profiles(likelihood, data, options);
  check(profiles, parameters);
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    profiles.fail(Status::not_defined, "only finite values can be tested");
  }
  profiles.run([&] {
    result.best = best_of(profiles, parameters);
    ProfileSurface surface = profiles.surface(parameters, std::vector<double>(parameters.size(), 1.0));
    const SurfacePoint& fitted = surface.at(values);
    const auto t = profiles.height(fitted, parameters);
    if (!t) {
      profiles.fail(Status::fit_failed, "fit at the tested values: " + fitted.reason);
      return;
    }
    result.t = *t;
    result.p_value = probability_above(*t, static_cast<int>(parameters.size()));
    result.point = fitted.x;
    result.twice_nll_tested = profiles.twice_nll() + 2.0 * (fitted.value - profiles.minimum().value);
  });
  finish(result, profiles, begin);
  return result;
}

}  // namespace relume::infer
