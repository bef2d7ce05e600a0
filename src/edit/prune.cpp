// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include <fmt/format.h>

#include "edit/names.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Workspace;

namespace {

void require_names(const Names& names, const std::vector<std::string>& wanted, std::string_view what, Errors& errors) {
  for (const std::string& name : wanted) require_name(names, name, what, errors);
}

// Differs from pyhf: it keeps one type per name when it looks for a type, and so does not find one that only occurs
// under names that another type also has.
bool has_type(const Workspace& workspace, spec::ModifierType type) {
  for (const spec::Channel& channel : workspace.channels) {
    for (const spec::Sample& sample : channel.samples) {
      for (const spec::Modifier& modifier : sample.modifiers) {
        if (modifier.type == type) return true;
      }
    }
  }
  return false;
}

Errors find_unknown(const Workspace& workspace, const PruneSelection& selection) {
  Errors errors;
  require_names(channel_names(workspace), selection.channels, "channel", errors);
  require_names(sample_names(workspace), selection.samples, "sample", errors);
  require_names(modifier_names(workspace), selection.modifiers, "modifier", errors);
  require_names(measurement_names(workspace), selection.measurements, "measurement", errors);
  for (const spec::ModifierType type : selection.modifier_types) {
    if (has_type(workspace, type)) continue;
    errors.push_back({ErrorCode::reference,
                      std::string(to_string(type)),
                      fmt::format("the workspace has no modifier of type {}", to_string(type)),
                      {}});
  }
  return errors;
}

template <class Item>
void erase_named(std::vector<Item>& items, const Names& names) {
  if (names.all().empty()) return;
  std::erase_if(items, [&](const Item& item) { return names.contains(item.name); });
}

}  // namespace

Result<Workspace> prune(const Workspace& workspace, const PruneSelection& selection) {
  if (Errors errors = find_unknown(workspace, selection); !errors.empty()) return errors;
  const Names channels(selection.channels), samples(selection.samples), modifiers(selection.modifiers),
      measurements(selection.measurements);
  Workspace pruned = workspace;
  erase_named(pruned.channels, channels);
  erase_named(pruned.observations, channels);
  erase_named(pruned.measurements, measurements);
  for (spec::Channel& channel : pruned.channels) {
    erase_named(channel.samples, samples);
    for (spec::Sample& sample : channel.samples) {
      erase_named(sample.modifiers, modifiers);
      std::erase_if(sample.modifiers, [&](const spec::Modifier& modifier) {
        const auto& types = selection.modifier_types;
        return std::find(types.begin(), types.end(), modifier.type) != types.end();
      });
    }
  }
  // The POI stays even if its modifier goes: background-only workspaces are published like that.
  for (spec::Measurement& measurement : pruned.measurements) erase_named(measurement.parameters, modifiers);
  drop_lost_correlations(pruned);
  if (Errors problems = spec::validate(pruned, "the pruned workspace"); !problems.empty()) return problems;
  return pruned;
}

}  // namespace relume::edit
