// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toy data: every datum draws from its own stream.
#include "model/histfactory_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

void HistFactory::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  fluctuate_counts(n_bins, expected, key, toy);
  fluctuate_auxiliary(*this, expected, key, toy);
}

}  // namespace relume::model
