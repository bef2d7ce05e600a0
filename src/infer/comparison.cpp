// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/comparison.hpp"

#include <algorithm>
#include <cmath>

#include "infer/asimov_rates.hpp"

namespace relume::infer {
namespace {

VersionAnswer answer(const Version& version, const std::atomic<bool>* stop) {
  VersionAnswer result;
  LimitOptions options;
  options.test.fixed = version.fixed;
  options.test.stop = stop;
  result.limit = upper_limit(version.likelihood, version.data, options);

  if (std::string why = why_not_available(version.likelihood); !why.empty()) {
    result.reason = std::move(why);
    return result;
  }
  std::vector<double> point = initial_point(version.likelihood);
  for (const FixedParameter& f : version.fixed) point[f.parameter.index] = f.value;
  // Where signals are normalised to, as long as the parameter may be there.
  const std::size_t poi = version.likelihood.poi()->index;
  const model::Parameter& parameter = version.likelihood.parameters()[poi];
  point[poi] = std::clamp(1.0, parameter.lower, parameter.upper);
  const model::Data expected = version.likelihood.expected_data(point);
  for (const model::DataBlock& block : version.likelihood.data_blocks()) {
    const auto first = expected.values.begin() + static_cast<std::ptrdiff_t>(block.first);
    const auto is_no_datum = [&](double v) {
      return !std::isfinite(v) || (v < 0.0 && block.kind == model::BlockKind::counts);
    };
    if (std::any_of(first, first + static_cast<std::ptrdiff_t>(block.size), is_no_datum)) {
      result.reason = "what '" + block.name + "' expects at the nominal point is negative or no number";
      return result;
    }
  }
  const FitResult at_one = fit(version.likelihood, expected, {.fixed = version.fixed, .start = point, .stop = stop});
  if (!at_one.minimum.is_usable()) {
    result.reason = at_one.minimum.reason;
  } else if (at_one.uncertainties.empty()) {
    result.reason = at_one.covariance_problem;
  } else if (at_one.uncertainties[poi] > 0.0) {
    result.poi_uncertainty = at_one.uncertainties[poi];
  } else {
    result.reason = "the minimum is at a bound of the parameter of interest";
  }
  return result;
}

}  // namespace

Comparison compare(const Version& before, const Version& after, const std::atomic<bool>* stop) {
  return {answer(before, stop), answer(after, stop)};
}

}  // namespace relume::infer
