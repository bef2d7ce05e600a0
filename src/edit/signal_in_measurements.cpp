// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "relume/edit/signal.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

namespace {

/// One number per channel, of a signal that says nothing else.
class PlainYields {
 public:
  PlainYields(const spec::Signal& signal, const AddSignalOptions& options, std::vector<std::string> channels,
              std::string_view kind)
      : signal_(signal),
        channels_(std::move(channels)),
        yields_(channels_.size()),
        source_("signal '" + signal.name + "'"),
        kind_(kind) {
    errors_ = spec::validate(signal, source_);
    for (const spec::SignalSample& sample : signal.samples) add(sample);
    for (const std::string& name : signal.replace) {
      complain(ErrorCode::unsupported, fmt::format("is to replace '{}', but {} have no samples", name, kind_));
    }
    std::vector<char> mentioned(channels_.size(), 0);
    for (const std::string& name : signal.zero_channels) {
      if (const std::size_t k = place_of(name); k < channels_.size()) mentioned[k] = 1;
    }
    if (signal.other_channels_are_zero || options.other_channels_are_zero) return;
    std::vector<std::string> forgotten;
    for (std::size_t k = 0; k < channels_.size(); ++k) {
      if (!yields_[k] && mentioned[k] == 0) forgotten.push_back(channels_[k]);
    }
    if (forgotten.empty()) return;
    complain(ErrorCode::reference, "says nothing about " + quoted_list(forgotten),
             "give yields, list them as zero_channels, or say other_channels_are_zero");
  }

  Errors& errors() { return errors_; }
  double yield(std::size_t channel) const { return yields_[channel].value_or(0.0); }

  void complain(ErrorCode code, std::string message, std::string hint = {}) {
    errors_.push_back({code, source_, std::move(message), std::move(hint)});
  }

 private:
  std::size_t place_of(const std::string& name) {
    const auto found = std::find(channels_.begin(), channels_.end(), name);
    if (found == channels_.end()) {
      complain(ErrorCode::reference, fmt::format("nothing is called '{}' in these {}", name, kind_),
               hint_for_unknown(name, channels_));
    }
    return static_cast<std::size_t>(found - channels_.begin());
  }

  void refuse(const std::string& sample, std::string_view what) {
    complain(ErrorCode::unsupported,
             fmt::format("sample '{}' has {}, which nothing in these {} could take up", sample, what, kind_),
             "leave them out: only plain yields can be added");
  }

  void add(const spec::SignalSample& sample) {
    if (!sample.modifiers.empty()) refuse(sample.name, "modifiers");
    for (const spec::SignalYields& yields : sample.channels) {
      if (!yields.modifiers.empty()) refuse(sample.name, "modifiers in '" + yields.channel + "'");
      if (yields.stat_uncertainties) refuse(sample.name, "statistical uncertainties in '" + yields.channel + "'");
      const std::size_t k = place_of(yields.channel);
      if (k == channels_.size()) continue;
      if (yields.yields.size() != 1) {
        complain(ErrorCode::schema, fmt::format("sample '{}' has {} yields for '{}', which takes one number",
                                                sample.name, yields.yields.size(), yields.channel));
        continue;
      }
      yields_[k] = yields_[k].value_or(0.0) + yields.yields.front().value;
    }
  }

  const spec::Signal& signal_;
  std::vector<std::string> channels_;
  std::vector<std::optional<double>> yields_;
  std::string source_;
  std::string_view kind_;
  Errors errors_;
};

bool has_parameter(const spec::Measurements& m, const std::string& name) {
  return std::any_of(m.parameters.begin(), m.parameters.end(), [&](const auto& p) { return p.name == name; });
}

bool has_definition(const spec::Measurements& m, const std::string& name) {
  return std::any_of(m.definitions.begin(), m.definitions.end(), [&](const auto& d) { return d.name == name; });
}

}  // namespace

Result<spec::Measurements> add_signal(const spec::Measurements& measurements, const spec::Signal& signal,
                                      const AddSignalOptions& options) {
  std::vector<std::string> channels;
  for (const spec::MeasuredValues& together : measurements.measured) {
    for (const spec::MeasuredValue& value : together.values) channels.push_back(value.name);
  }
  for (const spec::LikelihoodGrid& grid : measurements.grids) {
    for (const spec::LikelihoodGrid::Axis& axis : grid.axes) {
      // Axes of several tables may be one quantity.
      if (std::find(channels.begin(), channels.end(), axis.name) == channels.end()) channels.push_back(axis.name);
    }
  }
  PlainYields plain(signal, options, channels, "measurements");
  if (has_definition(measurements, signal.poi)) {
    plain.complain(ErrorCode::reference, fmt::format("'{}' is a definition of the measurements", signal.poi),
                   "choose another name for the signal strength");
  }
  spec::Measurements with = measurements;
  with.poi = signal.poi;
  if (!has_parameter(with, signal.poi)) with.parameters.push_back({.name = signal.poi});
  const auto yield_of = [&](const std::string& name) {
    const auto found = std::find(channels.begin(), channels.end(), name);
    return plain.yield(static_cast<std::size_t>(found - channels.begin()));
  };
  const auto check_free = [&](const std::string& name, const std::string& prediction) {
    if (!prediction.empty() || has_parameter(measurements, name) || has_definition(measurements, name)) return;
    plain.complain(ErrorCode::model,
                   fmt::format("'{}' is a free parameter of its own, which takes up any signal", name),
                   "give it what is expected without signal as its prediction");
  };
  for (spec::MeasuredValues& together : with.measured) {
    for (spec::MeasuredValue& value : together.values) {
      value.signal = yield_of(value.name);
      if (value.signal != 0.0) check_free(value.name, value.prediction);
    }
  }
  for (spec::LikelihoodGrid& grid : with.grids) {
    for (spec::LikelihoodGrid::Axis& axis : grid.axes) {
      const double yield = yield_of(axis.name);
      if (yield == 0.0) continue;
      check_free(axis.name, axis.prediction);
      const std::string before = axis.prediction.empty() ? "'" + axis.name + "'" : axis.prediction;
      axis.prediction = fmt::format("({}) + {} * '{}'", before, yield, signal.poi);
    }
  }
  if (!plain.errors().empty()) return std::move(plain.errors());
  return with;
}

Result<spec::UpperLimits> add_signal(const spec::UpperLimits& limits, const spec::Signal& signal,
                                     const AddSignalOptions& options) {
  PlainYields plain(signal, options, {limits.region}, "upper limits");
  if (plain.errors().empty() && !(plain.yield(0) > 0.0)) {
    plain.complain(ErrorCode::model, fmt::format("has no positive yield in '{}'", limits.region),
                   "a signal that is not there cannot be limited");
  }
  if (!plain.errors().empty()) return std::move(plain.errors());
  spec::UpperLimits with = limits;
  with.predicted = plain.yield(0);
  with.poi = signal.poi;
  return with;
}

}  // namespace relume::edit
