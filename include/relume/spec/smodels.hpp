// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One result of the SModels data base, as its directory of text files has it: counts of data sets, and maps over the
// masses of new particles, of efficiencies or of upper limits.
//
//   spec::SmodelsResult result = formats::read_smodels_result("CMS-SUS-20-004-eff").value();
//   result.data_sets[0].maps[0].name;  // "TChiHH"
//
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relume/spec/json.hpp"
#include "relume/spec/matrix.hpp"
#include "relume/spec/publication.hpp"

namespace relume::spec {

/// One number of a point of a map: the mass of a particle or its width.
struct MapCoordinate {
  std::string name;          ///< "mass 2 of branch 1", "width 1 of branch 1", "mass of node 3"
  bool is_width = false;     ///< of a mass otherwise
  std::size_t branch = 0;    ///< from 1; 0: the map knows nodes of a decay graph, not branches
  std::size_t particle = 0;  ///< from 1, within its branch; or the node
  bool operator==(const MapCoordinate&) const = default;
};

/// Numbers at points of mass space.
struct MapValues {
  std::vector<double> points = {};  ///< GeV, row by row in the order of the coordinates
  std::vector<double> values = {};  ///< one per point: efficiencies, or upper limits in fb
  bool operator==(const MapValues&) const = default;
};

enum class MapKind { efficiencies, upper_limits };

/// A map of one simplified model, which SModels calls a txname.
struct MassMap {
  std::string name;  ///< "TChiHH"
  MapKind kind = MapKind::efficiencies;
  std::vector<MapCoordinate> coordinates = {};                          ///< masses first, then widths
  MapValues observed = {};                                              ///< of efficiencies: all there is
  std::optional<MapValues> expected = {};                               ///< upper limits only
  std::string constraint = {}, axes = {}, source = {}, validated = {};  ///< as written
  bool operator==(const MassMap&) const = default;
};

/// One signal region, or all upper limits.
struct SmodelsDataSet {
  std::string name;
  MapKind kind = MapKind::efficiencies;
  /// Events; none for upper limits.
  std::optional<double> observed = {}, background = {}, uncertainty = {}, third_moment = {};
  PublishedLimits limits = {};
  std::vector<MassMap> maps = {};
  bool operator==(const SmodelsDataSet&) const = default;
};

/// A full likelihood that covers regions of the result, and the names that these have in it.
struct SmodelsModelFile {
  struct Region {
    std::string data_set = {};  ///< empty: the channel is no data set
    std::string channel = {};   ///< empty: not said
    std::string type = "SR";
    bool operator==(const Region&) const = default;
  };
  std::string file;
  std::vector<Region> regions = {};
  bool operator==(const SmodelsModelFile&) const = default;
};

struct SmodelsResult {
  std::string id;
  std::string directory;    ///< where it was read
  double energy = 0.0;      ///< centre of mass, TeV
  double luminosity = 0.0;  ///< 1/fb
  std::vector<SmodelsDataSet> data_sets = {};
  /// Data sets in the order of the covariance of their backgrounds.
  std::vector<std::string> covariance_order = {};
  SquareMatrix covariance = {};
  std::vector<SmodelsModelFile> model_files = {};
  Json references = {};                   ///< an object: addresses and publications, as written
  std::vector<std::string> ignored = {};  ///< keys that nothing was made of, "globalInfo.txt: contact"
};

}  // namespace relume::spec
