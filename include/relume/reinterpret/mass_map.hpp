// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Values between the points of a map over masses: linear in the simplices of a Delaunay triangulation, as SModels does
// it (docs/formats/smodels.md). Directions in which the points do not differ are dropped; outside of the points there
// is no value.
//
//   MassGrid grid = MassGrid::make(map.coordinates, map.observed.points).value();
//   GridPlace place = grid.place(std::array{400.0, 100.0, 400.0, 100.0});
//   double efficiency = place.is_inside() ? interpolate(place, map.observed.values) : 0.0;
//
// Cost: the triangulation takes about 1 ms for 500 points in a plane; finding a place, some microseconds.
// Thread-safety: a grid is immutable and shared.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/spec/smodels.hpp"

namespace relume::reinterpret {

/// Where a point lies among those of a grid.
struct GridPlace {
  enum class Status {
    inside,
    outside,   ///< of the convex hull of the points
    off_plane  ///< the points differ in fewer directions than they have coordinates, and this one in more
  };
  Status status = Status::outside;
  std::vector<std::size_t> points = {};  ///< corners of the simplex around it
  std::vector<double> weights = {};      ///< of the corners; not negative, their sum is 1
  std::string reason = {};               ///< why it is not inside

  bool is_inside() const { return status == Status::inside; }
};

class MassGrid {
 public:
  /// `points`: GeV, row by row.
  static Result<MassGrid> make(std::span<const spec::MapCoordinate> coordinates, std::span<const double> points);

  /// `point`: one number per coordinate, GeV.
  GridPlace place(std::span<const double> point) const;

  std::size_t n_points() const;
  /// In which the points differ.
  std::size_t n_directions() const;
  std::size_t n_simplices() const;

 private:
  struct Grid;
  explicit MassGrid(std::shared_ptr<const Grid> grid) : grid_(std::move(grid)) {}
  std::shared_ptr<const Grid> grid_;
};

/// The value at a place inside; one value per point of the grid.
double interpolate(const GridPlace& place, std::span<const double> values);

/// What a width is interpolated in: log(1 + width / 1e-30 GeV), which is linear for tiny widths and logarithmic for all
/// that matter.
double scaled_width(double width);

}  // namespace relume::reinterpret
