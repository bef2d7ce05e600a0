// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Tests with toys: what `toys` and the toy-based `cls` and `significance` share.
#pragma once

#include <atomic>

#include "arguments.hpp"
#include "model_input.hpp"
#include "relume/infer/toy_limit.hpp"

namespace relume::cli {

/// --calctype; a usage error when options for toys come without it.
bool wants_toys(const Arguments& arguments);

infer::ToyOptions toy_options(const Arguments& arguments, const infer::TestOptions& test);

/// --toys, --seed, …, --jobs of a limit or interval; each tested value keeps its toys in a folder of --shards.
infer::ToyLimitOptions toy_limit_options(const Arguments& arguments, const Model& model, const infer::TestOptions& test,
                                         double level, const std::atomic<bool>& stop);

/// With a progress bar, when `is_alone`.
infer::ToyTest test_with_toys(const Model& model, double value, infer::ToyOptions options,
                              const std::atomic<bool>& stop, bool is_alone);

}  // namespace relume::cli
