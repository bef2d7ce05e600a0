// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/mass_map.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "reinterpret/delaunay.hpp"

namespace relume::reinterpret {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Points differ in a direction if some lie farther than this from their centre (GeV, or scaled widths); points farther
/// than this from the plane of the map are off it. As SModels: far below any grid, far above rounding.
constexpr double plane_tolerance = 1e-4;
/// A point this much outside of a simplex, in its own coordinates, is taken as inside: what lies on the border of a map
/// is in it whatever the rounding. As SModels.
constexpr double border_tolerance = 1e-6;
/// Of a regular grid the corners of a cell lie on one sphere, and every diagonal makes a Delaunay triangulation:
/// rounding would choose, differently on each machine. So the triangulation is that of the points contracted by this
/// much along the direction in which all coordinates grow. Far above rounding (1e-15), far below what distinguishes
/// real cells. Cells are then cut along lines where masses grow together: at constant mass difference, along which
/// efficiencies vary least. In grids along the axes this is Freudenthal's triangulation, whatever their dimension.
constexpr double contraction = 1e-6;
/// A simplex flatter than this, relative to its longest edge, has no inside: interpolation in it is rounding.
constexpr double flat_simplex = 1e-10;
/// Triangulations in more directions grow beyond use.
constexpr std::size_t max_directions = 6;
/// Of the corners of a simplex.
using Weights = std::array<double, max_directions + 1>;
/// The largest maps have some thousand points.
constexpr std::size_t max_points = 200'000;

}  // namespace

double scaled_width(double width) {
  // SModels (expAuxiliaryFuncs, rescaleWidth) gives the same: widths above 1e50 GeV are infinite, below 1e-40 GeV the
  // logarithm is its argument.
  constexpr double smallest = 1e-30, largest = 1e50;
  return std::log1p(std::min(width, largest) / smallest);
}

struct MassGrid::Grid {
  std::vector<spec::MapCoordinate> coordinates;
  MatrixXd points;  ///< one column per point, widths scaled
  VectorXd centre;
  MatrixXd axes;     ///< columns: principal directions, all of them
  MatrixXd reduced;  ///< one column per point, in the directions in which they differ
  std::size_t n_directions = 0;
  std::vector<std::size_t> corners;  ///< n_directions + 1 per simplex
  std::vector<double> low, high;     ///< boxes around simplices, n_directions each
  std::vector<double> inverses;      ///< per simplex, n x n, column by column: reduced coordinates to weights
  VectorXd lowest, highest;          ///< of the coordinates, as given

  std::size_t n_corners() const { return n_directions + 1; }
  std::size_t n_simplices() const { return corners.size() / n_corners(); }

  VectorXd scaled(std::span<const double> point) const {
    VectorXd x(static_cast<Eigen::Index>(point.size()));
    for (std::size_t i = 0; i < point.size(); ++i) {
      x(static_cast<Eigen::Index>(i)) = coordinates[i].is_width ? scaled_width(point[i]) : point[i];
    }
    return x;
  }

  void find_directions();
  Errors triangulate();
  void keep_simplices(const std::vector<std::size_t>& simplices);
  /// Weights of all corners of a simplex at y; stops, with a smaller one, when one of them is below `least`. Returns
  /// the smallest.
  double weights(std::size_t simplex, const VectorXd& y, double least, Weights& w) const;
  std::string extent() const;
};

void MassGrid::Grid::find_directions() {
  centre = points.rowwise().mean();
  const MatrixXd centred = points.colwise() - centre;
  const Eigen::JacobiSVD<MatrixXd, Eigen::ColPivHouseholderQRPreconditioner> svd(centred.transpose(),
                                                                                 Eigen::ComputeThinV);
  const Eigen::Index n = points.rows();
  // With fewer points than coordinates, the directions that are missing are those of no extent.
  axes = MatrixXd::Identity(n, n);
  const MatrixXd& v = svd.matrixV();
  if (v.cols() == n) {
    axes = v;
  } else {
    const Eigen::HouseholderQR<MatrixXd> qr(v);
    axes = qr.householderQ() * MatrixXd::Identity(n, n);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::Index largest = 0;
    axes.col(i).cwiseAbs().maxCoeff(&largest);
    if (axes(largest, i) < 0.0) axes.col(i) *= -1.0;
  }
  const MatrixXd rotated = axes.transpose() * centred;
  Eigen::Index n_used = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    if (rotated.row(i).cwiseAbs().maxCoeff() > plane_tolerance) n_used = i + 1;
  }
  n_directions = static_cast<std::size_t>(n_used);
  reduced = rotated.topRows(n_used);
}

