// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toy data: every datum draws from its own stream.
#include "math/random_stream.hpp"
#include "model/histfactory_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

void HistFactory::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  const math::RandomSpace space(key.seed, key.stream);
  toy.values.resize(expected.values.size());
  toy.masked = expected.masked;
  for (std::size_t b = 0; b < n_bins; ++b) {
    math::RandomStream s = space.at(key.index, b);
    toy.values[b] = math::draw_poisson(expected.values[b], s);
  }
  fluctuate_auxiliary(*this, expected, key, toy);
}

}  // namespace relume::model
