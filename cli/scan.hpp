// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The same question for every point of a patchset.
//
// Each point is patched, built and fitted from nothing but its own input, so that the results are the same for any
// number of threads. Cost: a copy of the workspace and one model per point and thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "model_input.hpp"
#include "relume/spec/json.hpp"

namespace relume::cli {

/// What one point answered.
struct PointResult {
  spec::JsonObject json;
  std::vector<std::string> numbers;  ///< for the table, one per column
  bool is_usable = false;
  bool is_interrupted = false;
  std::string status, reason;
};

struct Scan {
  std::vector<std::string> columns;  ///< titles of PointResult::numbers
  spec::JsonObject without_result;   ///< the keys that a point has which could not be asked
  std::function<PointResult(const Model& model, const std::atomic<bool>& stop)> ask;
};

/// Writes {"results": [...], "labels": [...], ...} and returns the exit code.
int run_scan(const Arguments& arguments, const Input& input, const Scan& scan);

}  // namespace relume::cli
