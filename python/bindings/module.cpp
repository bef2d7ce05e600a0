// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <nanobind/stl/string_view.h>

#include "bindings.hpp"
#include "relume/base/version.hpp"

NB_MODULE(_core, m) {
  m.attr("__version__") = relume::version();
  relume::python::bind_errors(m);
  relume::python::bind_workspace(m);
  relume::python::bind_publication(m);
  relume::python::bind_model(m);
  relume::python::bind_goodness(m);
  relume::python::bind_infer(m);
  relume::python::bind_contour(m);
  relume::python::bind_toy_limit(m);
  relume::python::bind_counting(m);
  relume::python::bind_hygiene(m);
  relume::python::bind_impacts(m);
  relume::python::bind_yields(m);
  relume::python::bind_posterior(m);
  relume::python::bind_marginal(m);
  relume::python::bind_maps(m);
  relume::python::bind_simplify(m);
}
