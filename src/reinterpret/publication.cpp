// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/publication.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "base/quoted_list.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/model/measurements.hpp"
#include "relume/model/product.hpp"
#include "relume/model/upper_limits.hpp"
#include "relume/reinterpret/counting.hpp"

namespace relume::reinterpret {

using spec::Publication;

namespace {

template <class T>
std::vector<std::string> names_of(const std::vector<T>& items) {
  std::vector<std::string> names;
  for (const T& item : items) names.push_back(item.name);
  return names;
}

/// Events of the signal in a region, all samples together.
double yield_in(const spec::Signal& signal, const std::string& region) {
  double sum = 0.0;
  for (const spec::SignalSample& sample : signal.samples) {
    for (const spec::SignalYields& yields : sample.channels) {
      if (yields.channel == region && !yields.yields.empty()) sum += yields.yields.front().value;
    }
  }
  return sum;
}

/// Everything that a signal says must be about regions that exist, before all but one of them are left out.
Errors unknown_regions(const spec::CountingExperiments& experiments, const spec::Signal& signal) {
  const std::vector<std::string> names = names_of(experiments.regions);
  Errors errors;
  const auto check = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      errors.push_back({ErrorCode::reference, name, "the signal is about region '" + name + "', which does not exist",
                        hint_for_unknown(name, names)});
    }
  };
  for (const spec::SignalSample& sample : signal.samples) {
    for (const spec::SignalYields& yields : sample.channels) check(yields.channel);
  }
  for (const std::string& name : signal.zero_channels) check(name);
  return errors;
}

Result<std::string> choose_region(const spec::CountingExperiments& experiments, const spec::Signal* signal,
                                  const PrepareOptions& options, std::vector<std::string>& notes) {
  if (!options.region.empty()) return options.region;
  if (experiments.regions.size() == 1) return experiments.regions.front().name;
  const std::vector<std::string> names = names_of(experiments.regions);
  if (signal == nullptr) {
    return Error{
        ErrorCode::option, "region",
        fmt::format("there are {} regions, whose correlations are not known: they cannot be used together",
                    names.size()),
        "name one of them as the region, or bring a signal, which is most sensitive in one of them; there are: " +
            fmt::format("'{}'", fmt::join(names, "', '"))};
  }
  std::vector<CountingPoint> points;
  for (const spec::CountingRegion& region : experiments.regions) {
    points.push_back({region.observed, region.background, region.uncertainty, yield_in(*signal, region.name)});
  }
  const RegionChoice choice = most_sensitive_region(points);
  if (!choice.best) {
    return Error{ErrorCode::model, "signal", "no region has a limit on this signal",
                 "a region needs a positive yield of the signal"};
  }
  notes.push_back(fmt::format(
      "correlations between the {} regions are not known: '{}' alone is used, whose expected limit before looking at "
      "the data, {:.4g}, is the lowest",
      names.size(), names[*choice.best], *choice.expected[*choice.best]));
  return names[*choice.best];
}

/// What signals give yields for.
std::vector<std::string> channels_of(const spec::Publication& publication) {
  struct Names {
    std::vector<std::string> operator()(const spec::Workspace& workspace) const { return names_of(workspace.channels); }
    std::vector<std::string> operator()(const spec::SimplifiedLikelihood& s) const { return names_of(s.regions); }
    std::vector<std::string> operator()(const spec::CountingExperiments& c) const { return names_of(c.regions); }
    std::vector<std::string> operator()(const spec::UpperLimits& limits) const { return {limits.region}; }
    std::vector<std::string> operator()(const spec::Measurements& m) const {
      std::vector<std::string> names;
      for (const spec::MeasuredValues& together : m.measured) {
        for (const spec::MeasuredValue& value : together.values) names.push_back(value.name);
      }
      return names;
    }
    std::vector<std::string> operator()(const spec::Product& product) const {
      std::vector<std::string> names;
      for (const spec::Component& component : product.components) {
        for (const std::string& name : channels_of(component.publication)) names.push_back(component.name + '/' + name);
      }
      return names;
    }
  };
  return std::visit(Names{}, publication.value);
}

