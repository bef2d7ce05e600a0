// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/publication.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/model/measurements.hpp"
#include "relume/model/product.hpp"
#include "relume/model/upper_limits.hpp"
#include "relume/reinterpret/counting.hpp"

namespace relume::reinterpret {

using spec::Publication;

namespace {

std::vector<std::string> region_names(const spec::CountingExperiments& experiments) {
  std::vector<std::string> names;
  for (const spec::CountingRegion& region : experiments.regions) names.push_back(region.name);
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
  const std::vector<std::string> names = region_names(experiments);
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
  const std::vector<std::string> names = region_names(experiments);
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
  /// Channels of a signal on a product are called component/channel; its strength is one parameter of all components.
  Result<Prepared> spread(const spec::Product& product) {
    Errors errors;
    for (const spec::SignalSample& sample : signal_->samples) {
      for (const spec::SignalYields& yields : sample.channels) check_component(product, yields.channel, errors);
    }
    for (const std::string& name : signal_->zero_channels) check_component(product, name, errors);
    if (!errors.empty()) return errors;
    spec::Product with = product;
    spec::Product::Shared strength{signal_->poi, {}};
    for (spec::Component& component : with.components) {
      const spec::Signal part = part_of(*signal_, component.name + '/');
      if (part.samples.empty()) continue;
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
      strength.members.emplace_back(component.name, signal_->poi);
    }
    if (!errors.empty()) return errors;
    std::erase_if(with.shared, [&](const spec::Product::Shared& shared) { return shared.name == strength.name; });
    with.shared.push_back(std::move(strength));
    with.poi = signal_->poi;
    return Prepared{Publication{std::move(with)}, std::move(notes_)};
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
