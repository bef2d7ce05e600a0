// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Goodness of fit, and the agreement of channels.
#include "relume/infer/goodness.hpp"

#include <algorithm>
#include <cmath>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "json.hpp"
#include "relume/edit/workspace.hpp"
#include "relume/model/channel_mask.hpp"
#include "relume/report/goodness.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// Document, and the statistic of the toys.
nb::tuple goodness(const Model& m, const std::optional<Vector>& data, const Fixed& fixed,
                   const std::optional<Vector>& start, bool pulls, std::size_t n_toys, std::uint64_t seed,
                   int threads) {
  infer::GoodnessOptions options;
  options.fixed = fixed_from(m, fixed);
  options.start = numbers(m, start, "start");
  options.pulls = pulls;
  options.n_toys = n_toys;
  options.seed = seed;
  options.threads = threads;
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::Goodness result;
  run_interruptible(n_toys > 0 || may_take_long(*m.likelihood), [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    result = infer::goodness(*m.likelihood, d, options);
  });
  nb::object document =
      json_to_python(report::to_json(with_notices(result, m), *m.likelihood, report::ToyValues::left_out));
  return nb::make_tuple(document, to_numpy(std::move(result.toys)));
}

nb::object compatibility(const Model& m, const std::string& parameter, const std::optional<Vector>& data,
                         const Fixed& fixed) {
  const ParamId common = parameter_of(m, parameter);
  const std::vector<infer::FixedParameter> held = fixed_from(m, fixed);
  if (!m.workspace) refuse("model", "only models of a workspace can be split by channel");
  edit::SplitByChannel parts = edit::split_by_channel(*m.workspace, parameter).value();
  model::CompileOptions options = m.options;
  options.poi = "";
  const model::Compiled separate = model::compile(parts.workspace, options).value();
  infer::Compatibility result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    // Both models have the same data: free factors come with none of their own.
    infer::CompatibilityQuestion question{*m.likelihood, d, common, *separate.likelihood, d, {}};
    const std::vector<std::string> masked = model::masked_channels(*m.likelihood, d);
    for (const auto& [channel, name] : parts.parameters) {
      if (std::find(masked.begin(), masked.end(), channel) != masked.end()) continue;
      question.channels.push_back({channel, *separate.likelihood->find_parameter(name), 0.0, {}});
    }
    return infer::compatibility(question, held, stop);
  });
  return json_to_python(report::to_json(with_notices(result, m), *separate.likelihood, parameter));
}

}  // namespace

void bind_goodness(nb::module_& m) {
  m.def("goodness", &goodness, "model"_a, "data"_a.none(), "fixed"_a, "start"_a.none(), "pulls"_a, "n_toys"_a, "seed"_a,
        "threads"_a);
  m.def("compatibility", &compatibility, "model"_a, "parameter"_a, "data"_a.none(), "fixed"_a);
}

}  // namespace relume::python
