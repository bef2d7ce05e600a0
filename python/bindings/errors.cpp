// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The only place that turns relume::Exception into Python exceptions. The classes live in relume/errors.py.
#include <nanobind/stl/string.h>

#include "bindings.hpp"
#include "relume/base/error.hpp"

namespace relume::python {

namespace nb = nanobind;

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
    try {
      std::rethrow_exception(pointer);
    } catch (const Exception& exception) {
      try {
        nb::list problems;
        for (const Error& error : exception.errors()) {
          problems.append(nb::make_tuple(to_string(error.code), error.where, error.message, error.hint));
        }
        const nb::object made = nb::module_::import_("relume.errors").attr("from_problems")(problems);
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
      } catch (nb::python_error& error) {
        error.restore();
      }
    }
  });
}

}  // namespace relume::python
