// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "report/oddities.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

namespace relume::report {
namespace {

using spec::Channel;
using spec::Measurement;
using spec::Modifier;
using spec::ModifierType;
using spec::Numbers;
using spec::Sample;
using spec::Workspace;

constexpr std::size_t max_examples = 3;
/// A factor beyond this is rarely meant as one sigma.
constexpr double large_factor = 3.0;
/// Expectations below this are placeholders for zero in published models, and relative variations of them are
/// arbitrary.
constexpr double tiny_yield = 1e-3;
/// A relative uncertainty below this constrains a parameter to more digits than fits resolve (1/u^2 auxiliary events).
constexpr double tiny_uncertainty = 1e-4;

enum class Kind {
  poi_on_no_sample,
  channel_without_poi,
  signal_without_yield,
  configured_unknown_parameter,
  lumi_not_configured,
  modifier_without_effect,
  one_sided_variation,
  variations_to_the_same_side,
  normsys_large,
  normsys_zero_or_negative,
  histosys_negative,
  histosys_on_zero_nominal,
  histosys_and_normsys_share_name,
  nominal_negative,
  nominal_tiny,
  staterror_zero,
  staterror_above_nominal,
  shapesys_nearly_exact,
  observation_not_integer,
  observation_zero,
};

struct Description {
  Kind kind;
  const char* key;
  const char* message;
};

/// In the order in which they are shown: what decides about the answer first.
constexpr Description descriptions[] = {
    {Kind::poi_on_no_sample, "poi_on_no_sample",
     "the parameter of interest is carried by no sample: a signal has to bring it"},
    {Kind::channel_without_poi, "channel_without_poi", "channels that never see the parameter of interest"},
    {Kind::signal_without_yield, "signal_without_yield", "signal samples whose yields are all zero in a channel"},
    {Kind::configured_unknown_parameter, "configured_unknown_parameter",
     "parameters that the measurement configures and no modifier uses"},
    {Kind::lumi_not_configured, "lumi_not_configured",
     "lumi is used, and the measurement configures no uncertainty for it: it is held at its nominal value"},
    {Kind::modifier_without_effect, "modifier_without_effect", "modifiers without any effect (lo = hi = nominal)"},
    {Kind::one_sided_variation, "one_sided_variation", "variations to one side only (the other one is nominal)"},
    {Kind::variations_to_the_same_side, "variations_to_the_same_side",
     "variations whose both sides go the same way, in at least one bin"},
    {Kind::normsys_large, "normsys_large", "normsys factors above 3"},
    {Kind::normsys_zero_or_negative, "normsys_zero_or_negative", "normsys factors that are zero or negative"},
    {Kind::histosys_negative, "histosys_negative", "histosys variations with negative bins"},
    {Kind::histosys_on_zero_nominal, "histosys_on_zero_nominal",
     "histosys variations of a bin whose nominal yield is zero"},
    {Kind::histosys_and_normsys_share_name, "histosys_and_normsys_share_name",
     "names shared by a histosys and a normsys: one parameter moves both"},
    {Kind::nominal_negative, "nominal_negative", "nominal yields below zero"},
    {Kind::nominal_tiny, "nominal_tiny", "nominal yields between 0 and 0.001"},
    {Kind::staterror_zero, "staterror_zero", "staterror uncertainties of zero on a yield that is not zero"},
    {Kind::staterror_above_nominal, "staterror_above_nominal", "staterror uncertainties larger than the nominal yield"},
    {Kind::shapesys_nearly_exact, "shapesys_nearly_exact",
     "shapesys uncertainties below 0.01 %: constraints so tight that they unsettle many minimisers"},
    {Kind::observation_not_integer, "observation_not_integer", "observed counts that are not whole numbers"},
    {Kind::observation_zero, "observation_zero", "observed counts of zero"},
};

std::string place(const Channel& channel, const Sample& sample) {
  return fmt::format("channel '{}', sample '{}'", channel.name, sample.name);
}

std::string place(const Channel& channel, const Sample& sample, const Modifier& modifier) {
  return fmt::format("{}, {} '{}'", place(channel, sample), spec::to_string(modifier.type), modifier.name);
}

class Finder {
 public:
  Finder(const Workspace& workspace, const Measurement* measurement)
      : workspace_(workspace), measurement_(measurement) {}

