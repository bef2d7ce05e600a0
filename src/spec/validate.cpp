// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/spec/validate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "spec/validate.hpp"

namespace relume::spec {
namespace {

bool is_partial(Completeness completeness) { return completeness == Completeness::partial; }

/// Items that a reader could not read have no name; they are no duplicates of each other.
template <class Items>
void check_unique_names(const Items& items, std::string_view what, Completeness completeness, const Place& place,
                        Problems& problems) {
  std::unordered_map<std::string_view, std::size_t> first_index;
  first_index.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (is_partial(completeness) && items[i].name.empty()) continue;
    const auto [first, is_new] = first_index.emplace(items[i].name, i);
    if (is_new) continue;
    problems.add(ErrorCode::reference, place / i, fmt::format("there is already {} called '{}'", what, items[i].name),
                 fmt::format("the first one is number {}, counted from 0", first->second));
  }
}

void check_not_empty(std::size_t size, std::string_view what, Completeness completeness, const Place& place,
                     Problems& problems) {
  if (size == 0 && !is_partial(completeness)) {
    problems.add(ErrorCode::schema, place, fmt::format("there must be at least one {}", what));
  }
}

void check_finite(const Numbers& numbers, const Place& place, Problems& problems) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i].value)) {
      problems.add(ErrorCode::schema, place / i, fmt::format("{} is not a finite number", numbers[i].value));
    }
  }
}

void check_finite(const std::optional<Numbers>& numbers, const Place& place, Completeness completeness,
                  Problems& problems) {
  if (!numbers) return;
  check_not_empty(numbers->size(), "number", completeness, place, problems);
  check_finite(*numbers, place, problems);
}

void check_not_negative(const Numbers& numbers, std::string_view what, const Place& place, Problems& problems) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i].value < 0.0) {
      problems.add(ErrorCode::schema, place / i, fmt::format("{} is negative: {}", what, numbers[i].value));
    }
  }
}

/// Uncertainties and histograms of a modifier have one number per bin of their sample.
void check_length(const Numbers& numbers, std::optional<std::size_t> n_bins, std::string_view what,
                  Completeness completeness, const Place& place, Problems& problems) {
  if (is_partial(completeness) && numbers.empty()) return;
  if (n_bins && numbers.size() != *n_bins) {
    problems.add(ErrorCode::schema, place,
                 fmt::format("{} has {} entries, but the sample has {} bins", what, numbers.size(), *n_bins));
  }
}

bool has_data_of_its_type(const Modifier& modifier) {
  switch (modifier.type) {
    case ModifierType::normsys: return std::holds_alternative<NormSysData>(modifier.data);
    case ModifierType::histosys: return std::holds_alternative<HistoSysData>(modifier.data);
    case ModifierType::shapesys:
    case ModifierType::staterror: return std::holds_alternative<Numbers>(modifier.data);
    case ModifierType::lumi:
    case ModifierType::normfactor:
    case ModifierType::shapefactor: return std::holds_alternative<std::monostate>(modifier.data);
  }
  return false;
}

void check_norm_factor(const Number& factor, std::string_view key, const Modifier& modifier, const Place& data,
                       Problems& problems) {
  if (!std::isfinite(factor.value)) {
    problems.add(ErrorCode::schema, data / key, fmt::format("{} is not a finite number", factor.value));
  } else if (factor.value < 0.0) {
    problems.add(ErrorCode::schema, data / key,
                 fmt::format("normsys '{}' has a negative factor, {}: its interpolation is undefined", modifier.name,
                             factor.value),
                 "lo and hi are factors on the yield, 0.9 for -10%; use histosys for effects that change the sign");
  }
}

void check_data(const Modifier& modifier, std::optional<std::size_t> n_bins, Completeness completeness,
                const Place& data, Problems& problems) {
  if (const auto* factors = std::get_if<NormSysData>(&modifier.data)) {
    check_norm_factor(factors->lo, "lo", modifier, data, problems);
    check_norm_factor(factors->hi, "hi", modifier, data, problems);
  } else if (const auto* histograms = std::get_if<HistoSysData>(&modifier.data)) {
    check_length(histograms->lo, n_bins, "lo_data", completeness, data / "lo_data", problems);
    check_length(histograms->hi, n_bins, "hi_data", completeness, data / "hi_data", problems);
    check_finite(histograms->lo, data / "lo_data", problems);
    check_finite(histograms->hi, data / "hi_data", problems);
  } else if (const auto* uncertainties = std::get_if<Numbers>(&modifier.data)) {
    check_length(*uncertainties, n_bins, to_string(modifier.type), completeness, data, problems);
    check_finite(*uncertainties, data, problems);
    check_not_negative(*uncertainties, "an uncertainty", data, problems);
  }
}

using ObservationsByName = std::unordered_map<std::string_view, const Observation*>;

const Observation* find_observation(const ObservationsByName& observations, const Channel& channel) {
  const auto found = observations.find(channel.name);
  return found != observations.end() ? found->second : nullptr;
}

