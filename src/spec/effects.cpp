// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "spec/effects.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace relume::spec {

double sum(const Numbers& numbers) {
  double total = 0.0;
  for (const Number& number : numbers) total += number.value;
  return total;
}

std::vector<double> values_of(const Numbers& numbers) {
  std::vector<double> values;
  values.reserve(numbers.size());
  for (const Number& number : numbers) values.push_back(number.value);
  return values;
}

Effect effect_of(const Numbers& nominal, const Numbers& varied, std::span<const double> reference) {
  // Differences below this share of the yields are rounding of the division by their sum.
  constexpr double rounding = 1e-12;
  const double n = sum(nominal), v = sum(varied);
  double r = 0.0;
  for (const double value : reference) r += value;
  Effect effect;
  if (!(n > 0.0) || !(v > 0.0) || !(r > 0.0)) return effect;
  effect.is_defined = true;
  effect.normalisation = (v - n) / r;
  for (std::size_t b = 0; b < nominal.size(); ++b) {
    const double difference = std::fabs(varied[b].value * (n / v) - nominal[b].value);
    if (difference <= rounding * std::fabs(nominal[b].value)) continue;
    const double relative = reference[b] > 0.0 ? difference / reference[b] : std::numeric_limits<double>::infinity();
    effect.shape = std::max(effect.shape, relative);
  }
  return effect;
}

bool carries(const Sample& sample, std::string_view name) {
  if (name.empty()) return false;
  return std::any_of(sample.modifiers.begin(), sample.modifiers.end(),
                     [&](const Modifier& modifier) { return modifier.name == name; });
}

const Measurement* find_measurement(const Workspace& workspace, std::string_view name) {
  for (const Measurement& measurement : workspace.measurements) {
    if (name.empty() || measurement.name == name) return &measurement;
  }
  return nullptr;
}

const ParameterConfig* find_config(const Measurement* measurement, std::string_view parameter) {
  if (measurement == nullptr) return nullptr;
  for (const ParameterConfig& config : measurement->parameters) {
    if (config.name == parameter) return &config;
  }
  return nullptr;
}

namespace {

/// What the measurement says of one parameter, as far as it matters here.
struct Setting {
  const Numbers* inits = nullptr;
  double sigma = 0.0;
  bool is_fixed = false;
};

using Settings = std::unordered_map<std::string_view, Setting>;

Settings settings_of(const Measurement* measurement) {
  Settings settings;
  if (measurement == nullptr) return settings;
  for (const ParameterConfig& config : measurement->parameters) {
    Setting& setting = settings[config.name];
    if (config.inits && !config.inits->empty()) setting.inits = &*config.inits;
    if (config.sigmas && !config.sigmas->empty()) setting.sigma = config.sigmas->front().value;
    setting.is_fixed = config.fixed.value_or(false);
  }
  return settings;
}

class Channels {
 public:
  Channels(const Settings& settings, std::string_view left_out) : settings_(settings), left_out_(left_out) {}

  ChannelUncertainty operator()(const Channel& channel) {
    const std::size_t n_bins = channel.samples.empty() ? 0 : channel.samples.front().data.size();
    by_parameter_.clear();
    gammas_.clear();
    independent_.assign(n_bins, 0.0);
    ChannelUncertainty result{channel.name, std::vector<double>(n_bins), std::vector<double>(n_bins)};
    for (const Sample& sample : channel.samples) {
      if (sample.data.size() != n_bins) continue;
      const bool counts = !carries(sample, left_out_);
      add_staterrors(sample, counts);
      if (counts) add(sample, result.nominal);
    }
    for (const auto& [name, gamma] : gammas_) {
      for (std::size_t b = 0; b < n_bins; ++b) {
        // As pyhf: without a yield, or with a negative one, the parameter is held.
        if (!(gamma.nominal[b] > 0.0)) continue;
        const double share = gamma.expected[b] / gamma.nominal[b];
        independent_[b] += gamma.variance[b] * share * share;
      }
    }
    std::vector<double> variance = independent_;
    double total_variance = 0.0;
    for (const double v : independent_) total_variance += v;
    for (const auto& [name, shift] : by_parameter_) {
      double total = 0.0;
      for (std::size_t b = 0; b < n_bins; ++b) {
        variance[b] += shift[b] * shift[b];
        total += shift[b];
      }
      total_variance += total * total;
    }
    for (std::size_t b = 0; b < n_bins; ++b) {
      result.sigma[b] = std::sqrt(variance[b]);
      result.total_nominal += result.nominal[b];
    }
    result.total_sigma = std::sqrt(total_variance);
    return result;
  }

 private:
  const Setting* setting(std::string_view name) const {
    const auto found = settings_.find(name);
    return found != settings_.end() ? &found->second : nullptr;
  }
  bool is_fixed(std::string_view name) const { return setting(name) != nullptr && setting(name)->is_fixed; }

