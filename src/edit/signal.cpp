// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/signal.hpp"

#include <span>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "edit/names.hpp"
#include "relume/spec/validate.hpp"

namespace relume::edit {

using spec::Channel;
using spec::Modifier;
using spec::ModifierType;
using spec::Sample;
using spec::Signal;
using spec::SignalSample;
using spec::SignalYields;
using spec::Workspace;

namespace {

/// Its own parameters, not those of the background's staterror: Monte Carlo samples of signal and background are
/// independent, and a shared name would change the background's widths.
std::string staterror_name(const SignalSample& sample, const SignalYields& yields) {
  return "staterror_" + sample.name + "_" + yields.channel;
}

Sample sample_for_channel(const Signal& signal, const SignalSample& sample, const SignalYields& yields) {
  Sample added{sample.name, yields.yields, {}};
  added.modifiers.push_back({signal.poi, ModifierType::normfactor, {}});
  added.modifiers.insert(added.modifiers.end(), sample.modifiers.begin(), sample.modifiers.end());
  added.modifiers.insert(added.modifiers.end(), yields.modifiers.begin(), yields.modifiers.end());
  if (yields.stat_uncertainties) {
    added.modifiers.push_back({staterror_name(sample, yields), ModifierType::staterror, *yields.stat_uncertainties});
  }
  return added;
}

class SignalAddition {
 public:
  SignalAddition(const Workspace& workspace, const Signal& signal, const AddSignalOptions& options)
      : workspace_(workspace),
        signal_(signal),
        options_(options),
        source_("signal '" + signal.name + "'"),
        replaced_(signal.replace) {
    for (const SignalSample& sample : signal.samples) {
      for (const SignalYields& yields : sample.channels) yields_in_[yields.channel].push_back({&sample, &yields});
    }
  }

  Result<Workspace> add() {
    errors_ = spec::validate(signal_, source_);
    check_channels();
    check_replaced_samples();
    check_modifier_names();
    if (!errors_.empty()) return std::move(errors_);

    Workspace with = workspace_;
    for (Channel& channel : with.channels) {
      std::erase_if(channel.samples, [&](const Sample& sample) { return replaced_.contains(sample.name); });
      for (const auto& [sample, yields] : yields_in(channel)) {
        channel.samples.push_back(sample_for_channel(signal_, *sample, *yields));
      }
    }
    for (spec::Measurement& measurement : with.measurements) measurement.poi = signal_.poi;
    check_not_emptied(with);
    if (!errors_.empty()) return std::move(errors_);
    return with;
  }

 private:
  struct Contribution {
    const SignalSample* sample;
    const SignalYields* yields;
  };

  /// What the signal has in a channel, sample by sample.
  std::span<const Contribution> yields_in(const Channel& channel) const {
    const auto found = yields_in_.find(channel.name);
    if (found == yields_in_.end()) return {};
    return found->second;
  }

  void complain(ErrorCode code, std::string message, std::string hint = {}) {
    errors_.push_back({code, source_, std::move(message), std::move(hint)});
  }

  void require(const Names& known, const std::string& name, std::string_view what) {
    if (known.contains(name)) return;
    complain(ErrorCode::reference, fmt::format("the workspace has no {} called '{}'", what, name),
             hint_for_unknown(name, known.all()));
  }

  void check_channels() {
    const Names known = channel_names(workspace_);
    Names mentioned;
    for (const SignalSample& sample : signal_.samples) {
      for (const SignalYields& yields : sample.channels) mentioned.add(yields.channel);
    }
    for (const std::string& name : signal_.zero_channels) mentioned.add(name);
    for (const std::string& name : mentioned.all()) require(known, name, "channel");
    for (const Channel& channel : workspace_.channels) check_bins(channel);
    if (signal_.other_channels_are_zero || options_.other_channels_are_zero) return;
    std::vector<std::string> forgotten;
    for (const std::string& name : known.all()) {
      if (!mentioned.contains(name)) forgotten.push_back(name);
    }
    if (forgotten.empty()) return;
    complain(ErrorCode::reference, fmt::format("says nothing about the channels {}", quoted_list(forgotten)),
             "give yields, list them as zero_channels, or say other_channels_are_zero");
  }

  void check_bins(const Channel& channel) {
    if (channel.samples.empty()) return;
    const std::size_t n_bins = channel.samples.front().data.size();
    for (const auto& [sample, yields] : yields_in(channel)) {
      if (yields->yields.size() == n_bins) continue;
      complain(ErrorCode::schema, fmt::format("sample '{}' has {} yields for channel '{}', which has {} bins",
                                              sample->name, yields->yields.size(), channel.name, n_bins));
    }
  }

  void check_replaced_samples() {
    const Names known = sample_names(workspace_);
    for (const std::string& name : signal_.replace) require(known, name, "sample to replace");
    for (const SignalSample& sample : signal_.samples) {
      if (known.contains(sample.name) && !replaced_.contains(sample.name)) {
        complain(ErrorCode::reference, fmt::format("the workspace already has a sample called '{}'", sample.name),
                 "list it in 'replace' to put this one in its place, or choose another name");
      }
    }
  }

  /// Names that would tie the signal to the background where it must not be: the POI to something that is no
  /// normalisation, and the signal's statistical uncertainty to that of other samples.
  void check_modifier_names() {
    Names staterrors;  // of the samples that stay
    bool poi_is_other_type = false;
    for (const Channel& channel : workspace_.channels) {
      for (const Sample& sample : channel.samples) {
        if (replaced_.contains(sample.name)) continue;
        for (const Modifier& modifier : sample.modifiers) {
          if (modifier.type == ModifierType::staterror) staterrors.add(modifier.name);
          poi_is_other_type =
              poi_is_other_type || (modifier.name == signal_.poi && modifier.type != ModifierType::normfactor);
        }
      }
    }
    if (poi_is_other_type) {
      complain(ErrorCode::reference,
               fmt::format("the workspace uses the name '{}' for something else than a normfactor", signal_.poi),
               "choose another name for the signal strength");
    }
    for (const SignalSample& sample : signal_.samples) {
      for (const SignalYields& yields : sample.channels) {
        if (!yields.stat_uncertainties || !staterrors.contains(staterror_name(sample, yields))) continue;
        complain(ErrorCode::reference,
                 fmt::format("the workspace already has a staterror called '{}'", staterror_name(sample, yields)),
                 "choose another name for the sample");
      }
    }
  }

  void check_not_emptied(const Workspace& workspace) {
    for (const Channel& channel : workspace.channels) {
      if (!channel.samples.empty()) continue;
      complain(ErrorCode::reference,
               fmt::format("nothing is left in channel '{}' when its samples are replaced", channel.name));
    }
  }

  const Workspace& workspace_;
  const Signal& signal_;
  const AddSignalOptions& options_;
  std::string source_;
  Names replaced_;
  std::unordered_map<std::string_view, std::vector<Contribution>> yields_in_;  ///< by the name of the channel
  Errors errors_;
};

}  // namespace

Result<Workspace> add_signal(const Workspace& workspace, const Signal& signal, const AddSignalOptions& options) {
  return SignalAddition(workspace, signal, options).add();
}

}  // namespace relume::edit
