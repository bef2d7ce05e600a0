// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "edit/names.hpp"
#include "relume/edit/workspace.hpp"

namespace relume::edit {

namespace {

bool is_normfactor(const spec::Modifier& modifier, const std::string& name) {
  return modifier.name == name && modifier.type == spec::ModifierType::normfactor;
}

}  // namespace

Result<SplitByChannel> split_by_channel(const spec::Workspace& workspace, const std::string& normfactor) {
  SplitByChannel result{workspace, {}};
  Names taken = modifier_names(workspace);
  Names normfactors;
  for (const spec::Channel& channel : workspace.channels) {
    for (const spec::Sample& sample : channel.samples) {
      for (const spec::Modifier& modifier : sample.modifiers) {
        if (modifier.type == spec::ModifierType::normfactor) normfactors.add(modifier.name);
      }
    }
  }
  if (!normfactors.contains(normfactor)) {
    return Error{ErrorCode::reference, normfactor, fmt::format("no normfactor is called '{}'", normfactor),
                 hint_for_unknown(normfactor, normfactors.all())};
  }
  for (spec::Channel& channel : result.workspace.channels) {
    std::string name = normfactor + "_" + channel.name;
    while (taken.contains(name)) name += "_";
    bool is_used = false;
    for (spec::Sample& sample : channel.samples) {
      for (spec::Modifier& modifier : sample.modifiers) {
        if (!is_normfactor(modifier, normfactor)) continue;
        modifier.name = name;
        is_used = true;
      }
    }
    if (!is_used) continue;
    taken.add(name);
    result.parameters.emplace_back(channel.name, name);
  }
  for (spec::Measurement& measurement : result.workspace.measurements) {
    if (measurement.poi == normfactor) measurement.poi.clear();
    std::vector<spec::ParameterConfig>& configs = measurement.parameters;
    const auto found = std::find_if(configs.begin(), configs.end(),
                                    [&](const spec::ParameterConfig& config) { return config.name == normfactor; });
    if (found == configs.end()) continue;
    spec::ParameterConfig config = *found;
    configs.erase(found);
    for (const auto& [channel, name] : result.parameters) {
      config.name = name;
      configs.push_back(config);
    }
  }
  return result;
}

}  // namespace relume::edit
