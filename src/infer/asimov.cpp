// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/asimov.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "infer/asimov_rates.hpp"

namespace relume::infer {

std::string make_data_of(const model::Likelihood& likelihood, std::span<const double> point,
                         const model::Data* observed, model::Data& asimov) {
  constexpr double suspicious = 1e-3;     // events
  constexpr double share = 1e-9;          // of what the samples add up from, there or before any fit
  std::vector<double> by_sample, before;  // only asked for when a rate is suspicious
  std::size_t channel = 0, first_of_channel = 0;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    const bool is_masked = !block.is_auxiliary && asimov.is_masked(channel);
    double* const rates = asimov.values.data() + block.first;
    if (!is_masked && !std::all_of(rates, rates + block.size, [](double v) { return std::isfinite(v); })) {
      return "the Asimov data are not finite";
    }
    if (block.is_auxiliary) {
      for (std::size_t b = 0; b < block.size && block.kind == model::BlockKind::counts; ++b) {
        rates[b] = std::max(0.0, rates[b]);
      }
      continue;
    }
    const std::size_t n_samples =
        channel < likelihood.channels().size() ? likelihood.channels()[channel].samples.size() : 0;
    const bool is_checked = block.kind == model::BlockKind::counts && !is_masked;
    for (std::size_t b = 0; b < block.size && is_checked; ++b) {
      if (rates[b] > suspicious) continue;
      if (rates[b] >= 0.0 && (observed == nullptr || observed->values[block.first + b] != 0.0)) continue;
      if (by_sample.empty()) {
        by_sample = likelihood.expected_by_sample(point);
        before = likelihood.expected_by_sample(initial_point(likelihood));
      }
      double size = n_samples == 0 ? 1.0 : 0.0;
      for (std::size_t s = 0; s < n_samples; ++s) {
        const std::size_t at = first_of_channel + s * block.size + b;
        size += std::max(std::fabs(by_sample[at]), std::fabs(before[at]));
      }
      if (rates[b] < -share * size) {
        return fmt::format("the Asimov data would be negative: {:.6g} in channel '{}' bin {}", rates[b], block.name, b);
      }
      if (rates[b] <= share * size) rates[b] = 0.0;
    }
    ++channel;
    first_of_channel += std::max<std::size_t>(n_samples, 1) * block.size;
  }
  return {};
}

AsimovData asimov_data(const model::Likelihood& likelihood, const model::Data& observed, const AsimovOptions& options) {
  AsimovData result;
  const auto fail = [&](Status status, std::string reason) {
    result.status = status;
    result.reason = std::move(reason);
    return result;
  };
  if (std::string why = why_not_available(likelihood); !why.empty()) return fail(Status::not_defined, std::move(why));
  for (const FixedParameter& value : options.values) {
    if (!std::isfinite(value.value)) return fail(Status::not_defined, "only finite values can be injected");
  }
  if (options.kind == Asimov::a_priori) {
    result.point = initial_point(likelihood);
    for (const FixedParameter& value : options.values) result.point[value.parameter.index] = value.value;
  } else {
    FitResult fit =
        infer::fit(likelihood, observed,
                   {.fixed = options.values, .start = options.start, .uncertainties = false, .stop = options.stop});
    result.notes = std::move(fit.notes);
    if (!fit.minimum.is_usable()) {
      const bool is_interrupted = fit.minimum.status == minimize::MinimumStatus::interrupted;
      return fail(is_interrupted ? Status::interrupted : Status::fit_failed,
                  "the fit behind the Asimov data: " + fit.minimum.reason);
    }
    result.point = std::move(fit.minimum.x);
  }
  result.data = likelihood.expected_data(result.point);
  result.data.masked = observed.masked;
  if (options.kind == Asimov::a_posteriori && likelihood.constraints_are_priors()) {
    keep_auxiliary(likelihood, observed, result.data);
  }
  std::string problem =
      make_data_of(likelihood, result.point, options.kind == Asimov::a_posteriori ? &observed : nullptr, result.data);
  if (!problem.empty()) return fail(Status::fit_failed, std::move(problem));
  return result;
}

}  // namespace relume::infer
