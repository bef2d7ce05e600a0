// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HEPData tables of two regions in both layouts, written by hand.
#pragma once

#include <string_view>

namespace relume::test {

inline constexpr std::string_view yields_download = R"({
  "name": "Table 15", "description": "Yields", "doi": "10.17182/hepdata.1.v1/t15",
  "headers": [{"name": "Region"}, {"name": "Observed [events]"}, {"name": "Total background", "colspan": 1}, {"name": "Signal"}],
  "values": [
    {"x": [{"value": "SR1"}],
     "y": [{"value": "36", "group": 0},
           {"value": "50.0", "group": 1, "errors": [{"symerror": "3.0", "label": "stat"}, {"symerror": "8%", "label": "sys"}]},
           {"value": "2.5", "group": 2}]},
    {"x": [{"low": "200", "high": "300"}],
     "y": [{"value": 33, "group": 0},
           {"value": 48.5, "group": 1, "errors": [{"asymerror": {"plus": "6", "minus": "-4"}, "label": "total"}]},
           {"value": "-", "group": 2}]}]})";

inline constexpr std::string_view yields_submission = R"(# a comment
independent_variables:
- header: {name: Region}
  values:
  - {value: SR1}
  - {low: 200, high: 300}
dependent_variables:
- header: {name: Observed, units: events}
  qualifiers: &shared
  - {name: SQRT(S), units: GEV, value: 13000}
  values:
  - value: 36
  - value: 33
- header: {name: Total background}
  qualifiers: *shared
  values:
  - value: 50.0
    errors:
    - {symerror: 3.0, label: stat}
    - {symerror: 8%, label: sys}
  - value: 48.5
    errors:
    - {asymerror: {plus: 6, minus: -4}, label: total}
)";

/// One row per process, one column per region.
inline constexpr std::string_view yields_turned = R"(
independent_variables:
- header: {name: Process}
  values: [{value: Observed events}, {value: Total SM}, {value: Top}]
dependent_variables:
- header: {name: SR1}
  values:
  - {value: 36}
  - {value: 50, errors: [{symerror: 5, label: total}]}
  - {value: 20}
- header: {name: SR2}
  values:
  - {value: 33}
  - {value: 48.5, errors: [{symerror: 4, label: total}]}
  - {value: 15}
)";

inline constexpr std::string_view covariance_download = R"({"values": [
  {"x": [{"value": "0.5"}, {"value": "0.5"}], "y": [{"value": "25.0"}]},
  {"x": [{"value": "0.5"}, {"value": "1.5"}], "y": [{"value": "1.30"}]},
  {"x": [{"value": "1.5"}, {"value": "0.5"}], "y": [{"value": "1.3"}]},
  {"x": [{"value": "1.5"}, {"value": "1.5"}], "y": [{"value": "25"}]}]})";

}  // namespace relume::test
