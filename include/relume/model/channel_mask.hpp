// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Channel masks: data whose likelihood leaves channels out. Nothing of the model changes; masked channels stay
// predicted, so that a fit to control regions says what the signal regions should see.
//
//   Data controls = only_channels(*likelihood, observed, {{"CRtop", "CRZ"}}).value();
//   infer::FitResult fit = infer::fit(*likelihood, controls);
//   Data everywhere = likelihood->expected_data(fit.minimum.x);
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::model {

/// The same data with these channels masked, besides those that are already. Errors: a name that no channel has, no
/// channel left, a likelihood without channel masks.
Result<Data> mask_channels(const Likelihood& likelihood, Data data, std::span<const std::string> names);

/// The same with all others masked.
Result<Data> only_channels(const Likelihood& likelihood, Data data, std::span<const std::string> names);

/// Where these channels are in Likelihood::channels(), in the order of the names.
Result<std::vector<std::size_t>> channel_places(const Likelihood& likelihood, std::span<const std::string> names);

std::vector<std::string> masked_channels(const Likelihood& likelihood, const Data& data);

/// "the data of 'SR' and 'VR' are not used"; empty: there is no mask.
std::string note_of_mask(const Likelihood& likelihood, const Data& data);

}  // namespace relume::model
