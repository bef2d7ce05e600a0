// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "check/kinds.hpp"
#include "relume/check/findings.hpp"
#include "spec/effects.hpp"

namespace relume::check {
namespace {

using spec::Channel;
using spec::Effect;
using spec::Measurement;
using spec::Modifier;
using spec::ModifierType;
using spec::Numbers;
using spec::Sample;
using spec::Workspace;

/// A relative uncertainty below this constrains a parameter to more digits than fits resolve (1/u^2 auxiliary events).
constexpr double nearly_exact = 1e-4;

bool is_all_zero(const Numbers& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](const spec::Number& n) { return n.value == 0.0; });
}

/// Whether two histograms differ by more than rounding: published variations that were scaled and scaled back differ in
/// the eighth digit, which no fit resolves.
bool differ(const Numbers& nominal, const Numbers& varied) {
  constexpr double rounding = 1e-6;  // of the yield
  double yield = 0.0;
  for (const spec::Number& n : nominal) yield += std::fabs(n.value);
  for (std::size_t b = 0; b < std::min(nominal.size(), varied.size()); ++b) {
    if (std::fabs(varied[b].value - nominal[b].value) > rounding * yield) return true;
  }
  return false;
}

/// Whether a modifier that is there does nothing at all.
bool is_without_effect(const Sample& sample, const Modifier& modifier) {
  if (const auto* norm = std::get_if<spec::NormSysData>(&modifier.data)) {
    return (norm->lo.value == 1.0 && norm->hi.value == 1.0) || is_all_zero(sample.data);
  }
  if (const auto* histograms = std::get_if<spec::HistoSysData>(&modifier.data)) {
    return !differ(sample.data, histograms->lo) && !differ(sample.data, histograms->hi);
  }
  return is_all_zero(sample.data);
}

class Finder {
 public:
  Finder(const Workspace& workspace, const Measurement* measurement, const Thresholds& thresholds)
      : ws_(workspace),
        measurement_(measurement),
        poi_(measurement != nullptr ? std::string_view(measurement->poi) : std::string_view()),
        limits_(thresholds) {
    for (std::size_t i = 0; i < ws_.observations.size(); ++i) observation_of_.emplace(ws_.observations[i].name, i);
  }

  RawFindings find() {
    if (is_factor(poi_)) signal_ = poi_;
    total_ = spec::linear_uncertainties(ws_, measurement_, {});
    background_ = spec::linear_uncertainties(ws_, measurement_, signal_);
    for (std::size_t c = 0; c < ws_.channels.size(); ++c) look_at_channel(c);
    look_at_signal();
    look_at_names();
    look_at_observations();
    look_at_measurement();
    return std::move(found_);
  }

 private:
  void add(Kind kind, RawPlace place) { found_[static_cast<std::size_t>(kind)].push_back(std::move(place)); }

  /// Whether some sample is scaled by it.
  bool is_factor(std::string_view name) const {
    const auto scales = [&](const Modifier& modifier) {
      return modifier.name == name &&
             (modifier.type == ModifierType::normfactor || modifier.type == ModifierType::shapefactor);
    };
    for (const Channel& channel : ws_.channels) {
      for (const Sample& sample : channel.samples) {
        if (std::any_of(sample.modifiers.begin(), sample.modifiers.end(), scales)) return true;
      }
    }
    return false;
  }

  // ---- channels

  void look_at_channel(std::size_t c) {
    const Channel& channel = ws_.channels[c];
    for (std::size_t s = 0; s < channel.samples.size(); ++s) {
      const Sample& sample = channel.samples[s];
      look_at_yields(c, s);
      for (std::size_t m = 0; m < sample.modifiers.size(); ++m) look_at_modifier(c, s, m);
      look_for_identical_variations(c, s);
    }
    look_for_identical_samples(c);
    look_at_staterrors(c);
    look_at_bins(c);
  }

