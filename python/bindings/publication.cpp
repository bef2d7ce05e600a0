// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Published results of any kind but workspaces, which have their own class.
#include "relume/formats/publication.hpp"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "json.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/reinterpret/publication.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace relume::python {

using spec::Publication;

namespace {

/// A workspace as what Python knows it by, anything else as itself.
nb::object to_python(Publication publication) {
  if (auto* workspace = std::get_if<spec::Workspace>(&publication.value)) {
    return nb::cast(std::make_shared<const spec::Workspace>(std::move(*workspace)));
  }
  return nb::cast(std::make_shared<const Publication>(std::move(publication)));
}

nb::object prepare(const Publication& publication, nb::handle signal, const std::string& source,
                   const std::string& region, bool other_channels_are_zero) {
  std::optional<spec::Signal> read;
  if (!signal.is_none()) read = formats::signal_from_json(json_from_python(signal, source), source).value();
  auto prepared = reinterpret::prepare(publication, read ? &*read : nullptr,
                                       {.region = region, .other_channels_are_zero = other_channels_are_zero})
                      .value();
  return nb::make_tuple(to_python(std::move(prepared.publication)), std::move(prepared.notes));
}

}  // namespace

void bind_publication(nb::module_& m) {
  nb::class_<Publication>(m, "Publication")
      .def("to_document", [](const Publication& p) { return json_to_python(formats::likelihood_to_json(p)); })
      .def(
          "to_text",
          [](const Publication& p, int indent) {
            return formats::write_json(formats::likelihood_to_json(p), {.indent = indent});
          },
          "indent"_a)
      .def_prop_ro("kind", [](const Publication& p) { return std::string(formats::likelihood_kind(p)); })
      .def_prop_ro("description", [](const Publication& p) { return formats::describe(p); })
      .def("prepared", &prepare, "signal"_a.none(), "source"_a, "region"_a, "other_channels_are_zero"_a)
      .def(
          "__eq__", [](const Publication& a, const Publication& b) { return a == b; }, nb::is_operator())
      .def("__getstate__",
           [](const Publication& p) { return formats::write_json(formats::likelihood_to_json(p), {.indent = 0}); })
      .def("__setstate__", [](Publication& p, const std::string& text) {
        new (&p) Publication(formats::read_likelihood(text, "<pickle>").value());
      });
  m.def(
      "read_publication_path",
      [](const std::string& path) { return to_python(formats::read_publication_input(path).value()); }, "path"_a);
  m.def(
      "read_publication",
      [](nb::bytes bytes, const std::string& source) {
        return to_python(formats::read_publication({bytes.c_str(), bytes.size()}, source).value());
      },
      "bytes"_a, "source"_a);
  m.def(
      "publication_from_document",
      [](nb::handle document, const std::string& source) {
        const std::string text = formats::write_json(json_from_python(document, source));
        return to_python(formats::read_publication(text, source).value());
      },
      "document"_a, "source"_a);
}

}  // namespace relume::python
