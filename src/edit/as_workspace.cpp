// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/edit/as_workspace.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/nearest.hpp"
#include "math/quadratic_moments.hpp"
#include "math/symmetric_matrix.hpp"

namespace relume::edit {

using spec::Modifier;
using spec::ModifierType;
using spec::Workspace;

namespace {

/// Fits never get there: a standard normal parameter this far out costs 5e11 in -ln L.
constexpr double no_bound = 1e6;
/// A correlation is inverted when no eigenvalue is below this, so that gradients keep eight digits; below it a linear
/// likelihood uses modes, and a quadratic one is moved to it.
constexpr double invertible = 1e-8;
/// Modes below this share of the largest have no width to the digits of their factorisation.
constexpr double null_mode = 1e-13;
/// Entries of published correlations have two to four digits. A matrix that has to be changed by more than this to have
/// no negative eigenvalue says something else than it means.
constexpr double max_rounding = 0.02;
/// Covariances that are changed by less, relative to the standard deviations, are worth no word: arithmetic in single
/// precision leaves as much.
constexpr double worth_telling = 1e-6;
/// Pairs of regions that are named; the worst come first.
constexpr std::size_t n_named = 5;

std::string parameter_of(const std::string& region) { return "background[" + region + "]"; }

class Conversion {
 public:
  explicit Conversion(const spec::SimplifiedLikelihood& likelihood) : given_(likelihood) {}

  Result<WorkspaceConversion> run() {
    find_forms();
    find_correlation();
    if (!errors_.empty()) return errors_;
    Workspace& ws = result_.workspace;
    ws.constraints_are_priors = true;
    for (const spec::Region& region : given_.regions) {
      ws.channels.push_back({region.name, {{"background", {region.background}, {}}}});
      ws.observations.push_back({region.name, {region.observed}});
    }
    ws.measurements.push_back({given_.name.empty() ? "simplified likelihood" : given_.name, "", {}});
    if (uses_modes_) {
      add_modes();
    } else {
      add_forms();
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
          is_quadratic_ = true;
        } else {
          form.is_too_skewed = true;
          too_skewed += fmt::format("{}'{}' ({:.3g})", too_skewed.empty() ? "" : ", ", region.name, form.skewness);
        }
      }
      if (variance(i) > 0.0) {
        varying_.push_back(i);
      } else {
        form.b = 0.0;
      }
      result_.regions.push_back(std::move(form));
    }
    if (!too_skewed.empty()) {
      result_.notices.push_back(
          "third moments are too large for a quadratic form (skewness beyond 2.83), and left out: " + too_skewed);
    }
  }

  math::QuadraticForm form(std::size_t i) const {
    const RegionForm& f = result_.regions[i];
    return {f.a, f.b, f.c};
  }

