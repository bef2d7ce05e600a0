// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Expected rates that become data.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "relume/model/likelihood.hpp"

namespace relume::infer {

/// A rate that its constraint holds at zero comes out as a rounding on either side of it: it becomes 0, since the
/// logarithm of a rounding is no help to a fit. A rate that is really negative, or no number, cannot be data: says so;
/// masked channels are let be. `asimov`: expected at `point`. `observed`, if there are some: small rates where no event
/// was observed come from fits that pushed them there.
std::string make_data_of(const model::Likelihood& likelihood, std::span<const double> point,
                         const model::Data* observed, model::Data& asimov);

/// "not available: …" for what needs Asimov data or toys of a likelihood that cannot make them; empty: it can.
inline std::string why_not_available(const model::Likelihood& likelihood) {
  const std::string why = likelihood.why_no_expected_data();
  return why.empty() ? why : "not available: " + why;
}

/// Auxiliary data as they are in `from`.
inline void keep_auxiliary(const model::Likelihood& likelihood, const model::Data& from, model::Data& data) {
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (!block.is_auxiliary) continue;
    const auto first = static_cast<std::ptrdiff_t>(block.first);
    std::copy_n(from.values.begin() + first, block.size, data.values.begin() + first);
  }
}

}  // namespace relume::infer