  /// Product of the free factors at their initial values.
  double factor(const Sample& sample, std::size_t bin) const {
    double product = 1.0;
    for (const Modifier& modifier : sample.modifiers) {
      const bool is_free = modifier.type == ModifierType::normfactor || modifier.type == ModifierType::shapefactor;
      if (!is_free && modifier.type != ModifierType::lumi) continue;
      const Setting* s = setting(modifier.name);
      if (s == nullptr || s->inits == nullptr) continue;
      product *= (*s->inits)[std::min(bin, s->inits->size() - 1)].value;
    }
    return product;
  }

  void add(const Sample& sample, std::vector<double>& nominal) {
    const std::size_t n_bins = nominal.size();
    std::vector<double> factors(n_bins);
    for (std::size_t b = 0; b < n_bins; ++b) {
      factors[b] = factor(sample, b);
      nominal[b] += factors[b] * sample.data[b].value;
    }
    const auto shift = [&](const std::string& name, const auto& of_bin) {
      std::vector<double>& shifts = by_parameter_.try_emplace(name, n_bins).first->second;
      for (std::size_t b = 0; b < n_bins; ++b) shifts[b] += factors[b] * of_bin(b);
    };
    // A histosys and a normsys of one name move together: the factors act on the varied histograms.
    std::unordered_map<std::string_view, const NormSysData*> factors_of;
    std::unordered_set<std::string_view> with_histograms;
    for (const Modifier& modifier : sample.modifiers) {
      if (const auto* norm = std::get_if<NormSysData>(&modifier.data)) factors_of[modifier.name] = norm;
      if (std::holds_alternative<HistoSysData>(modifier.data)) with_histograms.insert(modifier.name);
    }
    for (const Modifier& modifier : sample.modifiers) {
      if (is_fixed(modifier.name)) continue;
      if (const auto* norm = std::get_if<NormSysData>(&modifier.data)) {
        if (with_histograms.contains(modifier.name)) continue;
        const double half = 0.5 * (norm->hi.value - norm->lo.value);
        shift(modifier.name, [&](std::size_t b) { return half * sample.data[b].value; });
      } else if (const auto* histograms = std::get_if<HistoSysData>(&modifier.data)) {
        if (histograms->lo.size() != n_bins || histograms->hi.size() != n_bins) continue;
        const auto found = factors_of.find(modifier.name);
        const double lo = found != factors_of.end() ? found->second->lo.value : 1.0;
        const double hi = found != factors_of.end() ? found->second->hi.value : 1.0;
        shift(modifier.name,
              [&](std::size_t b) { return 0.5 * (hi * histograms->hi[b].value - lo * histograms->lo[b].value); });
      } else if (modifier.type == ModifierType::shapesys) {
        const auto* uncertainties = std::get_if<Numbers>(&modifier.data);
        if (uncertainties == nullptr) continue;
        for (std::size_t b = 0; b < std::min(n_bins, uncertainties->size()); ++b) {
          const double sigma = factors[b] * (*uncertainties)[b].value;
          independent_[b] += sigma * sigma;
        }
      } else if (modifier.type == ModifierType::lumi) {
        const Setting* s = setting(modifier.name);
        if (s == nullptr) continue;
        const double initial = s->inits != nullptr ? s->inits->front().value : 1.0;
        const double relative = initial != 0.0 ? s->sigma / initial : 0.0;
        shift(modifier.name, [&](std::size_t b) { return relative * sample.data[b].value; });
      }
    }
  }

  /// One parameter per bin for all samples that carry the name, of the relative width sqrt(sum u^2) / sum n
  /// (CERN-OPEN-2012-016, section 3.4).
  struct Gamma {
    std::vector<double> variance, nominal;  ///< of all samples, before factors
    std::vector<double> expected;           ///< of those that count
  };

  void add_staterrors(const Sample& sample, bool counts) {
    const std::size_t n_bins = sample.data.size();
    for (const Modifier& modifier : sample.modifiers) {
      const auto* uncertainties = std::get_if<Numbers>(&modifier.data);
      if (modifier.type != ModifierType::staterror || uncertainties == nullptr || is_fixed(modifier.name)) continue;
      Gamma& gamma = gammas_.try_emplace(modifier.name).first->second;
      for (std::vector<double>* sums : {&gamma.variance, &gamma.nominal, &gamma.expected}) sums->resize(n_bins);
      for (std::size_t b = 0; b < std::min(n_bins, uncertainties->size()); ++b) {
        const double u = (*uncertainties)[b].value, n = sample.data[b].value;
        gamma.variance[b] += u * u;
        gamma.nominal[b] += n;
        if (counts) gamma.expected[b] += factor(sample, b) * n;
      }
    }
  }

  const Settings& settings_;
  std::string_view left_out_;
  std::map<std::string_view, Gamma> gammas_;
  std::map<std::string_view, std::vector<double>> by_parameter_;
  std::vector<double> independent_;  ///< variances
};

}  // namespace

std::vector<ChannelUncertainty> linear_uncertainties(const Workspace& workspace, const Measurement* measurement,
                                                     std::string_view left_out) {
  const Settings settings = settings_of(measurement);
  Channels uncertainty_of(settings, left_out);
  std::vector<ChannelUncertainty> channels;
  for (const Channel& channel : workspace.channels) channels.push_back(uncertainty_of(channel));
  return channels;
}

}  // namespace relume::spec