/// What the signal says about one region.
spec::Signal cut_to(const spec::Signal& signal, const std::string& region) {
  spec::Signal cut = signal;
  for (spec::SignalSample& sample : cut.samples) {
    std::erase_if(sample.channels, [&](const spec::SignalYields& yields) { return yields.channel != region; });
  }
  std::erase_if(cut.samples, [](const spec::SignalSample& sample) { return sample.channels.empty(); });
  cut.zero_channels.clear();
  return cut;
}

class Preparation {
 public:
  Preparation(const spec::Signal* signal, const PrepareOptions& options) : signal_(signal), options_(options) {}

  Result<Prepared> operator()(const spec::Workspace& workspace) {
    if (!options_.region.empty()) return no_choice();
    return with_signal(workspace, signal_);
  }

  Result<Prepared> operator()(const spec::SimplifiedLikelihood& likelihood) {
    if (!options_.region.empty()) return no_choice();
    return converted(edit::as_workspace(likelihood), signal_);
  }

  Result<Prepared> operator()(const spec::CountingExperiments& experiments) {
    if (signal_ != nullptr) {
      if (Errors errors = unknown_regions(experiments, *signal_); !errors.empty()) return errors;
    }
    const auto region = choose_region(experiments, signal_, options_, notes_);
    if (!region) return region.errors();
    auto conversion = edit::as_workspace(experiments, *region);
    if (signal_ == nullptr) return converted(std::move(conversion), nullptr);
    const spec::Signal cut = cut_to(*signal_, *region);
    if (cut.samples.empty()) {
      return Error{ErrorCode::model, "signal", "the signal has no yield in region '" + *region + "'", {}};
    }
    return converted(std::move(conversion), &cut);
  }

  Result<Prepared> operator()(const spec::Product& product) {
    if (!options_.region.empty()) return no_choice();
    if (signal_ == nullptr) return Prepared{Publication{product}, {}};
    return spread(product);
  }

  /// Measurements and upper limits.
  template <class Other>
  Result<Prepared> operator()(const Other& other) {
    if (!options_.region.empty()) return no_choice();
    if (signal_ == nullptr) return Prepared{Publication{other}, {}};
    auto with = edit::add_signal(other, *signal_, {.other_channels_are_zero = options_.other_channels_are_zero});
    if (!with) return with.errors();
    return Prepared{Publication{*std::move(with)}, {}};
  }

 private:
  /// Channels of a signal on a product are called component/channel. Its strength is one parameter of all components
  /// that it reaches, and of those that share it already.
  Result<Prepared> spread(const spec::Product& product) {
    Errors errors;
    for (const spec::SignalSample& sample : signal_->samples) {
      for (const spec::SignalYields& yields : sample.channels) check_component(product, yields.channel, errors);
    }
    for (const std::string& name : signal_->zero_channels) check_component(product, name, errors);
    if (!errors.empty()) return errors;
    spec::Product with = product;
    spec::Product::Shared& strength = entry_called(with.shared, signal_->poi);
    for (spec::Component& component : with.components) {
      spec::Signal part = part_of(*signal_, component.name + '/');
      const auto member = std::find_if(strength.members.begin(), strength.members.end(),
                                       [&](const auto& m) { return m.first == component.name; });
      const bool is_member = member != strength.members.end();
      if (part.samples.empty()) {
        check_silence(component, part, is_member, errors);
        continue;
      }
      // What the component calls the strength already is what scales the signal there.
      if (is_member) part.poi = member->second;
      auto prepared =
          prepare(component.publication, &part, {.other_channels_are_zero = options_.other_channels_are_zero});
      if (!prepared) {
        for (Error error : prepared.errors()) {
          error.where = fmt::format("component '{}'{}{}", component.name, error.where.empty() ? "" : ", ", error.where);
          errors.push_back(std::move(error));
        }
        continue;
      }
      for (const std::string& note : prepared->notes) notes_.push_back(fmt::format("'{}': {}", component.name, note));
      component.publication = std::move(prepared->publication);
      if (!is_member) strength.members.emplace_back(component.name, signal_->poi);
    }
    if (!errors.empty()) return errors;
    with.poi = signal_->poi;
    return Prepared{Publication{std::move(with)}, std::move(notes_)};
  }

