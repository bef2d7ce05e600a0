// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any text as each of the files of a result of the SModels data base: it is read or refused with a reason, and maps
// that are read are interpolated within their values or refused.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/formats/smodels.hpp"
#include "relume/reinterpret/mass_map.hpp"

namespace {

template <class T>
bool has_reason_or_value(const relume::Result<T>& result) {
  return result || !to_string(result.errors()).empty();
}

void interpolate_somewhere(const relume::spec::MassMap& map) {
  using namespace relume::reinterpret;
  const std::size_t n = map.coordinates.size();
  // Triangulations of more would take all the time.
  if (map.observed.values.size() > 100) return;
  const auto grid = MassGrid::make(map.coordinates, map.observed.points);
  if (!grid) return;
  std::vector<double> middle(n, 0.0);
  for (std::size_t i = 0; i < map.observed.points.size(); ++i) {
    middle[i % n] += map.observed.points[i] / static_cast<double>(map.observed.values.size());
  }
  const GridPlace place = grid->place(middle);
  if (!place.is_inside()) return;
  const auto [lowest, highest] = std::minmax_element(map.observed.values.begin(), map.observed.values.end());
  const double value = interpolate(place, map.observed.values);
  if (value < *lowest - 1e-9 * *highest || value > *highest * (1.0 + 1e-9)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!has_reason_or_value(formats::read_smodels_information(text, "no-folder/globalInfo.txt"))) std::abort();
  if (!has_reason_or_value(formats::read_smodels_data_set(text, "fuzz"))) std::abort();
  for (const spec::MapKind kind : {spec::MapKind::efficiencies, spec::MapKind::upper_limits}) {
    const Result<spec::MassMap> map = formats::read_smodels_map(text, "fuzz", kind);
    if (!has_reason_or_value(map)) std::abort();
    if (map && map->observed.points.size() != map->observed.values.size() * map->coordinates.size()) std::abort();
    if (map) interpolate_somewhere(*map);
  }
  return 0;
}
