// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "relume/spec/validate.hpp"
#include "spec/validate.hpp"

namespace relume::spec {
namespace {

bool is_per_bin(ModifierType type) {
  return type == ModifierType::histosys || type == ModifierType::shapefactor || type == ModifierType::shapesys ||
         type == ModifierType::staterror;
}

void check_not_poi(const std::vector<Modifier>& modifiers, const std::string& poi, const Place& place,
                   Problems& problems) {
  for (std::size_t i = 0; i < modifiers.size(); ++i) {
    if (modifiers[i].name.empty() || modifiers[i].name != poi) continue;
    problems.add(ErrorCode::reference, place / i,
                 fmt::format("a modifier is called '{}' like the signal strength", poi),
                 "the signal strength is put on every sample by itself");
  }
}

/// The same (name, type) on a sample and on one of its channels would meet on one sample of the workspace.
void check_not_on_sample(const std::vector<Modifier>& of_channel, const std::vector<Modifier>& of_sample,
                         const Place& place, Problems& problems) {
  for (std::size_t i = 0; i < of_channel.size(); ++i) {
    const Modifier& modifier = of_channel[i];
    const bool is_on_sample = std::any_of(of_sample.begin(), of_sample.end(), [&](const Modifier& other) {
      return !modifier.name.empty() && other.name == modifier.name && other.type == modifier.type;
    });
    if (!is_on_sample) continue;
    problems.add(ErrorCode::reference, place / i,
                 fmt::format("the sample already has a {} called '{}' for all of its channels",
                             to_string(modifier.type), modifier.name));
  }
}

void check_yields(const SignalYields& yields, const SignalSample& sample, const std::string& poi,
                  Completeness completeness, const Place& place, Problems& problems) {
  const Place modifiers = place / "modifiers";
  check_not_poi(yields.modifiers, poi, modifiers, problems);
  check_not_on_sample(yields.modifiers, sample.modifiers, modifiers, problems);
  // The rest is what is asked of the sample that this becomes in a workspace.
  Sample in_workspace{yields.channel, yields.yields, yields.modifiers};
  validate(in_workspace, std::nullopt, completeness, place, problems);
  if (!yields.stat_uncertainties) return;
  const Place stat = place / "stat_uncertainties";
  const Numbers& uncertainties = *yields.stat_uncertainties;
  if (!yields.yields.empty() && uncertainties.size() != yields.yields.size()) {
    problems.add(ErrorCode::schema, stat,
                 fmt::format("{} uncertainties for {} yields", uncertainties.size(), yields.yields.size()));
  }
  for (std::size_t i = 0; i < uncertainties.size(); ++i) {
    if (std::isfinite(uncertainties[i].value) && uncertainties[i].value >= 0.0) continue;
    problems.add(
        ErrorCode::schema, stat / i,
        fmt::format("an uncertainty must be a finite number that is not negative: {}", uncertainties[i].value));
  }
}

void check_sample(const SignalSample& sample, const std::string& poi, Completeness completeness, const Place& place,
                  Problems& problems) {
  const Place modifiers = place / "modifiers";
  check_not_poi(sample.modifiers, poi, modifiers, problems);
  validate_unique(sample.modifiers, completeness, modifiers, problems);
  for (std::size_t i = 0; i < sample.modifiers.size(); ++i) {
    const Modifier& modifier = sample.modifiers[i];
    if (is_per_bin(modifier.type)) {
      problems.add(ErrorCode::schema, modifiers / i,
                   fmt::format("{} '{}' has effects per bin, which cannot be the same in all channels",
                               to_string(modifier.type), modifier.name),
                   "put it into the channels");
    } else {
      validate(modifier, std::nullopt, completeness, modifiers / i, problems);
    }
  }
  const Place channels = place / "channels";
  if (sample.channels.empty() && completeness == Completeness::complete) {
    problems.add(ErrorCode::schema, channels, "there must be at least one channel");
  }
  std::unordered_set<std::string_view> names;
  for (const SignalYields& yields : sample.channels) {
    const Place here = channels / yields.channel;
    if (!names.insert(yields.channel).second) {
      problems.add(ErrorCode::reference, here, fmt::format("channel '{}' occurs twice", yields.channel));
    }
    check_yields(yields, sample, poi, completeness, here, problems);
  }
}

void check_listed_once(const std::vector<std::string>& names, Completeness completeness, const Place& place,
                       Problems& problems) {
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (completeness == Completeness::partial && names[i].empty()) continue;
    if (!seen.insert(names[i]).second) {
      problems.add(ErrorCode::reference, place / i, fmt::format("'{}' is listed twice", names[i]));
    }
  }
}

void check_zero_channels(const Signal& signal, const Place& place, Problems& problems) {
  if (signal.zero_channels.empty()) return;
  std::unordered_map<std::string_view, std::vector<const SignalSample*>> samples_in;
  for (const SignalSample& sample : signal.samples) {
    for (const SignalYields& yields : sample.channels) {
      auto& samples = samples_in[yields.channel];
      if (samples.empty() || samples.back() != &sample) samples.push_back(&sample);
    }
  }
  for (std::size_t i = 0; i < signal.zero_channels.size(); ++i) {
    const auto found = samples_in.find(signal.zero_channels[i]);
    if (found == samples_in.end()) continue;
    for (const SignalSample* sample : found->second) {
      problems.add(ErrorCode::reference, place / i,
                   fmt::format("channel '{}' is said to see no signal, but sample '{}' has yields in it",
                               signal.zero_channels[i], sample->name));
    }
  }
}

void check_cross_section(const CrossSection& cross_section, const Place& place, Problems& problems) {
  if (!std::isfinite(cross_section.value) || cross_section.value <= 0.0) {
    problems.add(ErrorCode::schema, place / "value",
                 fmt::format("a cross section must be a positive number, not {}", cross_section.value));
  }
  std::string known;
  for (const CrossSectionUnit& unit : cross_section_units) {
    if (unit.name == cross_section.unit) return;
    known.append(known.empty() ? "known are: " : ", ").append(unit.name);
  }
  problems.add(ErrorCode::schema, place / "unit", fmt::format("unknown unit '{}'", cross_section.unit), known);
}

}  // namespace

void validate(const Signal& signal, Completeness completeness, Problems& problems) {
  const Place root;
  if (signal.poi.empty()) problems.add(ErrorCode::schema, root / "poi", "the signal strength needs a name");
  const Place samples = root / "samples";
  if (signal.samples.empty() && completeness == Completeness::complete) {
    problems.add(ErrorCode::schema, samples, "there must be at least one sample");
  }
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < signal.samples.size(); ++i) {
    const SignalSample& sample = signal.samples[i];
    const bool is_named = completeness == Completeness::complete || !sample.name.empty();
    if (is_named && !names.insert(sample.name).second) {
      problems.add(ErrorCode::reference, samples / i,
                   fmt::format("there is already a sample called '{}'", sample.name));
    }
    check_sample(sample, signal.poi, completeness, samples / i, problems);
  }
  check_listed_once(signal.replace, completeness, root / "replace", problems);
  check_listed_once(signal.zero_channels, completeness, root / "zero_channels", problems);
  check_zero_channels(signal, root / "zero_channels", problems);
  if (signal.cross_section) check_cross_section(*signal.cross_section, root / "cross_section", problems);
}

Errors validate(const Signal& signal, std::string_view source_name) {
  Problems problems(source_name);
  validate(signal, Completeness::complete, problems);
  return problems.take();
}

}  // namespace relume::spec
