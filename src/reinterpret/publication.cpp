// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/publication.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
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
    return Error{ErrorCode::option, "region",
                 fmt::format("there are {} regions, whose correlations are not known: they cannot be used together",
                             names.size()),
                 "name one with --region, or bring a signal, which is most sensitive in one of them; there are: " +
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

  template <class Other>
  Result<Prepared> operator()(const Other& other) {
    if (!options_.region.empty()) return no_choice();
    if (signal_ != nullptr) {
      return Error{ErrorCode::option, "signal", fmt::format("{} take no signal", kind_of(Publication{other})), {}};
    }
    return Prepared{Publication{other}, {}};
  }

 private:
  Error no_choice() const {
    return {ErrorCode::option, "region",
            "one region is chosen of counting experiments only: here all are used together",
            "--only-channel and --mask-channel leave channels out"};
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

Result<model::Compiled> compile(const Publication& publication, const model::CompileOptions& options) {
  if (const auto* workspace = std::get_if<spec::Workspace>(&publication.value)) {
    return model::compile(*workspace, options);
  }
  auto prepared = prepare(publication);
  if (!prepared) return prepared.errors();
  if (!std::holds_alternative<spec::Workspace>(prepared->publication.value)) {
    return Error{ErrorCode::model, {}, fmt::format("{} cannot be compiled", kind_of(publication)), {}};
  }
  auto compiled = model::compile(std::get<spec::Workspace>(prepared->publication.value), options);
  if (compiled) {
    compiled->notices.insert(compiled->notices.begin(), prepared->notes.begin(), prepared->notes.end());
  }
  return compiled;
}

}  // namespace relume::reinterpret