  void find_correlation() {
    const std::size_t n = varying_.size();
    if (n == 0) return;
    correlation_.assign(n * n, 1.0);
    std::vector<Impossible> impossible;
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < j; ++k) {
        const std::size_t a = varying_[j], b = varying_[k];
        const double covariance = 0.5 * (given_.covariance(a, b) + given_.covariance(b, a));
        const double rho = math::nearest_quadratic_correlation(form(a), form(b), covariance);
        correlation_[j * n + k] = correlation_[k * n + j] = rho;
        const double reached = math::quadratic_covariance(form(a), form(b), rho);
        const double change = std::fabs(covariance - reached) / std::sqrt(variance(a) * variance(b));
        if (change > worth_telling) impossible.push_back({b, a, covariance, reached, change});
      }
    }
    if (!impossible.empty()) judge(std::move(impossible));
    const auto eigen = math::eigen_decomposition(correlation_, n);
    result_.smallest_eigenvalue = eigen.values.front();
    result_.largest_eigenvalue = eigen.values.back();
    result_.n_modes = n;
    if (eigen.values.front() >= invertible) return;
    const double negative = null_mode * eigen.values.back() * static_cast<double>(n);
    if (!is_quadratic_ && eigen.values.front() > -negative) return take_modes(eigen);
    const auto n_negative =
        std::count_if(eigen.values.begin(), eigen.values.end(), [&](double value) { return value < -negative; });
    project(static_cast<std::size_t>(n_negative));
  }

  /// A covariance that the forms of two regions do not have for any correlation.
  struct Impossible {
    std::size_t first, second;  ///< regions
    double published, reached;
    double change;  ///< relative to the standard deviations
  };

  std::string where() const { return is_quadratic_ ? "covariance, third moments" : "covariance"; }
  std::string hint() const {
    return is_quadratic_ ? "check the order of the regions; without third moments the likelihood is linear"
                         : "check that the matrix is a covariance, and the order of its rows";
  }

  void judge(std::vector<Impossible> pairs) {
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Impossible& x, const Impossible& y) { return x.change > y.change; });
    std::string named;
    for (std::size_t i = 0; i < std::min(pairs.size(), n_named); ++i) {
      const Impossible& p = pairs[i];
      named += fmt::format("{}'{}' and '{}' ({:.4g} instead of {:.4g})", i == 0 ? "" : ", ",
                           given_.regions[p.first].name, given_.regions[p.second].name, p.reached, p.published);
    }
    if (pairs.size() > n_named) named += fmt::format(", and {} more", pairs.size() - n_named);
    const std::string_view forms = is_quadratic_ ? "quadratic forms" : "normal distributions";
    if (pairs.front().change > max_rounding) {
      errors_.push_back(
          {ErrorCode::model, where(),
           fmt::format("{} cannot have the covariances of {}: the nearest that they can have differ by up "
                       "to {:.2g} of the standard deviations",
                       forms, named, pairs.front().change),
           hint()});
      return;
    }
    result_.notices.push_back(
        fmt::format("covariances that {} cannot have are the nearest that they can have: {}", forms, named));
  }

  void take_modes(const math::EigenDecomposition& eigen) {
    uses_modes_ = true;
    const std::size_t n = varying_.size();
    for (std::size_t k = n; k-- > 0;) {
      if (!(eigen.values[k] > null_mode * eigen.values.back())) break;
      std::vector<double> shift;
      for (std::size_t j = 0; j < n; ++j) {
        shift.push_back(std::sqrt(eigen.values[k]) * eigen.vectors[k * n + j] * result_.regions[varying_[j]].b);
      }
      modes_.push_back(std::move(shift));
    }
    result_.n_modes = modes_.size();
    result_.notices.push_back(
        fmt::format("the covariance is singular: the backgrounds of {} regions vary in {} independent directions, "
                    "background_mode[0] and following",
                    n, modes_.size()));
  }

  void project(std::size_t n_negative) {
    const std::size_t n = varying_.size();
    auto nearest = math::nearest_correlation(correlation_, n, invertible);
    if (!nearest.is_converged || (n_negative > 0 && nearest.largest_change > max_rounding)) {
      errors_.push_back(
          {ErrorCode::model, where(),
           fmt::format(
               "no correlation matrix is near: {} of {} eigenvalues are negative, the smallest is {:g}, and the "
               "nearest correlation matrix differs by up to {:g} in one entry",
               n_negative, n, result_.smallest_eigenvalue, nearest.largest_change),
           hint()});
      return;
    }
    result_.notices.push_back(fmt::format(
        "the correlations of the backgrounds have {} negative eigenvalues, the smallest is {:g}: the nearest "
        "correlation matrix is used (Frobenius distance {:.3g}, largest change of an entry {:.3g})",
        n_negative, result_.smallest_eigenvalue, nearest.distance, nearest.largest_change));
    result_.projection_distance = nearest.distance;
    correlation_ = std::move(nearest.matrix);
  }

  void add_forms() {
    Workspace& ws = result_.workspace;
    spec::Correlation correlation;
    for (const std::size_t i : varying_) {
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
    if (varying_.size() < 2) return;
    correlation.matrix = {varying_.size(), correlation_};
    ws.correlations.push_back(std::move(correlation));
  }

  void add_modes() {
    Workspace& ws = result_.workspace;
    for (std::size_t k = 0; k < modes_.size(); ++k) {
      const std::string name = fmt::format("background_mode[{}]", k);
      for (std::size_t j = 0; j < varying_.size(); ++j) {
        spec::Sample& sample = ws.channels[varying_[j]].samples.front();
        const double nominal = sample.data.front().value, shift = modes_[k][j];
        if (shift == 0.0) continue;
        sample.modifiers.push_back(
            {name, ModifierType::histosys, spec::HistoSysData{{nominal - shift}, {nominal + shift}, true}});
      }
      spec::ParameterConfig config{.name = name};
      config.bounds = {{{-no_bound, no_bound}}};
      ws.measurements.front().parameters.push_back(std::move(config));
    }
  }

  const spec::SimplifiedLikelihood& given_;
  WorkspaceConversion result_;
  Errors errors_;
  bool is_quadratic_ = false, uses_modes_ = false;
  std::vector<std::size_t> varying_;  ///< regions whose background is uncertain
  std::vector<double> correlation_;   ///< among those
  std::vector<std::vector<double>> modes_;
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
