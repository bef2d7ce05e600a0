// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/as_pyhf.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "edit/background_correlation.hpp"
#include "relume/edit/as_workspace.hpp"

namespace relume::edit {

using spec::HistoSysData;
using spec::Modifier;
using spec::ModifierType;
using spec::Workspace;

namespace {

/// pyhf holds parameters within 5 standard deviations unless told otherwise, which data far from the background reach.
/// At 10 the constraint alone costs 50 in -ln L.
constexpr double bound = 10.0;

constexpr const char* other_asimov =
    "the likelihood is the same, but pyhf also moves the centres of constraints in its Asimov data, so that its "
    "expected results, and limits that use them, are others: by tens of percent where the data pull the background";

Result<PyhfConversion> from_simplified(const spec::SimplifiedLikelihood& s, const PyhfOptions& options) {
  PyhfConversion result;
  Workspace& ws = result.workspace;
  for (const spec::Region& region : s.regions) {
    ws.channels.push_back({region.name, {{"background", {region.background}, {}}}});
    ws.observations.push_back({region.name, {region.observed}});
  }
  ws.measurements.push_back({s.name.empty() ? "simplified likelihood" : s.name, options.poi, {}});
  result.notes.emplace_back(other_asimov);

  const auto is_skewed = [](const std::optional<double>& moment) { return moment && *moment != 0.0; };
  const auto n_skewed = std::count_if(s.third_moments.begin(), s.third_moments.end(), is_skewed);
  if (n_skewed > 0) {
    result.lost.push_back(fmt::format("third moments of {} regions: their backgrounds become linear", n_skewed));
  }

  std::vector<RegionForm> linear;
  for (std::size_t i = 0; i < s.regions.size(); ++i) {
    linear.push_back({.region = s.regions[i].name, .a = s.regions[i].background, .b = std::sqrt(s.covariance(i, i))});
  }
  const auto correlation = background_correlation(s, linear);
  if (!correlation) return correlation.errors();
  result.notes.insert(result.notes.end(), correlation->notices.begin(), correlation->notices.end());
  add_modes(modes_of(*correlation, linear), false, bound, ws);
  return result;
}

Result<PyhfConversion> from_workspace(const Workspace& workspace) {
  PyhfConversion result{.workspace = workspace};
  std::size_t n_parabolas = 0;
  for (spec::Channel& channel : result.workspace.channels) {
    for (spec::Sample& sample : channel.samples) {
      for (Modifier& modifier : sample.modifiers) {
        auto* histograms = std::get_if<HistoSysData>(&modifier.data);
        if (histograms == nullptr || !histograms->is_parabola) continue;
        histograms->is_parabola = false;
        ++n_parabolas;
      }
    }
  }
  if (n_parabolas > 0) {
    result.lost.push_back(
        fmt::format("{} parabolas: their histograms are interpolated with pyhf's code instead", n_parabolas));
  }
  std::size_t n_correlated = 0;
  for (const spec::Correlation& correlation : workspace.correlations) n_correlated += correlation.parameters.size();
  if (n_correlated > 0) {
    result.lost.push_back(fmt::format("correlations of the constraints of {} parameters", n_correlated));
  }
  result.workspace.correlations.clear();
  if (workspace.constraints_are_priors) result.notes.emplace_back(other_asimov);
  result.workspace.constraints_are_priors = false;
  for (const spec::Measurement& measurement : workspace.measurements) {
    for (const spec::ParameterConfig& parameter : measurement.parameters) {
      if (!parameter.error_on_error) continue;
      result.lost.push_back(fmt::format("the error on the error of '{}'", parameter.name));
    }
  }
  for (spec::Measurement& measurement : result.workspace.measurements) {
    for (spec::ParameterConfig& parameter : measurement.parameters) parameter.error_on_error.reset();
  }
  return result;
}

}  // namespace

Result<PyhfConversion> as_pyhf(const spec::Publication& publication, const PyhfOptions& options) {
  if (options.region && !std::holds_alternative<spec::CountingExperiments>(publication.value)) {
    return Error{ErrorCode::option, "region", "one region is chosen of counting experiments only", {}};
  }
  if (const auto* workspace = std::get_if<Workspace>(&publication.value)) return from_workspace(*workspace);
  if (const auto* s = std::get_if<spec::SimplifiedLikelihood>(&publication.value)) return from_simplified(*s, options);
  if (const auto* counts = std::get_if<spec::CountingExperiments>(&publication.value)) {
    std::optional<std::string> region = options.region;
    if (!region && counts->regions.size() == 1) region = counts->regions.front().name;
    if (!region) {
      return Error{ErrorCode::unsupported, "regions",
                   fmt::format("{} regions whose correlations are not known are no workspace", counts->regions.size()),
                   "choose one of them"};
    }
    const Result<spec::SimplifiedLikelihood> one = one_region(*counts, *region);
    if (!one) return one.errors();
    return from_simplified(*one, options);
  }
  return Error{ErrorCode::unsupported, "kind", fmt::format("{} cannot be written as a workspace", kind_of(publication)),
               "a relume likelihood file holds any kind"};
}

}  // namespace relume::edit
