// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Checks of a workspace, and edits of its systematic uncertainties.
#include <algorithm>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/check/findings.hpp"
#include "relume/edit/systematics.hpp"
#include "relume/infer/comparison.hpp"
#include "relume/report/findings.hpp"
#include "relume/report/pruning.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;
using spec::Workspace;
using Strings = std::vector<std::string>;

namespace {

std::shared_ptr<const Workspace> share(Workspace workspace) {
  return std::make_shared<const Workspace>(std::move(workspace));
}

[[noreturn]] void refuse(const char* where, const std::string& name, const char* what, const char* names) {
  throw Exception({{ErrorCode::option, where, std::string("no ") + what + " is called '" + name + "'", names}});
}

nb::object validate(const Workspace& workspace, const std::string& measurement, const std::optional<std::string>& poi,
                    const std::vector<std::pair<std::string, double>>& thresholds, Strings skip, std::size_t places) {
  check::Options options;
  options.max_places = places;
  options.skip = std::move(skip);
  check::Thresholds& t = options.thresholds;
  const std::pair<const char*, double*> known[] = {{"large_normalisation", &t.large_normalisation},
                                                   {"large_shape", &t.large_shape},
                                                   {"relevant", &t.relevant},
                                                   {"small", &t.small},
                                                   {"same_side", &t.same_side},
                                                   {"negligible_signal", &t.negligible_signal},
                                                   {"tiny_yield", &t.tiny_yield}};
  for (const auto& [name, value] : thresholds) {
    const auto found =
        std::find_if(std::begin(known), std::end(known), [&name = name](const auto& k) { return name == k.first; });
    if (found == std::end(known)) {
      refuse("thresholds", name, "threshold",
             "large_normalisation, large_shape, relevant, small, same_side, negligible_signal, tiny_yield");
    }
    if (!(value >= 0.0))
      throw Exception({{ErrorCode::option, "thresholds", "'" + name + "' is negative", "0 or more"}});
    *found->second = value;
  }
  Workspace chosen = workspace;
  if (poi) {
    for (spec::Measurement& m : chosen.measurements) m.poi = *poi;
  }
  check::Findings findings;
  Strings notes;
  {
    const nb::gil_scoped_release release;
    const model::Compiled compiled = model::compile(chosen, {.measurement = measurement}).value();
    findings = check::find(chosen, measurement, options, compiled.likelihood.get()).value();
    notes = compiled.notices;
  }
  return nb::make_tuple(json_to_python(report::to_json(findings, notes)), report::to_table(findings, notes));
}

nb::object prune_small(const Workspace& workspace, double normalisation, double shape, const std::string& relative_to,
                       Strings modifiers, Strings channels, Strings samples, const std::string& measurement,
                       bool with_fits) {
  if (relative_to != "sample" && relative_to != "total")
    refuse("relative_to", relative_to, "reference", "sample, total");
  edit::SmallPruningOptions options;
  options.normalisation = normalisation;
  options.shape = shape;
  options.reference = relative_to == "total" ? edit::Reference::total : edit::Reference::sample;
  options.where = {std::move(modifiers), std::move(channels), std::move(samples)};
  options.measurement = measurement;
  edit::SmallPruning pruning = edit::prune_small(workspace, options).value();
  std::optional<infer::Comparison> comparison;
  if (with_fits) {
    const model::Compiled before = model::compile(workspace, {.measurement = measurement}).value();
    const model::Compiled after = model::compile(pruning.workspace, {.measurement = measurement}).value();
    const auto poi = before.likelihood->poi();
    if (!poi || before.likelihood->parameters()[poi->index].is_fixed || !after.likelihood->poi()) {
      throw Exception({{ErrorCode::option, "check", "the model has no free parameter of interest",
                        "add a signal that brings it, or leave the check out"}});
    }
    run_interruptible(true, [&](const std::atomic<bool>* stop) {
      comparison = infer::compare({*before.likelihood, before.observed}, {*after.likelihood, after.observed}, stop);
    });
  }
  const infer::Comparison* found = comparison ? &*comparison : nullptr;
  nb::object document = json_to_python(report::to_json(pruning, found));
  const std::string table = report::to_table(pruning, found);
  return nb::make_tuple(share(std::move(pruning.workspace)), document, table);
}

}  // namespace

void bind_hygiene(nb::module_& m) {
  m.def("validate", &validate, "workspace"_a, "measurement"_a, "poi"_a.none(), "thresholds"_a, "skip"_a, "places"_a);
  m.def("checks", [] {
    std::vector<std::pair<std::string, std::string>> names;
    for (const check::Check& c : check::checks()) names.emplace_back(c.name, check::to_string(c.severity));
    return names;
  });
  m.def("prune_small", &prune_small, "workspace"_a, "normalisation"_a, "shape"_a, "relative_to"_a, "modifiers"_a,
        "channels"_a, "samples"_a, "measurement"_a, "check"_a);
  m.def(
      "symmetrised",
      [](const Workspace& w, const std::string& name, Strings modifiers, Strings channels, Strings samples) {
        const auto method = edit::symmetrisation_from_string(name);
        if (!method) refuse("method", name, "symmetrisation", "average, mirror, maximum, absolute");
        return share(
            edit::symmetrise(w, {*method, {std::move(modifiers), std::move(channels), std::move(samples)}}).value());
      },
      "workspace"_a, "method"_a, "modifiers"_a, "channels"_a, "samples"_a);
  m.def(
      "decorrelated",
      [](const Workspace& w, Strings modifiers, bool by_channel, bool by_sample, Strings channels, Strings samples) {
        return share(
            edit::decorrelate(w, {std::move(modifiers), by_channel, by_sample, std::move(channels), std::move(samples)})
                .value());
      },
      "workspace"_a, "modifiers"_a, "by_channel"_a, "by_sample"_a, "channels"_a, "samples"_a);
}

}  // namespace relume::python