  void look_at_yields(std::size_t c, std::size_t s) {
    const Sample& sample = ws_.channels[c].samples[s];
    for (std::size_t b = 0; b < sample.data.size(); ++b) {
      const double nominal = sample.data[b].value;
      const RawPlace place{
          .channel = c, .sample = s, .bin = b, .numbers = {{{"nominal", nominal}}}, .size = std::fabs(nominal)};
      if (nominal < 0.0) add(Kind::nominal_negative, place);
      if (nominal > 0.0 && nominal < limits_.tiny_yield) add(Kind::nominal_tiny, place);
    }
    const bool is_empty = is_all_zero(sample.data);
    if (is_empty && spec::carries(sample, signal_)) add(Kind::signal_without_yield, {.channel = c, .sample = s});
    Seen& seen = samples_[sample.name];
    if (seen.is_empty) seen.place = {.channel = c, .sample = s};
    seen.is_empty = seen.is_empty && is_empty;
    seen.has_poi = seen.has_poi || spec::carries(sample, signal_);
  }

  void look_for_identical_samples(std::size_t c) {
    const auto& samples = ws_.channels[c].samples;
    const auto before = [](const Numbers& a, const Numbers& b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                          [](const auto& x, const auto& y) { return x.value < y.value; });
    };
    std::vector<std::size_t> order;
    for (std::size_t s = 0; s < samples.size(); ++s) {
      if (spec::sum(samples[s].data) >= limits_.tiny_yield) order.push_back(s);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return before(samples[a].data, samples[b].data); });
    for (std::size_t k = 1; k < order.size(); ++k) {
      if (!(samples[order[k - 1]].data == samples[order[k]].data)) continue;
      const double yield = spec::sum(samples[order[k]].data);
      add(Kind::identical_samples, {.channel = c,
                                    .sample = order[k - 1],
                                    .other_sample = order[k],
                                    .numbers = {{{"yield", yield}}},
                                    .size = yield});
    }
  }

  void look_at_bins(std::size_t c) {
    const auto observation = observation_of_.find(ws_.channels[c].name);
    const std::vector<double>& total = total_[c].nominal;
    const std::vector<double>& background = background_[c].nominal;
    const bool knows_signal = !signal_.empty();
    for (std::size_t b = 0; b < total.size(); ++b) {
      const bool is_observed =
          observation != observation_of_.end() && b < ws_.observations[observation->second].data.size();
      const double observed = is_observed ? ws_.observations[observation->second].data[b].value : 0.0;
      const RawPlace place{.channel = c,
                           .bin = b,
                           .numbers = {{{"expected", total[b]}, {"observed", observed}}},
                           .size = std::max(std::fabs(total[b]), observed)};
      if (total[b] < 0.0) add(Kind::negative_prediction, place);
      if (total[b] == 0.0 && !may_be_filled(c, b))
        add(observed > 0.0 ? Kind::data_without_prediction : Kind::background_empty_bin, place);
      if (knows_signal && total[b] > 0.0 && background[b] <= 0.0 && !may_be_filled(c, b)) {
        add(Kind::signal_without_background,
            {.channel = c,
             .bin = b,
             .numbers = {{{"background", background[b]}, {"signal", total[b] - background[b]}, {"observed", observed}}},
             .size = total[b] - background[b]});
      }
    }
  }

  /// Whether a variation of the background brings events into a bin that has none at the nominal point.
  bool may_be_filled(std::size_t c, std::size_t b) const {
    for (const Sample& sample : ws_.channels[c].samples) {
      if (spec::carries(sample, signal_)) continue;
      for (const Modifier& modifier : sample.modifiers) {
        const auto* histograms = std::get_if<spec::HistoSysData>(&modifier.data);
        if (histograms == nullptr || b >= histograms->lo.size() || b >= histograms->hi.size()) continue;
        if (histograms->lo[b].value > 0.0 || histograms->hi[b].value > 0.0) return true;
      }
    }
    return false;
  }

  // ---- modifiers

  void look_at_modifier(std::size_t c, std::size_t s, std::size_t m) {
    const Sample& sample = ws_.channels[c].samples[s];
    const Modifier& modifier = sample.modifiers[m];
    Used& used = modifiers_[modifier.name];
    used.types.insert(modifier.type);
    const bool nothing = is_without_effect(sample, modifier);
    used.has_effect = used.has_effect || !nothing;
    const bool varies = modifier.type == ModifierType::normsys || modifier.type == ModifierType::histosys;
    // The variations of an empty sample are counted with the sample.
    if (nothing && varies && !is_all_zero(sample.data)) {
      return add(Kind::modifier_without_effect, {.channel = c, .sample = s, .modifier = m});
    }
    switch (modifier.type) {
      case ModifierType::normsys: return look_at_normsys(c, s, m);
      case ModifierType::histosys: return look_at_histosys(c, s, m);
      case ModifierType::shapesys: return look_at_shapesys(c, s, m);
      default: return;
    }
  }

  /// A variation, as far as all of its checks need it.
  struct Variation {
    RawPlace place;
    double lo = 0.0, hi = 0.0;  ///< changes of the yield, relative to it
    double change = 0.0;        ///< largest change of a bin of the channel
    bool is_small = false;      ///< noted as such
  };

  /// Whatever changes a bin without expectation is large.
  double relative_to_bin(std::size_t c, std::size_t b, double events) const {
    const double total = total_[c].nominal[b];
    if (events == 0.0) return 0.0;
    return total > 0.0 ? std::fabs(events) / total : std::numeric_limits<double>::infinity();
  }

  /// What is odd about a variation that matters; what does not matter is noted once.
  void add(Kind kind, Variation& variation) {
    variation.place.size = variation.change;
    variation.place.numbers = {{{"lo", 1.0 + variation.lo}, {"hi", 1.0 + variation.hi}}};
    if (std::isfinite(variation.change)) variation.place.numbers[2] = {"change_of_a_bin", variation.change};
    add_if_relevant(kind, variation.place, variation);
  }
  void add_if_relevant(Kind kind, const RawPlace& place, Variation& variation) {
    if (variation.change >= limits_.relevant) return add(kind, place);
    if (!std::exchange(variation.is_small, true)) add(Kind::odd_and_small, place);
  }

  void look_at_sides(Variation& v, bool lo_moves, bool hi_moves, bool are_equal) {
    if (lo_moves != hi_moves) add(Kind::one_sided_variation, v);
    if (lo_moves && are_equal) add(Kind::up_equals_down, v);
    if (std::max(std::fabs(v.lo), std::fabs(v.hi)) > limits_.large_normalisation) add(Kind::large_normalisation, v);
    if (!are_equal && v.lo * v.hi > 0.0 && std::min(std::fabs(v.lo), std::fabs(v.hi)) > limits_.same_side)
      add(Kind::same_side_normalisation, v);
  }

  void look_at_normsys(std::size_t c, std::size_t s, std::size_t m) {
    const Sample& sample = ws_.channels[c].samples[s];
    const auto& data = std::get<spec::NormSysData>(sample.modifiers[m].data);
    Variation v{{.channel = c, .sample = s, .modifier = m}, data.lo.value - 1.0, data.hi.value - 1.0};
    const double effect = std::max(std::fabs(v.lo), std::fabs(v.hi));
    for (std::size_t b = 0; b < sample.data.size(); ++b)
      v.change = std::max(v.change, relative_to_bin(c, b, effect * sample.data[b].value));
    if (effect < limits_.small) return add(Kind::negligible_variation, v.place);
    if (data.lo.value <= 0.0 || data.hi.value <= 0.0) add(Kind::normsys_zero, v);
    look_at_sides(v, v.lo != 0.0, v.hi != 0.0, v.lo == v.hi);
  }

  void look_at_histosys(std::size_t c, std::size_t s, std::size_t m) {
    const Sample& sample = ws_.channels[c].samples[s];
    const auto& data = std::get<spec::HistoSysData>(sample.modifiers[m].data);
    if (data.lo.size() != sample.data.size() || data.hi.size() != sample.data.size()) return;
    const std::vector<double> nominal = spec::values_of(sample.data);
    const double yield = spec::sum(sample.data);
    Variation v{{.channel = c, .sample = s, .modifier = m}};
    for (std::size_t b = 0; b < nominal.size(); ++b) {
      const double events =
          std::max(std::fabs(data.lo[b].value - nominal[b]), std::fabs(data.hi[b].value - nominal[b]));
      v.change = std::max(v.change, relative_to_bin(c, b, events));
    }
    if (yield > 0.0) {
      v.lo = spec::sum(data.lo) / yield - 1.0;
      v.hi = spec::sum(data.hi) / yield - 1.0;
    }
    const Effect lo = spec::effect_of(sample.data, data.lo, nominal);
    const Effect hi = spec::effect_of(sample.data, data.hi, nominal);
    const bool has_shape = lo.is_defined && hi.is_defined;
    const bool shape_is_small = has_shape && std::max(lo.shape, hi.shape) < limits_.small;
    if (shape_is_small && std::max(std::fabs(v.lo), std::fabs(v.hi)) < limits_.small)
      return add(Kind::negligible_variation, v.place);
    look_at_bins_of(data, sample, v);
    if (yield > 0.0 && (is_all_zero(data.lo) || is_all_zero(data.hi))) return add(Kind::empty_variation, v);
    look_at_sides(v, differ(sample.data, data.lo), differ(sample.data, data.hi), !differ(data.lo, data.hi));
    if (shape_is_small && nominal.size() > 1) {
      v.place.size = v.change;
      v.place.numbers = {{{"lo", 1.0 + v.lo}, {"hi", 1.0 + v.hi}}};
      add(Kind::shape_is_normalisation, v.place);
    }
  }

  /// The worst bin stands for all of a histogram.
  void look_at_bins_of(const spec::HistoSysData& data, const Sample& sample, Variation& variation) {
    const double n = spec::sum(sample.data), l = spec::sum(data.lo), h = spec::sum(data.hi);
    const double lo_scale = n > 0.0 && l > 0.0 ? n / l : 1.0, hi_scale = n > 0.0 && h > 0.0 ? n / h : 1.0;
    RawPlace negative, on_zero, same_side, large;
    const auto keep = [&](RawPlace& worst, std::size_t b, double size) {
      if (worst.bin != RawPlace::none && size <= worst.size) return;
      worst = variation.place;
      worst.bin = b;
      worst.size = size;
      worst.numbers = {{{"nominal", sample.data[b].value}, {"lo", data.lo[b].value}, {"hi", data.hi[b].value}}};
    };
    for (std::size_t b = 0; b < sample.data.size(); ++b) {
      const double nominal = sample.data[b].value, lo = data.lo[b].value, hi = data.hi[b].value;
      const double down = lo - nominal, up = hi - nominal, events = std::max(std::fabs(down), std::fabs(up));
      const double change = relative_to_bin(variation.place.channel, b, events);
      if (std::min(lo, hi) < 0.0) keep(negative, b, change);
      if (nominal == 0.0 && events > 0.0) keep(on_zero, b, change);
      if (!(nominal >= limits_.tiny_yield)) continue;
      if (down * up > 0.0 && lo != hi && std::min(std::fabs(down), std::fabs(up)) > limits_.same_side * nominal)
        keep(same_side, b, change);
      const double shape = std::max(std::fabs(lo * lo_scale - nominal), std::fabs(hi * hi_scale - nominal));
      if (sample.data.size() > 1 && shape > limits_.large_shape * nominal) keep(large, b, change);
    }
    if (negative.bin != RawPlace::none) add_if_relevant(Kind::histosys_negative, negative, variation);
    if (large.bin != RawPlace::none) add_if_relevant(Kind::large_shape, large, variation);
    if (on_zero.bin != RawPlace::none) add(Kind::histosys_on_zero_nominal, on_zero);
    if (same_side.bin != RawPlace::none) add(Kind::same_side_bin, same_side);
  }

  void look_for_identical_variations(std::size_t c, std::size_t s) {
    const Sample& sample = ws_.channels[c].samples[s];
    if (sample.data.size() < 2) return;
    std::map<std::pair<double, double>, std::vector<std::size_t>> with_sums;
    for (std::size_t m = 0; m < sample.modifiers.size(); ++m) {
      const auto* data = std::get_if<spec::HistoSysData>(&sample.modifiers[m].data);
      if (data == nullptr || is_without_effect(sample, sample.modifiers[m])) continue;
      auto& others = with_sums[{spec::sum(data->lo), spec::sum(data->hi)}];
      for (const std::size_t other : others) {
        if (!(std::get<spec::HistoSysData>(sample.modifiers[other].data) == *data)) continue;
        add(Kind::identical_variations, {.channel = c,
                                         .sample = s,
                                         .modifier = other,
                                         .other_modifier = m,
                                         .size = std::fabs(spec::sum(data->hi) - spec::sum(sample.data))});
        break;
      }
      others.push_back(m);
    }
  }

  void look_at_shapesys(std::size_t c, std::size_t s, std::size_t m) {
    const Sample& sample = ws_.channels[c].samples[s];
    const auto* uncertainties = std::get_if<Numbers>(&sample.modifiers[m].data);
    if (uncertainties == nullptr) return;
    for (std::size_t b = 0; b < std::min(uncertainties->size(), sample.data.size()); ++b) {
      const double u = (*uncertainties)[b].value, nominal = sample.data[b].value;
      RawPlace place{.channel = c, .sample = s, .modifier = m, .bin = b};
      place.numbers = {{{"nominal", nominal}, {"uncertainty", u}}};
      place.size = nominal > 0.0 ? u / nominal : 0.0;
      if (u == 0.0 && nominal != 0.0) add(Kind::shapesys_zero, place);
      if (nominal >= limits_.tiny_yield && u > nominal && relative_to_bin(c, b, u) >= limits_.relevant)
        add(Kind::shapesys_above_nominal, place);
      if (u > 0.0 && u < nearly_exact * nominal) add(Kind::shapesys_nearly_exact, place);
    }
  }

  /// One gamma stands for all samples of a bin that carry the name.
  void look_at_staterrors(std::size_t c) {
    struct Bins {
      std::size_t sample = 0, modifier = 0;
      std::vector<double> nominal, variance;
    };
    const Channel& channel = ws_.channels[c];
    std::map<std::string_view, Bins> by_name;
    for (std::size_t s = 0; s < channel.samples.size(); ++s) {
      const Sample& sample = channel.samples[s];
      for (std::size_t m = 0; m < sample.modifiers.size(); ++m) {
        const Modifier& modifier = sample.modifiers[m];
        const auto* uncertainties = std::get_if<Numbers>(&modifier.data);
        if (modifier.type != ModifierType::staterror || uncertainties == nullptr) continue;
        const std::size_t n = std::min(uncertainties->size(), sample.data.size());
        const auto [found, is_new] =
            by_name.try_emplace(modifier.name, Bins{s, m, std::vector<double>(n), std::vector<double>(n)});
        Bins& bins = found->second;
        for (std::size_t b = 0; b < std::min(n, bins.nominal.size()); ++b) {
          bins.nominal[b] += sample.data[b].value;
          bins.variance[b] += (*uncertainties)[b].value * (*uncertainties)[b].value;
        }
      }
    }
    for (const auto& [name, bins] : by_name) {
      for (std::size_t b = 0; b < bins.nominal.size(); ++b) {
        const double u = std::sqrt(bins.variance[b]), nominal = bins.nominal[b];
        RawPlace place{.channel = c, .sample = bins.sample, .modifier = bins.modifier, .bin = b};
        place.numbers = {{{"nominal", nominal}, {"uncertainty", u}}};
        place.size = nominal > 0.0 ? u / nominal : 0.0;
        if (u == 0.0 && nominal != 0.0) add(Kind::staterror_zero, place);
        if (nominal >= limits_.tiny_yield && u > nominal) add(Kind::staterror_above_nominal, place);
      }
    }
  }

  // ---- the whole

  void look_at_signal() {
    if (poi_.empty()) return;
    bool is_carried = false, has_effect = false;
    for (const Channel& channel : ws_.channels) {
      for (const Sample& sample : channel.samples) {
        for (const Modifier& modifier : sample.modifiers) {
          if (modifier.name != poi_) continue;
          is_carried = true;
          const bool varies =
              !signal_.empty() &&
              std::any_of(sample.modifiers.begin(), sample.modifiers.end(), [&](const Modifier& other) {
                return std::holds_alternative<spec::HistoSysData>(other.data) && !is_without_effect(sample, other);
              });
          has_effect = has_effect || varies || !is_without_effect(sample, modifier);
        }
      }
    }
    if (!is_carried) return add(Kind::poi_on_no_sample, {.parameters = {std::string(poi_)}});
    if (!has_effect) add(Kind::poi_without_effect, {.parameters = {std::string(poi_)}});
    if (signal_.empty()) return add(Kind::poi_constrained, {.parameters = {std::string(poi_)}});
    double all = 0.0;
    std::vector<RawPlace> channels;
    for (std::size_t c = 0; c < ws_.channels.size(); ++c) {
      const auto& samples = ws_.channels[c].samples;
      if (std::none_of(samples.begin(), samples.end(), [&](const Sample& s) { return spec::carries(s, signal_); })) {
        add(Kind::channel_without_poi, {.channel = c});
        continue;
      }
      const double size = std::sqrt(signal_squared(c));
      all += size * size;
      if (size > 0.0 && size < limits_.negligible_signal)
        channels.push_back({.channel = c, .numbers = {{{"signal_over_uncertainty", size}}}, .size = size});
    }
    if (!has_effect) return;
    if (const double size = std::sqrt(all); size < limits_.negligible_signal) {
      add(Kind::signal_negligible,
          {.parameters = {std::string(poi_)}, .numbers = {{{"signal_over_uncertainty", size}}}, .size = size});
    } else {
      for (RawPlace& place : channels) add(Kind::signal_negligible_in_channel, std::move(place));
    }
  }

  /// (signal / uncertainty)^2 of a channel, over bins in quadrature; the statistical variance is that of signal and
  /// background, and bins are taken as independent.
  double signal_squared(std::size_t c) const {
    const spec::ChannelUncertainty& background = background_[c];
    std::vector<double> signal(background.nominal.size());
    for (const Sample& sample : ws_.channels[c].samples) {
      if (!spec::carries(sample, signal_)) continue;
      for (std::size_t b = 0; b < std::min(signal.size(), sample.data.size()); ++b) signal[b] += sample.data[b].value;
    }
    double squared = 0.0;
    for (std::size_t b = 0; b < signal.size(); ++b) {
      const double variance = std::max(0.0, background.nominal[b]) + background.sigma[b] * background.sigma[b];
      if (const double all = variance + std::max(0.0, signal[b]); all > 0.0) squared += signal[b] * signal[b] / all;
    }
    return squared;
  }

  void look_at_names() {
    for (const auto& [name, seen] : samples_) {
      // An empty signal is the parameter of interest's finding.
      if (seen.is_empty && !seen.has_poi) add(Kind::sample_without_yield, seen.place);
    }
    for (const auto& [name, used] : modifiers_) {
      if (used.types.contains(ModifierType::histosys) && used.types.contains(ModifierType::normsys)) {
        add(Kind::histosys_and_normsys_share_name, {.parameters = {std::string(name)}});
      }
      const bool is_free =
          used.types.contains(ModifierType::normfactor) || used.types.contains(ModifierType::shapefactor);
      if (!used.has_effect && !is_free) add(Kind::parameter_without_effect, {.parameters = {std::string(name)}});
    }
  }

  void look_at_observations() {
    std::set<std::string_view> channels;
    for (const Channel& channel : ws_.channels) channels.insert(channel.name);
    for (std::size_t o = 0; o < ws_.observations.size(); ++o) {
      const spec::Observation& observation = ws_.observations[o];
      if (!channels.contains(observation.name)) {
        add(Kind::observation_of_no_channel, {.observation = o});
        continue;
      }
      for (std::size_t b = 0; b < observation.data.size(); ++b) {
        const double n = observation.data[b].value;
        const RawPlace place{.bin = b, .observation = o, .numbers = {{{"observed", n}}}};
        if (n == 0.0) add(Kind::observation_zero, place);
        if (n != std::floor(n)) add(Kind::observation_not_integer, place);
      }
    }
  }

  void look_at_measurement() {
    if (measurement_ == nullptr) return;
    const auto m = static_cast<std::size_t>(measurement_ - ws_.measurements.data());
    bool lumi_has_uncertainty = false;
    for (std::size_t p = 0; p < measurement_->parameters.size(); ++p) {
      const spec::ParameterConfig& config = measurement_->parameters[p];
      lumi_has_uncertainty = lumi_has_uncertainty || (config.name == "lumi" && config.sigmas);
      const RawPlace place{.measurement = m, .config = p, .parameters = {config.name}};
      if (config.name == poi_) {
        if (config.fixed.value_or(false)) add(Kind::poi_fixed, place);
      } else if (!modifiers_.contains(config.name)) {
        add(Kind::configured_unknown_parameter, place);
      }
    }
    const auto lumi = modifiers_.find("lumi");
    if (lumi != modifiers_.end() && lumi->second.types.contains(ModifierType::lumi) && !lumi_has_uncertainty) {
      add(Kind::lumi_not_configured, {.measurement = m, .parameters = {"lumi"}});
    }
  }

  struct Seen {
    bool is_empty = true, has_poi = false;
    RawPlace place;  ///< the last where it is empty
  };
  struct Used {
    std::set<ModifierType> types;
    bool has_effect = false;
  };

  const Workspace& ws_;
  const Measurement* measurement_;
  std::string_view poi_;
  std::string_view signal_;  ///< the parameter of interest, if it scales samples: these are the signal
  Thresholds limits_;
  RawFindings found_;
  std::vector<spec::ChannelUncertainty> total_, background_;
  std::unordered_map<std::string_view, std::size_t> observation_of_;
  std::map<std::string_view, Seen> samples_;
  std::map<std::string_view, Used> modifiers_;
};

