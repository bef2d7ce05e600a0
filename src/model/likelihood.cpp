// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/likelihood.hpp"

#include <cmath>

namespace relume::model {

double Parameter::prefit_sigma() const {
  switch (constraint.kind) {
    case ConstraintKind::none: return 0.0;
    case ConstraintKind::normal: return constraint.width;
    // The auxiliary measurement of theta has relative uncertainty 1/sqrt(expected count).
    case ConstraintKind::poisson: return 1.0 / std::sqrt(constraint.rate);
  }
  return 0.0;
}

std::optional<ParamId> Likelihood::find_parameter(std::string_view name) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name == name) return ParamId{i};
  }
  return std::nullopt;
}

void Likelihood::evaluate_lanes(std::span<const std::span<const double>> points, std::span<const Data* const> data,
                                math::Derivatives derivatives, const math::Relaxation& relaxation,
                                std::span<Scratch* const> scratch, std::span<math::Evaluation> results) const noexcept {
  for (std::size_t k = 0; k < points.size(); ++k) {
    results[k] = evaluate(points[k], *data[k], derivatives, relaxation, *scratch[k]);
  }
}

void Likelihood::settle(std::span<double>, const Data&, std::span<const char>, Scratch&) const noexcept {}

Data Likelihood::sample(std::span<const double> point, const RandomKey& key) const {
  Data toy;
  fluctuate(expected_data(point), key, toy);
  return toy;
}

std::vector<double> Likelihood::expected_by_sample(std::span<const double>) const { return {}; }

std::vector<double> Likelihood::yield_gradient(std::span<const double>, const Data&, Scratch&) const { return {}; }

}  // namespace relume::model
