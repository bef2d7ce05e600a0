// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A small workspace with every modifier type, for the tests of formats and edit.
#pragma once

#include <string_view>
#include <type_traits>

#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"

namespace relume::test {

inline constexpr std::string_view example_text = R"({
  "channels": [
    {"name": "SR", "samples": [
      {"name": "signal", "data": [1.5, 2.5], "modifiers": [{"name": "mu", "type": "normfactor", "data": null}]},
      {"name": "bkg", "data": [50, 60.0], "modifiers": [
        {"name": "lumi", "type": "lumi", "data": null},
        {"name": "jes", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
        {"name": "jes", "type": "histosys", "data": {"hi_data": [55, 61], "lo_data": [45.5, -1]}},
        {"name": "shape", "type": "shapesys", "data": [5.0, 6.0]},
        {"name": "staterror_SR", "type": "staterror", "data": [1, 0.0]}]}]},
    {"name": "CR", "samples": [
      {"name": "bkg", "data": [100.0], "modifiers": [
        {"name": "free", "type": "shapefactor", "data": null},
        {"name": "jes", "type": "normsys", "data": {"hi": 1.2, "lo": 0}}]}]}],
  "observations": [{"name": "SR", "data": [52, 63]}, {"name": "CR", "data": [101.0]}],
  "measurements": [
    {"name": "m", "config": {"poi": "mu", "parameters": [
      {"name": "lumi", "inits": [1.0], "bounds": [[0.9, 1.1]], "auxdata": [1.0], "sigmas": [0.02], "fixed": true},
      {"name": "mu", "bounds": [[0, 10]]}]}},
    {"name": "other", "config": {"poi": "", "parameters": []}}],
  "version": "1.0.0"
})";

inline spec::Json example_document() { return formats::parse_json(example_text, "example").value(); }
inline spec::Workspace example_workspace() { return formats::read_workspace(example_text, "example").value(); }

/// The node at a path of keys and indices, which must exist: at(doc, "channels", 0, "name").
template <class... Steps>
spec::Json& at(spec::Json& node, Steps... steps) {
  spec::Json* found = &node;
  const auto step = [&](auto key_or_index) {
    if constexpr (std::is_same_v<decltype(key_or_index), int>) {
      found = &(*found->array())[static_cast<std::size_t>(key_or_index)];
    } else {
      found = find(*found, key_or_index);
    }
  };
  (step(steps), ...);
  return *found;
}

}  // namespace relume::test