/// The length that most lists of a channel have, its observation included, so that the odd one out is the one reported.
std::optional<std::size_t> n_bins_of(const Channel& channel, const Observation* observation) {
  std::map<std::size_t, std::size_t> votes;
  const auto vote = [&](const Numbers& numbers) {
    if (!numbers.empty()) ++votes[numbers.size()];
  };
  for (const Sample& sample : channel.samples) vote(sample.data);
  if (observation != nullptr) vote(observation->data);
  if (votes.empty()) return std::nullopt;
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void check_channels(const Workspace& workspace, const ObservationsByName& observations, Completeness completeness,
                    const Place& place, Problems& problems) {
  check_not_empty(workspace.channels.size(), "channel", completeness, place, problems);
  check_unique_names(workspace.channels, "a channel", completeness, place, problems);
  for (std::size_t c = 0; c < workspace.channels.size(); ++c) {
    const Channel& channel = workspace.channels[c];
    const Place here = place / c;
    const Place samples = here / "samples";
    check_not_empty(channel.samples.size(), "sample", completeness, samples, problems);
    check_unique_names(channel.samples, "a sample", completeness, samples, problems);
    const std::optional<std::size_t> n_bins = n_bins_of(channel, find_observation(observations, channel));
    for (std::size_t s = 0; s < channel.samples.size(); ++s) {
      validate(channel.samples[s], n_bins, completeness, samples / s, problems);
    }
  }
}

void report_missing_observation(const Workspace& workspace, const Channel& channel, const Place& place,
                                Problems& problems) {
  std::vector<std::string> names;  // none when the hint would not be shown
  if (!problems.is_full()) {
    for (const Observation& observation : workspace.observations) names.push_back(observation.name);
  }
  problems.add(ErrorCode::reference, place, fmt::format("channel '{}' has no observation", channel.name),
               hint_for_unknown(channel.name, names));
}

/// Observations of channels that do not exist are left alone: published files have them, and nothing reads them.
void check_observations(const Workspace& workspace, const ObservationsByName& by_name, Completeness completeness,
                        const Place& channels, const Place& place, Problems& problems) {
  check_unique_names(workspace.observations, "an observation", completeness, place, problems);
  bool all_are_named = !workspace.observations.empty();
  for (std::size_t i = 0; i < workspace.observations.size(); ++i) {
    const Observation& observation = workspace.observations[i];
    all_are_named = all_are_named && !observation.name.empty();
    const Place here = place / i;
    const Place data = here / "data";
    check_not_empty(observation.data.size(), "number", completeness, data, problems);
    check_finite(observation.data, data, problems);
    check_not_negative(observation.data, "an observed count", data, problems);
  }
  const bool may_be_unread = is_partial(completeness) && !all_are_named;
  for (std::size_t c = 0; c < workspace.channels.size(); ++c) {
    const Channel& channel = workspace.channels[c];
    const bool is_unread = is_partial(completeness) && channel.name.empty();
    const Observation* observation = find_observation(by_name, channel);
    if (observation == nullptr) {
      if (!is_unread && !may_be_unread) report_missing_observation(workspace, channel, channels / c, problems);
      continue;
    }
    const std::optional<std::size_t> n_bins = n_bins_of(channel, observation);
    if (observation->data.empty() || observation->data.size() == n_bins) continue;
    const Place here = place / static_cast<std::size_t>(observation - workspace.observations.data());
    problems.add(ErrorCode::schema, here / "data",
                 fmt::format("the observation has {} bins, but channel '{}' has {}", observation->data.size(),
                             channel.name, *n_bins));
  }
}

void check_bounds(const ParameterConfig& config, Completeness completeness, const Place& place, Problems& problems) {
  if (!config.bounds) return;
  const Place bounds = place / "bounds";
  check_not_empty(config.bounds->size(), "pair of bounds", completeness, bounds, problems);
  for (std::size_t i = 0; i < config.bounds->size(); ++i) {
    const auto& [lower, upper] = (*config.bounds)[i];
    if (!std::isfinite(lower.value) || !std::isfinite(upper.value)) {
      problems.add(ErrorCode::schema, bounds / i,
                   fmt::format("bounds must be finite numbers: {}, {}", lower.value, upper.value));
    }
  }
}

void check_measurements(const Workspace& workspace, Completeness completeness, const Place& place, Problems& problems) {
  check_not_empty(workspace.measurements.size(), "measurement", completeness, place, problems);
  check_unique_names(workspace.measurements, "a measurement", completeness, place, problems);
  for (std::size_t m = 0; m < workspace.measurements.size(); ++m) {
    validate(workspace.measurements[m], completeness, place / m, problems);
  }
}

}  // namespace