/// Indices into names.
Place named(const RawPlace& raw, const Workspace& ws) {
  constexpr std::size_t none = RawPlace::none;
  Place place;
  if (raw.channel != none) {
    const Channel& channel = ws.channels[raw.channel];
    place.channel = channel.name;
    place.pointer = fmt::format("/channels/{}", raw.channel);
    if (raw.sample != none) {
      const Sample& sample = channel.samples[raw.sample];
      place.sample = sample.name;
      place.pointer += fmt::format("/samples/{}", raw.sample);
      if (raw.other_sample != none) place.other_sample = channel.samples[raw.other_sample].name;
      if (raw.modifier != none) {
        place.modifier = sample.modifiers[raw.modifier].name;
        place.type = spec::to_string(sample.modifiers[raw.modifier].type);
        place.pointer += fmt::format("/modifiers/{}", raw.modifier);
        if (raw.other_modifier != none) place.other_modifier = sample.modifiers[raw.other_modifier].name;
      } else if (raw.bin != none) {
        place.pointer += fmt::format("/data/{}", raw.bin);
      }
    }
  } else if (raw.observation != none) {
    place.channel = ws.observations[raw.observation].name;
    place.pointer = fmt::format("/observations/{}", raw.observation);
    if (raw.bin != none) place.pointer += fmt::format("/data/{}", raw.bin);
  } else if (raw.measurement != none) {
    place.pointer = fmt::format("/measurements/{}", raw.measurement);
    if (raw.config != none) place.pointer += fmt::format("/config/parameters/{}", raw.config);
  }
  if (raw.bin != none) place.bin = raw.bin;
  place.parameters = raw.parameters;
  for (const auto& [what, value] : raw.numbers) {
    if (what != nullptr) place.numbers.emplace_back(what, value);
  }
  return place;
}

}  // namespace

