// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Results as JSON: pyhf's keys where pyhf has them (CLs_obs, CLs_exp, mle_parameters, twice_nll), ours for the rest
// (docs/guide/command_line.md lists them). What a result does not have is null, and `status` and `reason` say why.
//
//   std::cout << formats::write_json(report::to_json(limit, likelihood));
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "relume/infer/fit.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/signal.hpp"

namespace relume::report {

/// `notes`: what building the model remarked (Compiled::notices).
spec::JsonObject to_json(const infer::FitResult& fit, const model::Likelihood& likelihood,
                         std::span<const std::string> notes = {});
spec::JsonObject to_json(const infer::HypoTest& test, const model::Likelihood& likelihood);
/// Which of the p-values CLs_obs and CLs_exp hold. As pyhf: with q0, whose alternative is a signal, that of the
/// background-only hypothesis; CLs for all others.
double p_value(const infer::HypoTest& test, const infer::PValues& p);
/// With a cross section, the limits come in femtobarn too.
spec::JsonObject to_json(const infer::Limit& limit, const model::Likelihood& likelihood,
                         const std::optional<spec::CrossSection>& cross_section = {});
spec::JsonObject to_json(const infer::Discovery& discovery, const model::Likelihood& likelihood);

spec::JsonArray to_json(std::span<const std::string> texts);

/// Main data per channel: {"SR": [1.0, 2.0], ...}; null where a channel is masked.
spec::Json main_data_to_json(const model::Likelihood& likelihood, const model::Data& data);

/// Precondition: a unit that a signal file may have.
double in_femtobarn(const spec::CrossSection& cross_section);

}  // namespace relume::report