void validate_unique(const std::vector<Modifier>& modifiers, Completeness completeness, const Place& place,
                     Problems& problems) {
  // Sorted views instead of a hash table: half of the time that reading spends here.
  std::vector<std::pair<std::string_view, std::size_t>> names;
  names.reserve(modifiers.size());
  for (std::size_t i = 0; i < modifiers.size(); ++i) {
    if (!(is_partial(completeness) && modifiers[i].name.empty())) names.emplace_back(modifiers[i].name, i);
  }
  std::sort(names.begin(), names.end());
  for (std::size_t begin = 0; begin < names.size();) {
    std::size_t end = begin + 1;
    while (end < names.size() && names[end].first == names[begin].first) ++end;
    std::optional<std::size_t> first_of_type[n_modifier_types];
    for (std::size_t k = begin; end - begin > 1 && k < end; ++k) {
      const std::size_t i = names[k].second;
      std::optional<std::size_t>& first = first_of_type[static_cast<std::size_t>(modifiers[i].type)];
      if (first) {
        problems.add(ErrorCode::reference, place / i,
                     fmt::format("there is already a {} called '{}' on this sample", to_string(modifiers[i].type),
                                 modifiers[i].name),
                     fmt::format("the first one is number {}, counted from 0", *first));
      } else {
        first = i;
      }
    }
    begin = end;
  }
}

void validate(const Modifier& modifier, std::optional<std::size_t> n_bins, Completeness completeness,
              const Place& place, Problems& problems) {
  if (modifier.type == ModifierType::lumi && modifier.name != "lumi" &&
      !(is_partial(completeness) && modifier.name.empty())) {
    problems.add(ErrorCode::schema, place / "name",
                 fmt::format("a modifier of type lumi must be called 'lumi', not '{}'", modifier.name));
  }
  if (!has_data_of_its_type(modifier)) {
    if (!is_partial(completeness)) {
      problems.add(ErrorCode::schema, place / "data",
                   fmt::format("modifier '{}' has data that do not belong to its type, {}", modifier.name,
                               to_string(modifier.type)));
    }
    return;
  }
  check_data(modifier, n_bins, completeness, place / "data", problems);
}

void validate(const Sample& sample, std::optional<std::size_t> n_bins, Completeness completeness, const Place& place,
              Problems& problems) {
  const Place data = place / "data";
  check_not_empty(sample.data.size(), "number", completeness, data, problems);
  check_finite(sample.data, data, problems);
  if (n_bins && !sample.data.empty() && sample.data.size() != *n_bins) {
    problems.add(
        ErrorCode::schema, data,
        fmt::format("sample '{}' has {} bins, but the channel has {}", sample.name, sample.data.size(), *n_bins));
  }
  const std::optional<std::size_t> n_sample_bins =
      sample.data.empty() ? n_bins : std::optional<std::size_t>(sample.data.size());
  const Place modifiers = place / "modifiers";
  validate_unique(sample.modifiers, completeness, modifiers, problems);
  for (std::size_t m = 0; m < sample.modifiers.size(); ++m) {
    validate(sample.modifiers[m], n_sample_bins, completeness, modifiers / m, problems);
  }
}

void validate(const Measurement& measurement, Completeness completeness, const Place& place, Problems& problems) {
  const Place config = place / "config";
  const Place parameters = config / "parameters";
  check_unique_names(measurement.parameters, "a parameter", completeness, parameters, problems);
  for (std::size_t p = 0; p < measurement.parameters.size(); ++p) {
    const ParameterConfig& parameter = measurement.parameters[p];
    const Place one = parameters / p;
    check_finite(parameter.inits, one / "inits", completeness, problems);
    check_finite(parameter.auxdata, one / "auxdata", completeness, problems);
    check_finite(parameter.factors, one / "factors", completeness, problems);
    check_finite(parameter.sigmas, one / "sigmas", completeness, problems);
    check_bounds(parameter, completeness, one, problems);
    if (const auto& e = parameter.error_on_error; e && !(e->value > 0.0 && e->value <= 1.0)) {
      problems.add(ErrorCode::schema, one / "error_on_error",
                   fmt::format("the error on the error of '{}' is {:g}", parameter.name, e->value),
                   "it is the relative uncertainty of a standard deviation: above 0, at most 1");
    }
  }
}

void validate(const Workspace& workspace, Completeness completeness, const Place& root, Problems& problems) {
  const Place channels = root / "channels";
  ObservationsByName observations;
  for (const Observation& observation : workspace.observations) observations.emplace(observation.name, &observation);
  check_channels(workspace, observations, completeness, channels, problems);
  check_observations(workspace, observations, completeness, channels, root / "observations", problems);
  check_measurements(workspace, completeness, root / "measurements", problems);
  if (workspace.version != "1.0.0" && !is_partial(completeness)) {
    problems.add(ErrorCode::schema, root / "version",
                 fmt::format("the version must be '1.0.0', not '{}'", workspace.version));
  }
}

Errors validate(const Workspace& workspace, std::string_view source_name) {
  Problems problems(source_name);
  validate(workspace, Completeness::complete, Place(), problems);
  return problems.take();
}

}  // namespace relume::spec
