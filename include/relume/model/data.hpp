// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Data: observed, Asimov and toy data are values of one type, passed to the likelihood and never part of it.
//
//   Data data = observed;                       // main counts of all channels, then auxiliary data
//   data.values[likelihood.data_blocks()[0].first] += 1;
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace relume::model {

enum class BlockKind {
  counts,  ///< not negative
  reals,
  variances,  ///< positive: estimates of variances
};

/// A run of numbers in Data::values.
struct DataBlock {
  std::string name;  ///< channel, or the parameter set that auxiliary data constrain
  BlockKind kind = BlockKind::counts;
  std::size_t first = 0, size = 0;
  bool is_auxiliary = false;
};

struct Data {
  std::vector<double> values;  ///< laid out as Likelihood::data_blocks() says
  /// Channels that the likelihood leaves out (non-zero), in the order of Likelihood::channels(); empty: none. They are
  /// predicted all the same. model/channel_mask.hpp makes one.
  std::vector<char> masked = {};
  /// Of expected data: the parameters that they belong to, where toys need them (Likelihood::fluctuate of an average
  /// over nuisance parameters, which draws those first); empty otherwise.
  std::vector<double> point = {};

  bool is_masked(std::size_t channel) const { return !masked.empty() && masked[channel] != 0; }
};

}  // namespace relume::model
