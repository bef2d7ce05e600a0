// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/as_workspace.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "edit/background_correlation.hpp"
#include "math/quadratic_moments.hpp"

namespace relume::edit {

using spec::Modifier;
using spec::ModifierType;
using spec::Workspace;

namespace {

/// Fits never get there: a standard normal parameter this far out costs 5e11 in -ln L.
constexpr double no_bound = 1e6;

std::string parameter_of(const std::string& region) { return "background[" + region + "]"; }

class Conversion {
 public:
  explicit Conversion(const spec::SimplifiedLikelihood& likelihood) : given_(likelihood) {}

  Result<WorkspaceConversion> run() {
    find_forms();
    auto correlation = background_correlation(given_, result_.regions);
    if (!correlation) return correlation.errors();
    result_.smallest_eigenvalue = correlation->smallest_eigenvalue;
    result_.largest_eigenvalue = correlation->largest_eigenvalue;
    result_.projection_distance = correlation->projection_distance;
    result_.n_modes = correlation->varying.size();
    result_.notices.insert(result_.notices.end(), correlation->notices.begin(), correlation->notices.end());
    Workspace& ws = result_.workspace;
    ws.constraints_are_priors = true;
    for (const spec::Region& region : given_.regions) {
      ws.channels.push_back({region.name, {{"background", {region.background}, {}}}});
      ws.observations.push_back({region.name, {region.observed}});
    }
    ws.measurements.push_back({given_.name.empty() ? "simplified likelihood" : given_.name, "", {}});
    if (correlation->is_singular) {
      use_modes(*correlation);
    } else {
      add_forms(*std::move(correlation));
    }
    return std::move(result_);
  }

 private:
  double variance(std::size_t i) const { return given_.covariance(i, i); }

  void find_forms() {
    std::string too_skewed;
    for (std::size_t i = 0; i < given_.regions.size(); ++i) {
      const spec::Region& region = given_.regions[i];
      RegionForm form{.region = region.name, .a = region.background, .b = std::sqrt(variance(i))};
      const auto third = given_.third_moments.empty() ? std::nullopt : given_.third_moments[i];
      if (third && *third != 0.0 && variance(i) > 0.0) {
        form.skewness = *third / (variance(i) * std::sqrt(variance(i)));
        if (const auto q = math::quadratic_moments(region.background, variance(i), *third); q && q->b > 0.0) {
          form.a = q->a;
          form.b = q->b;
          form.c = q->c;
          form.turning_point = -q->b / (2.0 * q->c);
          form.turning_background = q->a - q->b * q->b / (4.0 * q->c);
        } else {
          form.is_too_skewed = true;
          too_skewed += fmt::format("{}'{}' ({:.3g})", too_skewed.empty() ? "" : ", ", region.name, form.skewness);
        }
      }
      if (!(variance(i) > 0.0)) form.b = 0.0;
      result_.regions.push_back(std::move(form));
    }
    if (!too_skewed.empty()) {
      result_.notices.push_back(
          "third moments are too large for a quadratic form (skewness beyond 2.83), and left out: " + too_skewed);
    }
  }

  void use_modes(const BackgroundCorrelation& background) {
    const auto modes = modes_of(background, result_.regions);
    add_modes(modes, true, no_bound, result_.workspace);
    result_.n_modes = modes.size();
    result_.notices.push_back(
        fmt::format("the covariance is singular: the backgrounds of {} regions vary in {} independent directions, "
                    "background_mode[0] and following",
                    background.varying.size(), modes.size()));
  }

  void add_forms(BackgroundCorrelation background) {
    Workspace& ws = result_.workspace;
    spec::Correlation correlation;
    for (const std::size_t i : background.varying) {
      const RegionForm& f = result_.regions[i];
      const std::string name = parameter_of(f.region);
      ws.channels[i].samples.front().data = {f.a};
      ws.channels[i].samples.front().modifiers.push_back(
          {name, ModifierType::histosys, spec::HistoSysData{{f.a - f.b + f.c}, {f.a + f.b + f.c}, true}});
      spec::ParameterConfig config{.name = name};
      config.bounds = {{{f.c > 0.0 ? *f.turning_point : -no_bound, f.c < 0.0 ? *f.turning_point : no_bound}}};
      ws.measurements.front().parameters.push_back(std::move(config));
      correlation.parameters.push_back(name);
    }
    if (background.varying.size() < 2) return;
    correlation.matrix = {background.varying.size(), std::move(background.matrix)};
    ws.correlations.push_back(std::move(correlation));
  }

  const spec::SimplifiedLikelihood& given_;
  WorkspaceConversion result_;
};

}  // namespace

Result<WorkspaceConversion> as_workspace(const spec::SimplifiedLikelihood& likelihood) {
  return Conversion(likelihood).run();
}

Result<spec::SimplifiedLikelihood> one_region(const spec::CountingExperiments& experiments, const std::string& region) {
  std::vector<std::string> names;
  for (const spec::CountingRegion& r : experiments.regions) {
    if (r.name != region) {
      names.push_back(r.name);
      continue;
    }
    spec::SimplifiedLikelihood one{.name = experiments.name,
                                   .regions = {{r.name, r.observed, r.background}},
                                   .covariance = {1, {r.uncertainty * r.uncertainty}}};
    if (r.third_moment) one.third_moments = {r.third_moment};
    one.metadata = experiments.metadata;
    return one;
  }
  return Error{ErrorCode::reference, region, "no region is called '" + region + "'",
               "there are: " + fmt::format("{}", fmt::join(names, ", "))};
}

Result<WorkspaceConversion> as_workspace(const spec::CountingExperiments& experiments, const std::string& region) {
  const auto one = one_region(experiments, region);
  if (!one) return one.errors();
  return as_workspace(*one);
}

}  // namespace relume::edit