  static spec::Product::Shared& entry_called(std::vector<spec::Product::Shared>& shared, const std::string& name) {
    const auto found = std::find_if(shared.begin(), shared.end(), [&](const auto& s) { return s.name == name; });
    return found != shared.end() ? *found : shared.emplace_back(name);
  }

  /// A component that the signal gives no yields: it must be said that there are none, or the file says how the
  /// component depends on the strength.
  void check_silence(const spec::Component& component, const spec::Signal& part, bool is_member, Errors& errors) {
    const std::vector<std::string> channels = channels_of(component.publication);
    const std::string where = fmt::format("component '{}'", component.name);
    for (const std::string& name : part.zero_channels) {
      if (std::find(channels.begin(), channels.end(), name) != channels.end()) continue;
      errors.push_back(
          {ErrorCode::reference, where, "nothing is called '" + name + "' there", hint_for_unknown(name, channels)});
    }
    if (is_member) {
      notes_.push_back(fmt::format("'{}' depends on '{}' as published: the signal says nothing about it",
                                   component.name, signal_->poi));
      return;
    }
    if (part.other_channels_are_zero || options_.other_channels_are_zero) return;
    std::vector<std::string> forgotten;
    for (const std::string& name : channels) {
      const bool is_zero =
          std::find(part.zero_channels.begin(), part.zero_channels.end(), name) != part.zero_channels.end();
      if (!is_zero) forgotten.push_back(component.name + '/' + name);
    }
    if (forgotten.empty()) return;
    errors.push_back({ErrorCode::reference, where, "the signal says nothing about " + quoted_list(forgotten),
                      "give yields, list them as zero_channels, or say other_channels_are_zero"});
  }

  static void check_component(const spec::Product& product, const std::string& channel, Errors& errors) {
    std::vector<std::string> names;
    for (const spec::Component& component : product.components) {
      if (channel.starts_with(component.name + '/')) return;
      names.push_back(component.name + "/...");
    }
    errors.push_back({ErrorCode::reference, channel,
                      "the signal is about '" + channel + "', which names no component of the product",
                      hint_for_unknown(channel, names)});
  }

  /// What the signal says about channels that begin so, which loses the beginning.
  static spec::Signal part_of(const spec::Signal& signal, const std::string& beginning) {
    spec::Signal part = signal;
    for (spec::SignalSample& sample : part.samples) {
      std::erase_if(sample.channels, [&](const auto& yields) { return !yields.channel.starts_with(beginning); });
      for (spec::SignalYields& yields : sample.channels) yields.channel.erase(0, beginning.size());
    }
    std::erase_if(part.samples, [](const spec::SignalSample& sample) { return sample.channels.empty(); });
    std::erase_if(part.zero_channels, [&](const std::string& name) { return !name.starts_with(beginning); });
    for (std::string& name : part.zero_channels) name.erase(0, beginning.size());
    return part;
  }

  Error no_choice() const {
    return {ErrorCode::option, "region",
            "one region is chosen of counting experiments only: here all are used together",
            "channels are left out by masking them"};
  }

  Result<Prepared> converted(Result<edit::WorkspaceConversion> conversion, const spec::Signal* signal) {
    if (!conversion) return conversion.errors();
    notes_.insert(notes_.end(), conversion->notices.begin(), conversion->notices.end());
    return with_signal(conversion->workspace, signal);
  }

  Result<Prepared> with_signal(const spec::Workspace& workspace, const spec::Signal* signal) {
    if (signal == nullptr) return Prepared{Publication{workspace}, std::move(notes_)};
    auto with = edit::add_signal(workspace, *signal, {.other_channels_are_zero = options_.other_channels_are_zero});
    if (!with) return with.errors();
    return Prepared{Publication{*std::move(with)}, std::move(notes_)};
  }

