// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published maps over masses: efficiencies, signals and upper limits at given masses.
#include "relume/report/maps.hpp"

#include <limits>

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/formats/smodels.hpp"
#include "relume/reinterpret/signal_maps.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;
using reinterpret::MassPoint;
using reinterpret::SignalMaps;

namespace {

using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

std::vector<double> row_of(const Matrix& matrix, std::size_t row) {
  const double* const begin = matrix.data() + row * matrix.shape(1);
  return {begin, begin + matrix.shape(1)};
}

SignalMaps read_maps(const std::string& directory, const std::string& topology) {
  const nb::gil_scoped_release release;
  return SignalMaps::read(directory, topology).value();
}

/// One row per point, one column per region; NaN outside of a map.
nb::object efficiencies(const SignalMaps& maps, const Matrix& masses, const Matrix& widths) {
  const std::size_t n = masses.shape(0), n_regions = maps.regions().size();
  std::vector<double> all;
  {
    const nb::gil_scoped_release release;
    all.reserve(n * n_regions);
    for (std::size_t i = 0; i < n; ++i) {
      const auto here = maps.efficiencies({row_of(masses, i), row_of(widths, i)}).value();
      for (const auto& region : here)
        all.push_back(region.efficiency.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }
  return to_numpy(std::move(all), n, n_regions);
}

nb::object signal(const SignalMaps& maps, const std::vector<double>& masses, const std::vector<double>& widths,
                  double cross_section, const std::string& unit, bool outside_is_zero, const std::string& for_model) {
  const MassPoint point{masses, widths};
  return json_to_python(
      formats::signal_to_json(maps.signal(point, {cross_section, unit}, {outside_is_zero, for_model}).value().signal));
}

nb::object upper_limits(const SignalMaps& maps, const std::vector<double>& masses, const std::vector<double>& widths) {
  return json_to_python(formats::likelihood_to_json({maps.upper_limits({masses, widths}).value()}));
}

nb::object topologies(const std::string& directory) {
  spec::Json document;
  {
    const nb::gil_scoped_release release;
    const spec::SmodelsResult result = formats::read_smodels_result(directory).value();
    document = report::to_json(reinterpret::topologies(result), result);
  }
  return json_to_python(document);
}

}  // namespace

void bind_maps(nb::module_& m) {
  m.def("map_topologies", &topologies, "directory"_a);
  nb::class_<SignalMaps>(m, "MassMaps")
      .def_static("read", &read_maps, "directory"_a, "topology"_a)
      .def_prop_ro("regions", [](const SignalMaps& maps) { return maps.regions(); })
      .def_prop_ro("coordinates",
                   [](const SignalMaps& maps) {
                     std::vector<std::string> names;
                     for (const spec::MapCoordinate& c : maps.coordinates()) names.push_back(c.name);
                     return names;
                   })
      .def_prop_ro("is_of_limits", [](const SignalMaps& maps) { return maps.kind() == spec::MapKind::upper_limits; })
      .def("efficiencies", &efficiencies, "masses"_a, "widths"_a)
      .def("signal", &signal, "masses"_a, "widths"_a, "cross_section"_a, "unit"_a, "outside_is_zero"_a, "for_model"_a)
      .def("upper_limits", &upper_limits, "masses"_a, "widths"_a);
}

}  // namespace relume::python
