// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the files of the extension module share: who binds what, and the objects that cross between them.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "relume/model/histfactory.hpp"
#include "relume/spec/patchset.hpp"
#include "relume/spec/publication.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::python {

void bind_errors(nanobind::module_& m);
void bind_workspace(nanobind::module_& m);
void bind_publication(nanobind::module_& m);
void bind_model(nanobind::module_& m);
void bind_goodness(nanobind::module_& m);
void bind_infer(nanobind::module_& m);
void bind_contour(nanobind::module_& m);
void bind_toy_limit(nanobind::module_& m);
void bind_counting(nanobind::module_& m);
void bind_hygiene(nanobind::module_& m);
void bind_impacts(nanobind::module_& m);
void bind_yields(nanobind::module_& m);
void bind_posterior(nanobind::module_& m);
void bind_marginal(nanobind::module_& m);
void bind_maps(nanobind::module_& m);
void bind_simplify(nanobind::module_& m);

/// A compiled likelihood with the data it was published with, and what it was made from (to be pickled).
struct Model {
  std::shared_ptr<const spec::Workspace> workspace;  ///< nothing where it was made from something else
  std::shared_ptr<const spec::Publication> publication;
  model::CompileOptions options;
  std::shared_ptr<const model::Likelihood> likelihood;
  model::Data observed;
  std::vector<std::string> notices;
  std::vector<std::string> preparation;  ///< the first notices: what was told when a publication became the workspace
};

using Vector = nanobind::ndarray<const double, nanobind::ndim<1>, nanobind::c_contig, nanobind::device::cpu>;

/// A new numpy array that owns its numbers.
nanobind::object to_numpy(std::vector<double> values);
nanobind::object to_numpy(std::vector<double> values, std::size_t rows, std::size_t columns);

/// A point of the right length, or an InputError.
std::span<const double> checked_point(const Model& model, const Vector& point);
/// The model's data without those of some channels: of those named, or of all others.
model::Data masked_data(const Model& model, const std::vector<std::string>& names, bool only);
/// The data asked for: the model's own when none are given. Channels that the model leaves out stay so.
const model::Data& checked_data(const Model& model, const std::optional<Vector>& data, model::Data& storage);

/// Runs f without the interpreter's lock. When it may take long, in a thread of its own, so that Ctrl-C can stop it: f
/// is then told by the flag, and KeyboardInterrupt is raised.
void run_interruptible(bool may_take_long, const std::function<void(const std::atomic<bool>*)>& f);
/// A model that was made from another one, as Python has it.
nanobind::object bound_model(model::Compiled compiled, model::CompileOptions options);
/// Whether fits of this model take noticeable time.
bool may_take_long(const model::Likelihood& likelihood);

}  // namespace relume::python