  std::vector<Oddity> find() {
    for (const Channel& channel : workspace_.channels) look_at(channel);
    look_at_names();
    look_at_observations();
    if (measurement_ != nullptr) look_at(*measurement_);
    std::vector<Oddity> oddities;
    for (const Description& description : descriptions) {
      const auto found = found_.find(description.kind);
      if (found == found_.end()) continue;
      oddities.push_back(
          {description.key, description.message, found->second.count, std::move(found->second.examples)});
    }
    return oddities;
  }

 private:
  struct Found {
    std::size_t count = 0;
    std::vector<std::string> examples;
  };

  /// Examples are only put into words when they are kept.
  template <class MakeExample>
  void add(Kind kind, const MakeExample& example) {
    Found& found = found_[kind];
    if (++found.count <= max_examples) found.examples.push_back(example());
  }

  void look_at(const Channel& channel) {
    bool sees_poi = false;
    for (const Sample& sample : channel.samples) {
      const bool is_signal = look_at_yields(channel, sample);
      sees_poi = sees_poi || is_signal;
      for (const Modifier& modifier : sample.modifiers) look_at(channel, sample, modifier);
    }
    (sees_poi ? channels_with_poi_ : channels_without_poi_).push_back(channel.name);
  }

  /// True if the sample carries the parameter of interest.
  bool look_at_yields(const Channel& channel, const Sample& sample) {
    bool is_signal = false, is_all_zero = true;
    for (const Modifier& modifier : sample.modifiers) {
      is_signal =
          is_signal || (measurement_ != nullptr && !measurement_->poi.empty() && modifier.name == measurement_->poi);
    }
    for (std::size_t b = 0; b < sample.data.size(); ++b) {
      const double nominal = sample.data[b].value;
      is_all_zero = is_all_zero && nominal == 0.0;
      const auto example = [&] { return fmt::format("{}, bin {}: {}", place(channel, sample), b, nominal); };
      if (nominal < 0.0) add(Kind::nominal_negative, example);
      if (nominal > 0.0 && nominal < tiny_yield) add(Kind::nominal_tiny, example);
    }
    if (is_signal && is_all_zero) add(Kind::signal_without_yield, [&] { return place(channel, sample); });
    return is_signal;
  }

  void look_at(const Channel& channel, const Sample& sample, const Modifier& modifier) {
    types_of_name_[modifier.name].insert(modifier.type);
    switch (modifier.type) {
      case ModifierType::normsys: return look_at_normsys(channel, sample, modifier);
      case ModifierType::histosys: return look_at_histosys(channel, sample, modifier);
      case ModifierType::staterror:
      case ModifierType::shapesys: return look_at_uncertainties(channel, sample, modifier);
      default: return;
    }
  }

  void look_at_normsys(const Channel& channel, const Sample& sample, const Modifier& modifier) {
    const auto& data = std::get<spec::NormSysData>(modifier.data);
    const double lo = data.lo.value, hi = data.hi.value;
    const auto example = [&] { return fmt::format("{}: lo {}, hi {}", place(channel, sample, modifier), lo, hi); };
    if (lo == 1.0 && hi == 1.0)
      add(Kind::modifier_without_effect, example);
    else if (lo == 1.0 || hi == 1.0)
      add(Kind::one_sided_variation, example);
    else if ((lo - 1.0) * (hi - 1.0) > 0.0)
      add(Kind::variations_to_the_same_side, example);
    if (lo > large_factor || hi > large_factor) add(Kind::normsys_large, example);
    if (lo <= 0.0 || hi <= 0.0) add(Kind::normsys_zero_or_negative, example);
  }

