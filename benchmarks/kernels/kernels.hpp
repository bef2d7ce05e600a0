// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The parts that everything else is made of, timed alone (Google Benchmark).
#pragma once

#include <memory>
#include <string>

#include "relume/model/histfactory.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::benchmarks {

struct KernelInput {
  std::string name;
  std::string bytes;  ///< JSON
  spec::Workspace workspace;
  model::Compiled compiled;
};

/// Value, gradient and curvature at a point away from the initial values.
void register_evaluate(const std::shared_ptr<const KernelInput>& input);
/// JSON to document, JSON to workspace, workspace to model.
void register_prepare(const std::shared_ptr<const KernelInput>& input);

}  // namespace relume::benchmarks
