// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From published maps to a signal: yields = luminosity x cross section x efficiency at given masses, in every region.
//
//   SignalMaps maps = SignalMaps::read("CMS-SUS-20-004-eff", "TChiHH").value();
//   MapSignal s = maps.signal({.masses = {400, 100}}, {10.0, "fb"}).value();
//   edit::add_signal(workspace, s.signal);
//
// Cost: one triangulation per set of points, which regions usually share; then some microseconds per point and region.
// Thread-safety: immutable after make() and read().
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/reinterpret/mass_map.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/signal.hpp"
#include "relume/spec/smodels.hpp"

namespace relume::reinterpret {

/// GeV. In the order of the map's coordinates; when both branches are alike, those of one branch stand for both.
struct MassPoint {
  std::vector<double> masses = {};
  std::vector<double> widths = {};
};

/// One region at one point.
struct RegionEfficiency {
  std::string region;
  std::optional<double> efficiency = {};
  std::string reason = {};  ///< why there is none
};

struct MapSignal {
  spec::Signal signal;                         ///< addressed to regions or, with a model file, to its channels
  std::vector<RegionEfficiency> outside = {};  ///< regions whose map does not reach the point: not in the signal
  std::vector<std::string> without_map = {};   ///< regions that have no map of this topology: they see no signal
  std::vector<double> point = {};              ///< all coordinates, GeV
};

struct SignalOptions {
  /// Regions whose map does not reach the point see no signal, as SModels has it. Otherwise they are left out of the
  /// signal, which can then not be put into a model of them by mistake.
  bool outside_is_zero = false;
  /// Address the channels of this full likelihood, which the result names with the regions it covers. Empty: regions.
  std::string model_file = {};
};

class SignalMaps {
 public:
  /// The maps of one topology. Errors list what topologies there are.
  static Result<SignalMaps> make(const spec::SmodelsResult& result, std::string_view topology);
  /// The same from a directory, of which only the files of these maps are read.
  static Result<SignalMaps> read(const std::string& directory, std::string_view topology);

  /// All coordinates of a point, GeV.
  Result<std::vector<double>> coordinates_of(const MassPoint& point) const;
  std::span<const spec::MapCoordinate> coordinates() const { return maps_.front().coordinates; }
  /// That have a map of the topology.
  const std::vector<std::string>& regions() const { return regions_; }
  spec::MapKind kind() const { return maps_.front().kind; }

  /// In the order of the regions that have a map.
  Result<std::vector<RegionEfficiency>> efficiencies(const MassPoint& point) const;
  Result<MapSignal> signal(const MassPoint& point, const spec::CrossSection& cross_section,
                           const SignalOptions& options = {}) const;
  /// Of a map of upper limits; a point that it does not reach is an error. The expected limit is the median, where
  /// there is a map of it.
  /// `predicted`: of the signal, so that its strength is limited too.
  Result<spec::UpperLimits> upper_limits(const MassPoint& point,
                                         const std::optional<spec::CrossSection>& predicted = {}) const;

 private:
  SignalMaps() = default;
  Result<std::vector<double>> coordinates_of(const MassPoint& point, const spec::MassMap& map) const;

  std::string id_, topology_;
  double luminosity_ = 0.0;
  std::vector<spec::MassMap> maps_;
  std::vector<std::string> regions_;      ///< of the maps
  std::vector<std::string> without_map_;  ///< regions
  std::vector<MassGrid> grids_;
  std::vector<std::size_t> grid_of_;          ///< per map, into grids_
  std::optional<std::size_t> expected_grid_;  ///< of the first map
  std::vector<spec::SmodelsModelFile> model_files_;
};

/// Reads the directory and does all of it.
Result<MapSignal> signal_from_maps(const std::string& directory, std::string_view topology, const MassPoint& point,
                                   const spec::CrossSection& cross_section, const SignalOptions& options = {});
Result<spec::UpperLimits> upper_limits_at(const std::string& directory, std::string_view topology,
                                          const MassPoint& point,
                                          const std::optional<spec::CrossSection>& predicted = {});

/// What maps a result has, one entry per topology.
struct TopologySummary {
  std::string name;
  spec::MapKind kind = spec::MapKind::efficiencies;
  std::vector<std::string> coordinates = {};
  std::vector<double> lowest = {}, highest = {};  ///< of the coordinates over all regions, GeV
  std::size_t n_points = 0;                       ///< of the largest map
  std::vector<std::string> regions = {};
  std::string constraint = {}, axes = {};
  bool has_expected = false;
};
std::vector<TopologySummary> topologies(const spec::SmodelsResult& result);

}  // namespace relume::reinterpret