Errors MassGrid::Grid::triangulate() {
  const auto n = static_cast<Eigen::Index>(n_directions);
  if (n == 0) return {};
  if (n == 1) {
    std::vector<std::size_t> order(static_cast<std::size_t>(reduced.cols()));
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto at = [&](std::size_t i) { return reduced(0, static_cast<Eigen::Index>(i)); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return at(a) < at(b); });
    std::vector<std::size_t> intervals;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) intervals.insert(intervals.end(), {order[i], order[i + 1]});
    keep_simplices(intervals);
    return {};
  }
  const VectorXd all_grow = axes.leftCols(n).transpose() * VectorXd::Ones(points.rows()).normalized();
  const MatrixXd contracted = reduced - contraction * all_grow * (all_grow.transpose() * reduced);
  const auto simplices = delaunay({contracted.data(), contracted.data() + contracted.size()}, n_directions);
  if (!simplices) return simplices.errors();
  keep_simplices(*simplices);
  return {};
}

void MassGrid::Grid::keep_simplices(const std::vector<std::size_t>& simplices) {
  const auto n = static_cast<Eigen::Index>(n_directions);
  for (std::size_t begin = 0; begin < simplices.size(); begin += n_corners()) {
    const auto corner = [&](Eigen::Index i) {
      return reduced.col(static_cast<Eigen::Index>(simplices[begin + static_cast<std::size_t>(i)]));
    };
    MatrixXd edges(n, n);
    for (Eigen::Index i = 0; i < n; ++i) edges.col(i) = corner(i) - corner(n);
    const double longest = edges.colwise().norm().maxCoeff();
    const Eigen::FullPivLU<MatrixXd> lu(edges);
    const double smallest = lu.matrixLU().diagonal().cwiseAbs().minCoeff();
    if (!(smallest > flat_simplex * longest)) continue;
    const MatrixXd inverse = lu.inverse();
    inverses.insert(inverses.end(), inverse.data(), inverse.data() + inverse.size());
    corners.insert(corners.end(), simplices.begin() + static_cast<std::ptrdiff_t>(begin),
                   simplices.begin() + static_cast<std::ptrdiff_t>(begin + n_corners()));
    for (Eigen::Index d = 0; d < n; ++d) {
      double lo = corner(n)(d), hi = lo;
      for (Eigen::Index i = 0; i < n; ++i) {
        lo = std::min(lo, corner(i)(d));
        hi = std::max(hi, corner(i)(d));
      }
      // As far outside as weights of -border_tolerance lead.
      const double margin = 2.0 * static_cast<double>(n_corners()) * border_tolerance * (hi - lo);
      low.push_back(lo - margin);
      high.push_back(hi + margin);
    }
  }
}

double MassGrid::Grid::weights(std::size_t simplex, const VectorXd& y, double least, Weights& w) const {
  const std::size_t n = n_directions;
  const double* const inverse = inverses.data() + simplex * n * n;
  const double* const last = reduced.data() + corners[simplex * n_corners() + n] * n;
  double smallest = std::numeric_limits<double>::infinity();
  w[n] = 1.0;
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0.0;
    for (std::size_t d = 0; d < n; ++d) sum += inverse[d * n + i] * (y.data()[d] - last[d]);
    w[i] = sum;
    w[n] -= sum;
    smallest = std::min(smallest, sum);
    if (smallest < least) return smallest;
  }
  return std::min(smallest, w[n]);
}

std::string MassGrid::Grid::extent() const {
  std::string text;
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    const auto k = static_cast<Eigen::Index>(i);
    text += fmt::format("{}{} {:g}", i == 0 ? "" : ", ", coordinates[i].name, lowest(k));
    if (highest(k) > lowest(k)) text += fmt::format(" to {:g}", highest(k));
  }
  return text + " GeV";
}

