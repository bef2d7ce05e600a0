// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "edit/names.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Modifier;
using spec::ModifierType;
using spec::Workspace;

namespace {

/// What is known of a name that is taken apart.
struct Parts {
  std::vector<std::string> names;               ///< new ones, in the order of the workspace
  std::set<std::string, std::less<>> channels;  ///< where it was, all of them
  std::set<ModifierType> types;
  bool stays = false;  ///< some sample outside of the selection keeps the old name
};

std::string new_name(const std::string& name, const spec::Channel& channel, const spec::Sample& sample,
                     const DecorrelateOptions& options) {
  std::string made = name;
  if (options.by_channel) made += '_' + channel.name;
  if (options.by_sample) made += '_' + sample.name;
  return made;
}

Errors check(const Workspace& workspace, const DecorrelateOptions& options) {
  if (options.modifiers.empty()) {
    return {{ErrorCode::option, "modifiers", "no modifier is named", "name at least one to take apart"}};
  }
  if (!options.by_channel && !options.by_sample) {
    return {{ErrorCode::option, "by", "neither by channel nor by sample: nothing would change", {}}};
  }
  Errors errors = find_unknown(
      workspace, {.modifiers = options.modifiers, .channels = options.channels, .samples = options.samples});
  for (const std::string& name : options.modifiers) {
    for (const spec::Correlation& correlation : workspace.correlations) {
      const auto& names = correlation.parameters;
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      errors.push_back({ErrorCode::unsupported, name, fmt::format("'{}' is correlated with other parameters", name),
                        "its parts would have no correlation that is known"});
    }
    for (const spec::Measurement& measurement : workspace.measurements) {
      if (measurement.poi != name) continue;
      errors.push_back({ErrorCode::unsupported, name,
                        fmt::format("'{}' is the parameter of interest of measurement '{}'", name, measurement.name),
                        "with several in its place there would be none: choose another one first"});
    }
  }
  return errors;
}

/// Lists of a measurement have one entry per component, and a staterror has one per bin of all its channels.
void check_components(const Workspace& workspace, const std::string& name, const Parts& parts, Errors& errors) {
  const bool is_per_bin = parts.types.contains(ModifierType::staterror) || parts.types.contains(ModifierType::shapesys);
  if (!is_per_bin || parts.channels.size() < 2) return;
  for (const spec::Measurement& measurement : workspace.measurements) {
    for (const spec::ParameterConfig& config : measurement.parameters) {
      const bool has_lists = config.inits || config.bounds || config.auxdata || config.factors || config.sigmas;
      if (config.name != name || !has_lists) continue;
      errors.push_back({ErrorCode::unsupported, name,
                        fmt::format("measurement '{}' configures the bins of '{}' in several channels by one list",
                                    measurement.name, name),
                        "take the configuration out first"});
    }
  }
}

}  // namespace

Result<Workspace> decorrelate(const Workspace& workspace, const DecorrelateOptions& options) {
  Errors errors = check(workspace, options);
  if (!errors.empty()) return errors;
  const Selection selected({.modifiers = options.modifiers, .channels = options.channels, .samples = options.samples});
  const Names taken = modifier_names(workspace);

  Workspace apart = workspace;
  std::map<std::string, Parts> parts_of;
  std::map<std::string, std::string> origin;  // of a new name
  std::set<std::string> clashes;
  for (spec::Channel& channel : apart.channels) {
    for (spec::Sample& sample : channel.samples) {
      const bool is_here = selected(channel, sample);
      for (Modifier& modifier : sample.modifiers) {
        if (!selected(modifier)) continue;
        Parts& parts = parts_of[modifier.name];
        parts.channels.insert(channel.name);
        parts.types.insert(modifier.type);
        parts.stays = parts.stays || !is_here;
        if (!is_here) continue;
        const std::string made = new_name(modifier.name, channel, sample, options);
        // "a" in "b_c" and "a_b" in "c" make the same name, which would tie together what was apart.
        const std::string from = modifier.name + '\n' + (options.by_channel ? channel.name : "") + '\n' +
                                 (options.by_sample ? sample.name : "");
        const auto [known, is_new] = origin.emplace(made, from);
        if ((taken.contains(made) || known->second != from) && clashes.insert(made).second) {
          errors.push_back({ErrorCode::reference, modifier.name,
                            fmt::format("'{}' in channel '{}', sample '{}' would become '{}', which exists already",
                                        modifier.name, channel.name, sample.name, made),
                            "rename one of them first"});
        }
        if (is_new) parts.names.push_back(made);
        modifier.name = made;
      }
    }
  }
  for (const auto& [name, parts] : parts_of) {
    if (parts.types.contains(ModifierType::lumi)) {
      errors.push_back({ErrorCode::unsupported, name, "a modifier of type lumi has one name everywhere",
                        "put a normsys of its size in its place to have several"});
    }
    check_components(workspace, name, parts, errors);
  }
  if (!errors.empty()) return errors;

  for (spec::Measurement& measurement : apart.measurements) {
    std::vector<spec::ParameterConfig> configs;
    for (spec::ParameterConfig& config : measurement.parameters) {
      const auto parts = parts_of.find(config.name);
      if (parts == parts_of.end() || parts->second.stays) configs.push_back(config);
      if (parts == parts_of.end()) continue;
      for (const std::string& name : parts->second.names) {
        configs.push_back(config);
        configs.back().name = name;
      }
    }
    measurement.parameters = std::move(configs);
  }
  if (Errors problems = spec::validate(apart, "the decorrelated workspace"); !problems.empty()) return problems;
  return apart;
}

}  // namespace relume::edit