Errors unknown_checks(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  for (const Check& check : checks()) known.emplace_back(check.name);
  Errors errors;
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    errors.push_back(
        {ErrorCode::option, "skip", fmt::format("no check is called '{}'", name), hint_for_unknown(name, known)});
  }
  return errors;
}

std::optional<Severity> Findings::worst() const {
  if (n_errors > 0) return Severity::error;
  if (n_warnings > 0) return Severity::warning;
  if (n_notes > 0) return Severity::note;
  return std::nullopt;
}

Result<Findings> find(const Workspace& workspace, std::string_view measurement, const Options& options,
                      const model::Likelihood* likelihood) {
  if (Errors errors = unknown_checks(options.skip); !errors.empty()) return errors;
  RawFindings raw = Finder(workspace, spec::find_measurement(workspace, measurement), options.thresholds).find();
  if (likelihood != nullptr) find_flat_directions(*likelihood, options.fixed, raw);
  Findings findings;
  for (std::size_t k = 0; k < n_kinds; ++k) {
    const Check& check = checks()[k];
    std::vector<RawPlace>& places = raw[k];
    if (places.empty() || std::find(options.skip.begin(), options.skip.end(), check.name) != options.skip.end())
      continue;
    std::stable_sort(places.begin(), places.end(),
                     [](const RawPlace& a, const RawPlace& b) { return a.size > b.size; });
    Finding& finding = findings.list.emplace_back();
    finding.check = check.name;
    finding.severity = check.severity;
    finding.message = check.message;
    finding.advice = check.advice;
    finding.count = places.size();
    const std::size_t shown = options.max_places == 0 ? places.size() : std::min(places.size(), options.max_places);
    for (std::size_t i = 0; i < shown; ++i) finding.places.push_back(named(places[i], workspace));
    switch (check.severity) {
      case Severity::error: ++findings.n_errors; break;
      case Severity::warning: ++findings.n_warnings; break;
      case Severity::note: ++findings.n_notes; break;
    }
  }
  return findings;
}

}  // namespace relume::check
