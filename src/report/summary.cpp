// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/summary.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "relume/report/findings.hpp"
#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "spec/effects.hpp"

namespace relume::report {

using spec::Channel;
using spec::JsonArray;
using spec::JsonMember;
using spec::JsonObject;
using spec::Modifier;
using spec::ModifierType;
using spec::Sample;
using spec::sum;
using spec::Workspace;

namespace {

std::vector<ChannelSummary> summarise_channels(const Workspace& workspace) {
  std::unordered_map<std::string_view, const spec::Observation*> observation_of;
  for (const spec::Observation& observation : workspace.observations) observation_of[observation.name] = &observation;
  std::vector<ChannelSummary> channels;
  for (const Channel& channel : workspace.channels) {
    ChannelSummary& summary = channels.emplace_back();
    summary.name = channel.name;
    if (!channel.samples.empty()) summary.n_bins = channel.samples.front().data.size();
    for (const Sample& sample : channel.samples) {
      summary.samples.push_back(sample.name);
      summary.nominal += sum(sample.data);
    }
    const auto observation = observation_of.find(channel.name);
    if (observation != observation_of.end()) summary.observed = sum(observation->second->data);
  }
  std::sort(channels.begin(), channels.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return channels;
}

std::vector<SampleSummary> summarise_samples(const Workspace& workspace) {
  std::map<std::string_view, SampleSummary> samples;
  for (const Channel& channel : workspace.channels) {
    for (const Sample& sample : channel.samples) {
      SampleSummary& summary = samples[sample.name];
      summary.name = sample.name;
      ++summary.n_channels;
      summary.nominal += sum(sample.data);
    }
  }
  std::vector<SampleSummary> sorted;
  for (auto& [name, summary] : samples) sorted.push_back(std::move(summary));
  return sorted;
}

struct Usage {
  std::set<ModifierType> types;
  std::size_t n_uses = 0;
};

std::map<std::string_view, Usage> find_usage(const Workspace& workspace) {
  std::map<std::string_view, Usage> usage;
  for (const Channel& channel : workspace.channels) {
    for (const Sample& sample : channel.samples) {
      std::set<std::string_view> names;  // a name may stand for two modifiers of one sample
      for (const Modifier& modifier : sample.modifiers) {
        Usage& of_name = usage[modifier.name];
        of_name.types.insert(modifier.type);
        if (names.insert(modifier.name).second) ++of_name.n_uses;
      }
    }
  }
  return usage;
}

std::vector<ModifierTypeSummary> summarise_types(const Workspace& workspace) {
  std::map<ModifierType, ModifierTypeSummary> types;
  std::map<ModifierType, std::set<std::string_view>> names;
  for (const Channel& channel : workspace.channels) {
    for (const Sample& sample : channel.samples) {
      for (const Modifier& modifier : sample.modifiers) {
        ++types[modifier.type].n_uses;
        names[modifier.type].insert(modifier.name);
      }
    }
  }
  std::vector<ModifierTypeSummary> list;
  for (auto& [type, summary] : types) list.push_back({type, names[type].size(), summary.n_uses});
  return list;
}

std::vector<ParameterSummary> summarise_parameters(const Workspace& workspace, const model::Likelihood* model) {
  std::vector<ParameterSummary> list;
  for (const auto& [name, usage] : find_usage(workspace)) {
    list.push_back({std::string(name), {usage.types.begin(), usage.types.end()}, usage.n_uses, {}, {}, {}, false});
  }
  if (model == nullptr) return list;
  for (const model::ParameterSet& set : model->parameter_sets()) {
    const auto found =
        std::lower_bound(list.begin(), list.end(), set.name,
                         [](const ParameterSummary& p, const std::string& name) { return p.name < name; });
    if (found == list.end() || found->name != set.name) continue;
    found->is_fixed = true;
    for (std::size_t k = 0; k < set.size; ++k) {
      const model::Parameter& parameter = model->parameters()[set.first + k];
      found->initial.push_back(parameter.initial);
      found->lower.push_back(parameter.lower);
      found->upper.push_back(parameter.upper);
      found->is_fixed = found->is_fixed && parameter.is_fixed;
    }
  }
  return list;
}

/// pyhf's name for the constraint of parameters of these types.
const char* constraint(const std::vector<ModifierType>& types) {
  switch (types.front()) {
    case ModifierType::normfactor:
    case ModifierType::shapefactor: return "unconstrained";
    case ModifierType::shapesys: return "constrained_by_poisson";
    default: return "constrained_by_normal";
  }
}

JsonArray type_names(const std::vector<ModifierType>& types) {
  JsonArray names;
  for (const ModifierType type : types) names.emplace_back(spec::to_string(type));
  return names;
}

JsonArray to_json_array(const std::vector<double>& values) { return JsonArray(values.begin(), values.end()); }

JsonArray make_array(auto&&... values) {
  JsonArray array;
  (array.emplace_back(std::forward<decltype(values)>(values)), ...);
  return array;
}

/// "0", or "0 ... 5" when components differ.
std::string format_range(const std::vector<double>& values) {
  if (values.empty()) return "-";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *low == *high ? format_number(*low) : fmt::format("{} ... {}", format_number(*low), format_number(*high));
}

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

}  // namespace

Summary summarise(const Workspace& workspace, std::string_view measurement, const model::Likelihood* model) {
  const spec::Measurement* chosen = spec::find_measurement(workspace, measurement);
  Summary summary;
  summary.channels = summarise_channels(workspace);
  summary.samples = summarise_samples(workspace);
  summary.modifier_types = summarise_types(workspace);
  summary.parameters = summarise_parameters(workspace, model);
  for (const spec::Measurement& m : workspace.measurements) {
    MeasurementSummary& of = summary.measurements.emplace_back(MeasurementSummary{m.name, m.poi, {}, &m == chosen});
    for (const spec::ParameterConfig& config : m.parameters) of.configured.push_back(config.name);
  }
  summary.findings = check::find(workspace, measurement, {}, model).value();
  return summary;
}

JsonObject to_json(const Summary& summary) {
  JsonArray samples, channels, parameters, systematics, measurements;
  JsonArray channel_details, sample_details, parameter_details;
  JsonObject modifiers, modifier_types;
  for (const SampleSummary& sample : summary.samples) {
    samples.emplace_back(sample.name);
    JsonObject details;
    details.emplace_back("name", sample.name);
    details.emplace_back("n_channels", sample.n_channels);
    details.emplace_back("nominal", sample.nominal);
    sample_details.emplace_back(std::move(details));
  }
  for (const ChannelSummary& channel : summary.channels) {
    channels.emplace_back(make_array(channel.name, channel.n_bins));
    JsonObject details;
    details.emplace_back("name", channel.name);
    details.emplace_back("n_bins", channel.n_bins);
    details.emplace_back("samples", to_json(channel.samples));
    details.emplace_back("observed", channel.observed);
    details.emplace_back("nominal", channel.nominal);
    channel_details.emplace_back(std::move(details));
  }
  for (const ModifierTypeSummary& type : summary.modifier_types) {
    JsonObject counts;
    counts.emplace_back("names", type.n_names);
    counts.emplace_back("uses", type.n_uses);
    modifier_types.emplace_back(spec::to_string(type.type), std::move(counts));
  }
  for (const ParameterSummary& parameter : summary.parameters) {
    // pyhf keeps the last type of a name in alphabetical order.
    modifiers.emplace_back(parameter.name, spec::to_string(parameter.types.back()));
    parameters.emplace_back(make_array(parameter.name, constraint(parameter.types)));
    systematics.emplace_back(make_array(parameter.name, constraint(parameter.types), type_names(parameter.types)));
    JsonObject details;
    details.emplace_back("name", parameter.name);
    details.emplace_back("types", type_names(parameter.types));
    details.emplace_back("constraint", constraint(parameter.types));
    details.emplace_back("n_components", parameter.initial.size());
    details.emplace_back("initial", to_json_array(parameter.initial));
    details.emplace_back("lower", to_json_array(parameter.lower));
    details.emplace_back("upper", to_json_array(parameter.upper));
    details.emplace_back("fixed", parameter.is_fixed);
    details.emplace_back("n_uses", parameter.n_uses);
    parameter_details.emplace_back(std::move(details));
  }
  for (const MeasurementSummary& measurement : summary.measurements) {
    measurements.emplace_back(make_array(measurement.name, measurement.poi, to_json(measurement.configured)));
  }
  JsonObject object;
  object.emplace_back("channels", std::move(channels));
  object.emplace_back("samples", std::move(samples));
  object.emplace_back("modifiers", std::move(modifiers));
  object.emplace_back("parameters", std::move(parameters));
  object.emplace_back("systematics", std::move(systematics));
  object.emplace_back("measurements", std::move(measurements));
  object.emplace_back("channel_details", std::move(channel_details));
  object.emplace_back("sample_details", std::move(sample_details));
  object.emplace_back("modifier_types", std::move(modifier_types));
  object.emplace_back("parameter_details", std::move(parameter_details));
  object.emplace_back("findings", findings_to_json(summary.findings));
  return object;
}

std::string to_table(const Summary& summary) {
  Table channels({"channel", "bins", "samples", "observed", "nominal"});
  for (const ChannelSummary& channel : summary.channels) {
    channels.add({channel.name, fmt::to_string(channel.n_bins), fmt::to_string(channel.samples.size()),
                  format_number(channel.observed), format_number(channel.nominal)});
  }
  Table samples({"sample", "channels", "nominal"});
  for (const SampleSummary& sample : summary.samples) {
    samples.add({sample.name, fmt::to_string(sample.n_channels), format_number(sample.nominal)});
  }
  Table types({"modifier type", "names", "uses"});
  for (const ModifierTypeSummary& type : summary.modifier_types) {
    types.add({std::string(spec::to_string(type.type)), fmt::to_string(type.n_names), fmt::to_string(type.n_uses)});
  }
  Table parameters({"parameter", "n", "type", "initial", "lower", "upper", "constraint", "uses", ""});
  for (const ParameterSummary& parameter : summary.parameters) {
    std::string kinds;
    for (const ModifierType type : parameter.types)
      kinds += (kinds.empty() ? "" : "+") + std::string(spec::to_string(type));
    parameters.add({parameter.name, parameter.initial.empty() ? "-" : fmt::to_string(parameter.initial.size()), kinds,
                    format_range(parameter.initial), format_range(parameter.lower), format_range(parameter.upper),
                    constraint(parameter.types), fmt::to_string(parameter.n_uses), parameter.is_fixed ? "fixed" : ""});
  }
  Table measurements({"measurement", "poi", "configures"});
  for (const MeasurementSummary& measurement : summary.measurements) {
    measurements.add({(measurement.is_chosen ? "* " : "  ") + measurement.name,
                      measurement.poi.empty() ? "(none)" : measurement.poi, join(measurement.configured)});
  }
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", channels.text(), samples.text(), types.text(),
                                 parameters.text(), measurements.text());
  return text + to_table(summary.findings);
}

}  // namespace relume::report
