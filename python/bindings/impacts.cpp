// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Impacts: the document of the ranking, and the fit that it rests on.
#include "relume/infer/impacts.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "json.hpp"
#include "relume/report/impacts.hpp"
#include "relume/report/json.hpp"
#include "relume/report/parameters.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// Document of the ranking; document, point, uncertainties and covariance of the fit, or none.
nb::tuple impacts(const Model& m, const std::optional<Vector>& data, const std::optional<std::string>& poi,
                  const std::vector<std::string>& parameters,
                  const std::vector<std::pair<std::string, std::string>>& groups, bool exact, const Fixed& fixed,
                  const std::optional<Vector>& start, int threads) {
  const model::Likelihood& likelihood = *m.likelihood;
  infer::ImpactOptions options;
  options.poi = poi ? report::find_parameter(likelihood, *poi).value() : likelihood.poi();
  if (!options.poi) refuse("poi", "the model has no parameter of interest", "choose one with poi=");
  for (const std::string& name : parameters) {
    options.parameters.push_back(report::find_parameter(likelihood, name).value());
  }
  options.groups = report::impact_groups(likelihood, groups, options.poi).value();
  options.exact = exact;
  options.fixed = fixed_from(m, fixed);
  options.start = numbers(m, start, "start");
  options.threads = threads;
  model::Data storage;
  const model::Data& d = checked_data(m, data, storage);
  infer::Impacts result;
  run_interruptible(may_take_long(likelihood) || exact, [&](const std::atomic<bool>* stop) {
    options.stop = stop;
    result = infer::impacts(likelihood, d, options);
  });
  result.notes.insert(result.notes.begin(), m.notices.begin(), m.notices.end());
  nb::object document = json_to_python(report::to_json(result, likelihood));
  if (result.fit.minimum.x.empty()) return nb::make_tuple(document, nb::none());  // the question had no answer
  // The matrix goes as an array; the document would hold it number by number.
  std::vector<double> matrix = std::move(result.fit.covariance);
  result.fit.covariance.clear();
  const std::size_t n = likelihood.parameters().size();
  const bool is_known = !matrix.empty();
  return nb::make_tuple(
      document,
      nb::make_tuple(json_to_python(report::to_json(result.fit, likelihood, m.notices)), to_numpy(result.fit.minimum.x),
                     is_known ? to_numpy(result.fit.uncertainties) : nb::object(nb::none()),
                     is_known ? to_numpy(std::move(matrix), n, n) : nb::object(nb::none())));
}

}  // namespace

void bind_impacts(nb::module_& m) {
  m.def("impacts", &impacts, "model"_a, "data"_a.none(), "poi"_a.none(), "parameters"_a, "groups"_a, "exact"_a,
        "fixed"_a, "start"_a.none(), "threads"_a);
}

}  // namespace relume::python
