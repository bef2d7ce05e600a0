// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Limits and intervals from toys as documents and tables.
//
//   spec::JsonObject document = report::to_json(infer::toy_limit(*likelihood, observed), *likelihood);
#pragma once

#include <optional>
#include <string>

#include "relume/infer/toy_limit.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/json.hpp"
#include "relume/spec/signal.hpp"

namespace relume::report {

/// With a cross section, limits also come in femtobarn.
spec::JsonObject to_json(const infer::ToyLimit& limit, const model::Likelihood& likelihood,
                         const std::optional<spec::CrossSection>& cross_section = {});
spec::JsonObject to_json(const infer::ToyInterval& interval, const model::Likelihood& likelihood);

std::string to_table(const infer::ToyLimit& limit, const model::Likelihood& likelihood,
                     const std::optional<spec::CrossSection>& cross_section = {});
std::string to_table(const infer::ToyInterval& interval, const model::Likelihood& likelihood);

}  // namespace relume::report
