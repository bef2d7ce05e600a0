// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "edit/names.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/spec/validate.hpp"
#include "spec/effects.hpp"

namespace relume::edit {

using spec::Modifier;
using spec::ModifierType;
using spec::Numbers;
using spec::Sample;
using spec::Workspace;

std::string_view to_string(PrunedModifier::Action action) {
  switch (action) {
    case PrunedModifier::Action::removed: return "removed";
    case PrunedModifier::Action::normalisation_removed: return "normalisation removed";
    case PrunedModifier::Action::shape_removed: return "shape removed";
  }
  return "";
}

double SmallPruning::largest_loss() const {
  double largest = 0.0;
  for (const UncertaintyLoss& channel : channels) {
    for (std::size_t b = 0; b < channel.before.size(); ++b) {
      if (channel.before[b] > 0.0) largest = std::max(largest, 1.0 - channel.after[b] / channel.before[b]);
    }
  }
  return largest;
}

namespace {

/// The modifiers of one name on one sample that vary it: one parameter moves both.
struct Systematic {
  std::size_t norm = none, histograms = none;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

/// `numbers` times `factor`; as they are when that is 1.
void scale(Numbers& numbers, double factor) {
  if (factor == 1.0) return;
  for (spec::Number& number : numbers) number = number.value * factor;
}

class Pruner {
 public:
  Pruner(const Workspace& workspace, const SmallPruningOptions& options, std::vector<PrunedModifier>& changes)
      : options_(options), selected_(options.where), changes_(changes) {
    // What is measured stays, however small its effect.
    for (const spec::Measurement& measurement : workspace.measurements) pois_.add(measurement.poi);
  }

  void operator()(spec::Channel& channel) {
    const std::size_t n_bins = channel.samples.front().data.size();
    std::vector<double> total(n_bins);
    for (const Sample& sample : channel.samples) {
      for (std::size_t b = 0; b < n_bins; ++b) total[b] += sample.data[b].value;
    }
    for (Sample& sample : channel.samples) {
      if (!selected_(channel, sample)) continue;
      prune(channel.name, sample, options_.reference == Reference::total ? total : spec::values_of(sample.data));
    }
  }

 private:
  void prune(const std::string& channel, Sample& sample, const std::vector<double>& reference) {
    std::map<std::string_view, Systematic> systematics;
    for (std::size_t m = 0; m < sample.modifiers.size(); ++m) {
      const Modifier& modifier = sample.modifiers[m];
      const bool is_norm = modifier.type == ModifierType::normsys;
      if ((!is_norm && modifier.type != ModifierType::histosys) || !selected_(modifier)) continue;
      if (pois_.contains(modifier.name)) continue;
      Systematic& systematic = systematics[modifier.name];
      (is_norm ? systematic.norm : systematic.histograms) = m;
    }
    std::vector<char> goes(sample.modifiers.size());
    for (const auto& [name, systematic] : systematics) prune(channel, sample, reference, systematic, goes);
    std::size_t kept = 0;
    for (std::size_t m = 0; m < goes.size(); ++m) {
      if (goes[m] != 0) continue;
      if (kept != m) sample.modifiers[kept] = std::move(sample.modifiers[m]);
      ++kept;
    }
    sample.modifiers.resize(kept);
  }

  void prune(const std::string& channel, Sample& sample, const std::vector<double>& reference,
             const Systematic& systematic, std::vector<char>& goes) {
    const bool has_norm = systematic.norm != Systematic::none, has_shape = systematic.histograms != Systematic::none;
    Modifier& first = sample.modifiers[has_shape ? systematic.histograms : systematic.norm];
    double lo = 1.0, hi = 1.0;  // factors on the yield, of both modifiers
    if (has_norm) {
      const auto& norm = std::get<spec::NormSysData>(sample.modifiers[systematic.norm].data);
      lo = norm.lo.value;
      hi = norm.hi.value;
    }
    const double yield = spec::sum(sample.data);
    double all = 0.0;
    for (const double r : reference) all += r;
    double shape = 0.0;
    if (has_shape) {
      auto& histograms = std::get<spec::HistoSysData>(first.data);
      const spec::Effect down = spec::effect_of(sample.data, histograms.lo, reference);
      const spec::Effect up = spec::effect_of(sample.data, histograms.hi, reference);
      if (!down.is_defined || !up.is_defined) {
        const bool varies = !(histograms.lo == sample.data && histograms.hi == sample.data) || lo != 1.0 || hi != 1.0;
        return varies ? void() : remove(channel, sample, systematic, {}, goes);
      }
      lo *= spec::sum(histograms.lo) / yield;
      hi *= spec::sum(histograms.hi) / yield;
      shape = std::max(down.shape, up.shape);
    }
    const bool is_empty =
        std::all_of(sample.data.begin(), sample.data.end(), [](const spec::Number& n) { return n.value == 0.0; });
    const double weight = is_empty ? 0.0 : options_.reference == Reference::total ? yield / all : 1.0;
    PrunedModifier change{channel, sample.name, first.name, {}, (lo - 1.0) * weight, (hi - 1.0) * weight, shape};
    // NaN and infinity, of a channel whose samples add up to zero, are large.
    const bool norm_is_small =
        std::fabs(change.norm_lo) <= options_.normalisation && std::fabs(change.norm_hi) <= options_.normalisation;
    const bool shape_is_small = shape <= options_.shape;
    if (norm_is_small && shape_is_small) return remove(channel, sample, systematic, change, goes);
    if (!has_shape) return;
    auto& histograms = std::get<spec::HistoSysData>(first.data);
    if (shape_is_small) {
      change.action = PrunedModifier::Action::shape_removed;
      changes_.push_back(change);
      Modifier& stays = sample.modifiers[has_norm ? systematic.norm : systematic.histograms];
      stays.type = ModifierType::normsys;
      stays.data = spec::NormSysData{lo, hi};
      if (has_norm) goes[systematic.histograms] = 1;
    } else if (norm_is_small && (has_norm || lo != 1.0 || hi != 1.0)) {
      change.action = PrunedModifier::Action::normalisation_removed;
      changes_.push_back(change);
      scale(histograms.lo, yield / spec::sum(histograms.lo));
      scale(histograms.hi, yield / spec::sum(histograms.hi));
      if (has_norm) goes[systematic.norm] = 1;
    }
  }

