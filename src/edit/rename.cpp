// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <unordered_map>

#include <fmt/format.h>

#include "edit/names.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Workspace;

namespace {

/// All renamings of one kind happen at once, so that two names can be swapped.
class Renamer {
 public:
  Renamer(const Renaming& renaming, const Names& names, std::string_view what, Errors& errors) {
    for (const auto& [old_name, new_name] : renaming) {
      require_name(names, old_name, what, errors);
      if (new_names_.emplace(old_name, new_name).second) continue;
      errors.push_back({ErrorCode::option, old_name, fmt::format("{} '{}' is renamed twice", what, old_name), {}});
    }
  }

  void operator()(std::string& name) const {
    if (const auto found = new_names_.find(name); found != new_names_.end()) name = found->second;
  }

 private:
  std::unordered_map<std::string, std::string> new_names_;
};

}  // namespace

Result<Workspace> rename(const Workspace& workspace, const RenameMap& names) {
  Errors errors;
  const Renamer rename_channel(names.channels, channel_names(workspace), "channel", errors);
  const Renamer rename_sample(names.samples, sample_names(workspace), "sample", errors);
  const Renamer rename_modifier(names.modifiers, modifier_names(workspace), "modifier", errors);
  const Renamer rename_measurement(names.measurements, measurement_names(workspace), "measurement", errors);
  if (!errors.empty()) return errors;

  Workspace renamed = workspace;
  for (spec::Channel& channel : renamed.channels) {
    rename_channel(channel.name);
    for (spec::Sample& sample : channel.samples) {
      rename_sample(sample.name);
      for (spec::Modifier& modifier : sample.modifiers) rename_modifier(modifier.name);
    }
  }
  for (spec::Correlation& correlation : renamed.correlations) {
    for (std::string& parameter : correlation.parameters) rename_modifier(parameter);
  }
  for (spec::Observation& observation : renamed.observations) rename_channel(observation.name);
  for (spec::Measurement& measurement : renamed.measurements) {
    rename_measurement(measurement.name);
    rename_modifier(measurement.poi);
    for (spec::ParameterConfig& parameter : measurement.parameters) rename_modifier(parameter.name);
  }
  if (Errors problems = spec::validate(renamed, "the renamed workspace"); !problems.empty()) return problems;
  return renamed;
}

}  // namespace relume::edit
