// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "edit/background_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "math/quadratic_moments.hpp"
#include "math/symmetric_matrix.hpp"

namespace relume::edit {

namespace {

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

/// A covariance that the forms of two regions do not have for any correlation.
struct Impossible {
  std::size_t first, second;  ///< regions
  double published, reached;
  double change;  ///< relative to the standard deviations
};

class Finder {
 public:
  Finder(const spec::SimplifiedLikelihood& given, std::span<const RegionForm> forms)
      : given_(given),
        forms_(forms),
        is_quadratic_(std::any_of(forms.begin(), forms.end(), [](const RegionForm& f) { return f.c != 0.0; })) {}

  Result<BackgroundCorrelation> run() {
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      if (variance(i) > 0.0) result_.varying.push_back(i);
    }
    if (result_.varying.empty()) return std::move(result_);
    solve_pairs();
    find_spectrum();
    if (!errors_.empty()) return errors_;
    return std::move(result_);
  }

 private:
  double variance(std::size_t i) const { return given_.covariance(i, i); }

  math::QuadraticForm form(std::size_t i) const { return {forms_[i].a, forms_[i].b, forms_[i].c}; }

  void solve_pairs() {
    const std::size_t n = result_.varying.size();
    result_.matrix.assign(n * n, 1.0);
    std::vector<Impossible> impossible;
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < j; ++k) {
        const std::size_t a = result_.varying[j], b = result_.varying[k];
        const double covariance = 0.5 * (given_.covariance(a, b) + given_.covariance(b, a));
        const double rho = math::nearest_quadratic_correlation(form(a), form(b), covariance);
        result_.matrix[j * n + k] = result_.matrix[k * n + j] = rho;
        const double reached = math::quadratic_covariance(form(a), form(b), rho);
        const double change = std::fabs(covariance - reached) / std::sqrt(variance(a) * variance(b));
        if (change > worth_telling) impossible.push_back({b, a, covariance, reached, change});
      }
    }
    if (!impossible.empty()) judge(std::move(impossible));
  }

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

  void find_spectrum() {
    const std::size_t n = result_.varying.size();
    const auto eigen = math::eigen_decomposition(result_.matrix, n);
    result_.smallest_eigenvalue = eigen.values.front();
    result_.largest_eigenvalue = eigen.values.back();
    if (eigen.values.front() >= invertible) return;
    const double negative = null_mode * eigen.values.back() * static_cast<double>(n);
    if (!is_quadratic_ && eigen.values.front() > -negative) {
      result_.is_singular = true;
      return;
    }
    const auto n_negative =
        std::count_if(eigen.values.begin(), eigen.values.end(), [&](double value) { return value < -negative; });
    project(static_cast<std::size_t>(n_negative));
  }

  void project(std::size_t n_negative) {
    const std::size_t n = result_.varying.size();
    auto nearest = math::nearest_correlation(result_.matrix, n, invertible);
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
    result_.matrix = std::move(nearest.matrix);
  }

  const spec::SimplifiedLikelihood& given_;
  std::span<const RegionForm> forms_;
  bool is_quadratic_;
  BackgroundCorrelation result_;
  Errors errors_;
};

}  // namespace

Result<BackgroundCorrelation> background_correlation(const spec::SimplifiedLikelihood& likelihood,
                                                     std::span<const RegionForm> forms) {
  return Finder(likelihood, forms).run();
}

std::vector<std::vector<double>> modes_of(const BackgroundCorrelation& correlation, std::span<const RegionForm> forms) {
  const std::size_t n = correlation.varying.size();
  std::vector<std::vector<double>> modes;
  if (n == 0) return modes;
  const auto eigen = math::eigen_decomposition(correlation.matrix, n);
  for (std::size_t k = n; k-- > 0 && eigen.values[k] > null_mode * eigen.values.back();) {
    std::vector<double>& shifts = modes.emplace_back(forms.size());
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t region = correlation.varying[j];
      shifts[region] = std::sqrt(eigen.values[k]) * eigen.vectors[k * n + j] * forms[region].b;
    }
  }
  return modes;
}

void add_modes(std::span<const std::vector<double>> modes, bool is_parabola, double bound, spec::Workspace& workspace) {
  for (std::size_t k = 0; k < modes.size(); ++k) {
    const std::string name = fmt::format("background_mode[{}]", k);
    for (std::size_t i = 0; i < modes[k].size(); ++i) {
      const double shift = modes[k][i];
      if (shift == 0.0) continue;
      spec::Sample& sample = workspace.channels[i].samples.front();
      const double nominal = sample.data.front().value;
      sample.modifiers.push_back(
          {name, spec::ModifierType::histosys, spec::HistoSysData{{nominal - shift}, {nominal + shift}, is_parabola}});
    }
    spec::ParameterConfig config{.name = name};
    config.bounds = {{{-bound, bound}}};
    workspace.measurements.front().parameters.push_back(std::move(config));
  }
}

}  // namespace relume::edit
