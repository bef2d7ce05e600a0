// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A datum x ~ N(g(s), 1) with g(0) = 0 has, for the one-sided statistic q, sqrt(q_A) = g(s) and sqrt(q) = g(s) - x, so
// that (CCGV, Eur. Phys. J. C 71 (2011) 1554, eqs. 59 and 89)
//
//   CLs(s) = (1 - Phi(g(s) - x)) / Phi(x),    expected at N standard deviations: x = N.
//
// Every expected limit is a point of g, and the observed one then gives x. With a line for g this is the equation of
// arXiv:1202.3415 for the best fit x sigma: (erf((UL - mu)/D) + erf(mu/D)) / (1 + erf(mu/D)) = 1 - alpha, D = sqrt(2)
// sigma.
#include "relume/model/upper_limits.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "math/normal.hpp"
#include "model/measurements_model.hpp"

namespace relume::model {

namespace {

/// Limits at levels close to 0 lie where the signal is not seen at all: below this many standard deviations.
constexpr double least_significance = 1e-6;
/// The best fit is never further below zero, standard deviations: sizes of numbers, not of statistics.
constexpr double most_negative = 1e3;

constexpr std::array<double, 5> band = {-2.0, -1.0, 0.0, 1.0, 2.0};

/// g where the expected limit for N standard deviations lies.
double significance_at_limit(double alpha, double n) { return n - math::normal_quantile(alpha * math::normal_cdf(n)); }

/// x for which CLs = alpha at g: CLs rises with x from 0 to 1.
double datum_at_limit(double alpha, double g) {
  const auto log_cls = [&](double x) { return math::log_normal_cdf(x - g) - math::log_normal_cdf(x); };
  double low = -1.0, high = g + 1.0;
  const double wanted = std::log(alpha);
  while (log_cls(low) > wanted) low *= 2.0;
  while (log_cls(high) < wanted) high += g + 1.0;
  constexpr int halvings = 200;
  for (int i = 0; i < halvings && low < high; ++i) {
    const double x = low + 0.5 * (high - low);
    if (x <= low || x >= high) break;
    (log_cls(x) < wanted ? low : high) = x;
  }
  return low + 0.5 * (high - low);
}

}  // namespace

Result<Compiled> compile(const spec::UpperLimits& limits, const UpperLimitsOptions& options) {
  const double alpha = 1.0 - limits.level;
  Errors errors;
  std::vector<std::string> notices;
  if (!(options.widening >= 0.0) || options.widening > 1.0) {
    errors.push_back(
        {ErrorCode::option, {}, fmt::format("a widening of {} is not between 0 and 1", options.widening), {}});
  }
  std::vector<double> at, significances;
  bool has_band = false;
  for (std::size_t i = 0; i < band.size(); ++i) {
    if (!limits.expected[i] || (options.only_median && band[i] != 0.0)) continue;
    has_band = has_band || band[i] != 0.0;
    if (!at.empty() && !(*limits.expected[i] > at.back())) {
      errors.push_back(
          {ErrorCode::model, fmt::format("#/expected/{}", i),
           fmt::format("the expected limit {:g} is not above the one before it, {:g}", *limits.expected[i], at.back()),
           "more digits, or null for one of them; or use the median alone"});
      continue;
    }
    const double significance = significance_at_limit(alpha, band[i]);
    if (!(significance > (significances.empty() ? 0.0 : significances.back()) + least_significance) ||
        !std::isfinite(significance / *limits.expected[i])) {
      errors.push_back(
          {ErrorCode::model,
           fmt::format("#/expected/{}", i),
           fmt::format("an expected limit of {:g} at a level of {:g} is not enough to make a likelihood of",
                       *limits.expected[i], limits.level),
           {}});
      continue;
    }
    at.push_back(*limits.expected[i]);
    significances.push_back(significance);
  }
  if (options.widening > 0.0 && has_band) {
    errors.push_back({ErrorCode::option,
                      {},
                      "the expected limit is only widened where the median is used alone",
                      "ask for the median alone"});
  }
  if (at.empty()) errors.push_back({ErrorCode::model, "#/expected", "there is no expected limit", {}});
  if (options.poi && !options.poi->empty() && *options.poi != limits.poi) {
    errors.push_back({ErrorCode::option,
                      {},
                      fmt::format("no parameter is called '{}'", *options.poi),
                      "there is one, '" + limits.poi + "'"});
  }
  if (!errors.empty()) return errors;
  if (options.widening > 0.0 && limits.observed > at.front()) {
    const double excess = (limits.observed - at.front()) / (limits.observed + at.front());
    const double widened = at.front() / (1.0 - options.widening * excess);
    notices.push_back(fmt::format("more is observed than expected: the expected limit {:g} was widened to {:g}",
                                  at.front(), widened));
    at.front() = widened;
  }
  math::MonotoneCurve curve(std::move(at), std::move(significances));
  const double g = curve(limits.observed).value;
  double datum = std::isfinite(g) && g > least_significance ? datum_at_limit(alpha, g) : -2.0 * most_negative;
  if (!(datum > -most_negative)) {
    return Error{ErrorCode::model,
                 "#/observed",
                 fmt::format("the observed limit {:g} is too far away from the expected ones for any likelihood",
                             limits.observed),
                 {}};
  }
  if (datum < 0.0 && !options.allow_negative_best_fit) {
    notices.push_back(
        "less is observed than expected: the best fit was moved from below zero to zero, and the observed limit is now "
        "the expected one");
    datum = 0.0;
  }
  math::ExpressionTape tape({limits.poi});
  const auto prediction = tape.product(tape.constant(limits.predicted), tape.variable(0));
  auto model = std::make_unique<MeasurementsLikelihood>(std::move(tape));
  model->own_parameters().push_back({limits.poi, 1.0, 0.0, std::numeric_limits<double>::infinity(), false, {}});
  if (options.poi.value_or(limits.poi) != "") model->set_poi(ParamId{0});
  model->curves.push_back(std::move(curve));
  model->values.push_back({limits.region, prediction, 0, AsymmetricError(spec::ErrorModel::gaussian, 1.0, 1.0),
                           MeasurementsLikelihood::none});
  MeasurementsLikelihood::Group group;
  group.size = 1;
  model->groups.push_back(std::move(group));
  Data observed;
  observed.values.push_back(datum);
  const std::array<double, 1> no_means{};
  model->arrange(no_means, observed);
  return Compiled{std::move(model), std::move(observed), std::move(notices)};
}

}  // namespace relume::model
