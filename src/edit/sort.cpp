// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <tuple>

#include "relume/edit/workspace.hpp"

namespace relume::edit {
namespace {

template <class Item>
void sort_by_name(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
}

}  // namespace

spec::Workspace sort(spec::Workspace workspace) {
  sort_by_name(workspace.channels);
  for (spec::Channel& channel : workspace.channels) {
    sort_by_name(channel.samples);
    for (spec::Sample& sample : channel.samples) {
      // The enumerators of ModifierType are in alphabetical order.
      std::stable_sort(sample.modifiers.begin(), sample.modifiers.end(),
                       [](const spec::Modifier& a, const spec::Modifier& b) {
                         return std::tie(a.name, a.type) < std::tie(b.name, b.type);
                       });
    }
  }
  sort_by_name(workspace.measurements);
  for (spec::Measurement& measurement : workspace.measurements) sort_by_name(measurement.parameters);
  sort_by_name(workspace.observations);
  return workspace;
}

}  // namespace relume::edit