  const spec::Signal* signal_;
  const PrepareOptions& options_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<Prepared> prepare(const Publication& publication, const spec::Signal* signal, const PrepareOptions& options) {
  return std::visit(Preparation(signal, options), publication.value);
}

namespace {

class Compilation {
 public:
  explicit Compilation(const model::CompileOptions& options) : options_(options) {}

  Result<model::Compiled> operator()(const spec::Workspace& workspace) { return model::compile(workspace, options_); }
  Result<model::Compiled> operator()(const spec::SimplifiedLikelihood& likelihood) { return converted({likelihood}); }
  Result<model::Compiled> operator()(const spec::CountingExperiments& experiments) { return converted({experiments}); }
  Result<model::Compiled> operator()(const spec::UpperLimits& limits) {
    if (Errors errors = not_meant("upper limits", true); !errors.empty()) return errors;
    model::UpperLimitsOptions options;
    options.poi = options_.poi;
    return model::compile(limits, options);
  }
  Result<model::Compiled> operator()(const spec::Measurements& measurements) {
    if (Errors errors = not_meant("measurements", true); !errors.empty()) return errors;
    model::MeasurementsOptions options;
    options.poi = options_.poi;
    return model::compile(measurements, options);
  }
  Result<model::Compiled> operator()(const spec::Product& product) {
    spec::Product chosen = product;
    if (options_.poi) chosen.poi = *options_.poi;
    // A parameter of interest is one of the product; what acts on channels reaches the components that have them.
    model::CompileOptions of_component = options_;
    of_component.poi.reset();
    of_component.measurement.clear();
    const bool has_none = !has_channels(Publication{product});
    const char* kind = has_none ? "a product of what has no channels" : "a product";
    if (Errors errors = not_meant(kind, has_none); !errors.empty()) return errors;
    return model::compile(chosen, [&](const spec::Component& component) {
      return compile(component.publication,
                     has_channels(component.publication) ? of_component : model::CompileOptions{});
    });
  }

 private:
  static bool has_channels(const Publication& publication) {
    if (const auto* product = std::get_if<spec::Product>(&publication.value)) {
      return std::any_of(product->components.begin(), product->components.end(),
                         [](const spec::Component& component) { return has_channels(component.publication); });
    }
    return !std::holds_alternative<spec::UpperLimits>(publication.value) &&
           !std::holds_alternative<spec::Measurements>(publication.value);
  }

  /// Options about measurements of a workspace and, where there are none, about channels and samples.
  Errors not_meant(const char* kind, bool has_no_channels) const {
    Errors errors;
    const auto refuse = [&](bool is_given, const char* option) {
      if (is_given) errors.push_back({ErrorCode::option, option, fmt::format("means nothing for {}", kind), {}});
    };
    refuse(!options_.measurement.empty(), "measurement");
    if (!has_no_channels) return errors;
    const model::CompileOptions defaults;
    refuse(options_.constraints_are_priors.has_value(), "constraints");
    refuse(options_.normsys != defaults.normsys, "normsys");
    refuse(options_.histosys != defaults.histosys, "histosys");
    refuse(options_.clip_sample_data.has_value(), "clip_sample_data");
    refuse(options_.clip_bin_data.has_value(), "clip_bin_data");
    refuse(!options_.errors_on_errors.empty(), "errors_on_errors");
    return errors;
  }

  Result<model::Compiled> converted(const Publication& publication) {
    const auto prepared = prepare(publication);
    if (!prepared) return prepared.errors();
    auto compiled = compile(prepared->publication, options_);
    if (compiled) compiled->notices.insert(compiled->notices.begin(), prepared->notes.begin(), prepared->notes.end());
    return compiled;
  }

  const model::CompileOptions& options_;
};

}  // namespace

Result<model::Compiled> compile(const Publication& publication, const model::CompileOptions& options) {
  return std::visit(Compilation(options), publication.value);
}

}  // namespace relume::reinterpret
