// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toy data of measured values. Values with Gaussian errors are normal around their predictions; with split normal
// errors their density is proportional to the likelihood, exp(-u^T rho^-1 u / 2), which is a two-piece normal for one
// value. For several correlated ones u is drawn from the normal with correlation rho and kept with a probability
// proportional to the product of the widths on the sides that it fell on, the Jacobian of u -> value.
#include <algorithm>
#include <cmath>

#include <boost/random/uniform_01.hpp>
#include <fmt/format.h>

#include "math/random_stream.hpp"
#include "model/measurements_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

/// Fewer kept tries than this and toys of one group take milliseconds: they are refused.
constexpr double least_acceptance = 1e-4;

double uniform(math::RandomStream& stream) { return boost::random::uniform_01<double>()(stream); }

/// value = prediction - u times the width on its side; u < 0: the prediction lies below the value.
double value_at(const AsymmetricError& error, double expected, double u) {
  if (error.is_symmetric()) return expected - u * error.width();
  return expected - u * (u < 0.0 ? error.lower() : error.upper());
}

}  // namespace

std::string MeasurementsLikelihood::why_no_expected_data() const {
  if (tables.empty()) return {};
  return fmt::format("the table '{}' was published at observed data only", tables.front().name);
}

std::string MeasurementsLikelihood::why_no_toys() const {
  if (std::string why = why_no_expected_data(); !why.empty()) return why;
  for (const Value& value : values) {
    if (!value.error.is_curved()) continue;
    return fmt::format(
        "the {} of '{}' says how likely a prediction is, not how measured values would scatter around it",
        to_string(value.error.model()), value.name);
  }
  for (const Group& group : groups) {
    if (group.acceptance < least_acceptance) {
      return fmt::format("too many correlated split normals: one try in {:.0f} would be kept", 1.0 / group.acceptance);
    }
  }
  return {};
}

void MeasurementsLikelihood::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  const math::RandomSpace space(key.seed, key.stream);
  toy.values.resize(expected.values.size());
  toy.masked = expected.masked;
  for (const Group& group : groups) {
    math::RandomStream stream = space.at(key.index, group.first);
    if (group.precision.empty()) {
      const AsymmetricError& error = values[group.first].error;
      double u = math::draw_normal(0.0, 1.0, stream);
      if (!error.is_symmetric()) {
        // The sides have probabilities proportional to their widths.
        const bool is_below = uniform(stream) * 2.0 * error.width() < error.lower();
        u = is_below ? -std::fabs(u) : std::fabs(u);
      }
      toy.values[group.first] = value_at(error, expected.values[group.first], u);
      continue;
    }
    // Ends with probability 1; the bound is what keeps toys of refused groups from hanging.
    constexpr int max_tries = 10'000'000;
    for (int attempt = 0; attempt < max_tries; ++attempt) {
      double* u = toy.values.data() + group.first;
      for (std::size_t k = 0; k < group.size; ++k) u[k] = math::draw_normal(0.0, 1.0, stream);
      double share = 1.0;
      for (std::size_t k = group.size; k-- > 0;) {
        double sum = 0.0;
        for (std::size_t j = 0; j <= k; ++j) sum += group.root[k * group.size + j] * u[j];
        u[k] = sum;
        const AsymmetricError& error = values[group.first + k].error;
        if (!error.is_symmetric())
          share *= (sum < 0.0 ? error.lower() : error.upper()) / std::max(error.lower(), error.upper());
      }
      if (share < 1.0 && uniform(stream) >= share) continue;
      for (std::size_t k = 0; k < group.size; ++k) {
        u[k] = value_at(values[group.first + k].error, expected.values[group.first + k], u[k]);
      }
      break;
    }
  }
  fluctuate_auxiliary(*this, expected, key, toy);
}

}  // namespace relume::model
