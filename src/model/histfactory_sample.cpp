// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toy data: every datum draws from its own stream.
#include "math/gamma_variance.hpp"
#include "math/random_stream.hpp"
#include "model/histfactory_model.hpp"

namespace relume::model {

void HistFactory::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  const math::RandomSpace space(key.seed, key.stream);
  toy.values.resize(expected.values.size());
  toy.masked = expected.masked;
  for (std::size_t b = 0; b < n_bins; ++b) {
    math::RandomStream s = space.at(key.index, b);
    toy.values[b] = math::draw_poisson(expected.values[b], s);
  }
  for (const Parameter& parameter : parameters_) {
    const Constraint& c = parameter.constraint;
    if (c.kind == ConstraintKind::none) continue;
    math::RandomStream s = space.at(key.index, c.data_index);
    const double mean = expected.values[c.data_index];
    switch (c.kind) {
      case ConstraintKind::none: break;
      case ConstraintKind::poisson: toy.values[c.data_index] = math::draw_poisson(mean, s); break;
      case ConstraintKind::normal: toy.values[c.data_index] = math::draw_normal(mean, c.width, s); break;
      case ConstraintKind::gamma_variance: {
        // The expected estimate is the variance that is true in this toy.
        const double variance = expected.values[c.variance_index];
        math::RandomStream of_variance = space.at(key.index, c.variance_index);
        toy.values[c.data_index] = math::draw_normal(mean, std::sqrt(variance), s);
        toy.values[c.variance_index] = math::draw_variance(variance, c.error_on_error, of_variance);
        break;
      }
    }
  }
}

}  // namespace relume::model