Result<MassGrid> MassGrid::make(std::span<const spec::MapCoordinate> coordinates, std::span<const double> points) {
  const std::size_t n = coordinates.size();
  assert(n > 0 && points.size() % n == 0);
  const std::size_t n_points = points.size() / n;
  const auto refuse = [](std::string message) { return Error{ErrorCode::unsupported, "map", std::move(message), {}}; };
  if (n_points == 0) return refuse("has no points");
  if (n_points > max_points) return refuse(fmt::format("has more than {} points", max_points));
  auto grid = std::make_shared<Grid>();
  grid->coordinates.assign(coordinates.begin(), coordinates.end());
  const auto rows = static_cast<Eigen::Index>(n);
  grid->points.resize(rows, static_cast<Eigen::Index>(n_points));
  for (std::size_t i = 0; i < n_points; ++i) {
    grid->points.col(static_cast<Eigen::Index>(i)) = grid->scaled(points.subspan(i * n, n));
  }
  if (!grid->points.allFinite()) return refuse("has a point that is not finite");
  const Eigen::Map<const MatrixXd> given(points.data(), rows, static_cast<Eigen::Index>(n_points));
  grid->lowest = given.rowwise().minCoeff();
  grid->highest = given.rowwise().maxCoeff();
  grid->find_directions();
  if (grid->n_directions > max_directions) {
    return refuse(fmt::format("has {} independent masses and widths; up to {} are interpolated", grid->n_directions,
                              max_directions));
  }
  Errors problems = grid->triangulate();
  if (!problems.empty()) return problems;
  return MassGrid(std::move(grid));
}

GridPlace MassGrid::place(std::span<const double> point) const {
  const Grid& grid = *grid_;
  assert(point.size() == grid.coordinates.size());
  GridPlace place;
  const VectorXd x = grid.scaled(point);
  if (!x.allFinite()) {
    place.reason = "a mass is not finite";
    return place;
  }
  const auto n = static_cast<Eigen::Index>(grid.n_directions);
  const VectorXd rotated = grid.axes.transpose() * (x - grid.centre);
  const double distance = rotated.tail(rotated.size() - n).norm();
  if (distance > plane_tolerance) {
    place.status = GridPlace::Status::off_plane;
    place.reason = fmt::format(
        "the masses are off the plane of the map by {:.3g} GeV: its points obey relations between the masses, such as "
        "equal branches or a fixed difference",
        distance);
    return place;
  }
  const auto is_at = [&](std::size_t i) { return grid.points.col(static_cast<Eigen::Index>(i)) == x; };
  if (n == 0) {
    place.status = GridPlace::Status::inside;
    place.points = {0};
    place.weights = {1.0};
    return place;
  }
  const VectorXd y = rotated.head(n);
  // Of the simplices around the point, the one that it is most inside of. On a common face they give the same value.
  double best = -border_tolerance;
  bool is_found = false;
  std::size_t found = 0;
  Weights found_weights{};
  for (std::size_t s = 0; s < grid.n_simplices(); ++s) {
    bool is_in_box = true;
    for (std::size_t d = 0; d < grid.n_directions && is_in_box; ++d) {
      const double value = y(static_cast<Eigen::Index>(d));
      is_in_box = value >= grid.low[s * grid.n_directions + d] && value <= grid.high[s * grid.n_directions + d];
    }
    if (!is_in_box) continue;
    Weights w;
    const double least = grid.weights(s, y, best, w);
    if (least < best || (is_found && least == best)) continue;
    best = least;
    found_weights = w;
    found = s;
    is_found = true;
  }
  if (!is_found) {
    place.reason = "the masses are outside of the map, whose points have " + grid.extent();
    return place;
  }
  place.status = GridPlace::Status::inside;
  const std::size_t n_corners = grid.n_corners();
  for (std::size_t i = 0; i < n_corners; ++i) place.points.push_back(grid.corners[found * n_corners + i]);
  // A point of the grid has its own value, to the last bit.
  for (const std::size_t i : place.points) {
    if (is_at(i)) {
      place.points = {i};
      place.weights = {1.0};
      return place;
    }
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < n_corners; ++i) sum += std::max(found_weights[i], 0.0);
  for (std::size_t i = 0; i < n_corners; ++i) place.weights.push_back(std::max(found_weights[i], 0.0) / sum);
  return place;
}

std::size_t MassGrid::n_points() const { return static_cast<std::size_t>(grid_->points.cols()); }
std::size_t MassGrid::n_directions() const { return grid_->n_directions; }
std::size_t MassGrid::n_simplices() const { return grid_->n_directions == 0 ? 1 : grid_->n_simplices(); }

double interpolate(const GridPlace& place, std::span<const double> values) {
  assert(place.is_inside());
  double sum = 0.0;
  for (std::size_t i = 0; i < place.points.size(); ++i) sum += place.weights[i] * values[place.points[i]];
  return sum;
}

}  // namespace relume::reinterpret