  void look_at_histosys(const Channel& channel, const Sample& sample, const Modifier& modifier) {
    const auto& data = std::get<spec::HistoSysData>(modifier.data);
    const std::size_t n = std::min({data.lo.size(), data.hi.size(), sample.data.size()});
    bool lo_moves = false, hi_moves = false, same_side = false, negative = false, on_zero = false;
    for (std::size_t b = 0; b < n; ++b) {
      const double nominal = sample.data[b].value, lo = data.lo[b].value, hi = data.hi[b].value;
      lo_moves = lo_moves || lo != nominal;
      hi_moves = hi_moves || hi != nominal;
      same_side = same_side || (lo - nominal) * (hi - nominal) > 0.0;
      negative = negative || lo < 0.0 || hi < 0.0;
      on_zero = on_zero || (nominal == 0.0 && (lo != 0.0 || hi != 0.0));
    }
    const auto example = [&] { return place(channel, sample, modifier); };
    if (!lo_moves && !hi_moves)
      add(Kind::modifier_without_effect, example);
    else if (lo_moves != hi_moves)
      add(Kind::one_sided_variation, example);
    else if (same_side)
      add(Kind::variations_to_the_same_side, example);
    if (negative) add(Kind::histosys_negative, example);
    if (on_zero) add(Kind::histosys_on_zero_nominal, example);
  }

  void look_at_uncertainties(const Channel& channel, const Sample& sample, const Modifier& modifier) {
    const auto* uncertainties = std::get_if<Numbers>(&modifier.data);
    if (uncertainties == nullptr) return;
    for (std::size_t b = 0; b < std::min(uncertainties->size(), sample.data.size()); ++b) {
      const double u = (*uncertainties)[b].value, nominal = sample.data[b].value;
      const auto example = [&] {
        return fmt::format("{}, bin {}: {} +- {}", place(channel, sample, modifier), b, nominal, u);
      };
      if (modifier.type == ModifierType::staterror) {
        if (u == 0.0 && nominal != 0.0) add(Kind::staterror_zero, example);
        if (u > std::fabs(nominal)) add(Kind::staterror_above_nominal, example);
      } else if (u > 0.0 && u < tiny_uncertainty * nominal) {
        add(Kind::shapesys_nearly_exact, example);
      }
    }
  }

  void look_at_names() {
    for (const auto& [name, types] : types_of_name_) {
      if (types.contains(ModifierType::histosys) && types.contains(ModifierType::normsys)) {
        add(Kind::histosys_and_normsys_share_name, [&name = name] { return fmt::format("'{}'", name); });
      }
    }
  }

  void look_at_observations() {
    for (const spec::Observation& observation : workspace_.observations) {
      for (std::size_t b = 0; b < observation.data.size(); ++b) {
        const double n = observation.data[b].value;
        const auto example = [&] { return fmt::format("channel '{}', bin {}: {}", observation.name, b, n); };
        if (n == 0.0) add(Kind::observation_zero, example);
        if (n != std::floor(n)) add(Kind::observation_not_integer, example);
      }
    }
  }

  void look_at(const Measurement& measurement) {
    bool lumi_has_uncertainty = false;
    for (const spec::ParameterConfig& config : measurement.parameters) {
      lumi_has_uncertainty = lumi_has_uncertainty || (config.name == "lumi" && config.sigmas);
      if (config.name != measurement.poi && !types_of_name_.contains(config.name)) {
        add(Kind::configured_unknown_parameter, [&] { return fmt::format("'{}'", config.name); });
      }
    }
    const auto lumi = types_of_name_.find("lumi");
    if (lumi != types_of_name_.end() && lumi->second.contains(ModifierType::lumi) && !lumi_has_uncertainty) {
      add(Kind::lumi_not_configured, [&] { return fmt::format("measurement '{}'", measurement.name); });
    }
    if (measurement.poi.empty()) return;
    if (channels_with_poi_.empty()) {
      add(Kind::poi_on_no_sample, [&] { return fmt::format("'{}'", measurement.poi); });
      return;
    }
    for (const std::string& name : channels_without_poi_) {
      add(Kind::channel_without_poi, [&] { return fmt::format("'{}'", name); });
    }
  }

  const Workspace& workspace_;
  const Measurement* measurement_;
  std::map<Kind, Found> found_;
  std::map<std::string, std::set<ModifierType>, std::less<>> types_of_name_;
  std::vector<std::string> channels_with_poi_, channels_without_poi_;
};

}  // namespace

std::vector<Oddity> find_oddities(const Workspace& workspace, const Measurement* measurement) {
  return Finder(workspace, measurement).find();
}

}  // namespace relume::report
