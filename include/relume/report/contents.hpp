// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What is in a publication without channels and samples, and the parameters of its likelihood.
//
//   std::cout << report::to_table(reinterpret::contents_of(publication), compiled.likelihood.get(), notes);
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "relume/model/likelihood.hpp"
#include "relume/reinterpret/contents.hpp"
#include "relume/spec/json.hpp"

namespace relume::report {

/// `likelihood` may be nullptr, where none can be made of the publication alone: there are no parameters then.
spec::JsonObject to_json(const reinterpret::Contents& contents, const model::Likelihood* likelihood,
                         const std::vector<std::string>& notes);
std::string to_table(const reinterpret::Contents& contents, const model::Likelihood* likelihood,
                     const std::vector<std::string>& notes);

}  // namespace relume::report
