// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "edit/names.hpp"

#include <fmt/format.h>

#include "base/nearest.hpp"

namespace relume::edit {

Names channel_names(const spec::Workspace& workspace) {
  Names names;
  for (const spec::Channel& channel : workspace.channels) names.add(channel.name);
  return names;
}

Names sample_names(const spec::Workspace& workspace) {
  Names names;
  for (const spec::Channel& channel : workspace.channels) {
    for (const spec::Sample& sample : channel.samples) names.add(sample.name);
  }
  return names;
}

Names modifier_names(const spec::Workspace& workspace) {
  Names names;
  for (const spec::Channel& channel : workspace.channels) {
    for (const spec::Sample& sample : channel.samples) {
      for (const spec::Modifier& modifier : sample.modifiers) names.add(modifier.name);
    }
  }
  return names;
}

Names measurement_names(const spec::Workspace& workspace) {
  Names names;
  for (const spec::Measurement& measurement : workspace.measurements) names.add(measurement.name);
  return names;
}

void require_name(const Names& names, const std::string& name, std::string_view what, Errors& errors) {
  if (names.contains(name)) return;
  errors.push_back({ErrorCode::reference, name, fmt::format("the workspace has no {} called '{}'", what, name),
                    hint_for_unknown(name, names.all())});
}

Errors find_unknown(const spec::Workspace& workspace, const Where& where) {
  Errors errors;
  const auto require = [&](const Names& names, const std::vector<std::string>& wanted, std::string_view what) {
    for (const std::string& name : wanted) require_name(names, name, what, errors);
  };
  require(channel_names(workspace), where.channels, "channel");
  require(sample_names(workspace), where.samples, "sample");
  require(modifier_names(workspace), where.modifiers, "modifier");
  return errors;
}

void drop_lost_correlations(spec::Workspace& workspace) {
  if (workspace.correlations.empty()) return;
  const Names there = modifier_names(workspace);
  for (spec::Correlation& correlation : workspace.correlations) {
    std::vector<std::size_t> kept;
    for (std::size_t k = 0; k < correlation.parameters.size(); ++k) {
      if (there.contains(correlation.parameters[k])) kept.push_back(k);
    }
    spec::Correlation less{.matrix = {kept.size(), {}}};
    for (const std::size_t j : kept) {
      less.parameters.push_back(correlation.parameters[j]);
      for (const std::size_t k : kept) less.matrix.values.push_back(correlation.matrix(j, k));
    }
    correlation = std::move(less);
  }
  std::erase_if(workspace.correlations, [](const spec::Correlation& c) { return c.parameters.size() < 2; });
}

}  // namespace relume::edit
