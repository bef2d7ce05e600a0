// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The profile likelihood over several parameters.
#include "relume/infer/contour.hpp"

#include <cmath>
#include <limits>

#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arguments.hpp"
#include "json.hpp"
#include "relume/report/contour.hpp"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Names = std::array<std::string, 2>;

std::array<ParamId, 2> parameters_of(const Model& m, const Names& names) {
  return {parameter_of(m, names[0]), parameter_of(m, names[1])};
}

/// Document, values of both parameters, and the heights: row by row, one row per value of the first.
nb::tuple scan_grid(const Model& m, const Names& names, const std::optional<Vector>& x, const std::optional<Vector>& y,
                    std::size_t n, const std::optional<Vector>& data, const Fixed& fixed,
                    const std::optional<Vector>& start) {
  infer::ProfileOptions options = profile_options(m, fixed, start);
  const std::array<ParamId, 2> ids = parameters_of(m, names);
  std::array<std::vector<double>, 2> axes;
  if (x) axes[0].assign(x->data(), x->data() + x->shape(0));
  if (y) axes[1].assign(y->data(), y->data() + y->shape(0));
  infer::ProfileGrid grid = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    if (!x) axes[0] = infer::scan_values(*m.likelihood, d, ids[0], n, options);
    if (!y) axes[1] = infer::scan_values(*m.likelihood, d, ids[1], n, options);
    std::vector<double> points;
    for (const double a : axes[0]) {
      for (const double b : axes[1]) points.insert(points.end(), {a, b});
    }
    return infer::scan_grid(*m.likelihood, d, ids, points, options);
  });
  std::vector<double> heights;
  for (const infer::GridPoint& p : grid.points) heights.push_back(p.twice_delta_nll);
  heights.resize(axes[0].size() * axes[1].size(), std::numeric_limits<double>::quiet_NaN());
  nb::object document = json_to_python(report::to_json(with_notices(grid, m), *m.likelihood));
  const std::size_t rows = axes[0].size(), columns = axes[1].size();
  return nb::make_tuple(document, to_numpy(std::move(axes[0])), to_numpy(std::move(axes[1])),
                        to_numpy(std::move(heights), rows, columns));
}

nb::object contour(const Model& m, const Names& names, const std::vector<double>& levels, std::size_t n,
                   const std::optional<Vector>& data, const Fixed& fixed, const std::optional<Vector>& start) {
  for (const double level : levels) check_level(level);
  infer::ContourOptions options;
  options.profile = profile_options(m, fixed, start);
  options.levels = levels;
  options.n_points = n;
  const std::array<ParamId, 2> ids = parameters_of(m, names);
  infer::Contours result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.profile.stop = stop;
    return infer::contours(*m.likelihood, d, ids, options);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

nb::object test(const Model& m, const Fixed& at, const std::optional<Vector>& data, const Fixed& fixed,
                const std::optional<Vector>& start) {
  infer::ProfileOptions options = profile_options(m, fixed, start);
  const std::vector<infer::FixedParameter> tested = fixed_from(m, at, "at");
  infer::RatioTest result = run(m, data, [&](const model::Data& d, const std::atomic<bool>* stop) {
    options.stop = stop;
    return infer::ratio_test(*m.likelihood, d, tested, options);
  });
  return json_to_python(report::to_json(with_notices(result, m), *m.likelihood));
}

}  // namespace

void bind_contour(nb::module_& m) {
  m.def("scan_grid", &scan_grid, "model"_a, "parameters"_a, "x"_a.none(), "y"_a.none(), "n"_a, "data"_a.none(),
        "fixed"_a, "start"_a.none());
  m.def("contour", &contour, "model"_a, "parameters"_a, "levels"_a, "n"_a, "data"_a.none(), "fixed"_a,
        "start"_a.none());
  m.def("test", &test, "model"_a, "at"_a, "data"_a.none(), "fixed"_a, "start"_a.none());
}

}  // namespace relume::python