  void remove(const std::string& channel, const Sample& sample, const Systematic& systematic, PrunedModifier change,
              std::vector<char>& goes) {
    const std::size_t first = systematic.histograms != Systematic::none ? systematic.histograms : systematic.norm;
    change.channel = channel;
    change.sample = sample.name;
    change.modifier = sample.modifiers[first].name;
    change.action = PrunedModifier::Action::removed;
    changes_.push_back(std::move(change));
    for (const std::size_t m : {systematic.norm, systematic.histograms}) {
      if (m != Systematic::none) goes[m] = 1;
    }
  }

  const SmallPruningOptions& options_;
  Selection selected_;
  Names pois_;
  std::vector<PrunedModifier>& changes_;
};

std::size_t count_variations(const Workspace& workspace) {
  std::size_t n = 0;
  for (const spec::Channel& channel : workspace.channels) {
    for (const Sample& sample : channel.samples) {
      for (const Modifier& modifier : sample.modifiers) {
        n += modifier.type == ModifierType::normsys || modifier.type == ModifierType::histosys ? 1 : 0;
      }
    }
  }
  return n;
}

Errors check(const Workspace& workspace, const SmallPruningOptions& options) {
  Errors errors = find_unknown(workspace, options.where);
  const auto require = [&](double threshold, const char* what) {
    if (threshold >= 0.0 && std::isfinite(threshold)) return;
    errors.push_back({ErrorCode::option, what, fmt::format("{} is no threshold", threshold), "0 or more"});
  };
  require(options.normalisation, "normalisation");
  require(options.shape, "shape");
  if (!options.measurement.empty())
    require_name(measurement_names(workspace), options.measurement, "measurement", errors);
  return errors;
}

}  // namespace

Result<SmallPruning> prune_small(const Workspace& workspace, const SmallPruningOptions& options) {
  if (Errors errors = check(workspace, options); !errors.empty()) return errors;
  SmallPruning pruning;
  pruning.workspace = workspace;
  pruning.options = options;
  Pruner prune(workspace, options, pruning.changes);
  for (spec::Channel& channel : pruning.workspace.channels) prune(channel);
  pruning.n_before = count_variations(workspace);
  pruning.n_after = count_variations(pruning.workspace);

  const Names all = modifier_names(workspace), left = modifier_names(pruning.workspace);
  for (const std::string& name : all.all()) {
    if (!left.contains(name)) pruning.gone_parameters.push_back(name);
  }
  const Names gone(pruning.gone_parameters);
  for (spec::Measurement& measurement : pruning.workspace.measurements) {
    std::erase_if(measurement.parameters, [&](const auto& config) { return gone.contains(config.name); });
  }
  drop_lost_correlations(pruning.workspace);
  const auto before = spec::linear_uncertainties(workspace, spec::find_measurement(workspace, options.measurement), {});
  const auto after =
      spec::linear_uncertainties(pruning.workspace, spec::find_measurement(pruning.workspace, options.measurement), {});
  for (std::size_t c = 0; c < before.size(); ++c) {
    pruning.channels.push_back({before[c].channel, before[c].nominal, before[c].sigma, after[c].sigma,
                                before[c].total_nominal, before[c].total_sigma, after[c].total_sigma});
  }
  if (Errors problems = spec::validate(pruning.workspace, "the pruned workspace"); !problems.empty()) return problems;
  return pruning;
}

}  // namespace relume::edit
